//! What the kernel owes to hardware: everything a port provides, in one trait.
//!
//! A port implements [`Machine`] and [`Context`], calls the methods of
//! [`Kernel`](crate::Kernel) from its vectors, and does what the returned
//! [`Outcome`](crate::Outcome) says. Physical addresses and page entries are plain
//! words here; what they mean is the machine's business.

use crate::arena::Id;
use crate::process::Process;
use crate::thread::Thread;
use kernel_abi::limits::MESSAGE_WORDS;
use kernel_abi::{Error, Rights};

/// A thread's saved registers.
pub trait Context: Clone {
    /// All zero.
    const ZERO: Self;
    /// Registers of a thread that has not run: all zero but these.
    fn new(entry: u64, stack: u64, argument: u64) -> Self;
    /// The words of a message (`x1..=x8`), as sent or as received.
    fn words(&self) -> [u64; MESSAGE_WORDS];
    /// Sets them.
    fn set_words(&mut self, words: &[u64; MESSAGE_WORDS]);
    /// Sets the arguments of a system call that is made again (`x0..=x9`).
    fn set_arguments(&mut self, arguments: &[u64; 10]);
    /// Sets the status (`x0`).
    fn set_status(&mut self, status: u64);
    /// Sets the status to success and the one result (`x0`, `x1`).
    fn set_result(&mut self, result: u64) {
        let mut words = self.words();
        words[0] = result;
        self.set_status(0);
        self.set_words(&words);
    }
    /// Sets the badge (`x9`) and the received descriptor (`x10`).
    fn set_received(&mut self, badge: u64, info: u64);
    /// Program counter.
    fn program_counter(&self) -> u64;
    /// Sets the program counter.
    fn set_program_counter(&mut self, address: u64);
    /// Link register, stack pointer, frame pointer, for fault messages.
    fn frame(&self) -> [u64; 3];
}

/// A machine.
///
/// Page tables have two levels of 512 entries of 8 bytes, covering 30 bits of user
/// address; both tables and pages are [`kernel_abi::limits::PAGE_BYTES`] long.
pub trait Machine {
    /// Saved registers.
    type Context: Context;

    /// Ticks of a clock that never stops and never goes back.
    fn now(&self) -> u64;
    /// Raises the timer interrupt when the clock reaches this (or at once if it has).
    fn set_timer(&mut self, ticks: u64);
    /// Whether an interrupt is waiting to be taken.
    fn interrupt_pending(&self) -> bool;

    /// What [`Machine::switch_space`] needs of a process whose first-level table is
    /// `root`: one word, never 0.
    fn space(&self, process: Id<Process>, root: u64) -> u64;
    /// Makes an address space current.
    fn switch_space(&mut self, space: u64);
    /// Stops using a process's address space: its tables are about to vanish.
    fn retire_space(&mut self, process: Id<Process>);
    /// Makes this thread's floating-point and thread-local registers current, or
    /// arranges that they become so when it touches them.
    fn switch_thread(&mut self, thread: Id<Thread>);
    /// Forgets what is kept of a thread's floating-point registers: a new one starts.
    fn reset_thread(&mut self, thread: Id<Thread>);

    /// Reads an entry of a page table.
    fn read_entry(&self, table: u64, index: usize) -> u64;
    /// Writes an entry of a page table.
    fn write_entry(&mut self, table: u64, index: usize, entry: u64);
    /// The first-level entry for a second-level table at this physical address.
    fn table_entry(&self, table: u64) -> u64;
    /// The physical address in a first-level entry, if it is valid.
    fn table_address(&self, entry: u64) -> Option<u64>;
    /// The second-level entry for a page.
    fn page_entry(&self, physical: u64, rights: Rights, device: bool) -> u64;
    /// Forgets cached translations of one page of a process.
    fn flush_page(&mut self, process: Id<Process>, address: u64);
    /// Forgets all cached translations of a process.
    fn flush_space(&mut self, process: Id<Process>);
    /// Makes newly written entries visible to the walker before the next user access.
    fn publish_entries(&mut self);
    /// Makes instruction fetches see what was written to these pages.
    fn synchronize_code(&mut self, physical: u64, pages: u64);

    /// Zeroes a page.
    fn zero_page(&mut self, physical: u64);
    /// Copies words between message buffers.
    fn copy_words(&mut self, from: u64, to: u64, words: usize);

    /// Lets an interrupt come.
    fn interrupt_enable(&mut self, number: u32);
    /// Keeps an interrupt from coming.
    fn interrupt_disable(&mut self, number: u32);
    /// Lets an interrupt that was taken come again.
    fn interrupt_acknowledge(&mut self, number: u32);

    /// Sends a message to the security monitor's mailbox.
    fn mailbox_send(&mut self, words: &[u64; MESSAGE_WORDS]) -> Result<(), Error>;
    /// Takes a reply out of the mailbox.
    fn mailbox_receive(&mut self) -> Result<[u64; MESSAGE_WORDS], Error>;
    /// Makes a page that an image was loaded into plain data again.
    fn memory_release(&mut self, physical: u64, pages: u64) -> Result<(), Error>;
    /// Stops the machine; may return if it can not.
    fn system_stop(&mut self, reset: bool);
}
