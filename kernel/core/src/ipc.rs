//! Messages: call, reply, send, receive.
//!
//! The common case comes first in each function and is kept short: a call to a server
//! that already waits, and a reply to the caller that waits for it. There the message
//! goes straight from registers into the other thread's saved registers, the schedule
//! goes with it, and nothing is queued. Everything else takes the path below, which
//! does the same in the general way.

use crate::Outcome;
use crate::arena::{Id, Link};
use crate::endpoint::{Endpoint, Waiting};
use crate::kernel::Kernel;
use crate::machine::{Context, Machine};
use crate::thread::{State, Thread};
use kernel_abi::limits::{MESSAGE_WORDS, SLOTS_PER_PROCESS};
use kernel_abi::message::{Descriptor, Kind, NO_WAIT};
use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, Rights, fault};

/// The words of a message.
pub type Words = [u64; MESSAGE_WORDS];

impl<M: Machine> Kernel<M> {
    /// The endpoint in a slot of the current process, and the badge it is used with.
    #[inline(always)]
    fn endpoint(&self, slot: u64, rights: Rights) -> Result<(Id<Endpoint>, u64), Error> {
        let capability = self.capability(slot)?;
        let id = capability.name(ObjectKind::Endpoint, rights, &self.endpoints)?;
        Ok((id, capability.badge))
    }

    /// Takes the first receiver out of an endpoint's queue.
    #[inline(always)]
    fn pop_receiver(&mut self, id: Id<Endpoint>) -> Option<Id<Thread>> {
        let endpoint = &mut self.endpoints[id];
        if endpoint.waiting != Waiting::Receivers {
            return None;
        }
        let receiver = endpoint.queue.pop(&mut self.threads)?;
        if endpoint.queue.is_empty() {
            endpoint.waiting = Waiting::Nobody;
        }
        self.threads[receiver].endpoint = Link::NONE;
        self.clear_deadline(receiver);
        Some(receiver)
    }

    /// Writes a received message into a thread's saved registers.
    #[inline(always)]
    fn write_message(&mut self, to: Id<Thread>, words: &Words, badge: u64, info: u64) {
        let context = &mut self.contexts[to];
        context.set_status(0);
        context.set_words(words);
        context.set_received(badge, info);
    }

    /// Hands the current thread's call to a server that waits, with its time.
    #[inline(always)]
    fn hand_over(&mut self, machine: &mut M, server: Id<Thread>) -> Outcome {
        let me = self.current;
        let caller = &mut self.threads[me];
        caller.state = State::AwaitingReply;
        caller.server = server.link();
        let schedule = caller.runs_on;
        caller.runs_on = Link::NONE;
        self.threads[server].caller = me.link();
        self.threads[server].state = State::Ready;
        self.give_schedule(schedule, server);
        self.switch_to(machine, server);
        Outcome::Switch
    }

    /// System call: send and wait for the reply.
    #[inline(always)]
    pub fn call(&mut self, machine: &mut M, descriptor: u64, words: &Words) -> Outcome {
        if descriptor < SLOTS_PER_PROCESS as u64
            && let Ok((endpoint, badge)) = self.endpoint(descriptor, Rights::WRITE)
            && let Some(server) = self.pop_receiver(endpoint)
        {
            self.write_message(server, words, badge, Kind::Call as u64);
            return self.hand_over(machine, server);
        }
        self.call_general(machine, descriptor, words)
    }

    #[inline(never)]
    fn call_general(&mut self, machine: &mut M, descriptor: u64, words: &Words) -> Outcome {
        let me = self.current;
        let (endpoint, badge) = match self.check_send(descriptor) {
            Ok(named) => named,
            Err(error) => return Outcome::Return(error as u64),
        };
        self.threads[me].badge = badge;
        self.threads[me].descriptor = descriptor;
        self.contexts[me].set_words(words);
        if let Some(server) = self.pop_receiver(endpoint) {
            let info = self.send_extras(machine, me, server, descriptor);
            self.write_message(server, words, badge, Kind::Call as u64 | info);
            return self.hand_over(machine, server);
        }
        if descriptor & NO_WAIT != 0 {
            return Outcome::Return(Error::WouldBlock as u64);
        }
        self.threads[me].state = State::Calling;
        self.queue_sender(endpoint, me);
        self.reschedule(machine)
    }

    /// Checks everything a sending descriptor names.
    fn check_send(&self, descriptor: u64) -> Result<(Id<Endpoint>, u64), Error> {
        let sent = Descriptor(descriptor);
        if descriptor >> 42 != 0 || sent.buffer_words() > kernel_abi::limits::BUFFER_WORDS {
            return Err(Error::InvalidArgument);
        }
        let (endpoint, badge) = self.endpoint(u64::from(sent.endpoint().0), Rights::WRITE)?;
        let capability = u64::from(sent.capability().0);
        if capability != 0 {
            self.endpoint(u64::from(sent.endpoint().0), Rights::GRANT)?;
            if self.capability(capability)?.is_empty() {
                return Err(Error::NoCapability);
            }
        }
        if sent.buffer_words() != 0 && self.threads[self.current].buffer.is_none() {
            return Err(Error::InvalidArgument);
        }
        Ok((endpoint, badge))
    }

    /// Puts a sender into an endpoint's queue, by the priority of its schedule.
    pub(crate) fn queue_sender(&mut self, id: Id<Endpoint>, sender: Id<Thread>) {
        let priority = self.priority_of(sender);
        self.threads[sender].endpoint = id.link();
        let schedules = &self.schedules;
        let endpoint = &mut self.endpoints[id];
        endpoint.waiting = Waiting::Senders;
        endpoint.queue.insert(&mut self.threads, sender, |threads, other| {
            let theirs = threads[other].runs_on.get().map_or(0, |s| schedules[s].priority);
            theirs < priority
        });
    }

    fn priority_of(&self, thread: Id<Thread>) -> u8 {
        self.threads[thread].runs_on.get().map_or(0, |id| self.schedules[id].priority)
    }

    /// System call: send without waiting for a reply.
    pub fn send(
        &mut self,
        machine: &mut M,
        descriptor: u64,
        words: &Words,
        deadline: u64,
    ) -> Outcome {
        let me = self.current;
        let (endpoint, badge) = match self.check_send(descriptor) {
            Ok(named) => named,
            Err(error) => return Outcome::Return(error as u64),
        };
        self.contexts[me].set_words(words);
        if self.endpoints[endpoint].waiting == Waiting::Receivers {
            let first = self.endpoints[endpoint].queue.head.get();
            if first.is_some_and(|thread| self.threads[thread].runs_on.is_none()) {
                return Outcome::Return(Error::NoSchedule as u64);
            }
        }
        if let Some(receiver) = self.pop_receiver(endpoint) {
            let info = self.send_extras(machine, me, receiver, descriptor);
            self.write_message(receiver, words, badge, Kind::Send as u64 | info);
            self.thread_ready(receiver);
            return self.stay_or_switch(machine, 0);
        }
        if descriptor & NO_WAIT != 0 || deadline == 0 {
            return Outcome::Return(Error::WouldBlock as u64);
        }
        self.threads[me].badge = badge;
        self.threads[me].descriptor = descriptor;
        self.threads[me].state = State::Sending;
        self.queue_sender(endpoint, me);
        self.set_deadline(me, deadline);
        self.reschedule(machine)
    }

    /// System call: reply to the last caller, then receive.
    #[inline(always)]
    pub fn reply_receive(&mut self, machine: &mut M, descriptor: u64, words: &Words) -> Outcome {
        let me = self.current;
        if descriptor < SLOTS_PER_PROCESS as u64
            && let Some(caller) = self.threads[me].caller.get()
            && !self.threads[caller].faulted
            && self.threads[me].runs_on != self.threads[me].schedule
            && self.threads[me].bound.is_none()
            && let Ok((id, _)) = self.endpoint(descriptor, Rights::READ)
            && self.endpoints[id].waiting != Waiting::Senders
        {
            let endpoint = &mut self.endpoints[id];
            endpoint.waiting = Waiting::Receivers;
            endpoint.queue.push(&mut self.threads, me);
            let server = &mut self.threads[me];
            server.endpoint = id.link();
            server.state = State::Receiving;
            server.caller = Link::NONE;
            let schedule = server.runs_on;
            server.runs_on = server.schedule;
            self.threads[caller].state = State::Ready;
            self.threads[caller].server = Link::NONE;
            self.give_schedule(schedule, caller);
            self.write_message(caller, words, 0, 0);
            self.switch_to(machine, caller);
            return Outcome::Switch;
        }
        self.reply_receive_general(machine, descriptor, words)
    }

    #[inline(never)]
    fn reply_receive_general(
        &mut self,
        machine: &mut M,
        descriptor: u64,
        words: &Words,
    ) -> Outcome {
        let slot = u64::from(Descriptor(descriptor).endpoint().0);
        if let Err(error) = self
            .endpoint(slot, Rights::READ)
            .and_then(|_| self.reply_to_caller(machine, descriptor, words))
        {
            return Outcome::Return(error as u64);
        }
        self.receive(machine, slot, u64::MAX)
    }

    /// System call: reply to the last caller.
    pub fn reply(&mut self, machine: &mut M, descriptor: u64, words: &Words) -> Outcome {
        let me = self.current;
        if self.threads[me].schedule.is_none() {
            return Outcome::Return(Error::NoSchedule as u64);
        }
        match self.reply_to_caller(machine, descriptor, words) {
            Ok(()) => self.settle(machine, 0),
            Err(error) => Outcome::Return(error as u64),
        }
    }

    /// Gives the caller its answer and its time back, and this thread its own time.
    fn reply_to_caller(
        &mut self,
        machine: &mut M,
        descriptor: u64,
        words: &Words,
    ) -> Result<(), Error> {
        let me = self.current;
        let caller = self.threads[me].caller.get().ok_or(Error::NoCaller)?;
        let sent = Descriptor(descriptor);
        if descriptor >> 42 != 0 || sent.buffer_words() > kernel_abi::limits::BUFFER_WORDS {
            return Err(Error::InvalidArgument);
        }
        if sent.buffer_words() != 0 && self.threads[me].buffer.is_none() {
            return Err(Error::InvalidArgument);
        }
        self.contexts[me].set_words(words);
        let faulted = self.threads[caller].faulted;
        self.release_caller(me);
        if faulted {
            self.threads[caller].faulted = false;
            if words[0] != fault::RESUME {
                self.threads[caller].state = State::Stopped;
                return Ok(());
            }
            self.contexts[caller].set_program_counter(words[1]);
        } else {
            let info = self.send_extras(machine, me, caller, descriptor & !0xffff);
            self.write_message(caller, words, 0, info);
        }
        self.thread_ready(caller);
        Ok(())
    }

    /// Parts a server from its caller: each has its own time again.
    pub(crate) fn release_caller(&mut self, server: Id<Thread>) {
        let Some(caller) = self.threads[server].caller.get() else { return };
        self.threads[server].caller = Link::NONE;
        self.threads[caller].server = Link::NONE;
        self.return_schedule(server, caller);
    }

    /// Gives the time a server works on back to its caller; the server goes on with its own.
    pub(crate) fn return_schedule(&mut self, server: Id<Thread>, caller: Id<Thread>) {
        let lent = self.threads[server].runs_on;
        if lent != self.threads[server].schedule {
            self.give_schedule(lent, caller);
            self.own_schedule(server);
            if self.threads[server].state == State::Ready {
                self.thread_ready(server);
            }
        }
    }

    /// System call: wait for a message or the bound notification.
    pub fn receive(&mut self, machine: &mut M, slot: u64, deadline: u64) -> Outcome {
        let me = self.current;
        let (id, _) = match self.endpoint(slot, Rights::READ) {
            Ok(named) => named,
            Err(error) => return Outcome::Return(error as u64),
        };
        if let Some(caller) = self.threads[me].caller.get() {
            self.end_wait(caller, Err(Error::Cancelled));
        }
        if let Some(bound) = self.threads[me].bound.get()
            && !self.threads[me].runs_on.is_none()
        {
            let bits = core::mem::take(&mut self.notifications[bound].bits);
            if bits != 0 {
                self.received_notification(me, bits);
                return self.settle_received(machine);
            }
        }
        while self.endpoints[id].waiting == Waiting::Senders {
            let Some(sender) = self.endpoints[id].queue.head.get() else { break };
            if self.take_from(machine, sender) {
                return self.settle_received(machine);
            }
        }
        if deadline == 0 {
            return self.settle(machine, Error::WouldBlock as u64);
        }
        self.threads[me].state = State::Receiving;
        self.threads[me].endpoint = id.link();
        self.endpoints[id].waiting = Waiting::Receivers;
        self.endpoints[id].queue.push(&mut self.threads, me);
        self.set_deadline(me, deadline);
        self.reschedule(machine)
    }

    /// Receives from a queued sender. False if it only sends, and this thread has no
    /// time of its own to hear it: then the sender is refused.
    fn take_from(&mut self, machine: &mut M, sender: Id<Thread>) -> bool {
        let me = self.current;
        self.leave_queue(sender);
        let (badge, descriptor) = (self.threads[sender].badge, self.threads[sender].descriptor);
        if self.threads[sender].state == State::Sending {
            if self.threads[me].runs_on.is_none() {
                self.end_sent(sender, Err(Error::NoSchedule));
                return false;
            }
            let words = self.contexts[sender].words();
            let info = self.send_extras(machine, sender, me, descriptor);
            self.write_message(me, &words, badge, Kind::Send as u64 | info);
            self.end_sent(sender, Ok(()));
            return true;
        }
        if self.threads[sender].faulted {
            let words = self.threads[sender].fault;
            self.write_message(me, &words, badge, Kind::Fault as u64);
        } else {
            let words = self.contexts[sender].words();
            let info = self.send_extras(machine, sender, me, descriptor);
            self.write_message(me, &words, badge, Kind::Call as u64 | info);
        }
        self.accept_call(sender, me);
        true
    }

    /// Makes `server` the one that serves `caller`, on the caller's time.
    pub(crate) fn accept_call(&mut self, caller: Id<Thread>, server: Id<Thread>) {
        self.threads[caller].state = State::AwaitingReply;
        self.threads[caller].server = server.link();
        self.threads[server].caller = caller.link();
        let schedule = core::mem::replace(&mut self.threads[caller].runs_on, Link::NONE);
        if !schedule.is_none() {
            self.give_schedule(schedule, server);
        }
        self.thread_ready(server);
    }

    fn end_sent(&mut self, sender: Id<Thread>, result: Result<(), Error>) {
        self.set_status(sender, result);
        self.thread_ready(sender);
    }

    /// Ends a call that may have changed who should run; the result is a status only.
    pub(crate) fn settle(&mut self, machine: &mut M, status: u64) -> Outcome {
        let me = self.current;
        if self.threads[me].state == State::Ready {
            self.contexts[me].set_status(status);
        }
        self.reschedule(machine)
    }

    /// Ends a call whose results are in the saved registers already.
    fn settle_received(&mut self, machine: &mut M) -> Outcome {
        self.reschedule(machine)
    }

    /// Takes a thread out of the queue it waits in and the timer list.
    pub(crate) fn leave_queue(&mut self, thread: Id<Thread>) {
        self.clear_deadline(thread);
        if let Some(id) = self.threads[thread].endpoint.get() {
            let endpoint = &mut self.endpoints[id];
            endpoint.queue.remove(&mut self.threads, thread);
            if endpoint.queue.is_empty() {
                endpoint.waiting = Waiting::Nobody;
            }
            self.threads[thread].endpoint = Link::NONE;
        }
        if let Some(id) = self.threads[thread].waits_for.get() {
            self.notifications[id].queue.remove(&mut self.threads, thread);
            self.threads[thread].waits_for = Link::NONE;
        }
    }

    /// Ends whatever a thread waits for; it goes on with this result. A thread that
    /// waits because of a fault does not go on: it is left stopped.
    pub(crate) fn end_wait(&mut self, thread: Id<Thread>, result: Result<(), Error>) {
        if matches!(self.threads[thread].state, State::Stopped | State::Ready) {
            return;
        }
        self.leave_queue(thread);
        if let Some(server) = self.threads[thread].server.get() {
            self.release_caller(server);
        }
        if core::mem::take(&mut self.threads[thread].faulted) {
            self.threads[thread].state = State::Stopped;
        } else {
            self.set_status(thread, result);
            self.thread_ready(thread);
        }
    }
}
