//! Notifications: bits that stay set until somebody takes them. Signalling never waits.

use crate::Outcome;
use crate::arena::{Id, Life, Link, entry};
use crate::kernel::Kernel;
use crate::machine::{Context, Machine};
use crate::queue::Queue;
use crate::thread::{Special, State, Thread};
use kernel_abi::message::Kind;
use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, Rights};

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Notification {
    /// Its life.
    pub life: Life,
    /// Bits signalled and not yet taken.
    pub bits: u64,
    /// Threads waiting for a bit.
    pub queue: Queue,
    /// The thread that hears of it in receive calls too.
    pub bound: Link<Thread>,
}
entry!(Notification);

impl Notification {
    /// A free entry.
    pub const UNUSED: Self = Self {
        life: Life { generation: 0, live: false },
        bits: 0,
        queue: Queue::EMPTY,
        bound: Link::NONE,
    };
}

impl<M: Machine> Kernel<M> {
    /// The notification a slot names and the bits to signal: the badge, or bit 0 without.
    #[inline(always)]
    fn signalled(&self, slot: u64) -> Result<(Id<Notification>, u64), Error> {
        let capability = self.capability(slot)?;
        let id = capability.name(ObjectKind::Notification, Rights::WRITE, &self.notifications)?;
        Ok((id, if capability.badge == 0 { 1 } else { capability.badge }))
    }

    /// System call: signal, where nobody waits. The status, or what to signal otherwise.
    #[inline(always)]
    pub fn signal_shortly(&mut self, slot: u64) -> Result<u64, (Id<Notification>, u64)> {
        match self.signalled(slot) {
            Ok((id, bits)) => {
                let notification = &mut self.notifications[id];
                if !notification.queue.is_empty() || !notification.bound.is_none() {
                    return Err((id, bits));
                }
                notification.bits |= bits;
                Ok(0)
            }
            Err(error) => Ok(error as u64),
        }
    }

    /// Signals a notification that somebody waits for.
    #[inline(always)]
    pub fn signal_waiter(
        &mut self,
        machine: &mut M,
        (id, bits): (Id<Notification>, u64),
    ) -> Outcome {
        match self.raise(id, bits) {
            Some(thread) => self.wake_and_stay(machine, thread),
            None => Outcome::Return(0),
        }
    }

    /// System call: signal.
    pub fn signal(&mut self, machine: &mut M, slot: u64) -> Outcome {
        match self.signal_shortly(slot) {
            Ok(status) => Outcome::Return(status),
            Err(signalled) => self.signal_waiter(machine, signalled),
        }
    }

    /// Sets bits, and gives them to one who waits for them: it is to be woken.
    #[inline(always)]
    pub(crate) fn raise(&mut self, id: Id<Notification>, bits: u64) -> Option<Id<Thread>> {
        let notification = &mut self.notifications[id];
        notification.bits |= bits;
        if notification.queue.is_empty() && notification.bound.is_none() {
            return None;
        }
        self.deliver(id)
    }

    #[inline(always)]
    fn deliver(&mut self, id: Id<Notification>) -> Option<Id<Thread>> {
        let notification = &mut self.notifications[id];
        let bits = notification.bits;
        if let Some(thread) = notification.queue.pop(&mut self.threads) {
            notification.bits = 0;
            self.clear_deadline(thread);
            self.contexts[thread].set_result(bits);
            return Some(thread);
        }
        if let Some(thread) = notification.bound.get()
            && self.threads[thread].state == State::Receiving
            && !self.threads[thread].schedule.is_none()
        {
            notification.bits = 0;
            self.leave_queue(thread);
            self.received_notification(thread, bits);
            return Some(thread);
        }
        None
    }

    /// Fills in what a receive call that returns on its bound notification returns.
    pub(crate) fn received_notification(&mut self, thread: Id<Thread>, bits: u64) {
        let context = &mut self.contexts[thread];
        context.set_status(0);
        context.set_words(&[bits, 0, 0, 0, 0, 0, 0, 0]);
        context.set_received(0, Kind::Notification as u64);
    }

    /// System call: wait for bits.
    #[inline(always)]
    pub fn wait(&mut self, machine: &mut M, slot: u64, deadline: u64) -> Outcome {
        let named = self.capability(slot).and_then(|capability| {
            capability.name(ObjectKind::Notification, Rights::READ, &self.notifications)
        });
        let id = match named {
            Ok(id) => id,
            Err(error) => return Outcome::Return(error as u64),
        };
        let me = self.current;
        let bits = core::mem::take(&mut self.notifications[id].bits);
        if bits != 0 {
            self.contexts[me].set_result(bits);
            return Outcome::Switch;
        }
        if deadline == 0 {
            return Outcome::Return(Error::WouldBlock as u64);
        }
        self.threads[me].state = State::Waiting;
        self.threads[me].waits_for = id.link();
        self.notifications[id].queue.push(&mut self.threads, me);
        self.set_deadline(me, deadline);
        self.reschedule(machine)
    }

    /// System call: sleep until a deadline.
    pub fn sleep(&mut self, machine: &mut M, deadline: u64) -> Outcome {
        let me = self.current;
        self.threads[me].state = State::Sleeping;
        self.set_deadline(me, deadline);
        self.reschedule(machine)
    }

    /// System call: bind a notification to a thread, or unbind.
    pub fn thread_bind(&mut self, thread: u64, slot: u64) -> Result<(), Error> {
        let thread = self.thread_at(thread)?;
        let notification = match slot {
            0 => Link::NONE,
            slot => {
                let id = self.capability(slot)?.name(
                    ObjectKind::Notification,
                    Rights::READ,
                    &self.notifications,
                )?;
                if !self.notifications[id].bound.is_none() {
                    return Err(Error::BadState);
                }
                id.link()
            }
        };
        self.unbind(thread);
        self.threads[thread].bound = notification;
        self.threads[thread].special.set(Special::BOUND, !notification.is_none());
        if let Some(id) = notification.get() {
            self.notifications[id].bound = thread.link();
            if self.notifications[id].bits != 0
                && let Some(thread) = self.deliver(id)
            {
                self.thread_ready(thread);
            }
        }
        Ok(())
    }

    /// Undoes a binding.
    pub(crate) fn unbind(&mut self, thread: Id<Thread>) {
        if let Some(id) = self.threads[thread].bound.get() {
            self.notifications[id].bound = Link::NONE;
            self.threads[thread].bound = Link::NONE;
            self.threads[thread].special.set(Special::BOUND, false);
        }
    }
}
