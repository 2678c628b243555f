//! The only way in: what each system-call number does. What is not listed is refused.

use crate::Outcome;
use crate::ipc::Words;
use crate::kernel::Kernel;
use crate::machine::{Context, Machine};
use kernel_abi::limits::DERIVATION_DEPTH;
use kernel_abi::{Error, Rights, SystemCall};

/// Arguments of a system call, `x0..=x9`.
pub type Arguments = [u64; 10];

fn words_of(arguments: &Arguments) -> Words {
    let [_, words @ .., _] = *arguments;
    words
}

impl<M: Machine> Kernel<M> {
    /// Does one system call of the current thread, whose saved registers hold the same
    /// arguments (messages are taken from there). The machine calls the frequent ones
    /// ([`Kernel::call`], [`Kernel::reply_receive`], ...) directly; this knows them too.
    pub fn system_call(&mut self, machine: &mut M, number: u64, arguments: &Arguments) -> Outcome {
        let [a0, a1, a2, a3, ..] = *arguments;
        const CALL: u64 = SystemCall::Call as u64;
        const REPLY_RECEIVE: u64 = SystemCall::ReplyReceive as u64;
        const RECEIVE: u64 = SystemCall::Receive as u64;
        const SEND: u64 = SystemCall::Send as u64;
        const REPLY: u64 = SystemCall::Reply as u64;
        const SIGNAL: u64 = SystemCall::Signal as u64;
        const WAIT: u64 = SystemCall::Wait as u64;
        const ACKNOWLEDGE: u64 = SystemCall::InterruptAcknowledge as u64;
        const YIELD: u64 = SystemCall::Yield as u64;
        const SLEEP: u64 = SystemCall::Sleep as u64;
        const COPY: u64 = SystemCall::Copy as u64;
        const MOVE: u64 = SystemCall::Move as u64;
        const DELETE: u64 = SystemCall::Delete as u64;
        const REVOKE: u64 = SystemCall::Revoke as u64;
        const INSPECT: u64 = SystemCall::Inspect as u64;
        const CARVE: u64 = SystemCall::RegionCarve as u64;
        const SET_CODE: u64 = SystemCall::RegionSetCode as u64;
        const MAP: u64 = SystemCall::Map as u64;
        const UNMAP: u64 = SystemCall::Unmap as u64;
        const PROTECT: u64 = SystemCall::Protect as u64;
        const PROCESS_CREATE: u64 = SystemCall::ProcessCreate as u64;
        const THREAD_CREATE: u64 = SystemCall::ThreadCreate as u64;
        const THREAD_START: u64 = SystemCall::ThreadStart as u64;
        const THREAD_STOP: u64 = SystemCall::ThreadStop as u64;
        const THREAD_BIND: u64 = SystemCall::ThreadBind as u64;
        const SET_RECEIVE_SLOT: u64 = SystemCall::SetReceiveSlot as u64;
        const ENDPOINT_CREATE: u64 = SystemCall::EndpointCreate as u64;
        const NOTIFICATION_CREATE: u64 = SystemCall::NotificationCreate as u64;
        const SCHEDULE_CREATE: u64 = SystemCall::ScheduleCreate as u64;
        const INTERRUPT_BIND: u64 = SystemCall::InterruptBind as u64;
        const MAILBOX_SEND: u64 = SystemCall::MailboxSend as u64;
        const MAILBOX_RECEIVE: u64 = SystemCall::MailboxReceive as u64;
        const MEMORY_RELEASE: u64 = SystemCall::MemoryRelease as u64;
        const SYSTEM_STOP: u64 = SystemCall::SystemStop as u64;
        let result = match number {
            CALL => return self.call(machine, a0, &words_of(arguments)),
            REPLY_RECEIVE => return self.reply_receive(machine, a0, &words_of(arguments)),
            RECEIVE => return self.receive(machine, a0, a1),
            SEND => return self.send(machine, a0, arguments[9]),
            REPLY => return self.reply(machine, a0),
            SIGNAL => return self.signal(machine, a0),
            WAIT => return self.wait(machine, a0, a1),
            ACKNOWLEDGE => return self.interrupt_acknowledge(machine, a0).into(),
            YIELD => return self.yield_now(machine),
            SLEEP => return self.sleep(machine, a0),
            DELETE => return self.restartable(arguments, |k| k.delete(machine, a0, true)),
            REVOKE => return self.restartable(arguments, |k| k.delete(machine, a0, false)),
            MAP => return self.restartable(arguments, |k| k.map(machine, a0, a1, a2)),
            UNMAP => return self.restartable(arguments, |k| k.unmap(machine, a0)),
            PROTECT => return self.protect(machine, a0, a1),
            COPY => self.copy(a0, a1, a2, a3),
            MOVE => self.move_capability(a0, a1),
            INSPECT => return self.inspect(a0),
            CARVE => self.region_carve(a0, a1, a2, a3),
            SET_CODE => self.region_set_code(a0, a1),
            PROCESS_CREATE => self.process_create(machine, arguments),
            THREAD_CREATE => self.thread_create(machine, arguments),
            THREAD_START => self.thread_start(a0, a1),
            THREAD_STOP => self.thread_stop(a0),
            THREAD_BIND => self.thread_bind(a0, a1),
            SET_RECEIVE_SLOT => self.set_receive_slot(a0),
            ENDPOINT_CREATE => self.endpoint_create(a0),
            NOTIFICATION_CREATE => self.notification_create(a0),
            SCHEDULE_CREATE => self.schedule_create(a0, a1, a2, a3),
            INTERRUPT_BIND => self.interrupt_bind(machine, a0, a1),
            MAILBOX_SEND => self.mailbox_send(machine, arguments),
            MAILBOX_RECEIVE => return self.mailbox_received(machine, a0),
            MEMORY_RELEASE => self.memory_release(machine, a0, a1),
            SYSTEM_STOP => self.system_stop(machine, a0, a1),
            _ => return Outcome::Return(Error::UnknownCall as u64),
        };
        match result {
            Ok(()) => self.settle(machine, 0),
            Err(error) => Outcome::Return(error as u64),
        }
    }

    /// Runs a call that may stop for an interrupt, with its arguments saved so that the
    /// thread makes it again when it runs next.
    fn restartable(
        &mut self,
        arguments: &Arguments,
        call: impl FnOnce(&mut Self) -> Outcome,
    ) -> Outcome {
        let me = self.current;
        let outcome = call(self);
        if outcome == Outcome::Again {
            self.contexts[me].set_arguments(arguments);
        }
        outcome
    }

    fn mailbox_received(&mut self, machine: &mut M, slot: u64) -> Outcome {
        match self.mailbox_receive(machine, slot) {
            Ok(()) => {
                self.contexts[self.current].set_status(0);
                Outcome::Switch
            }
            Err(error) => Outcome::Return(error as u64),
        }
    }

    /// System call: derive a capability.
    fn copy(&mut self, source: u64, place: u64, rights: u64, badge: u64) -> Result<(), Error> {
        let source = self.place(source)?;
        let slot = self.empty_place(place)?;
        let entry = self.tables.slots[source];
        if entry.capability.is_empty() {
            return Err(Error::NoCapability);
        }
        let kept = Rights::from_bits(rights).ok_or(Error::InvalidArgument)?;
        if !entry.capability.rights.has(kept) {
            return Err(Error::NoRight);
        }
        if badge != 0 && entry.capability.badge != 0 {
            return Err(Error::NoRight);
        }
        if entry.depth >= DERIVATION_DEPTH {
            return Err(Error::TooDeep);
        }
        let mut capability = entry.capability;
        capability.rights = kept;
        if badge != 0 {
            capability.badge = badge;
        }
        self.tables.insert_child(source, slot, capability, false);
        Ok(())
    }

    /// System call: move a capability. An original stays in its process's table, whose
    /// quota pays for it; a mapped capability in the process it is mapped into.
    fn move_capability(&mut self, source: u64, place: u64) -> Result<(), Error> {
        let source = self.place(source)?;
        let slot = self.empty_place(place)?;
        let entry = self.tables.slots[source];
        if entry.capability.is_empty() {
            return Err(Error::NoCapability);
        }
        let elsewhere = crate::table::owner(source) != crate::table::owner(slot);
        if elsewhere && (entry.original || entry.mapped_pages != 0) {
            return Err(Error::NoRight);
        }
        self.relocate(source, slot);
        Ok(())
    }

    /// System call: describe a capability.
    fn inspect(&mut self, place: u64) -> Outcome {
        let slot = match self.place(place) {
            Ok(slot) => slot,
            Err(error) => return Outcome::Return(error as u64),
        };
        let capability = self.tables.slots[slot].capability;
        let pages = self
            .region_in(slot, Rights::NONE)
            .map_or(0, |region| u64::from(self.regions[region].pages));
        let words = [
            capability.kind as u64,
            capability.rights.bits(),
            capability.badge,
            pages,
            0,
            0,
            0,
            0,
        ];
        self.contexts[self.current].set_status(0);
        self.contexts[self.current].set_words(&words);
        Outcome::Switch
    }

    /// System call: say where received capabilities go.
    fn set_receive_slot(&mut self, slot: u64) -> Result<(), Error> {
        self.own_slot(slot)?;
        let me = self.current;
        self.threads[me].receive_slot = slot as u16;
        Ok(())
    }
}
