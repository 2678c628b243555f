//! Memory by address: start code, device registers, windows onto RAM, the heap.
//!
//! Everything here rests on the address-space layout that the root task sets up
//! (see [`crate::layout`]) and that the kernel enforces. An address outside of it
//! faults; it can not reach anything that is not this process's own. A program
//! that maps its own data a second time through these calls deceives only itself.

use kernel_abi::{Error, Rights};

use crate::Syscalls;
use crate::cap::{Cap, Region};
use crate::layout::PAGE_BYTES;

/// A mapped region: bytes are copied in and out, never borrowed, since for device
/// registers and for memory shared with others a borrow would promise too much.
#[derive(Debug)]
pub struct Window {
    region: Cap<Region>,
    address: usize,
    bytes: usize,
}

impl Window {
    /// Maps `region` at `address`.
    ///
    /// The kernel refuses addresses that are taken, so a window never covers
    /// anything Rust knows of; and only [`Window::close`] unmaps it.
    pub fn open<K: Syscalls>(
        kernel: &K,
        region: Cap<Region>,
        address: u64,
        rights: Rights,
    ) -> Result<Self, Error> {
        let pages = region.pages(kernel)?;
        let start = usize::try_from(address).map_err(|_| Error::BadAddress)?;
        let bytes =
            usize::try_from(pages.saturating_mul(PAGE_BYTES)).map_err(|_| Error::BadAddress)?;
        region.map(kernel, address, rights)?;
        Ok(Self { region, address: start, bytes })
    }
    /// Unmaps it.
    pub fn close<K: Syscalls>(self, kernel: &K) -> Result<(), Error> {
        self.region.unmap(kernel)
    }
    /// Its length.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The address of `length` bytes at `offset`, if they lie inside.
    fn at(&self, offset: usize, length: usize) -> Option<usize> {
        let end = offset.checked_add(length)?;
        if end <= self.bytes { Some(self.address + offset) } else { None }
    }

    /// Copies bytes out; says whether they lie inside.
    pub fn read(&self, offset: usize, target: &mut [u8]) -> bool {
        let Some(address) = self.at(offset, target.len()) else { return false };
        for (index, byte) in target.iter_mut().enumerate() {
            // SAFETY: `at` checked that the byte lies inside the mapping, which lives as
            // long as `self`; volatile, so it is sound even if others write it.
            *byte = unsafe { ((address + index) as *const u8).read_volatile() };
        }
        true
    }
    /// Writes a 64-bit word; says whether it lies inside, aligned.
    pub fn write_word(&self, offset: usize, word: u64) -> bool {
        let Some(address) = self.at(offset, 8) else { return false };
        if !address.is_multiple_of(8) {
            return false;
        }
        // SAFETY: `at` checked that the word lies inside the mapping, which lives as long
        // as `self` and covers no Rust object; it is aligned. Read-only mappings fault.
        unsafe { (address as *mut u64).write_volatile(word) };
        true
    }
    /// Reads a 32-bit register; one that is not inside, aligned, reads as 0.
    pub fn read_register(&self, offset: usize) -> u32 {
        match self.at(offset, 4) {
            // SAFETY: inside the mapping (`at`) and aligned; see `write_word`.
            Some(address) if address.is_multiple_of(4) => unsafe {
                (address as *const u32).read_volatile()
            },
            _ => 0,
        }
    }
    /// Writes a 32-bit register; one that is not inside, aligned, is left alone.
    pub fn write_register(&self, offset: usize, value: u32) {
        if let Some(address) = self.at(offset, 4)
            && address.is_multiple_of(4)
        {
            // SAFETY: inside the mapping (`at`) and aligned; see `write_word`.
            unsafe { (address as *mut u32).write_volatile(value) };
        }
    }
}

/// Code that runs before and after a program's own.
#[cfg(target_os = "none")]
pub mod start {
    use core::panic::PanicInfo;

    use crate::{Kernel, StartInfo, Syscalls, layout, log};

    /// Runs an app or service: called by [`crate::entry!`] and nothing else.
    pub fn run(main: fn(&Kernel, &StartInfo)) -> ! {
        super::init_heap();
        // SAFETY: the root task mapped the page at this address before the thread
        // started and nobody unmaps it while this process lives, short of itself; every
        // bit pattern is a valid `StartInfo`. A page that is missing faults.
        let info = unsafe { (layout::START_INFO as *const StartInfo).read_volatile() };
        if info.is_valid() {
            main(&Kernel, &info);
        }
        stop()
    }

    /// Runs the root task: called by [`crate::root_entry!`] and nothing else.
    pub fn run_root(main: fn(&Kernel, &kernel_abi::boot::RootInfo)) -> ! {
        super::init_heap();
        // SAFETY: the kernel maps the page at this address before the root task
        // starts; every bit pattern is a valid `RootInfo`.
        let info = unsafe {
            (kernel_abi::boot::ROOT_INFO as *const kernel_abi::boot::RootInfo).read_volatile()
        };
        if info.magic == kernel_abi::boot::ROOT_INFO_MAGIC {
            main(&Kernel, &info);
        }
        stop()
    }

    /// Sleeps for ever: what is left to a program that is done.
    pub fn stop() -> ! {
        loop {
            crate::clock::sleep_until(&Kernel, u64::MAX);
        }
    }

    /// Says where, then faults, so that the supervisor hears of it.
    #[panic_handler]
    fn panic(info: &PanicInfo<'_>) -> ! {
        let kernel = &Kernel;
        let (file, line) = info.location().map_or(("?", 0), |place| (place.file(), place.line()));
        let text = format_args!("panicked at {file}:{line}: {}", info.message());
        // Start info may be what is broken, so the clock's rate is not asked for.
        let deadline = kernel.now().saturating_add(PANIC_WAIT_TICKS);
        if log::line(&mut log::Service { kernel, deadline }, text).is_err() {
            // The root task before there is a log, or the log itself.
            let _ = log::line(&mut log::Mailbox { kernel, pause_ticks: PANIC_PAUSE_TICKS }, text);
        }
        loop {
            // SAFETY: `brk` faults and is reported to the supervisor; it touches no memory.
            unsafe { core::arch::asm!("brk #1", options(nomem, nostack)) };
        }
    }

    /// Longest wait for the log service: below a second at 50 MHz and more.
    const PANIC_WAIT_TICKS: u64 = 50_000_000;
    /// Pause while the mailbox is full.
    const PANIC_PAUSE_TICKS: u64 = 50_000;
}

#[cfg(all(target_os = "none", feature = "heap"))]
mod heap {
    use buddy_system_allocator::LockedHeap;

    /// Orders up to 2^20 bytes: more than any program of this device has.
    #[global_allocator]
    static HEAP: LockedHeap<21> = LockedHeap::empty();

    unsafe extern "C" {
        /// First byte of the heap (linker script).
        static sdk_heap_start: u8;
        /// One past its last byte (linker script).
        static sdk_heap_end: u8;
    }

    pub(super) fn init() {
        let start = (&raw const sdk_heap_start) as usize;
        let end = (&raw const sdk_heap_end) as usize;
        // SAFETY: the linker script keeps these bytes for the heap and puts nothing else
        // there; `init` is called once, by the start code, before anything allocates.
        unsafe { HEAP.lock().init(start, end - start) };
    }
}

#[cfg(target_os = "none")]
fn init_heap() {
    #[cfg(feature = "heap")]
    heap::init();
}

/// Makes `fn main(kernel: &Kernel, info: &StartInfo)` the program. On a host, where
/// only the tests of its library run, the program does nothing.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        /// The first instruction: the kernel has set the stack pointer.
        #[cfg(target_os = "none")]
        #[unsafe(no_mangle)]
        extern "C" fn _start() -> ! {
            $crate::machine::start::run($main)
        }
        #[cfg(not(target_os = "none"))]
        fn main() {}
    };
}

/// As [`entry!`], for the root task: `fn main(kernel: &Kernel, info: &RootInfo)`.
#[macro_export]
macro_rules! root_entry {
    ($main:path) => {
        /// The first instruction: the kernel has set the stack pointer.
        #[cfg(target_os = "none")]
        #[unsafe(no_mangle)]
        extern "C" fn _start() -> ! {
            $crate::machine::start::run_root($main)
        }
        #[cfg(not(target_os = "none"))]
        fn main() {}
    };
}
