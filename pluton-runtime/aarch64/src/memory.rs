//! Windows onto flash and RAM: the only raw copies of this part. A window is made
//! once for a run of mapped memory; every access is checked against it.

use core::arch::asm;
use pluton_core::machine::{Destination, Flash, Range};

/// Bytes of the smallest cache line of any core that this runs on.
const CACHE_LINE_BYTES: u64 = 16;

/// Readable flash.
#[derive(Debug)]
pub struct FlashWindow(Range);

impl FlashWindow {
    /// A window.
    ///
    /// # Safety
    /// The range is mapped readable for good and nothing writes it by programs.
    pub const unsafe fn new(range: Range) -> Self {
        Self(range)
    }
}

impl Flash for FlashWindow {
    fn read(&self, offset: u64, out: &mut [u8]) -> bool {
        let bytes = out.len() as u64;
        let Some(address) = self.0.base.checked_add(offset) else {
            return false;
        };
        if !self.0.contains(address, bytes) {
            return false;
        }
        // Flash is outside the language's memory: every byte is fetched, once.
        let (words, rest) = out.as_chunks_mut::<8>();
        let mut at = address as usize;
        let aligned = at.is_multiple_of(8);
        for word in words {
            if aligned {
                // SAFETY: 1. the word lies in the window, mapped readable by `new`.
                // 2. it is aligned.
                *word = unsafe { (at as *const u64).read_volatile() }.to_le_bytes();
            } else {
                word.iter_mut().zip(at..).for_each(|(byte, at)| *byte = byte_at(at));
            }
            at += 8;
        }
        rest.iter_mut().zip(at..).for_each(|(byte, at)| *byte = byte_at(at));
        true
    }
}

fn byte_at(address: usize) -> u8 {
    // SAFETY: the only callers checked that the address lies in a window that
    // `FlashWindow::new` was promised to be readable.
    unsafe { (address as *const u8).read_volatile() }
}

/// Writable RAM.
#[derive(Debug)]
pub struct RamWindow(Range);

impl RamWindow {
    /// A window.
    ///
    /// # Safety
    /// The range is mapped writable for good and holds nothing that belongs to this
    /// program: no variable, no stack, no table, no instruction of it.
    pub const unsafe fn new(range: Range) -> Self {
        Self(range)
    }

    /// Copies `out.len()` bytes from `physical`; false if any lies outside.
    #[must_use]
    pub fn read(&self, physical: u64, out: &mut [u8]) -> bool {
        if !self.0.contains(physical, out.len() as u64) {
            return false;
        }
        for (byte, at) in out.iter_mut().zip(physical as usize..) {
            *byte = byte_at(at);
        }
        true
    }
}

impl Destination for RamWindow {
    fn write(&mut self, physical: u64, bytes: &[u8]) -> bool {
        if !self.0.contains(physical, bytes.len() as u64) {
            return false;
        }
        let target = physical as usize as *mut u8;
        // SAFETY: 1. the target lies in the window, mapped writable by `new`.
        // 2. `bytes` belongs to this program, the window does not, so they are apart.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len()) };
        true
    }

    fn zero(&mut self, physical: u64, bytes: u64) -> bool {
        if !self.0.contains(physical, bytes) {
            return false;
        }
        let target = physical as usize as *mut u8;
        // SAFETY: the target lies in the window, mapped writable by `new`.
        unsafe { core::ptr::write_bytes(target, 0, bytes as usize) };
        true
    }

    fn publish(&mut self, physical: u64, bytes: u64) {
        if !self.0.contains(physical, bytes) {
            return;
        }
        let end = physical + bytes;
        let mut line = physical & !(CACHE_LINE_BYTES - 1);
        while line < end {
            // SAFETY: cleaning a line of mapped memory changes nothing but where
            // its content is.
            unsafe { asm!("dc civac, {0}", in(reg) line, options(nostack, preserves_flags)) };
            line += cache_line_bytes();
        }
        // SAFETY: invalidating instruction caches changes no memory.
        unsafe { asm!("dsb sy", "ic ialluis", "dsb sy", "isb", options(nostack, preserves_flags)) };
    }
}

fn cache_line_bytes() -> u64 {
    let words = read_register!("ctr_el0") >> 16 & 0xf;
    (4 << words).max(CACHE_LINE_BYTES)
}
