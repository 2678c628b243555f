//! The core itself: which one it is, waiting, stopping, barriers.

use core::arch::asm;

/// This core's number.
pub fn core_number() -> usize {
    (read_register!("mpidr_el1") & 0xff) as usize
}

/// Waits until an interrupt is pending, masked or not.
pub fn wait_for_interrupt() {
    // SAFETY: `wfi` only waits.
    unsafe { asm!("dsb sy", "wfi", options(nostack, preserves_flags)) };
}

/// Stops this core until reset.
pub fn halt() -> ! {
    // SAFETY: at EL3, masking interrupts is this code's own affair.
    unsafe { asm!("msr daifset, #15", options(nostack, preserves_flags)) };
    loop {
        wait_for_interrupt();
    }
}

/// Completes all earlier memory accesses, as every core and device sees them.
pub fn synchronize() {
    // SAFETY: barriers change nothing.
    unsafe { asm!("dsb sy", "isb", options(nostack, preserves_flags)) };
}

/// Four bits of an identification register.
pub(crate) const fn field(register: u64, shift: u32) -> u64 {
    register >> shift & 0xf
}
