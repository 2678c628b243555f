//! System registers of EL2: the monitor's own map, and what EL1 may reach.
//!
//! Every control is written whole, never read and changed, so that nothing depends
//! on what a reset or the gate left there.

use core::arch::asm;

use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{
    CNTHCTL_EL2, CNTVOFF_EL2, ELR_EL1, ELR_EL2, ESR_EL1, ESR_EL2, FAR_EL1, FAR_EL2, HCR_EL2,
    ICC_SRE_EL2, ID_AA64DFR0_EL1, ID_AA64ISAR1_EL1, ID_AA64MMFR1_EL1, MAIR_EL2, MDCR_EL2,
    MPIDR_EL1, SCTLR_EL1, SPSR_EL1, SPSR_EL2, TCR_EL2, TTBR0_EL2, VBAR_EL1, VMPIDR_EL2, VTCR_EL2,
    VTTBR_EL2,
};
use aarch64_cpu::registers::{Readable, Writeable};
use monitor_core::descriptor::MEMORY_ATTRIBUTES;
use monitor_core::trap::{Exception, KernelControl, Trap};

use crate::cache;
use crate::tables::{ADDRESS_BITS, STAGE1, STAGE2};

/// Writes a system register that `aarch64-cpu` does not name.
macro_rules! write_register {
    ($name:literal, $value:expr) => {{
        let value: u64 = $value;
        // SAFETY: the caller's comment says why this value is sound.
        unsafe { asm!(concat!("msr ", $name, ", {}"), in(reg) value, options(nostack, preserves_flags)) }
    }};
}
/// Reads a system register that `aarch64-cpu` does not name.
macro_rules! read_register {
    ($name:literal) => {{
        let value: u64;
        // SAFETY: reading this register has no side effect.
        unsafe { asm!(concat!("mrs {}, ", $name), out(reg) value, options(nomem, nostack, preserves_flags)) }
        value
    }};
}

/// `SCTLR_EL2`: the bits that are 1 in every version, then MMU, caches, stack
/// alignment check, and write implies execute-never.
const OWN_CONTROL: u64 = 0x30c5_0830 | 1 | 1 << 2 | 1 << 12 | 1 << 3 | 1 << 19;
/// `SCTLR_EL1` at the kernel's start: MMU and caches off.
const KERNEL_CONTROL: u64 = 0x30d0_0800;
/// EL1 with its own stack pointer; debug, SError, IRQ and FIQ masked.
const KERNEL_STATE: u64 = 0x3c5;
/// `CPTR_EL2`: floating point runs; SVE, SME, trace and activity monitors trap.
const FEATURE_TRAPS: u64 = 0x33ff | 1 << 20 | 1 << 30;

/// Switches the monitor's own map and the caches on.
///
/// # Safety
/// `STAGE1` maps the running code, its data and its stack at their own addresses,
/// with the rights they need.
pub(crate) unsafe fn enable_own_map() {
    MAIR_EL2.set(MEMORY_ATTRIBUTES);
    TCR_EL2.set(1 << 31 | 1 << 23 | 0b11 << 12 | 0b01 << 10 | 0b01 << 8 | (64 - ADDRESS_BITS));
    TTBR0_EL2.set(STAGE1.root());
    cache::forget_own();
    cache::forget_instructions();
    // Sound because the caller promises an identity map of all that runs.
    write_register!("sctlr_el2", OWN_CONTROL);
    barrier::isb(barrier::SY);
}

/// Whether stage 2 tells execution at EL1 from execution at EL0 (`FEAT_XNX`).
pub(crate) fn separates_execution() -> bool {
    ID_AA64MMFR1_EL1.get() >> 28 & 0xf != 0
}

/// This core's affinity as `GICD_IROUTER` wants it.
pub(crate) fn affinity() -> u64 {
    MPIDR_EL1.get() & 0xff_00ff_ffff
}

fn has_pointer_authentication() -> bool {
    // APA, API, GPA, GPI; and APA3, GPA3 of ID_AA64ISAR2_EL1.
    let second = read_register!("s3_0_c0_c6_2");
    ID_AA64ISAR1_EL1.get() & 0xff00_0ff0 != 0 || second & 0xff00 != 0
}

/// Confines EL1&0 of this core to stage 2, and clears what else EL1 can be told.
pub(crate) fn confine_kernel() {
    VTCR_EL2.set(1 << 31 | 0b11 << 12 | 0b01 << 10 | 0b01 << 8 | 0b01 << 6 | (64 - ADDRESS_BITS));
    VTTBR_EL2.set(STAGE2.root());
    let pointer_authentication = if has_pointer_authentication() {
        HCR_EL2::API::SET + HCR_EL2::APK::SET
    } else {
        HCR_EL2::API::CLEAR + HCR_EL2::APK::CLEAR
    };
    // Physical interrupts go to EL1 (IMO, FMO, AMO clear); WFI sleeps (TWI clear).
    HCR_EL2.write(
        HCR_EL2::RW::EL1IsAarch64
            + HCR_EL2::VM::SET
            + HCR_EL2::PTW::SET
            + HCR_EL2::TSC::SET
            + HCR_EL2::TIDCP::SET
            + HCR_EL2::TACR::SET
            + HCR_EL2::TSW::SET
            + HCR_EL2::TLOR::SET
            + HCR_EL2::TERR::SET
            + pointer_authentication,
    );
    // Sound: these only say what EL1 and EL0 may reach or see.
    write_register!("cptr_el2", FEATURE_TRAPS);
    write_register!("hstr_el2", 0);
    write_register!("vpidr_el2", read_register!("midr_el1"));
    VMPIDR_EL2.set(MPIDR_EL1.get());
    CNTHCTL_EL2.set(0b11);
    CNTVOFF_EL2.set(0);
    // All event counters to EL1, none counting at EL2 (HPMD); trace, statistical
    // profiling and their buffers trap.
    MDCR_EL2.set(1 << 17 | 1 << 14 | 1 << 19 | event_counters());
    ICC_SRE_EL2.set(0xf);
    SCTLR_EL1.set(KERNEL_CONTROL);
    cache::forget_partition();
}

fn event_counters() -> u64 {
    match ID_AA64DFR0_EL1.get() >> 8 & 0xf {
        0 | 0xf => 0,
        _ => read_register!("pmcr_el0") >> 11 & 0x1f,
    }
}

/// Where the kernel's side goes on, first at its entry.
pub(crate) fn start_kernel_at(entry: u64) {
    ELR_EL2.set(entry);
    SPSR_EL2.set(KERNEL_STATE);
}

/// The trap that just came in.
pub(crate) fn trap() -> (Trap, KernelControl) {
    let trap = Trap {
        syndrome: ESR_EL2.get(),
        fault_address: FAR_EL2.get(),
        return_address: ELR_EL2.get(),
        state: SPSR_EL2.get(),
    };
    (
        trap,
        KernelControl {
            vectors: VBAR_EL1.get(),
            control: SCTLR_EL1.get(),
        },
    )
}

/// Makes the kernel's side go on behind the instruction that trapped.
pub(crate) fn skip_instruction(trap: &Trap) {
    ELR_EL2.set(trap.return_address.wrapping_add(4));
}

/// Makes the kernel's side go on with an exception, as if EL1 had taken it.
pub(crate) fn inject(trap: &Trap, exception: &Exception) {
    ESR_EL1.set(exception.syndrome);
    if let Some(address) = exception.fault_address {
        FAR_EL1.set(address);
    }
    ELR_EL1.set(trap.return_address);
    SPSR_EL1.set(trap.state);
    ELR_EL2.set(exception.vector);
    SPSR_EL2.set(exception.state);
}
