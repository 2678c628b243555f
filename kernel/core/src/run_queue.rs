//! The run queues: which schedules compete, by priority, and which are used up.
//!
//! Linked through the schedules themselves, so no queue can be full. The current schedule
//! stands in none.

use crate::arena::{Arena, Id, Link};
use crate::schedule::{Schedule, Standing};
use kernel_abi::limits::{PRIORITIES, SCHEDULES};

type Schedules = Arena<Schedule, SCHEDULES>;

/// First and last schedule of a priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct RunQueue {
    head: Link<Schedule>,
    tail: Link<Schedule>,
}

/// Who may run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunQueues {
    queues: [RunQueue; PRIORITIES],
    /// Bit n: the queue of priority n holds somebody.
    occupied: u32,
    /// The schedule being used up now.
    pub current: Link<Schedule>,
    /// Whether somebody waits for a refill the timer is not set for yet.
    pub(crate) timer_is_late: bool,
    /// When it was last charged, in ticks.
    pub charged: u64,
    /// Those whose budget is used up, nearest period end first.
    pub depleted: Link<Schedule>,
}
const _: () = assert!(PRIORITIES == 32);

impl RunQueues {
    /// Nobody.
    pub const EMPTY: Self = Self {
        queues: [RunQueue { head: Link::NONE, tail: Link::NONE }; PRIORITIES],
        occupied: 0,
        current: Link::NONE,
        timer_is_late: false,
        charged: 0,
        depleted: Link::NONE,
    };

    fn queue(&mut self, priority: u8) -> &mut RunQueue {
        &mut self.queues[priority as usize & (PRIORITIES - 1)]
    }

    /// The first schedule in the queue of a priority.
    pub fn first(&self, priority: u8) -> Link<Schedule> {
        self.queues[priority as usize & (PRIORITIES - 1)].head
    }

    /// Highest priority with somebody in its queue.
    #[inline(always)]
    pub(crate) fn best(&self) -> Option<u8> {
        (self.occupied != 0).then(|| 31 - self.occupied.leading_zeros() as u8)
    }

    pub(crate) fn push_back(&mut self, schedules: &mut Schedules, id: Id<Schedule>) {
        let priority = schedules[id].priority;
        self.occupied |= 1 << (priority & 31);
        let queue = self.queue(priority);
        schedules[id].previous = queue.tail;
        schedules[id].next = Link::NONE;
        match queue.tail.get() {
            Some(tail) => schedules[tail].next = id.link(),
            None => queue.head = id.link(),
        }
        queue.tail = id.link();
        schedules[id].standing = Standing::Queued;
    }

    #[inline(always)]
    pub(crate) fn push_front(&mut self, schedules: &mut Schedules, id: Id<Schedule>) {
        let priority = schedules[id].priority;
        self.occupied |= 1 << (priority & 31);
        let queue = self.queue(priority);
        schedules[id].previous = Link::NONE;
        schedules[id].next = queue.head;
        match queue.head.get() {
            Some(head) => schedules[head].previous = id.link(),
            None => queue.tail = id.link(),
        }
        queue.head = id.link();
        schedules[id].standing = Standing::Queued;
    }

    pub(crate) fn unlink(&mut self, schedules: &mut Schedules, id: Id<Schedule>) {
        let Schedule { previous, next, priority, .. } = schedules[id];
        let queue = self.queue(priority);
        match previous.get() {
            Some(previous) => schedules[previous].next = next,
            None => queue.head = next,
        }
        match next.get() {
            Some(next) => schedules[next].previous = previous,
            None => queue.tail = previous,
        }
        if queue.head.is_none() {
            self.occupied &= !(1 << (priority & 31));
        }
        schedules[id].standing = Standing::Idle;
    }

    /// Makes a schedule that stands in no queue the current one.
    pub(crate) fn set_current(&mut self, schedules: &mut Schedules, id: Id<Schedule>) {
        schedules[id].standing = Standing::Current;
        self.current = id.link();
    }

    /// Sets a schedule aside until its next period.
    pub(crate) fn deplete(&mut self, schedules: &mut Schedules, id: Id<Schedule>) {
        let end = schedules[id].period_end;
        let (mut previous, mut next) = (Link::NONE, self.depleted);
        while let Some(here) = next.get() {
            if schedules[here].period_end > end {
                break;
            }
            previous = next;
            next = schedules[here].next;
        }
        schedules[id].previous = previous;
        schedules[id].next = next;
        match previous.get() {
            Some(previous) => schedules[previous].next = id.link(),
            None => self.depleted = id.link(),
        }
        if let Some(next) = next.get() {
            schedules[next].previous = id.link();
        }
        schedules[id].standing = Standing::Depleted;
        self.timer_is_late = true;
    }

    /// Takes a schedule out of those set aside.
    pub(crate) fn unlink_depleted(&mut self, schedules: &mut Schedules, id: Id<Schedule>) {
        let Schedule { previous, next, .. } = schedules[id];
        match previous.get() {
            Some(previous) => schedules[previous].next = next,
            None => self.depleted = next,
        }
        if let Some(next) = next.get() {
            schedules[next].previous = previous;
        }
        schedules[id].standing = Standing::Idle;
    }
}
