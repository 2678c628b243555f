//! The exception vectors: into the kernel and out of it.
//!
//! `TPIDR_EL1` points to the [`Context`](crate::context::Context) of the thread whose
//! registers are in the processor; `SP_EL1` is the top of the one kernel stack. A
//! system call saves its message and the link register; the other arguments stay in
//! registers as those of a Rust function, which keeps `x19..=x29` by itself. Only if
//! that returns another context to run are the rest saved and the new ones loaded. Interrupts and faults save everything. Registers that a system call does not
//! return are zeroed, so nothing of the kernel's shows in them.

core::arch::global_asm!(
    r#"
    .macro save_callee_saved frame
        stp     x19, x20, [\frame, #152]
        stp     x21, x22, [\frame, #168]
        stp     x23, x24, [\frame, #184]
        stp     x25, x26, [\frame, #200]
        mrs     x9, sp_el0
        stp     x27, x28, [\frame, #216]
        mrs     x10, elr_el1
        str     x29, [\frame, #232]
        mrs     x11, spsr_el1
        stp     x9, x10, [\frame, #248]
        mrs     x12, tpidr_el0
        stp     x11, x12, [\frame, #264]
    .endm

    .macro load_special frame
        ldp     x11, x12, [\frame, #248]
        ldp     x13, x14, [\frame, #264]
        msr     sp_el0, x11
        msr     elr_el1, x12
        msr     spsr_el1, x13
        msr     tpidr_el0, x14
    .endm

    .macro load_callee_saved frame
        ldp     x29, x30, [\frame, #232]
        ldp     x27, x28, [\frame, #216]
        ldp     x25, x26, [\frame, #200]
        ldp     x23, x24, [\frame, #184]
        ldp     x21, x22, [\frame, #168]
        ldp     x19, x20, [\frame, #152]
    .endm

    .macro save_all
        stp     x16, x17, [sp, #-16]!
        mrs     x17, tpidr_el1
        stp     x0, x1, [x17, #0]
        stp     x2, x3, [x17, #16]
        stp     x4, x5, [x17, #32]
        stp     x6, x7, [x17, #48]
        stp     x8, x9, [x17, #64]
        stp     x10, x11, [x17, #80]
        stp     x12, x13, [x17, #96]
        stp     x14, x15, [x17, #112]
        ldp     x14, x15, [sp], #16
        stp     x14, x15, [x17, #128]
        stp     x18, x19, [x17, #144]
        str     x30, [x17, #240]
        save_callee_saved x17
    .endm

    .section .text.vectors, "ax"
    .balign 2048
    .global kernel_vectors
kernel_vectors:
    // From EL1 itself: the kernel is broken.
    .rept 4
    .balign 128
    b       kernel_broken
    .endr
    .rept 4
    .balign 128
    b       kernel_broken
    .endr

    // From EL0.
    .balign 128
    stp     x16, x17, [sp, #-16]!
    mrs     x16, esr_el1
    mov     w17, #0x56000000            // SVC from AArch64, immediate 0
    sub     w16, w16, w17
    cbz     w16, system_call_call
    cmp     w16, #1
    b.eq    system_call_reply_receive
    cmp     w16, #{signal}
    b.eq    system_call_signal
    cmp     w16, #{calls}
    b.lo    system_call_general
    ldp     x16, x17, [sp], #16
    b       fault_from_el0

    .balign 128
    save_all
    bl      {interrupt}
    b       load_context

    .balign 128
    b       serror_from_el0
    .balign 128
    b       serror_from_el0

    // AArch32 is never entered.
    .rept 4
    .balign 128
    b       kernel_broken
    .endr
    .balign 128

    // A message waits on the stack for the one who gets it.
    .macro message_call function, info
    mrs     x17, tpidr_el1
    stp     x1, x2, [sp, #-48]!
    stp     x3, x4, [sp, #16]
    stp     x5, x6, [sp, #32]
    stp     x7, x8, [sp, #48]
    str     x30, [x17, #240]
    mov     x1, sp
    bl      \function
    cbz     x0, 4f
    tbz     x0, #0, 3f
    mrs     x17, tpidr_el1
    sub     x0, x0, #1
    save_callee_saved x17
    mov     x9, x1
    msr     tpidr_el1, x0
    load_special x0
    load_callee_saved x0
    ldp     x17, x18, [x0, #136]
    ldp     x15, x16, [x0, #120]
    ldp     x13, x14, [x0, #104]
    ldp     x11, x12, [x0, #88]
    mov     w10, #\info
    mov     x0, xzr
    ldp     x3, x4, [sp, #16]
    ldp     x5, x6, [sp, #32]
    ldp     x7, x8, [sp, #48]
    ldp     x1, x2, [sp], #64
    eret
3:  add     sp, sp, #48
    b       system_call_switch
4:  add     sp, sp, #48
    b       system_call_return
    .endm

system_call_call:
    message_call {call}, 1

system_call_reply_receive:
    message_call {reply_receive}, 0

system_call_signal:
    mrs     x17, tpidr_el1
    str     x30, [x17, #240]
    bl      {signal_call}
    b       system_call_end

system_call_general:
    mrs     x17, tpidr_el1
    stp     x0, x1, [x17, #0]
    stp     x2, x3, [x17, #16]
    stp     x4, x5, [x17, #32]
    stp     x6, x7, [x17, #48]
    stp     x8, x9, [x17, #64]
    str     x30, [x17, #240]
    mov     w0, w16
    mov     x1, x17
    bl      {general}

    // x0: context to load, or 0 to go back to the caller with status x1.
system_call_end:
    cbz     x0, system_call_return
system_call_switch:
    mrs     x17, tpidr_el1
    save_callee_saved x17
    add     sp, sp, #16
    .global load_context
load_context:
    msr     tpidr_el1, x0
    load_special x0
    load_callee_saved x0
    ldp     x17, x18, [x0, #136]
    ldp     x15, x16, [x0, #120]
    ldp     x13, x14, [x0, #104]
    ldp     x11, x12, [x0, #88]
    ldp     x9, x10, [x0, #72]
    ldp     x7, x8, [x0, #56]
    ldp     x5, x6, [x0, #40]
    ldp     x3, x4, [x0, #24]
    ldp     x1, x2, [x0, #8]
    ldr     x0, [x0]
    eret

system_call_return:
    mrs     x17, tpidr_el1
    mov     x0, x1
    ldr     x30, [x17, #240]
    add     sp, sp, #16
    mov     x1, xzr
    mov     x2, xzr
    mov     x3, xzr
    mov     x4, xzr
    mov     x5, xzr
    mov     x6, xzr
    mov     x7, xzr
    mov     x8, xzr
    mov     x9, xzr
    mov     x10, xzr
    mov     x11, xzr
    mov     x12, xzr
    mov     x13, xzr
    mov     x14, xzr
    mov     x15, xzr
    mov     x16, xzr
    mov     x17, xzr
    mov     x18, xzr
    eret

fault_from_el0:
    save_all
    mrs     x0, esr_el1
    mrs     x1, far_el1
    bl      {fault}
    b       load_context

serror_from_el0:
    save_all
    bl      {serror}
    b       load_context

kernel_broken:
    mrs     x0, esr_el1
    mrs     x1, far_el1
    mrs     x2, elr_el1
    bl      {broken}
3:  wfi
    b       3b
    .text
    "#,
    calls = const kernel_abi::call::CALL_NUMBERS,
    signal = const kernel_abi::SystemCall::Signal as u64,
    call = sym crate::entry::call,
    reply_receive = sym crate::entry::reply_receive,
    signal_call = sym crate::entry::signal,
    general = sym crate::entry::general,
    interrupt = sym crate::entry::interrupt,
    fault = sym crate::entry::fault,
    serror = sym crate::entry::serror,
    broken = sym crate::entry::broken,
);
