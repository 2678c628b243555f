//! The runtime's first instructions. Core 3 comes here from the boot ROM; another
//! core comes here when it is released, and becomes a gate.

use board::core::PLUTON;
use core::arch::global_asm;
use pluton_aarch64::translation::SYSTEM_CONTROL_OFF;
use pluton_aarch64::{gate, translation};

global_asm!(
    ".pushsection .text.start, \"ax\"",
    ".global _start",
    "_start:",
    "msr daifset, #15",
    "ldr x0, ={control}",
    "msr sctlr_el3, x0",
    "isb",
    "mrs x19, mpidr_el1",
    "and x19, x19, #0xff",
    "cmp x19, #{pluton}",
    "b.ne 1f",
    "ldr x0, =fatal_vectors",
    "msr vbar_el3, x0",
    "isb",
    "ldr x0, =__stack_top",
    "mov sp, x0",
    "b {main}",
    // A gate: translation first, so that its stack is never seen without caches.
    "1: ldr x0, =gate_vectors",
    "msr vbar_el3, x0",
    "isb",
    "ldr x0, ={first_table}",
    "ldr x0, [x0]",
    "bl {enable}",
    "ldr x1, =gate_stacks_top",
    "sub x1, x1, x19, lsl #13",
    "mov sp, x1",
    "mov x0, x19",
    "b {gate}",
    ".ltorg",
    ".popsection",
    control = const SYSTEM_CONTROL_OFF,
    pluton = const PLUTON,
    main = sym super::main,
    first_table = sym super::map::FIRST_TABLE,
    enable = sym translation::enable,
    gate = sym gate::start,
);
