//! Schedules: time as a capability.
//!
//! What the kernel schedules is not threads but *schedules*: a budget of ticks in each
//! period, at a priority. A thread runs on one. A call hands the caller's schedule to
//! the server with the message, and the reply hands it back, so a server works on its
//! caller's time and at its caller's priority, and an IPC never touches a run queue.
//! Nothing is written down of that: who runs on a schedule is found by following the
//! calls its owner waits for, so time can not be given twice or get lost.

use crate::arena::{Life, Link, entry};
use crate::thread::Thread;

/// Where a schedule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Its thread does not want to run (or it has none).
    Idle,
    /// In the run queue of its priority.
    Queued,
    /// Running.
    Current,
    /// Its budget is used up; waiting for the next period.
    Depleted,
}

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Schedule {
    /// Its life.
    pub life: Life,
    /// Where it stands.
    pub standing: Standing,
    /// 0 lowest.
    pub priority: u8,
    /// The thread whose own it is. Who runs on it is that thread, or the server at the
    /// end of its chain of calls.
    pub owner: Link<Thread>,
    /// Ticks it may run in each period.
    pub budget: u64,
    /// Ticks.
    pub period: u64,
    /// Ticks left in this period.
    pub remaining: u64,
    /// When the next period begins, counted from the first use after the last one.
    pub period_end: u64,
    /// Neighbours in the run queue, or in the list of the depleted.
    pub previous: Link<Schedule>,
    /// Neighbours in the run queue, or in the list of the depleted.
    pub next: Link<Schedule>,
    /// 1/1000 of the processor, as charged to its process.
    pub share: u16,
}
entry!(Schedule);

impl Schedule {
    /// Begins a new period if the last one is over.
    #[inline(always)]
    pub fn refill(&mut self, now: u64) {
        if now >= self.period_end {
            self.period_end = now.saturating_add(self.period);
            self.remaining = self.budget;
        }
    }
    /// A free entry.
    pub const UNUSED: Self = Self {
        life: Life { generation: 0, live: false },
        standing: Standing::Idle,
        priority: 0,
        owner: Link::NONE,
        budget: 0,
        period: 0,
        remaining: 0,
        period_end: 0,
        previous: Link::NONE,
        next: Link::NONE,
        share: 0,
    };
}
