//! A machine of plain data.
//!
//! It is stricter than hardware where hardware would be silent: an access outside RAM,
//! a page table that is none, a zeroed device page panic at once. And it is as lazy as
//! hardware may be: a translation it has once seen stays cached until the kernel flushes
//! it, so a flush that was forgotten is found by the next look at the page tables.

use kernel_abi::limits::{MESSAGE_WORDS, PAGE_BYTES, THREADS};
use kernel_abi::{Error, Rights};
use kernel_core::arena::Id;
use kernel_core::process::Process;
use kernel_core::thread::Thread;
use kernel_core::{Context, Machine};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Physical address of the first page of RAM.
pub const RAM_BASE: u64 = 0x4000_0000;
/// Words of a page.
pub const PAGE_WORDS: usize = PAGE_BYTES as usize / 8;
/// Bits of an entry: valid.
pub const VALID: u64 = 1;
/// Bits of an entry: points to a table.
pub const TABLE: u64 = 2;
/// Bits of an entry: device memory.
pub const DEVICE: u64 = 1 << 8;
/// Where the rights start in an entry.
pub const RIGHTS_SHIFT: u32 = 4;
/// Replies and requests the mailbox holds.
pub const MAILBOX_DEPTH: usize = 2;

/// Saved registers: what the kernel looks at, and no more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelContext {
    /// `x0..=x10`.
    pub registers: [u64; 11],
    /// Program counter.
    pub program_counter: u64,
    /// Stack pointer.
    pub stack: u64,
    /// The number of the call this thread makes again when it runs next.
    pub repeats: Option<u64>,
}

impl Context for ModelContext {
    const ZERO: Self =
        Self { registers: [0; 11], program_counter: 0, stack: 0, repeats: None };

    fn new(entry: u64, stack: u64, argument: u64) -> Self {
        let mut context = Self { program_counter: entry, stack, ..Self::ZERO };
        context.registers[0] = argument;
        context
    }
    fn words(&self) -> [u64; MESSAGE_WORDS] {
        std::array::from_fn(|index| self.registers[index + 1])
    }
    fn set_words(&mut self, words: &[u64; MESSAGE_WORDS]) {
        self.registers[1..9].copy_from_slice(words);
    }
    fn set_arguments(&mut self, arguments: &[u64; 10]) {
        self.registers[..10].copy_from_slice(arguments);
    }
    fn set_status(&mut self, status: u64) {
        self.registers[0] = status;
    }
    fn set_received(&mut self, badge: u64, info: u64) {
        self.registers[9] = badge;
        self.registers[10] = info;
    }
    fn program_counter(&self) -> u64 {
        self.program_counter
    }
    fn set_program_counter(&mut self, address: u64) {
        self.program_counter = address;
    }
    fn frame(&self) -> [u64; 3] {
        [0, self.stack, 0]
    }
}

/// A page of RAM, shared between clones until it is written.
type Page = Option<Arc<[u64; PAGE_WORDS]>>;

/// The machine.
#[derive(Clone, Debug)]
pub struct ModelMachine {
    /// Pages of RAM; nothing stands for a page of zeros.
    pub ram: Vec<Page>,
    /// The clock.
    pub now: u64,
    /// When the timer interrupt comes.
    pub timer: u64,
    /// The address space in use: first-level table plus process index; 0 for none.
    pub space: u64,
    /// The thread whose floating-point registers are, or will be, current.
    pub thread: Option<usize>,
    /// Threads whose floating-point registers hold something of theirs.
    pub float_used: [bool; THREADS],
    /// Cached translations: process index and page number to entry.
    pub cached: BTreeMap<(usize, u64), u64>,
    /// Whether entries were written and not published yet.
    pub unpublished: bool,
    /// Pages whose instruction fetches may be stale.
    pub stale_code: BTreeSet<u64>,
    /// Interrupts that may come.
    pub enabled: BTreeSet<u32>,
    /// Interrupts whose line is up.
    pub raised: BTreeSet<u32>,
    /// Interrupts taken and not acknowledged.
    pub active: BTreeSet<u32>,
    /// After so many more looks at the interrupt line it is up, once.
    pub interrupt_after: Cell<Option<u32>>,
    /// How far the clock has moved when that interrupt is taken.
    pub sudden_ticks: u64,
    /// Messages on their way to the monitor.
    pub mailbox: Vec<[u64; MESSAGE_WORDS]>,
    /// Whether the monitor refuses to let go of memory.
    pub release_refused: bool,
    /// Whether the machine was stopped.
    pub stopped: bool,
}

impl ModelMachine {
    /// A machine with this much RAM.
    pub fn new(pages: usize) -> Self {
        Self {
            ram: vec![None; pages],
            now: 1000,
            timer: u64::MAX,
            space: 0,
            thread: None,
            float_used: [false; THREADS],
            cached: BTreeMap::new(),
            unpublished: false,
            stale_code: BTreeSet::new(),
            enabled: BTreeSet::new(),
            raised: BTreeSet::new(),
            active: BTreeSet::new(),
            interrupt_after: Cell::new(None),
            sudden_ticks: 150,
            mailbox: Vec::new(),
            release_refused: false,
            stopped: false,
        }
    }

    /// Index of the page of RAM at a physical address.
    ///
    /// # Panics
    /// If the kernel uses an address that is no page of RAM.
    pub fn page_index(&self, physical: u64) -> usize {
        assert!(physical.is_multiple_of(PAGE_BYTES), "{physical:#x} is not a page");
        let index = physical.wrapping_sub(RAM_BASE) / PAGE_BYTES;
        assert!((index as usize) < self.ram.len(), "{physical:#x} is outside RAM");
        index as usize
    }
    /// Reads a word of RAM.
    pub fn read(&self, physical: u64, index: usize) -> u64 {
        self.ram[self.page_index(physical)].as_ref().map_or(0, |page| page[index])
    }
    /// Writes a word of RAM.
    pub fn write(&mut self, physical: u64, index: usize, word: u64) {
        let page = self.page_index(physical);
        if self.ram[page].is_none() && word == 0 {
            return;
        }
        let page = self.ram[page].get_or_insert_with(|| Arc::new([0; PAGE_WORDS]));
        Arc::make_mut(page)[index] = word;
    }
    /// Whether a page holds nothing but zeros.
    pub fn is_zero(&self, physical: u64) -> bool {
        self.ram[self.page_index(physical)]
            .as_ref()
            .is_none_or(|page| page.iter().all(|word| *word == 0))
    }
    /// The interrupt that would be taken next, other than the timer's.
    pub fn next_line(&self) -> Option<u32> {
        self.raised.iter().copied().find(|n| self.enabled.contains(n) && !self.active.contains(n))
    }
    /// The valid entries of a table.
    pub fn entries(&self, table: u64) -> impl Iterator<Item = (usize, u64)> + '_ {
        let page = self.ram[self.page_index(table)].as_deref();
        page.into_iter()
            .flat_map(|words| words.iter().copied().enumerate())
            .filter(|(_, entry)| *entry != 0)
    }
}

impl Machine for ModelMachine {
    type Context = ModelContext;

    fn now(&self) -> u64 {
        self.now
    }
    fn set_timer(&mut self, ticks: u64) {
        self.timer = ticks;
    }
    fn interrupt_pending(&self) -> bool {
        let sudden = match self.interrupt_after.get() {
            Some(0) => true,
            Some(left) => {
                self.interrupt_after.set(Some(left - 1));
                false
            }
            None => false,
        };
        sudden || self.timer <= self.now || self.next_line().is_some()
    }

    fn space(&self, process: Id<Process>, root: u64) -> u64 {
        root | process.index() as u64
    }
    fn switch_space(&mut self, space: u64) {
        self.space = space;
    }
    fn retire_space(&mut self, process: Id<Process>) {
        if self.space % PAGE_BYTES == process.index() as u64 {
            self.space = 0;
        }
        self.flush_space(process);
    }
    fn switch_thread(&mut self, thread: Id<Thread>) {
        self.thread = Some(thread.index());
    }
    fn reset_thread(&mut self, thread: Id<Thread>) {
        self.float_used[thread.index()] = false;
    }

    fn read_entry(&self, table: u64, index: usize) -> u64 {
        self.read(table, index)
    }
    fn write_entry(&mut self, table: u64, index: usize, entry: u64) {
        self.write(table, index, entry);
        self.unpublished = true;
    }
    fn table_entry(&self, table: u64) -> u64 {
        table | TABLE | VALID
    }
    fn table_address(&self, entry: u64) -> Option<u64> {
        (entry & VALID != 0).then(|| {
            assert!(entry & TABLE != 0, "a first-level entry that is no table: {entry:#x}");
            entry & !(PAGE_BYTES - 1)
        })
    }
    fn page_entry(&self, physical: u64, rights: Rights, device: bool) -> u64 {
        assert!(!rights.has(Rights::WRITE.with(Rights::EXECUTE)), "writable and executable");
        physical | rights.bits() << RIGHTS_SHIFT | if device { DEVICE } else { 0 } | VALID
    }
    fn flush_page(&mut self, process: Id<Process>, address: u64) {
        self.unpublished = false;
        self.cached.remove(&(process.index(), address / PAGE_BYTES));
    }
    fn flush_space(&mut self, process: Id<Process>) {
        self.unpublished = false;
        self.cached.retain(|(index, _), _| *index != process.index());
    }
    fn publish_entries(&mut self) {
        self.unpublished = false;
    }
    fn synchronize_code(&mut self, physical: u64, pages: u64) {
        for page in 0..pages {
            self.stale_code.remove(&(physical + page * PAGE_BYTES));
        }
    }

    fn zero_page(&mut self, physical: u64) {
        let index = self.page_index(physical);
        self.ram[index] = None;
        self.stale_code.insert(physical);
    }
    fn copy_words(&mut self, from: u64, to: u64, words: usize) {
        for index in 0..words {
            let word = self.read(from, index);
            self.write(to, index, word);
        }
    }

    fn interrupt_enable(&mut self, number: u32) {
        self.enabled.insert(number);
    }
    fn interrupt_disable(&mut self, number: u32) {
        self.enabled.remove(&number);
    }
    fn interrupt_acknowledge(&mut self, number: u32) {
        assert!(self.active.remove(&number), "interrupt {number} was not taken");
    }

    fn mailbox_send(&mut self, words: &[u64; MESSAGE_WORDS]) -> Result<(), Error> {
        if self.mailbox.len() >= MAILBOX_DEPTH {
            return Err(Error::Busy);
        }
        self.mailbox.push(*words);
        Ok(())
    }
    fn mailbox_receive(&mut self) -> Result<[u64; MESSAGE_WORDS], Error> {
        if self.mailbox.is_empty() { Err(Error::WouldBlock) } else { Ok(self.mailbox.remove(0)) }
    }
    fn memory_release(&mut self, _physical: u64, _pages: u64) -> Result<(), Error> {
        if self.release_refused { Err(Error::MonitorRefused) } else { Ok(()) }
    }
    fn system_stop(&mut self, _reset: bool) {
        self.stopped = true;
    }
}
