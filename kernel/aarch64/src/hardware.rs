//! The machine trait on AArch64: page-table words, system registers, the monitor.
//!
//! All RAM the kernel may see is mapped at [`OFFSET`] above its physical address, so a
//! page or a table is reached by adding. User pages are never touched through the
//! user's own addresses.

use crate::context::Context;
use crate::floating_point::FloatingPoint;
use crate::monitor;
use aarch64_cpu::registers::{CNTV_CTL_EL0, CNTV_CVAL_EL0, CNTVCT_EL0, ELR_EL1, TTBR0_EL1};
use core::arch::asm;
use kernel_abi::limits::PAGE_BYTES;
use kernel_abi::{Error, Rights};
use kernel_core::Machine;
use kernel_core::arena::Id;
use kernel_core::process::Process;
use kernel_core::thread::Thread;
use monitor_abi::hvc;
use pluton_abi::command::{Message, Origin, RequestHeader};
use tock_registers::interfaces::{Readable, Writeable};

/// Kernel virtual address of physical address 0. With 30 bits of kernel address, RAM at
/// 1 GiB appears at the bottom of them.
pub const OFFSET: u64 = 0xffff_ffff_8000_0000;
/// The virtual timer's interrupt.
pub(crate) const TIMER_INTERRUPT: u32 = 27;

const VALID: u64 = 1;
const TABLE_OR_PAGE: u64 = 2;
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;
const ATTRIBUTE_NORMAL: u64 = 1 << 2;
const USER: u64 = 1 << 6;
const READ_ONLY: u64 = 1 << 7;
const INNER_SHAREABLE: u64 = 3 << 8;
const ACCESSED: u64 = 1 << 10;
const NOT_GLOBAL: u64 = 1 << 11;
const NEVER_EXECUTE_AT_EL1: u64 = 1 << 53;
const NEVER_EXECUTE_AT_EL0: u64 = 1 << 54;

/// The machine.
pub(crate) struct Hardware {
    pub(crate) floating_point: FloatingPoint,
    /// Physical address of a first-level table with nothing in it.
    pub(crate) empty_root: u64,
}

impl Hardware {
    pub(crate) const fn new() -> Self {
        Self { floating_point: FloatingPoint::new(), empty_root: 0 }
    }

    /// Takes the highest pending interrupt: its priority is dropped, and it stays
    /// active, so it can not come again until it is acknowledged.
    #[inline(always)]
    pub(crate) fn take_interrupt(&mut self) -> Option<u32> {
        let number: u64;
        // SAFETY: reading ICC_IAR1_EL1 acknowledges to the interrupt controller only.
        unsafe { asm!("mrs {}, icc_iar1_el1", out(reg) number, options(nomem, nostack)) };
        if number >= 1020 {
            return None;
        }
        // SAFETY: priority drop of the interrupt just read (ICC_CTLR_EL1.EOImode is 1).
        unsafe { asm!("msr icc_eoir1_el1, {}", in(reg) number, options(nomem, nostack)) };
        if number == u64::from(TIMER_INTERRUPT) {
            deactivate(number);
        }
        Some(number as u32)
    }
}

fn deactivate(number: u64) {
    // SAFETY: ends the active state of an interrupt that was taken.
    unsafe { asm!("msr icc_dir_el1, {}", in(reg) number, options(nomem, nostack)) };
}

/// Makes the interrupted system call be made again.
pub(crate) fn repeat_instruction() {
    ELR_EL1.set(ELR_EL1.get().wrapping_sub(4));
}

/// Waits until an interrupt is pending, masked or not.
pub(crate) fn wait_for_interrupt() {
    aarch64_cpu::asm::barrier::dsb(aarch64_cpu::asm::barrier::SY);
    aarch64_cpu::asm::wfi();
}

fn word(table: u64, index: usize) -> *mut u64 {
    (table.wrapping_add(OFFSET) as *mut u64).wrapping_add(index & 511)
}

impl Machine for Hardware {
    type Context = Context;

    #[inline(always)]
    fn now(&self) -> u64 {
        CNTVCT_EL0.get()
    }
    #[inline(always)]
    fn set_timer(&mut self, ticks: u64) {
        CNTV_CVAL_EL0.set(ticks);
    }
    fn interrupt_pending(&self) -> bool {
        let pending: u64;
        // SAFETY: reads which interrupts are pending, changes nothing.
        unsafe { asm!("mrs {}, isr_el1", out(reg) pending, options(nomem, nostack)) };
        pending != 0
    }

    #[inline(always)]
    fn space(&self, process: Id<Process>, root: u64) -> u64 {
        root | (process.index() as u64) << 48
    }
    #[inline(always)]
    fn switch_space(&mut self, space: u64) {
        TTBR0_EL1.set(space);
        aarch64_cpu::asm::barrier::isb(aarch64_cpu::asm::barrier::SY);
    }
    fn retire_space(&mut self, process: Id<Process>) {
        if TTBR0_EL1.get() >> 48 == process.index() as u64 {
            TTBR0_EL1.set(self.empty_root);
            aarch64_cpu::asm::barrier::isb(aarch64_cpu::asm::barrier::SY);
        }
        self.flush_space(process);
    }
    #[inline(always)]
    fn switch_thread(&mut self, thread: Id<Thread>) {
        self.floating_point.switch(thread);
    }
    fn reset_thread(&mut self, thread: Id<Thread>) {
        self.floating_point.reset(thread);
    }

    fn read_entry(&self, table: u64, index: usize) -> u64 {
        // SAFETY: `table` is a page of a region used for tables, which the kernel maps at
        // `OFFSET` and nobody else maps; the index is masked to it.
        unsafe { word(table, index).read_volatile() }
    }
    fn write_entry(&mut self, table: u64, index: usize, entry: u64) {
        // SAFETY: as for `read_entry`. Entries come from `table_entry` and `page_entry`
        // only, so they never map kernel memory for the user.
        unsafe { word(table, index).write_volatile(entry) }
    }
    fn table_entry(&self, table: u64) -> u64 {
        table & ADDRESS | VALID | TABLE_OR_PAGE
    }
    fn table_address(&self, entry: u64) -> Option<u64> {
        (entry & VALID != 0).then_some(entry & ADDRESS)
    }
    fn page_entry(&self, physical: u64, rights: Rights, device: bool) -> u64 {
        let mut entry = physical & ADDRESS
            | VALID
            | TABLE_OR_PAGE
            | USER
            | ACCESSED
            | NOT_GLOBAL
            | INNER_SHAREABLE
            | NEVER_EXECUTE_AT_EL1;
        if !device {
            entry |= ATTRIBUTE_NORMAL;
        }
        if !rights.has(Rights::WRITE) {
            entry |= READ_ONLY;
        }
        if !rights.has(Rights::EXECUTE) || rights.has(Rights::WRITE) {
            entry |= NEVER_EXECUTE_AT_EL0;
        }
        entry
    }
    fn flush_page(&mut self, process: Id<Process>, address: u64) {
        let operand = (process.index() as u64) << 48 | address >> 12;
        // SAFETY: forgets cached translations only.
        unsafe {
            asm!("dsb ishst", "tlbi vae1is, {}", "dsb ish", "isb", in(reg) operand, options(nostack))
        };
    }
    fn flush_space(&mut self, process: Id<Process>) {
        let operand = (process.index() as u64) << 48;
        // SAFETY: forgets cached translations only.
        unsafe {
            asm!("dsb ishst", "tlbi aside1is, {}", "dsb ish", "isb", in(reg) operand, options(nostack))
        };
    }
    fn publish_entries(&mut self) {
        // SAFETY: barriers only.
        unsafe { asm!("dsb ishst", "isb", options(nostack)) };
    }
    fn synchronize_code(&mut self, physical: u64, pages: u64) {
        let start = physical.wrapping_add(OFFSET);
        for line in (start..start + pages * PAGE_BYTES).step_by(64) {
            // SAFETY: cleans a line of RAM to the point of unification.
            unsafe { asm!("dc cvau, {}", in(reg) line, options(nostack)) };
        }
        // SAFETY: forgets cached instructions only.
        unsafe { asm!("dsb ish", "ic ialluis", "dsb ish", "isb", options(nostack)) };
    }

    fn zero_page(&mut self, physical: u64) {
        let start = physical.wrapping_add(OFFSET);
        for line in (start..start + PAGE_BYTES).step_by(64) {
            // SAFETY: zeroes 64 bytes (checked at start) of a page that no process can
            // reach: it is a table's, or of a region whose capabilities are all gone.
            unsafe { asm!("dc zva, {}", in(reg) line, options(nostack)) };
        }
    }
    fn copy_words(&mut self, from: u64, to: u64, words: usize) {
        let from = from.wrapping_add(OFFSET) as *const u64;
        let to = to.wrapping_add(OFFSET) as *mut u64;
        for index in 0..words.min(kernel_abi::limits::BUFFER_WORDS) {
            // SAFETY: both are first pages of live message-buffer regions, at least a page
            // long; processes may write them meanwhile, hence volatile single words.
            unsafe { to.add(index).write_volatile(from.add(index).read_volatile()) };
        }
    }

    fn interrupt_enable(&mut self, number: u32) {
        let _ = monitor::call(hvc::INTERRUPT_ENABLE, u64::from(number), hvc::Trigger::Level as u64);
    }
    fn interrupt_disable(&mut self, number: u32) {
        let _ = monitor::call(hvc::INTERRUPT_DISABLE, u64::from(number), 0);
    }
    #[inline(always)]
    fn interrupt_acknowledge(&mut self, number: u32) {
        deactivate(u64::from(number));
    }

    fn mailbox_send(&mut self, words: &Message) -> Result<(), Error> {
        let mut message = *words;
        let header = RequestHeader::unpack(message[0]);
        message[0] = RequestHeader { origin: Origin::Process as u8, ..header }.pack();
        monitor::mailbox_send(&message)
    }
    fn mailbox_receive(&mut self) -> Result<Message, Error> {
        monitor::mailbox_receive()
    }
    fn memory_release(&mut self, physical: u64, pages: u64) -> Result<(), Error> {
        monitor::call(hvc::MEMORY_RELEASE, physical, pages)
    }
    fn system_stop(&mut self, reset: bool) {
        monitor::system_stop(reset);
    }
}

/// Turns the processor's interrupt interface and the timer on.
pub(crate) fn initialize() {
    const EL0_READS_VIRTUAL_COUNTER: u64 = 1 << 1;
    // SAFETY: registers of this core's interrupt interface and timer: priority mask
    // open, priority drop apart from deactivation, group 1 on; EL0 may read the virtual
    // counter and nothing else of the timers or the performance monitors.
    unsafe {
        asm!(
            "msr icc_pmr_el1, {mask}",
            "msr icc_bpr1_el1, xzr",
            "msr icc_ctlr_el1, {split}",
            "msr icc_igrpen1_el1, {one}",
            "msr cntkctl_el1, {counter}",
            "msr pmuserenr_el0, {profile}",
            "msr mdscr_el1, xzr",
            "isb",
            mask = in(reg) 0xffu64,
            split = in(reg) 2u64,
            one = in(reg) 1u64,
            counter = in(reg) EL0_READS_VIRTUAL_COUNTER,
            profile = in(reg) u64::from(cfg!(feature = "measure")),
            options(nostack)
        );
    }
    CNTV_CVAL_EL0.set(u64::MAX);
    CNTV_CTL_EL0.set(1);
    let _ = monitor::call(
        hvc::INTERRUPT_ENABLE,
        u64::from(TIMER_INTERRUPT),
        hvc::Trigger::Level as u64,
    );
    #[cfg(feature = "measure")]
    // SAFETY: starts this core's cycle counter, at EL0 and EL1.
    unsafe {
        asm!("msr pmcr_el0, {0}", "msr pmcntenset_el0, {1}", "msr pmccfiltr_el0, xzr", "isb",
            in(reg) 0b101u64, in(reg) 1u64 << 31, options(nostack));
    }
}
