//! What gates and the Pluton core share, in secure RAM: mailboxes, orders, faults.

use crate::power::Order;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use pluton_core::ring::Ring;

/// Cores that have a gate.
pub const GATES: usize = 3;
const _: () = assert!(GATES == pluton_core::console::CORES);

/// One core's mailbox.
#[derive(Debug)]
pub struct Mailbox {
    /// Written by the gate.
    pub requests: Ring,
    /// Written by the Pluton core.
    pub replies: Ring,
}

/// The mailboxes.
pub static MAILBOXES: [Mailbox; GATES] =
    [const { Mailbox { requests: Ring::new(), replies: Ring::new() } }; GATES];

static ORDER: AtomicU32 = AtomicU32::new(0);
static MONITOR_ENTRY: AtomicU64 = AtomicU64::new(0);

/// What a gate tells before it stops: core + 1, syndrome, where, address.
static FAULT: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

/// Gives a power order. The first one counts.
pub(crate) fn give_order(order: Order) {
    let _ = ORDER.compare_exchange(0, order as u32, Ordering::AcqRel, Ordering::Acquire);
}

/// The power order, if one was given.
pub fn order() -> Option<Order> {
    Order::from_number(ORDER.load(Ordering::Acquire))
}

/// Says where the monitor starts, before its core is released.
pub fn set_monitor_entry(entry: u64) {
    MONITOR_ENTRY.store(entry, Ordering::Release);
}

pub(crate) fn monitor_entry() -> u64 {
    MONITOR_ENTRY.load(Ordering::Acquire)
}

pub(crate) fn set_fault(core: u64, syndrome: u64, place: u64, address: u64) {
    for (word, value) in FAULT.iter().zip([core + 1, syndrome, place, address]).rev() {
        word.store(value, Ordering::Release);
    }
}

/// The fault of a gate, if there was one: core, syndrome, where, address.
pub fn fault() -> Option<[u64; 4]> {
    let [core, syndrome, place, address] =
        FAULT.each_ref().map(|word| word.load(Ordering::Acquire));
    core.checked_sub(1).map(|core| [core, syndrome, place, address])
}
