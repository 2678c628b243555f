//! Barriers, translation caches, data and instruction caches.
//!
//! Everything is broadcast to the inner shareable domain: the pages that change
//! hands are written by one core (Pluton's) and used by another.

use core::arch::asm;

use aarch64_cpu::asm::barrier;
use monitor_core::layout::PAGE_BYTES;

/// Makes table writes visible to the table walks that follow.
pub(crate) fn publish_tables() {
    barrier::dsb(barrier::ISHST);
    barrier::isb(barrier::SY);
}

/// Forgets every translation of the partition, both stages.
pub(crate) fn forget_partition() {
    barrier::dsb(barrier::ISHST);
    // SAFETY: invalidating translations of EL1&0 only costs the kernel table walks.
    unsafe { asm!("tlbi vmalls12e1is", options(nostack, preserves_flags)) };
    barrier::dsb(barrier::ISH);
    barrier::isb(barrier::SY);
}

/// Forgets every translation of the monitor's own.
pub(crate) fn forget_own() {
    barrier::dsb(barrier::ISHST);
    // SAFETY: called before the stage 1 of EL2 is switched on; nothing is cached yet
    // that the monitor relies on.
    unsafe { asm!("tlbi alle2", options(nostack, preserves_flags)) };
    barrier::dsb(barrier::ISH);
    barrier::isb(barrier::SY);
}

/// Addresses of the data cache lines of a page, by `CTR_EL0.DminLine`.
fn lines(page: u64) -> impl Iterator<Item = u64> {
    let cache_type: u64;
    // SAFETY: reading CTR_EL0 has no side effect.
    unsafe {
        asm!("mrs {}, ctr_el0", out(reg) cache_type, options(nomem, nostack, preserves_flags))
    };
    let line_bytes = 4usize << (cache_type >> 16 & 0xf);
    (page..page.saturating_add(PAGE_BYTES)).step_by(line_bytes)
}

/// Writes back and drops every cache line of a page.
pub(crate) fn clean_page(page: u64) {
    for line in lines(page) {
        // SAFETY: the address is mapped (the caller's page is RAM in the monitor's
        // map), and cleaning a line changes no byte that anyone reads.
        unsafe { asm!("dc civac, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    barrier::dsb(barrier::ISH);
}

/// Drops every cache line of a page unwritten.
///
/// # Safety
/// Caches are off on this core and no other core writes this page, so that memory
/// holds what the program wrote and a line could only hold older bytes.
pub(crate) unsafe fn discard_page(page: u64) {
    for line in lines(page) {
        // SAFETY: as the caller promises, no line holds a byte that memory lacks.
        unsafe { asm!("dc ivac, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    barrier::dsb(barrier::SY);
}

/// Forgets all cached instructions, so that new text is fetched from memory.
pub(crate) fn forget_instructions() {
    // SAFETY: instructions are fetched again from memory; none of them changes.
    unsafe { asm!("ic ialluis", options(nostack, preserves_flags)) };
    barrier::dsb(barrier::ISH);
    barrier::isb(barrier::SY);
}
