//! The first instructions after reset. All cores begin here at EL3.
//!
//! Core 3 clears its data and goes on to [`super::main`]. The others have no stack
//! and touch no memory but their own redistributor: they make themselves hear one
//! secure interrupt, sleep until it comes, and go to the runtime's entry. That
//! interrupt can only be raised at EL3, where until then only core 3's code runs.

use board::core::{PLUTON, RELEASE_INTERRUPT};
use board::device::{GIC_REDISTRIBUTOR_BYTES, GIC_REDISTRIBUTORS};
use board::secure_ram::{ROM_DATA, ROM_DATA_BYTES, RUNTIME};
use core::arch::{global_asm, naked_asm};
use pluton_aarch64::gic::start as gic;
use pluton_aarch64::translation::SYSTEM_CONTROL_OFF;

global_asm!(
    ".pushsection .text.start, \"ax\"",
    ".global _start",
    "_start:",
    "msr daifset, #15",
    "ldr x0, ={control}",
    "msr sctlr_el3, x0",
    "ldr x0, =fatal_vectors",
    "msr vbar_el3, x0",
    "isb",
    "mrs x0, mpidr_el1",
    "and x0, x0, #0xff",
    "cmp x0, #{pluton}",
    "b.ne 3f",
    // Core 3: zeroed data, a stack, and on.
    "ldr x0, =__bss_start",
    "ldr x1, =__bss_end",
    "1: cmp x0, x1",
    "b.hs 2f",
    "stp xzr, xzr, [x0], #16",
    "b 1b",
    "2: ldr x0, =__stack_top",
    "mov sp, x0",
    "b {main}",
    // The others: wake the redistributor.
    "3: ldr x1, ={redistributors}",
    "mov x2, #{redistributor_bytes}",
    "madd x1, x0, x2, x1",
    "ldr w2, [x1, #{waker}]",
    "bic w2, w2, #2",
    "str w2, [x1, #{waker}]",
    "4: ldr w2, [x1, #{waker}]",
    "tbnz w2, #2, 4b",
    // Groups, priority and enable of the release interrupt.
    "add x1, x1, #{private}",
    "ldr w2, ={groups}",
    "str w2, [x1, #0x80]",
    "str wzr, [x1, #0xd00]",
    "ldr w2, ={priority}",
    "str w2, [x1, #0x408]",
    "str w2, [x1, #0x40c]",
    "mov w2, #{enable}",
    "str w2, [x1, #0x100]",
    // The CPU interface: system registers, all priorities, group 0.
    "mov x2, #0xf",
    "msr s3_6_c12_c12_5, x2",
    "isb",
    "mov x2, #0xff",
    "msr s3_0_c4_c6_0, x2",
    "mov x2, #1",
    "msr s3_0_c12_c12_6, x2",
    "isb",
    "5: dsb sy",
    "wfi",
    "mrs x2, s3_0_c12_c8_0",
    "cmp x2, #1020",
    "b.hs 5b",
    "msr s3_0_c12_c8_1, x2",
    "isb",
    "cmp x2, #{release}",
    "b.ne 5b",
    "ic iallu",
    "dsb sy",
    "isb",
    "ldr x2, ={runtime}",
    "br x2",
    ".ltorg",
    ".popsection",
    control = const SYSTEM_CONTROL_OFF,
    pluton = const PLUTON,
    main = sym super::main,
    redistributors = const GIC_REDISTRIBUTORS,
    redistributor_bytes = const GIC_REDISTRIBUTOR_BYTES,
    waker = const gic::WAKER,
    private = const gic::PRIVATE,
    groups = const gic::PRIVATE_GROUPS,
    priority = const gic::SECURE_PRIORITY,
    enable = const 1u64 << RELEASE_INTERRUPT,
    release = const RELEASE_INTERRUPT,
    runtime = const RUNTIME,
);

/// Leaves the ROM for good: translation off, every byte of the ROM's RAM zeroed in
/// cache and memory, no value left in a register.
///
/// # Safety
/// The runtime is in place, verified and published. Nothing of the ROM's RAM is used
/// afterwards.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn leave() -> ! {
    naked_asm!(
        "dsb sy",
        "ldr x0, ={control}",
        "msr sctlr_el3, x0",
        "isb",
        "ldr x0, ={data}",
        "ldr x1, ={bytes}",
        "add x1, x0, x1",
        "1: dc civac, x0",
        "dsb sy",
        "stp xzr, xzr, [x0], #16",
        "cmp x0, x1",
        "b.lo 1b",
        "dsb sy",
        "ic iallu",
        "tlbi alle3",
        "dsb sy",
        "isb",
        "ldr x0, ={runtime}",
        "mov x1, xzr", "mov x2, xzr", "mov x3, xzr", "mov x4, xzr", "mov x5, xzr",
        "mov x6, xzr", "mov x7, xzr", "mov x8, xzr", "mov x9, xzr", "mov x10, xzr",
        "mov x11, xzr", "mov x12, xzr", "mov x13, xzr", "mov x14, xzr", "mov x15, xzr",
        "mov x16, xzr", "mov x17, xzr", "mov x18, xzr", "mov x19, xzr", "mov x20, xzr",
        "mov x21, xzr", "mov x22, xzr", "mov x23, xzr", "mov x24, xzr", "mov x25, xzr",
        "mov x26, xzr", "mov x27, xzr", "mov x28, xzr", "mov x29, xzr", "mov x30, xzr",
        "br x0",
        control = const SYSTEM_CONTROL_OFF,
        data = const ROM_DATA,
        bytes = const ROM_DATA_BYTES,
        runtime = const RUNTIME,
    )
}
