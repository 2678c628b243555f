//! Deadlines: the list of threads that wait no longer than a given time.

use crate::arena::{Id, Link};
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::thread::{Special, Thread};
use kernel_abi::Error;
use kernel_abi::message::FOREVER;

impl<M: Machine> Kernel<M> {
    /// Puts a thread into the timer list, unless it waits for ever.
    pub fn set_deadline(&mut self, thread: Id<Thread>, deadline: u64) {
        if deadline == FOREVER {
            return;
        }
        let (mut previous, mut next) = (Link::NONE, self.timers);
        while let Some(here) = next.get() {
            if self.threads[here].deadline > deadline {
                break;
            }
            previous = next;
            next = self.threads[here].timer_next;
        }
        let entry = &mut self.threads[thread];
        entry.deadline = deadline;
        entry.special.set(Special::TIMED, true);
        entry.timer_previous = previous;
        entry.timer_next = next;
        match previous.get() {
            Some(previous) => self.threads[previous].timer_next = thread.link(),
            None => self.timers = thread.link(),
        }
        if let Some(next) = next.get() {
            self.threads[next].timer_previous = thread.link();
        }
    }

    /// Takes a thread out of the timer list, if it is there.
    #[inline(always)]
    pub fn clear_deadline(&mut self, thread: Id<Thread>) {
        if self.threads[thread].special.has(Special::TIMED) {
            self.unlink_timer(thread);
        }
    }

    fn unlink_timer(&mut self, thread: Id<Thread>) {
        let (previous, next) = {
            let entry = &mut self.threads[thread];
            entry.deadline = 0;
            entry.special.set(Special::TIMED, false);
            (entry.timer_previous, entry.timer_next)
        };
        match previous.get() {
            Some(previous) => self.threads[previous].timer_next = next,
            None => self.timers = next,
        }
        if let Some(next) = next.get() {
            self.threads[next].timer_previous = previous;
        }
    }

    /// A deadline passed: the thread's wait ends with [`Error::TimedOut`], a sleep well.
    pub(crate) fn expire(&mut self, thread: Id<Thread>) {
        let slept = self.threads[thread].state == crate::thread::State::Sleeping;
        self.end_wait(thread, if slept { Ok(()) } else { Err(Error::TimedOut) });
    }
}
