//! The way in, the way to the kernel and the way back.
//!
//! `monitor_enter` looks like an ordinary function to Rust: it returns when the
//! kernel traps. The kernel's registers go to the array it was given, the monitor's
//! own to the stack. Traps of the monitor itself never return.
//!
//! The linker script owes: `__bss_start`, `__bss_end`, `__stack_top`, all 16-byte
//! aligned. The image owes: `monitor_main(handoff: u64) -> !`.

use core::arch::global_asm;

global_asm!(
    r#"
    .section .text.start, "ax"
    .global _start
_start:
    msr     daifset, #0xf
    msr     spsel, #1
    adrp    x1, __bss_start
    add     x1, x1, :lo12:__bss_start
    adrp    x2, __bss_end
    add     x2, x2, :lo12:__bss_end
1:  cmp     x1, x2
    b.hs    2f
    stp     xzr, xzr, [x1], #16
    b       1b
2:  adrp    x1, __stack_top
    add     x1, x1, :lo12:__stack_top
    mov     sp, x1
    adrp    x1, monitor_vectors
    add     x1, x1, :lo12:monitor_vectors
    msr     vbar_el2, x1
    isb
    mov     x29, xzr
    mov     x30, xzr
    b       monitor_main

    .section .text.vectors, "ax"
    .balign 2048
monitor_vectors:
    .macro own number
    .balign 128
    mov     x0, #\number
    b       monitor_own_trap
    .endm
    own 0
    own 1
    own 2
    own 3
    own 4
    own 5
    own 6
    own 7
    .balign 128
    b       monitor_kernel_trap
    own 9
    own 10
    own 11
    .balign 128
    b       monitor_kernel_trap
    own 13
    own 14
    own 15
    .balign 128

    // State is lost anyway: start over at the top of the stack, which may be full.
monitor_own_trap:
    adrp    x1, __stack_top
    add     x1, x1, :lo12:__stack_top
    mov     sp, x1
    bl      monitor_fault

    .global monitor_enter
monitor_enter:
    stp     x29, x30, [sp, #-96]!
    stp     x27, x28, [sp, #16]
    stp     x25, x26, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x21, x22, [sp, #64]
    stp     x19, x20, [sp, #80]
    msr     tpidr_el2, x0
    ldp     x2, x3, [x0, #16]
    ldp     x4, x5, [x0, #32]
    ldp     x6, x7, [x0, #48]
    ldp     x8, x9, [x0, #64]
    ldp     x10, x11, [x0, #80]
    ldp     x12, x13, [x0, #96]
    ldp     x14, x15, [x0, #112]
    ldp     x16, x17, [x0, #128]
    ldp     x18, x19, [x0, #144]
    ldp     x20, x21, [x0, #160]
    ldp     x22, x23, [x0, #176]
    ldp     x24, x25, [x0, #192]
    ldp     x26, x27, [x0, #208]
    ldp     x28, x29, [x0, #224]
    ldr     x30, [x0, #240]
    ldp     x0, x1, [x0]
    eret
    dsb     nsh
    isb

monitor_kernel_trap:
    stp     x0, x1, [sp, #-16]!
    mrs     x0, tpidr_el2
    stp     x2, x3, [x0, #16]
    stp     x4, x5, [x0, #32]
    stp     x6, x7, [x0, #48]
    stp     x8, x9, [x0, #64]
    stp     x10, x11, [x0, #80]
    stp     x12, x13, [x0, #96]
    stp     x14, x15, [x0, #112]
    stp     x16, x17, [x0, #128]
    stp     x18, x19, [x0, #144]
    stp     x20, x21, [x0, #160]
    stp     x22, x23, [x0, #176]
    stp     x24, x25, [x0, #192]
    stp     x26, x27, [x0, #208]
    stp     x28, x29, [x0, #224]
    str     x30, [x0, #240]
    ldp     x2, x3, [sp], #16
    stp     x2, x3, [x0]
    ldp     x19, x20, [sp, #80]
    ldp     x21, x22, [sp, #64]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #32]
    ldp     x27, x28, [sp, #16]
    ldp     x29, x30, [sp], #96
    ret
"#
);

/// General registers `x0..=x30` of the kernel's side.
pub(crate) type Registers = [u64; 31];

unsafe extern "C" {
    fn monitor_enter(registers: *mut Registers);
}

/// Runs the kernel's side at `ELR_EL2` in the state of `SPSR_EL2` until it traps.
pub(crate) fn enter(registers: &mut Registers) {
    // SAFETY: the array has the 31 slots that the routine loads and stores; it keeps
    // every callee-saved register and the stack, and EL1 reaches neither them nor the
    // array because stage 2 maps no monitor page.
    unsafe { monitor_enter(registers) }
}
