//! Choosing what runs: run queues of schedules, budgets, preemption.
//!
//! The current schedule stands in no queue. Whoever may have changed what should run
//! calls [`Kernel::reschedule`] last; it charges the current schedule for its time and
//! puts the best one in its place. Everything here is bounded by the number of
//! priorities or, for the list of the depleted, by the number of schedules.

use crate::arena::{Id, Link};
use crate::kernel::Kernel;
use crate::machine::{Context, Machine};
use crate::schedule::{Schedule, Standing};
use crate::thread::{Special, State, Thread};
use crate::Outcome;
use kernel_abi::limits::THREADS;

impl<M: Machine> Kernel<M> {
    /// Lets a schedule compete for the processor, if its thread is ready.
    pub fn make_ready(&mut self, id: Id<Schedule>) {
        let Schedule { standing, remaining, .. } = self.schedules[id];
        match standing {
            Standing::Idle | Standing::Depleted if remaining == 0 && self.fall_back(id) => {}
            Standing::Idle if remaining == 0 => self.run.deplete(&mut self.schedules, id),
            Standing::Idle => self.run.push_back(&mut self.schedules, id),
            Standing::Queued | Standing::Current | Standing::Depleted => {}
        }
    }

    /// A thread became ready: the schedule it runs on, if it has one, competes.
    pub fn thread_ready(&mut self, thread: Id<Thread>) {
        self.threads[thread].state = State::Ready;
        self.refresh(thread);
    }

    /// Lets the schedule a thread runs on compete, if whoever runs on it is ready.
    pub(crate) fn refresh(&mut self, thread: Id<Thread>) {
        if let Some(schedule) = self.schedule_of(thread).get()
            && self.runner(schedule).is_some()
        {
            self.make_ready(schedule);
        }
    }

    /// The caller whose time a thread works on, if it has one and is not detached from it.
    fn payer(&self, thread: Id<Thread>) -> Option<Id<Thread>> {
        let Thread { caller, special, .. } = &self.threads[thread];
        if special.has(Special::DETACHED) { None } else { caller.get() }
    }

    /// The schedule a thread runs on: its own, or, while it serves a caller, the caller's,
    /// and so on to the first caller of all. Callers without any do not count.
    pub fn schedule_of(&self, thread: Id<Thread>) -> Link<Schedule> {
        let (mut thread, mut found) = (thread, self.threads[thread].schedule);
        for _ in 0..THREADS {
            let Some(caller) = self.payer(thread) else { break };
            thread = caller;
            if !self.threads[thread].schedule.is_none() {
                found = self.threads[thread].schedule;
            }
        }
        found
    }

    /// The ready thread that runs on a schedule: its owner, or the server at the end of
    /// its chain of calls.
    pub fn runner(&self, id: Id<Schedule>) -> Option<Id<Thread>> {
        let thread = self.end_of_calls(id)?;
        (self.threads[thread].state == State::Ready).then_some(thread)
    }

    /// The thread that works for the owner of a schedule, on that schedule.
    fn end_of_calls(&self, id: Id<Schedule>) -> Option<Id<Thread>> {
        let mut thread = self.schedules[id].owner.get()?;
        if !self.schedule_of(thread).is(id) {
            return None;
        }
        for _ in 0..THREADS {
            let entry = &self.threads[thread];
            match entry.server.get() {
                Some(server)
                    if entry.state == State::AwaitingReply
                        && !self.threads[server].special.has(Special::DETACHED) =>
                {
                    thread = server;
                }
                _ => break,
            }
        }
        Some(thread)
    }

    /// Takes a schedule out of the competition. The current one keeps running until
    /// the next [`Kernel::reschedule`].
    pub fn make_idle(&mut self, id: Id<Schedule>) {
        match self.schedules[id].standing {
            Standing::Queued => self.run.unlink(&mut self.schedules, id),
            Standing::Depleted => self.run.unlink_depleted(&mut self.schedules, id),
            Standing::Idle | Standing::Current => {}
        }
    }

    /// Charges the current schedule up to `now`.
    fn charge(&mut self, now: u64) {
        if let Some(current) = self.run.current.get() {
            let schedule = &mut self.schedules[current];
            schedule.remaining = schedule.remaining.saturating_sub(now - self.run.charged);
        }
        self.run.charged = now;
    }

    /// Whether somebody with a higher priority than the current schedule is queued.
    #[inline(always)]
    pub fn is_outranked(&self) -> bool {
        if self.run.timer_is_late {
            return true;
        }
        match (self.run.best(), self.run.current.get()) {
            (Some(best), Some(current)) => best > self.schedules[current].priority,
            (best, None) => best.is_some(),
            (None, _) => false,
        }
    }

    /// Makes a thread ready that waited for a signal, and runs it at once if it outranks
    /// the current one. The common case, a thread on time of its own with some left, does
    /// in one go what [`Kernel::thread_ready`] and [`Kernel::reschedule`] do in general.
    pub(crate) fn wake(&mut self, machine: &mut M, thread: Id<Thread>) -> bool {
        self.threads[thread].state = State::Ready;
        let entry = &self.threads[thread];
        if let (Some(id), true) = (entry.schedule.get(), entry.caller.is_none())
            && self.schedules[id].standing == Standing::Idle
        {
            let now = machine.now();
            let schedule = &mut self.schedules[id];
            schedule.refill(now);
            if schedule.remaining != 0 {
                let priority = schedule.priority;
                match self.run.current.get() {
                    Some(current) if self.schedules[current].priority >= priority => {
                        self.run.push_back(&mut self.schedules, id);
                        return false;
                    }
                    Some(current) => {
                        self.charge(now);
                        self.run.push_front(&mut self.schedules, current);
                    }
                    None => self.run.charged = now,
                }
                self.run.set_current(&mut self.schedules, id);
                let _ = self.dispatch(machine, thread);
                return true;
            }
        }
        self.refresh(thread);
        if self.idle || self.is_outranked() {
            let _ = self.reschedule(machine);
            return true;
        }
        false
    }

    /// Ends a system call that woke a thread.
    pub(crate) fn wake_and_stay(&mut self, machine: &mut M, thread: Id<Thread>) -> Outcome {
        self.contexts_status(0);
        if self.wake(machine, thread) { Outcome::Switch } else { Outcome::Return(0) }
    }

    /// Ends the system call of a thread that stays ready: switches if it is outranked.
    #[inline(always)]
    pub fn stay_or_switch(&mut self, machine: &mut M, status: u64) -> Outcome {
        if self.is_outranked() {
            self.contexts_status(status);
            self.reschedule(machine)
        } else {
            Outcome::Return(status)
        }
    }

    #[inline(always)]
    fn contexts_status(&mut self, status: u64) {
        self.contexts[self.current].set_status(status);
    }

    /// Puts the current schedule behind others of its priority, then picks again.
    pub fn yield_now(&mut self, machine: &mut M) -> Outcome {
        self.contexts_status(0);
        let now = machine.now();
        self.charge(now);
        if let Some(current) = self.run.current.get() {
            self.run.current = Link::NONE;
            self.schedules[current].standing = Standing::Idle;
            self.make_ready(current);
        }
        self.pick(machine, now)
    }

    /// Charges the current schedule, then picks the one to run and its thread.
    pub fn reschedule(&mut self, machine: &mut M) -> Outcome {
        let now = machine.now();
        self.charge(now);
        self.pick(machine, now)
    }

    fn pick(&mut self, machine: &mut M, now: u64) -> Outcome {
        if let Some(current) = self.run.current.get() {
            let runner = self.runner(current);
            let schedule = &mut self.schedules[current];
            if let Some(thread) = runner
                && schedule.remaining != 0
            {
                if self.run.best().is_none_or(|best| best <= schedule.priority) {
                    return self.dispatch(machine, thread);
                }
                self.run.push_front(&mut self.schedules, current);
            } else {
                schedule.standing = Standing::Idle;
                if runner.is_some() && !self.fall_back(current) {
                    self.run.deplete(&mut self.schedules, current);
                }
            }
            self.run.current = Link::NONE;
        }
        while let Some(priority) = self.run.best() {
            let Some(next) = self.run.first(priority).get() else { break };
            self.run.unlink(&mut self.schedules, next);
            if let Some(thread) = self.runner(next) {
                self.schedules[next].refill(now);
                self.run.set_current(&mut self.schedules, next);
                return self.dispatch(machine, thread);
            }
        }
        self.idle = true;
        self.arm_timer(machine);
        Outcome::Switch
    }

    /// A schedule ran dry, or vanished, while lent to a server that has time of its own:
    /// the server goes on with that, so a stingy caller can not hold up the others.
    pub(crate) fn fall_back(&mut self, id: Id<Schedule>) -> bool {
        let Some(last) = self.end_of_calls(id) else { return false };
        let mut server = last;
        for _ in 0..THREADS {
            if self.schedules[id].owner.is(server) {
                break;
            }
            if !self.threads[server].schedule.is_none() {
                self.threads[server].special.set(Special::DETACHED, true);
                self.refresh(last);
                return true;
            }
            let Some(caller) = self.payer(server) else { break };
            server = caller;
        }
        false
    }

    #[inline(always)]
    fn dispatch(&mut self, machine: &mut M, thread: Id<Thread>) -> Outcome {
        self.arm_timer(machine);
        self.idle = false;
        self.switch_to(machine, thread);
        Outcome::Switch
    }

    /// Makes a thread current, and its address space.
    #[inline(always)]
    pub fn switch_to(&mut self, machine: &mut M, thread: Id<Thread>) {
        let space = self.threads[thread].space;
        if self.threads[self.current].space != space {
            machine.switch_space(space);
        }
        self.current = thread;
        machine.switch_thread(thread);
    }

    /// Sets the timer to the first of: budget end, deadline, period end.
    #[inline(always)]
    fn arm_timer(&mut self, machine: &mut M) {
        let mut when = u64::MAX;
        if let Some(current) = self.run.current.get() {
            when = self.run.charged.saturating_add(self.schedules[current].remaining);
        }
        if let Some(thread) = self.timers.get() {
            when = when.min(self.threads[thread].deadline);
        }
        if let Some(schedule) = self.run.depleted.get() {
            when = when.min(self.schedules[schedule].period_end);
        }
        self.run.timer_is_late = false;
        machine.set_timer(when);
    }

    /// The timer interrupt: wakes sleepers, refills budgets, switches.
    pub fn timer(&mut self, machine: &mut M) -> Outcome {
        let now = machine.now();
        while let Some(thread) = self.timers.get() {
            if self.threads[thread].deadline > now {
                break;
            }
            self.expire(thread);
        }
        while let Some(id) = self.run.depleted.get() {
            if self.schedules[id].period_end > now {
                break;
            }
            self.run.unlink_depleted(&mut self.schedules, id);
            self.schedules[id].refill(now);
            if self.runner(id).is_some() {
                self.make_ready(id);
            }
        }
        self.reschedule(machine)
    }
}
