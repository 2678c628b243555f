//! What is mapped where, and the words of page tables.
//!
//! The portable kernel's two levels of 512 entries are the lower two of the four that
//! this processor walks. The upper two exist once: the first entry of the third level
//! is whichever process runs, the last two entries of the fourth are the kernel's. A
//! switch of address spaces writes that one entry and reloads `CR3`, which forgets
//! everything about the space before; so nothing of a process that does not run is
//! ever cached, and only the running one needs flushing.
//!
//! | virtual address | what | rights |
//! |---|---|---|
//! | 0 .. 1 GiB | the running process | its own |
//! | [`OFFSET`] + p, p < 64 MiB | RAM | kernel, RW-; its text R-X, its constants R-- |
//! | [`DEVICES`] + p, p >= 0xfec00000 | APICs, HPET | kernel, RW-, uncached |

use core::arch::asm;
use core::sync::atomic::{AtomicU64, Ordering};
use kernel_abi::Rights;

/// Kernel virtual address of physical address 0.
pub const OFFSET: u64 = 0xffff_ffff_8000_0000;
/// Kernel virtual address of a device register is its physical address above this.
pub const DEVICES: u64 = 0xffff_ffff_0000_0000;
/// RAM that is mapped, and so used, at most.
pub const MAPPED_BYTES: u64 = 64 << 20;

const PRESENT: u64 = 1;
const WRITABLE: u64 = 1 << 1;
const USER: u64 = 1 << 2;
const WRITE_THROUGH: u64 = 1 << 3;
const CACHE_DISABLE: u64 = 1 << 4;
const NEVER_EXECUTE: u64 = 1 << 63;
const ADDRESS: u64 = 0x000f_ffff_ffff_f000;

unsafe extern "C" {
    /// The third-level table of user addresses (`start`).
    static user_pointers: AtomicU64;
}

/// Makes a process's first-level table current; 0 for none.
pub(crate) fn set_user_root(root: u64) {
    let entry = if root == 0 { 0 } else { table_entry(root) };
    // SAFETY: the start code's table, mapped for the kernel's whole life, of which
    // nobody holds a reference; the entry maps user pages only.
    unsafe { user_pointers.store(entry, Ordering::Release) };
    flush_all();
}

/// Forgets all cached translations.
pub(crate) fn flush_all() {
    // SAFETY: writes `CR3` back as it was, so the kernel stays mapped as it is.
    unsafe { asm!("mov {0}, cr3", "mov cr3, {0}", out(reg) _, options(nostack)) };
}

pub(crate) fn table_entry(table: u64) -> u64 {
    table & ADDRESS | PRESENT | WRITABLE | USER
}

pub(crate) fn table_address(entry: u64) -> Option<u64> {
    (entry & PRESENT != 0).then_some(entry & ADDRESS)
}

pub(crate) fn page_entry(physical: u64, rights: Rights, device: bool) -> u64 {
    let mut entry = physical & ADDRESS | PRESENT | USER;
    if rights.has(Rights::WRITE) {
        entry |= WRITABLE;
    }
    if !rights.has(Rights::EXECUTE) || rights.has(Rights::WRITE) {
        entry |= NEVER_EXECUTE;
    }
    if device {
        entry |= CACHE_DISABLE | WRITE_THROUGH;
    }
    entry
}

/// A word of RAM.
pub(crate) fn ram(physical: u64) -> *mut u64 {
    (physical % MAPPED_BYTES).wrapping_add(OFFSET) as *mut u64
}

/// A register of a device.
pub(crate) fn device(physical: u64) -> *mut u32 {
    (DEVICES | physical & 0xffff_ffff) as *mut u32
}
