//! Messages: call, reply, send, receive.
//!
//! The common case comes first in each function and is kept short: a call to a server
//! that already waits, and a reply to the caller that waits for it. There the message
//! stays in the processor's registers, the schedule goes with it, and nothing is queued.
//! Everything else takes the path below, which does the same in the general way.

use crate::Outcome;
use crate::arena::{Id, Link};
use crate::endpoint::Endpoint;
use crate::kernel::Kernel;
use crate::machine::{Context, Machine};
use crate::thread::{Special, State, Thread};
use kernel_abi::limits::{BUFFER_WORDS, MESSAGE_WORDS, SLOTS_PER_PROCESS};
use kernel_abi::message::{Descriptor, Kind, NO_WAIT};
use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, Rights, fault};

/// The words of a message.
pub type Words = [u64; MESSAGE_WORDS];

/// Checks what a sending descriptor says by itself.
fn check_descriptor(descriptor: u64) -> Result<(), Error> {
    if descriptor >> 42 != 0 || Descriptor(descriptor).buffer_words() > BUFFER_WORDS {
        return Err(Error::InvalidArgument);
    }
    Ok(())
}

impl<M: Machine> Kernel<M> {
    /// The endpoint in a slot of the current process, and the badge it is used with.
    #[inline(always)]
    fn endpoint(&self, slot: u64, rights: Rights) -> Result<(Id<Endpoint>, u64), Error> {
        let capability = self.capability(slot)?;
        let id = capability.name(ObjectKind::Endpoint, rights, &self.endpoints)?;
        Ok((id, capability.badge))
    }

    /// The same, in the fewest steps: kind and right are looked at, the generation is
    /// not, since an endpoint outlives every capability to it (its original goes last).
    #[inline(always)]
    fn endpoint_shortly(&self, slot: u64, right: Rights) -> Option<(Id<Endpoint>, u64)> {
        let capability = self.capability(slot).ok()?;
        let fits = capability.kind as u8 == ObjectKind::Endpoint as u8
            && capability.rights.has(right);
        fits.then_some((Id::new(usize::from(capability.object)), capability.badge))
    }

    /// Takes the first receiver out of an endpoint.
    fn pop_receiver(&mut self, id: Id<Endpoint>) -> Option<Id<Thread>> {
        let receiver = self.endpoints[id].receivers.head.get()?;
        self.leave_queue(receiver);
        Some(receiver)
    }

    /// Copies a message from one thread's saved registers into another's.
    #[inline(always)]
    fn write_message(&mut self, from: Id<Thread>, to: Id<Thread>, badge: u64, info: u64) {
        let words = self.contexts[from].words();
        let context = &mut self.contexts[to];
        context.set_status(0);
        context.set_words(&words);
        context.set_received(badge, info);
    }

    /// Tells a supervisor of the fault a thread waits with.
    pub(crate) fn write_fault(&mut self, from: Id<Thread>, to: Id<Thread>) {
        let Thread { fault: [kind, address, syndrome], badge, .. } = self.threads[from];
        let context = &self.contexts[from];
        let [link, stack, frame] = context.frame();
        let words = [kind, address, context.program_counter(), syndrome, link, stack, frame, 0];
        let context = &mut self.contexts[to];
        context.set_status(0);
        context.set_words(&words);
        context.set_received(badge, Kind::Fault as u64);
    }

    /// Hands the current thread's call to a server that waits, with its time.
    #[inline(always)]
    fn hand_over(&mut self, machine: &mut M, server: Id<Thread>) {
        let me = self.current;
        let caller = &mut self.threads[me];
        caller.state = State::AwaitingReply;
        caller.server = server.link();
        let server_entry = &mut self.threads[server];
        server_entry.caller = me.link();
        server_entry.state = State::Ready;
        self.switch_to(machine, server);
    }

    /// System call: send and wait for the reply, where that is a matter of a few steps:
    /// a server waits, and nothing but words is sent. The badge, if it was done.
    #[inline(always)]
    pub fn call_shortly(&mut self, machine: &mut M, descriptor: u64) -> Option<u64> {
        if descriptor >= SLOTS_PER_PROCESS as u64 {
            return None;
        }
        let (id, badge) = self.endpoint_shortly(descriptor, Rights::WRITE)?;
        let server = self.endpoints[id].receivers.head.get()?;
        if !self.threads[server].special.is_none() {
            return None;
        }
        self.endpoints[id].receivers.pop(&mut self.threads, server);
        self.hand_over(machine, server);
        Some(badge)
    }

    /// System call: send these words and wait for the reply.
    pub fn call(&mut self, machine: &mut M, descriptor: u64, words: &Words) -> Outcome {
        if let Some(badge) = self.call_shortly(machine, descriptor) {
            return Outcome::Deliver { badge, info: Kind::Call as u64 };
        }
        self.contexts[self.current].set_words(words);
        self.call_general(machine, descriptor)
    }

    #[inline(never)]
    fn call_general(&mut self, machine: &mut M, descriptor: u64) -> Outcome {
        let me = self.current;
        let (endpoint, badge) = match self.check_send(descriptor) {
            Ok(named) => named,
            Err(error) => return Outcome::Return(error as u64),
        };
        self.threads[me].badge = badge;
        self.threads[me].descriptor = descriptor;
        if let Some(server) = self.pop_receiver(endpoint) {
            let info = self.send_extras(machine, me, server, descriptor);
            self.write_message(me, server, badge, Kind::Call as u64 | info);
            self.hand_over(machine, server);
            return Outcome::Switch;
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
        check_descriptor(descriptor)?;
        let sent = Descriptor(descriptor);
        let capability = u64::from(sent.capability().0);
        let rights = if capability == 0 { Rights::NONE } else { Rights::GRANT };
        let slot = u64::from(sent.endpoint().0);
        let named = self.endpoint(slot, Rights::WRITE.with(rights))?;
        if capability != 0 && self.capability(capability)?.is_empty() {
            return Err(Error::NoCapability);
        }
        self.check_buffer(sent)?;
        Ok(named)
    }

    /// Words of a message buffer can be sent by who has one.
    fn check_buffer(&self, sent: Descriptor) -> Result<(), Error> {
        if sent.buffer_words() != 0 && self.threads[self.current].buffer.is_none() {
            return Err(Error::InvalidArgument);
        }
        Ok(())
    }

    /// Puts a sender into an endpoint's queue, by the priority of its schedule.
    pub(crate) fn queue_sender(&mut self, id: Id<Endpoint>, sender: Id<Thread>) {
        let schedule = self.schedule_of(sender);
        let priority = schedule.get().map_or(0, |id| self.schedules[id].priority);
        let thread = &mut self.threads[sender];
        thread.endpoint = id.link();
        thread.priority = priority;
        let senders = &mut self.endpoints[id].senders;
        senders.insert(&mut self.threads, sender, |threads, other| {
            threads[other].priority < priority
        });
    }

    /// System call: send without waiting for a reply.
    pub fn send(&mut self, machine: &mut M, descriptor: u64, deadline: u64) -> Outcome {
        let me = self.current;
        let (endpoint, badge) = match self.check_send(descriptor) {
            Ok(named) => named,
            Err(error) => return Outcome::Return(error as u64),
        };
        if let Some(receiver) = self.endpoints[endpoint].receivers.head.get()
            && self.threads[receiver].schedule.is_none()
        {
            return Outcome::Return(Error::NoSchedule as u64);
        }
        if let Some(receiver) = self.pop_receiver(endpoint) {
            let info = self.send_extras(machine, me, receiver, descriptor);
            self.write_message(me, receiver, badge, Kind::Send as u64 | info);
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

    /// System call: reply to the last caller, then receive, where that is a matter of a
    /// few steps: nobody waits to send, and nothing but words is sent. Whether it was done.
    #[inline(always)]
    pub fn reply_receive_shortly(&mut self, machine: &mut M, descriptor: u64) -> Option<()> {
        let me = self.current;
        if descriptor >= SLOTS_PER_PROCESS as u64 || !self.threads[me].special.is_none() {
            return None;
        }
        let caller = self.threads[me].caller.get()?;
        let (id, _) = self.endpoint_shortly(descriptor, Rights::READ)?;
        if !self.endpoints[id].senders.is_empty() {
            return None;
        }
        self.endpoints[id].receivers.push(&mut self.threads, me);
        let server = &mut self.threads[me];
        server.endpoint = id.link();
        server.state = State::Receiving;
        server.caller = Link::NONE;
        self.threads[caller].state = State::Ready;
        self.switch_to(machine, caller);
        Some(())
    }

    /// System call: reply these words to the last caller, then receive.
    pub fn reply_receive(&mut self, machine: &mut M, descriptor: u64, words: &Words) -> Outcome {
        if self.reply_receive_shortly(machine, descriptor).is_some() {
            return Outcome::Deliver { badge: 0, info: 0 };
        }
        self.contexts[self.current].set_words(words);
        self.reply_receive_general(machine, descriptor)
    }

    #[inline(never)]
    fn reply_receive_general(&mut self, machine: &mut M, descriptor: u64) -> Outcome {
        let slot = u64::from(Descriptor(descriptor).endpoint().0);
        if let Err(error) = self
            .endpoint(slot, Rights::READ)
            .and_then(|_| self.reply_to_caller(machine, descriptor))
        {
            return Outcome::Return(error as u64);
        }
        match self.receive(machine, slot, u64::MAX) {
            // The reply gave the endpoint away; its time is gone with it all the same.
            Outcome::Return(status) => self.settle(machine, status),
            outcome => outcome,
        }
    }

    /// System call: reply to the last caller.
    pub fn reply(&mut self, machine: &mut M, descriptor: u64) -> Outcome {
        let me = self.current;
        if self.threads[me].schedule.is_none() {
            return Outcome::Return(Error::NoSchedule as u64);
        }
        match self.reply_to_caller(machine, descriptor) {
            Ok(()) => self.settle(machine, 0),
            Err(error) => Outcome::Return(error as u64),
        }
    }

    /// Gives the caller its answer and its time back, and this thread its own time.
    fn reply_to_caller(&mut self, machine: &mut M, descriptor: u64) -> Result<(), Error> {
        let me = self.current;
        let caller = self.threads[me].caller.get().ok_or(Error::NoCaller)?;
        check_descriptor(descriptor)?;
        self.check_buffer(Descriptor(descriptor))?;
        let words = self.contexts[me].words();
        self.release_caller(me);
        if self.threads[caller].special.has(Special::FAULTED) {
            self.threads[caller].special.set(Special::FAULTED, false);
            if words[0] != fault::RESUME {
                self.threads[caller].state = State::Stopped;
                if let Some(above) = self.threads[caller].caller.get() {
                    self.end_wait(above, Err(Error::Cancelled));
                }
                return Ok(());
            }
            self.contexts[caller].set_program_counter(words[1]);
        } else {
            let info = self.send_extras(machine, me, caller, descriptor & !0xffff);
            self.write_message(me, caller, 0, info);
        }
        self.thread_ready(caller);
        Ok(())
    }

    /// System call: wait for a message or the bound notification.
    pub fn receive(&mut self, machine: &mut M, slot: u64, deadline: u64) -> Outcome {
        let me = self.current;
        let (id, _) = match self.endpoint(slot, Rights::READ) {
            Ok(named) => named,
            Err(error) => return Outcome::Return(error as u64),
        };
        if let Some(caller) = self.threads[me].caller.get() {
            if deadline == 0 && self.threads[me].schedule.is_none() {
                return Outcome::Return(Error::NoSchedule as u64);
            }
            self.end_wait(caller, Err(Error::Cancelled));
        }
        if let Some(bound) = self.threads[me].bound.get()
            && !self.threads[me].schedule.is_none()
        {
            let bits = core::mem::take(&mut self.notifications[bound].bits);
            if bits != 0 {
                self.received_notification(me, bits);
                return self.reschedule(machine);
            }
        }
        while let Some(sender) = self.endpoints[id].senders.head.get() {
            if self.take_from(machine, sender) {
                return self.reschedule(machine);
            }
        }
        if deadline == 0 {
            return self.settle(machine, Error::WouldBlock as u64);
        }
        self.threads[me].state = State::Receiving;
        self.threads[me].endpoint = id.link();
        self.endpoints[id].receivers.push(&mut self.threads, me);
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
            if self.threads[me].schedule.is_none() {
                self.end_sent(sender, Err(Error::NoSchedule));
                return false;
            }
            let info = self.send_extras(machine, sender, me, descriptor);
            self.write_message(sender, me, badge, Kind::Send as u64 | info);
            self.end_sent(sender, Ok(()));
            return true;
        }
        if self.threads[sender].special.has(Special::FAULTED) {
            self.write_fault(sender, me);
        } else {
            let info = self.send_extras(machine, sender, me, descriptor);
            self.write_message(sender, me, badge, Kind::Call as u64 | info);
        }
        self.accept_call(sender, me);
        true
    }

    /// Makes `server` the one that serves `caller`, on the caller's time.
    pub(crate) fn accept_call(&mut self, caller: Id<Thread>, server: Id<Thread>) {
        self.link_call(caller, server);
        self.thread_ready(server);
    }

    /// Links a caller and its server.
    pub(crate) fn link_call(&mut self, caller: Id<Thread>, server: Id<Thread>) {
        let faulted = self.threads[caller].special.has(Special::FAULTED);
        self.threads[caller].state = State::AwaitingReply;
        self.threads[caller].server = server.link();
        self.threads[server].caller = caller.link();
        self.threads[server].special.set(Special::SERVES_FAULT, faulted);
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
}
