//! The interrupt controllers: the local APIC, and the I/O APIC in front of it.
//!
//! An interrupt's number is its pin at the I/O APIC. Lines are level-triggered: one
//! that was taken is masked at its pin until its driver acknowledges it, so a line that
//! never falls silent costs its driver's time only.

use crate::memory::device;
use x86_64::instructions::port::Port;

/// Vector of pin 0.
pub(crate) const FIRST_PIN: u8 = 0x30;
/// Pins of the I/O APIC.
pub(crate) const PINS: u32 = 24;
/// Vector of the timer.
pub(crate) const TIMER: u8 = 0xe0;
/// Vector of an interrupt that went away while it was taken.
pub(crate) const SPURIOUS: u8 = 0xff;

/// The local APIC.
pub(crate) mod local {
    use crate::memory::device;

    const BASE: u64 = 0xfee0_0000;
    pub(super) const TASK_PRIORITY: u64 = 0x80;
    const END_OF_INTERRUPT: u64 = 0xb0;
    pub(super) const SPURIOUS_VECTOR: u64 = 0xf0;
    const REQUESTS: u64 = 0x200;
    pub(super) const TIMER_ENTRY: u64 = 0x320;
    pub(super) const LINE_0: u64 = 0x350;
    pub(super) const LINE_1: u64 = 0x360;
    const INITIAL_COUNT: u64 = 0x380;
    const CURRENT_COUNT: u64 = 0x390;
    pub(super) const DIVIDE: u64 = 0x3e0;

    pub(super) fn read(register: u64) -> u32 {
        // SAFETY: a register of the local APIC, mapped uncached by the start code.
        unsafe { device(BASE + register).read_volatile() }
    }
    pub(super) fn write(register: u64, value: u32) {
        // SAFETY: as for `read`; it decides about interrupts only, never about memory.
        unsafe { device(BASE + register).write_volatile(value) }
    }
    /// Starts the timer; 0 stops it.
    pub(crate) fn start_timer(counts: u32) {
        write(INITIAL_COUNT, counts);
    }
    /// Counts that the timer has left.
    pub(crate) fn timer_count() -> u32 {
        read(CURRENT_COUNT)
    }
    /// Ends the interrupt being served.
    pub(crate) fn end_of_interrupt() {
        write(END_OF_INTERRUPT, 0);
    }
    /// Whether any interrupt waits to be taken.
    pub(crate) fn is_requested() -> bool {
        (1..8).any(|word| read(REQUESTS + word * 0x10) != 0)
    }
}

const IO_BASE: u64 = 0xfec0_0000;
const MASKED: u32 = 1 << 16;
const LEVEL: u32 = 1 << 15;

fn write_pin(number: u32, value: u32) {
    if number >= PINS {
        return;
    }
    // SAFETY: the index and data registers of the I/O APIC, mapped uncached by the start
    // code; they route interrupts to vectors that the descriptor table serves.
    unsafe {
        device(IO_BASE).write_volatile(0x10 + 2 * number + 1);
        device(IO_BASE + 0x10).write_volatile(0);
        device(IO_BASE).write_volatile(0x10 + 2 * number);
        device(IO_BASE + 0x10).write_volatile(value);
    }
}

fn vector_of(number: u32) -> u32 {
    u32::from(FIRST_PIN) + number
}

/// Keeps a pin silent.
pub(crate) fn mask(number: u32) {
    write_pin(number, vector_of(number) | LEVEL | MASKED);
}

/// Lets a pin interrupt.
pub(crate) fn unmask(number: u32) {
    write_pin(number, vector_of(number) | LEVEL);
}

/// Turns the old controller off and these on, with everything masked.
pub(crate) fn initialize() {
    // SAFETY: the mask registers of the old interrupt controllers.
    unsafe {
        Port::<u8>::new(0x21).write(0xff);
        Port::<u8>::new(0xa1).write(0xff);
    }
    (0..PINS).for_each(mask);
    const DIVIDE_BY_1: u32 = 0b1011;
    const ENABLED: u32 = 1 << 8;
    local::write(local::LINE_0, MASKED);
    local::write(local::LINE_1, MASKED);
    local::write(local::DIVIDE, DIVIDE_BY_1);
    local::write(local::TIMER_ENTRY, u32::from(TIMER));
    local::write(local::TASK_PRIORITY, 0);
    local::write(local::SPURIOUS_VECTOR, ENABLED | u32::from(SPURIOUS));
}
