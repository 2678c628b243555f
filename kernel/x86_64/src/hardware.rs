//! The machine trait on x86-64.

use crate::clock::{self, Clock};
use crate::console;
use crate::context::Context;
use crate::floating_point::FloatingPoint;
use crate::interrupts::{self, local};
use crate::memory;
use core::arch::asm;
use kernel_abi::limits::{BUFFER_WORDS, MESSAGE_WORDS, PAGE_BYTES};
use kernel_abi::{Error, Rights};
use kernel_core::Machine;
use kernel_core::arena::{Id, Link};
use kernel_core::process::Process;
use kernel_core::thread::Thread;
use x86_64::instructions::port::Port;

/// The machine.
pub(crate) struct Hardware {
    pub(crate) floating_point: FloatingPoint,
    pub(crate) clock: Clock,
    /// Whose address space is current.
    space: Link<Process>,
    /// Bit n: interrupt n may come.
    enabled: u32,
    /// Bit n: interrupt n was taken and not acknowledged yet. One mask at its pin serves
    /// both purposes, so neither enabling nor acknowledging alone may lift it.
    taken: u32,
}

impl Hardware {
    pub(crate) const fn new() -> Self {
        Self { floating_point: FloatingPoint::new(), clock: Clock::new(), space: Link::NONE, enabled: 0, taken: 0 }
    }

    /// An interrupt came: it stays silent until acknowledged.
    pub(crate) fn take_interrupt(&mut self, number: u32) {
        self.taken |= bit(number);
        interrupts::mask(number);
        local::end_of_interrupt();
    }

    fn unmask(&self, number: u32) {
        if self.enabled & !self.taken & bit(number) != 0 {
            interrupts::unmask(number);
        }
    }
}

fn bit(number: u32) -> u32 {
    1u32.checked_shl(number).unwrap_or(0)
}

impl Machine for Hardware {
    type Context = Context;

    fn now(&self) -> u64 {
        clock::now()
    }
    fn set_timer(&mut self, ticks: u64) {
        self.clock.set_timer(ticks);
    }
    fn interrupt_pending(&self) -> bool {
        local::is_requested()
    }

    fn space(&self, process: Id<Process>, root: u64) -> u64 {
        // Process 0 is never used and tables are pages, so the word is not 0.
        root | process.index() as u64
    }
    fn switch_space(&mut self, space: u64) {
        let root = space & !(PAGE_BYTES - 1);
        self.space = Id::new((space & (PAGE_BYTES - 1)) as usize).link();
        memory::set_user_root(root);
    }
    fn retire_space(&mut self, process: Id<Process>) {
        if self.space.is(process) {
            self.space = Link::NONE;
            memory::set_user_root(0);
        }
    }
    fn switch_thread(&mut self, thread: Id<Thread>) {
        self.floating_point.switch(thread);
    }
    fn reset_thread(&mut self, thread: Id<Thread>) {
        self.floating_point.reset(thread);
    }

    fn read_entry(&self, table: u64, index: usize) -> u64 {
        // SAFETY: `table` is a page of a region used for tables, which the kernel maps and
        // nobody else does; the index is masked to it.
        unsafe { memory::ram(table).add(index & 511).read_volatile() }
    }
    fn write_entry(&mut self, table: u64, index: usize, entry: u64) {
        // SAFETY: as for `read_entry`. Entries come from `table_entry` and `page_entry`
        // only, so they never map kernel memory for the user.
        unsafe { memory::ram(table).add(index & 511).write_volatile(entry) }
    }
    fn table_entry(&self, table: u64) -> u64 {
        memory::table_entry(table)
    }
    fn table_address(&self, entry: u64) -> Option<u64> {
        memory::table_address(entry)
    }
    fn page_entry(&self, physical: u64, rights: Rights, device: bool) -> u64 {
        memory::page_entry(physical, rights, device)
    }
    fn flush_page(&mut self, process: Id<Process>, address: u64) {
        if self.space.is(process) {
            // SAFETY: forgets a cached translation only.
            unsafe { asm!("invlpg [{}]", in(reg) address, options(nostack)) };
        }
    }
    fn flush_space(&mut self, process: Id<Process>) {
        if self.space.is(process) {
            memory::flush_all();
        }
    }
    fn publish_entries(&mut self) {}
    fn synchronize_code(&mut self, _physical: u64, _pages: u64) {}

    fn zero_page(&mut self, physical: u64) {
        let start = memory::ram(physical & !(PAGE_BYTES - 1));
        // SAFETY: a page that no process can reach: it is a table's, or of a region whose
        // capabilities are all gone.
        unsafe { start.write_bytes(0, PAGE_BYTES as usize / 8) };
    }
    fn copy_words(&mut self, from: u64, to: u64, words: usize) {
        let (from, to) = (memory::ram(from), memory::ram(to));
        for index in 0..words.min(BUFFER_WORDS) {
            // SAFETY: both are first pages of live message-buffer regions, at least a page
            // long; processes may write them meanwhile, hence volatile single words.
            unsafe { to.add(index).write_volatile(from.add(index).read_volatile()) };
        }
    }

    fn interrupt_enable(&mut self, number: u32) {
        self.enabled |= bit(number);
        self.unmask(number);
    }
    fn interrupt_disable(&mut self, number: u32) {
        self.enabled &= !bit(number);
        interrupts::mask(number);
    }
    fn interrupt_acknowledge(&mut self, number: u32) {
        self.taken &= !bit(number);
        self.unmask(number);
    }

    fn mailbox_send(&mut self, words: &[u64; MESSAGE_WORDS]) -> Result<(), Error> {
        console::mailbox_send(words)
    }
    fn mailbox_receive(&mut self) -> Result<[u64; MESSAGE_WORDS], Error> {
        Err(Error::MonitorRefused)
    }
    fn memory_release(&mut self, _physical: u64, _pages: u64) -> Result<(), Error> {
        Ok(())
    }
    fn system_stop(&mut self, reset: bool) {
        stop(reset);
    }
}

/// Stops the machine, as QEMU's `q35` and, failing that, its exit device do it.
pub(crate) fn stop(reset: bool) {
    const RESET_CONTROL: u16 = 0xcf9;
    const POWER_CONTROL: u16 = 0x604;
    const SLEEP_STATE_5: u16 = 0x2000;
    const EXIT_DEVICE: u16 = 0xf4;
    // SAFETY: these ports stop or reset the machine, or nothing answers at them.
    unsafe {
        if reset {
            Port::<u8>::new(RESET_CONTROL).write(6);
        }
        Port::<u16>::new(POWER_CONTROL).write(SLEEP_STATE_5);
        Port::<u32>::new(EXIT_DEVICE).write(0x10);
    }
}
