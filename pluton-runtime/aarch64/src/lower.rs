//! What EL3 decides about the levels below it, once for each core, and how it enters
//! and re-enters them.

use crate::cpu::{self, field};
use core::arch::asm;

/// Ticks of the system counter in a second.
const COUNTER_HERTZ: u64 = 62_500_000;

mod secure_configuration {
    pub(super) const NON_SECURE: u64 = 1;
    pub(super) const SECURE_INTERRUPTS_TO_EL3: u64 = 1 << 2;
    pub(super) const ALWAYS_ONE: u64 = 3 << 4;
    pub(super) const HYPERVISOR_CALL: u64 = 1 << 8;
    pub(super) const NO_NORMAL_INSTRUCTIONS: u64 = 1 << 9;
    pub(super) const LOWER_IS_AARCH64: u64 = 1 << 10;
    /// Pointer authentication: keys and instructions.
    pub(super) const AUTHENTICATION: u64 = 1 << 16 | 1 << 17;
    pub(super) const SOFTWARE_CONTEXT: u64 = 1 << 25;
    pub(super) const TAGS: u64 = 1 << 26;
    pub(super) const FINE_TRAPS: u64 = 1 << 27;
    pub(super) const COUNTER_OFFSET: u64 = 1 << 28;
    pub(super) const EXTENDED_HYPERVISOR: u64 = 1 << 38;
}

/// Which world and features the levels below get. A feature bit is set only where
/// the CPU has the feature; without it the lower levels' use would trap to here.
fn secure_configuration() -> u64 {
    use secure_configuration as bit;
    let mut value = bit::NON_SECURE
        | bit::SECURE_INTERRUPTS_TO_EL3
        | bit::ALWAYS_ONE
        | bit::HYPERVISOR_CALL
        | bit::NO_NORMAL_INSTRUCTIONS
        | bit::LOWER_IS_AARCH64;
    let instructions = read_register!("id_aa64isar1_el1");
    // ID_AA64ISAR2_EL1, which reads as zero where it is not there.
    let instructions_2 = read_register!("s3_0_c0_c6_2");
    let memory_0 = read_register!("id_aa64mmfr0_el1");
    let memory_1 = read_register!("id_aa64mmfr1_el1");
    let processor_0 = read_register!("id_aa64pfr0_el1");
    let processor_1 = read_register!("id_aa64pfr1_el1");
    let authentication = field(instructions, 4)
        | field(instructions, 8)
        | field(instructions, 24)
        | field(instructions, 28)
        | field(instructions_2, 8)
        | field(instructions_2, 12);
    if authentication != 0 {
        value |= bit::AUTHENTICATION;
    }
    if field(processor_0, 56) >= 2 || field(processor_1, 32) >= 2 {
        value |= bit::SOFTWARE_CONTEXT;
    }
    if field(processor_1, 8) >= 2 {
        value |= bit::TAGS;
    }
    if field(memory_0, 56) != 0 {
        value |= bit::FINE_TRAPS;
    }
    if field(memory_0, 60) >= 2 {
        value |= bit::COUNTER_OFFSET;
    }
    if field(memory_1, 40) != 0 {
        value |= bit::EXTENDED_HYPERVISOR;
    }
    value
}

/// Secure debug off (64- and 32-bit); counting prohibited in the secure world; the
/// normal world may use the performance counters (no trap).
const DEBUG_CONFIGURATION: u64 = 1 << 16 | 2 << 14;
/// Cycle counter stops at EL3 where the CPU can do that.
const STOP_CYCLES_AT_EL3: u64 = 1 << 23;
/// Always-one bits of `SCTLR_EL2`, all else off.
const SYSTEM_CONTROL_EL2: u64 = 0x30c5_0830;
/// The same for `SCTLR_EL1`.
const SYSTEM_CONTROL_EL1: u64 = 0x30d0_0800;
/// Always-one bits of `CPTR_EL2`: traps nothing the CPU has without vectors.
const NO_TRAPS_EL2: u64 = 0x33ff;

/// Gives the levels below what is theirs and puts EL2 into a known, idle state.
pub(crate) fn prepare() {
    let secure = secure_configuration();
    let counters = field(read_register!("id_aa64dfr0_el1"), 8);
    let stop = if (7..15).contains(&counters) { STOP_CYCLES_AT_EL3 } else { 0 };
    // SAFETY: 1. EL3 owns these registers, and on this core only the gate runs at
    // EL3, which uses none of what they hand down. 2. Nothing runs below yet.
    unsafe {
        write_register!("scr_el3", secure);
        write_register!("mdcr_el3", DEBUG_CONFIGURATION | stop);
        write_register!("cptr_el3", 0u64);
        write_register!("cntfrq_el0", COUNTER_HERTZ);
    }
    cpu::synchronize();
    crate::gic::open_for_normal_world();
    let identity = read_register!("midr_el1");
    let place = read_register!("mpidr_el1");
    let performance =
        if matches!(counters, 0 | 15) { 0 } else { read_register!("pmcr_el0") >> 11 & 0x1f };
    // SAFETY: nothing runs below yet; these make EL2 and EL1 start from zero.
    unsafe {
        write_register!("hcr_el2", 0u64);
        write_register!("sctlr_el2", SYSTEM_CONTROL_EL2);
        write_register!("sctlr_el1", SYSTEM_CONTROL_EL1);
        write_register!("cptr_el2", NO_TRAPS_EL2);
        write_register!("mdcr_el2", performance);
        write_register!("vpidr_el2", identity);
        write_register!("vmpidr_el2", place);
        write_register!("cntvoff_el2", 0u64);
        write_register!("cnthctl_el2", 0u64);
        write_register!("vttbr_el2", 0u64);
        write_register!("s3_4_c12_c11_0", 0u64); // ICH_HCR_EL2
    }
    cpu::synchronize();
}

/// Whether the call that is being served came from AArch64 EL2.
pub(crate) fn came_from_el2() -> bool {
    read_register!("spsr_el3") & 0x1e == 0x8
}

/// Process state: EL2 with its own stack pointer, everything masked.
const START_STATE: u64 = 0x3c9;

/// Enters EL2 with the handoff in `x0` and nothing else in any register.
pub(crate) fn enter(entry: u64, handoff: u64) -> ! {
    // SAFETY: 1. `entry` is that of the verified monitor. 2. The return goes down to
    // the normal world, so nothing of EL3's own is executed again but by its
    // vectors, which start from the stack's top, restored here.
    unsafe {
        asm!(
            "msr elr_el3, x1",
            "msr spsr_el3, x2",
            "adrp x3, gate_stacks_top",
            "add x3, x3, :lo12:gate_stacks_top",
            "mrs x4, mpidr_el1",
            "and x4, x4, #0xff",
            "lsl x4, x4, #13",
            "sub x3, x3, x4",
            "mov sp, x3",
            "mov x1, xzr", "mov x2, xzr", "mov x3, xzr", "mov x4, xzr", "mov x5, xzr",
            "mov x6, xzr", "mov x7, xzr", "mov x8, xzr", "mov x9, xzr", "mov x10, xzr",
            "mov x11, xzr", "mov x12, xzr", "mov x13, xzr", "mov x14, xzr", "mov x15, xzr",
            "mov x16, xzr", "mov x17, xzr", "mov x18, xzr", "mov x19, xzr", "mov x20, xzr",
            "mov x21, xzr", "mov x22, xzr", "mov x23, xzr", "mov x24, xzr", "mov x25, xzr",
            "mov x26, xzr", "mov x27, xzr", "mov x28, xzr", "mov x29, xzr", "mov x30, xzr",
            "eret",
            in("x0") handoff,
            in("x1") entry,
            in("x2") START_STATE,
            options(noreturn)
        )
    }
}

/// Bits of a saved process state.
const MODE: u64 = 0x1f;
const AARCH32: u64 = 0x10;
const PRIVILEGED_ACCESS_NEVER: u64 = 1 << 22;
const MASKED: u64 = 0x3c0;
/// `SCTLR_ELx.SPAN`: an exception leaves PAN as it is.
const KEEP_PAN: u64 = 1 << 23;
/// `HCR_EL2.TGE`: exceptions of EL0 go to EL2.
const TO_EL2: u64 = 1 << 27;

/// Makes the instruction that trapped to EL3 an undefined one at its own level: what
/// the CPU itself would have done had the feature not been there.
pub(crate) fn throw_undefined() {
    let saved = read_register!("spsr_el3");
    let place = read_register!("elr_el3");
    let level = if saved & AARCH32 != 0 { 0 } else { saved >> 2 & 3 };
    let to_el2 = level == 2 || level == 0 && read_register!("hcr_el2") & TO_EL2 != 0;
    let (vectors, control) = match to_el2 {
        true => (read_register!("vbar_el2"), read_register!("sctlr_el2")),
        false => (read_register!("vbar_el1"), read_register!("sctlr_el1")),
    };
    let offset = match saved & MODE {
        mode if mode & AARCH32 != 0 => 0x600,
        0b0_0000 => 0x400,
        mode if mode & 1 != 0 => 0x200,
        _ => 0x000,
    };
    let pan = if control & KEEP_PAN == 0 { PRIVILEGED_ACCESS_NEVER } else { 0 };
    let mode = if to_el2 { 0b0_1001 } else { 0b0_0101 };
    let state = MASKED | mode | saved & PRIVILEGED_ACCESS_NEVER | pan;
    // Class 0, 32-bit instruction: "unknown reason".
    let syndrome = 1u64 << 25;
    // SAFETY: only registers of the level below are written, as an exception to it
    // would write them; the return goes to that level's own vector.
    unsafe {
        if to_el2 {
            write_register!("esr_el2", syndrome);
            write_register!("elr_el2", place);
            write_register!("spsr_el2", saved);
        } else {
            write_register!("esr_el1", syndrome);
            write_register!("elr_el1", place);
            write_register!("spsr_el1", saved);
        }
        write_register!("elr_el3", vectors.wrapping_add(offset));
        write_register!("spsr_el3", state);
    }
}
