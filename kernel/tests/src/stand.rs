//! What a case stands on: fresh slots, fresh memory, and a clean table afterwards.

use crate::agent::STARTED;
use crate::arch::{Reply, load};
use crate::call;
use crate::child::Child;
use crate::verdict::{Verdict, Wrong, fine, same};
use core::cell::Cell;
use kernel_abi::boot::{FIRST_FREE, FREE_RAM, OWN_THREAD, RootDevice, RootInfo};
use kernel_abi::limits::SLOTS_PER_PROCESS;
use kernel_abi::message::Kind;
use kernel_abi::{Error, Rights, fault};

/// Slot of the endpoint that faults of agents come through.
pub(crate) const EVENTS: u64 = FIRST_FREE.0 as u64;
/// Slot of the notification that agents signal when done; bound to this thread.
pub(crate) const DONE: u64 = EVENTS + 1;
/// Slot of the root task's first segment: text, constants, data follow each other.
pub(crate) const SEGMENTS: u64 = 40;
/// Slot of all free RAM.
pub(crate) const RAM: u64 = FREE_RAM.0 as u64;
/// A region of addresses that a case may map what it likes in.
pub(crate) const SCRATCH: u64 = 0x10_0000;
/// Readable.
pub(crate) const R: Rights = Rights::READ;
/// Readable and writable.
pub(crate) const RW: Rights = Rights::READ.with(Rights::WRITE);
/// Readable and executable.
pub(crate) const RX: Rights = Rights::READ.with(Rights::EXECUTE);

/// What an agent did.
pub(crate) enum Event {
    /// What it was told.
    Done,
    /// It faulted; these are the words of the fault message.
    Fault([u64; 8]),
    /// Nothing yet.
    Nothing,
}

/// The stand.
pub(crate) struct Stand {
    pub(crate) info: RootInfo,
    next_slot: u64,
    next_page: u64,
    next_child: u64,
    done: u64,
    /// Address of the page of the child that was ordered something last.
    pub(crate) ordered: Cell<u64>,
}

impl Stand {
    pub(crate) fn new(info: RootInfo) -> Self {
        Self { info, next_slot: 0, next_page: 0, next_child: 0, done: 0, ordered: Cell::new(0) }
    }

    /// Ticks of some milliseconds.
    pub(crate) fn milliseconds(&self, count: u64) -> u64 {
        self.info.ticks_per_second / 1000 * count
    }
    /// The deadline some milliseconds from now.
    pub(crate) fn within(&self, milliseconds: u64) -> u64 {
        crate::arch::now() + self.milliseconds(milliseconds)
    }

    /// Before a case.
    pub(crate) fn begin(&mut self) -> Verdict {
        self.next_slot = DONE + 1;
        self.next_page = 0;
        self.next_child = 0;
        self.done = 0;
        self.ordered.set(0);
        fine("the stand's endpoint", call::endpoint_create(EVENTS))?;
        fine("the stand's notification", call::notification_create(DONE))?;
        fine("the stand's binding", call::thread_bind(u64::from(OWN_THREAD.0), DONE))
    }

    /// After a case: everything it made is deleted; what it derived from is whole again.
    pub(crate) fn end(&mut self) -> Verdict {
        let _ = call::set_receive_slot(0);
        for device in self.info.devices.iter().filter(|device| device.interrupt != 0) {
            let _ = call::interrupt_bind(device.interrupt, 0);
        }
        for slot in EVENTS..SLOTS_PER_PROCESS as u64 {
            match call::delete(slot) {
                Ok(()) | Err(Error::NoCapability) => {}
                Err(error) => fine("deleting what the case left", Err(error))?,
            }
        }
        for slot in 1..EVENTS {
            match call::revoke(slot) {
                Ok(()) | Err(Error::NoCapability) => {}
                Err(error) => fine("revoking what the case derived", Err(error))?,
            }
        }
        let [kind, rights, _, pages] = fine("looking at free RAM", call::inspect(RAM))?;
        same("kind of free RAM", kind, kernel_abi::status::ObjectKind::Region as u64)?;
        same("rights to free RAM", rights, Rights::ALL.bits())?;
        same("pages of free RAM", pages, self.info.free_pages)
    }

    /// A slot that is empty.
    pub(crate) fn slot(&mut self) -> u64 {
        self.next_slot += 1;
        self.next_slot - 1
    }
    /// A fresh region of free RAM.
    pub(crate) fn region(&mut self, pages: u64) -> Verdict<u64> {
        let slot = self.slot();
        fine("carving a region", call::carve(RAM, slot, self.next_page, pages))?;
        self.next_page += pages;
        Ok(slot)
    }
    /// A fresh region, mapped.
    pub(crate) fn mapped(&mut self, pages: u64, address: u64) -> Verdict<u64> {
        let slot = self.region(pages)?;
        fine("mapping a region", call::map(slot, address, RW))?;
        Ok(slot)
    }
    /// A fresh endpoint.
    pub(crate) fn endpoint(&mut self) -> Verdict<u64> {
        let slot = self.slot();
        fine("an endpoint", call::endpoint_create(slot))?;
        Ok(slot)
    }
    /// A fresh notification.
    pub(crate) fn notification(&mut self) -> Verdict<u64> {
        let slot = self.slot();
        fine("a notification", call::notification_create(slot))?;
        Ok(slot)
    }
    /// A copy of a capability.
    pub(crate) fn copy(&mut self, from: u64, rights: Rights, badge: u64) -> Verdict<u64> {
        let slot = self.slot();
        fine("a copy", call::copy(from, slot, rights, badge))?;
        Ok(slot)
    }
    /// A number for a new child.
    pub(crate) fn child_number(&mut self) -> u64 {
        self.next_child += 1;
        self.next_child - 1
    }
    /// The device that can interrupt.
    pub(crate) fn device(&self) -> Verdict<RootDevice> {
        let found = self.info.devices.iter().find(|device| device.kind == crate::arch::device::KIND);
        fine("the device that interrupts", found.copied().ok_or(Error::NoCapability))
    }

    /// Lets the child that was ordered something last get on with it, until it waits or
    /// has run for some milliseconds.
    pub(crate) fn let_it(&self) -> Verdict {
        let page = self.ordered.get();
        for _ in 0..1000 {
            if page == 0 || load(page + STARTED * 8) == 1 {
                break;
            }
            fine("sleep", call::sleep(self.within(1)))?;
        }
        fine("sleep", call::sleep(self.within(3)))
    }

    /// Waits until a child is done, or faults.
    pub(crate) fn wait_for(&mut self, child: &Child, milliseconds: u64) -> Verdict<Event> {
        let deadline = self.within(milliseconds);
        loop {
            if self.done & child.bit != 0 {
                self.done &= !child.bit;
                return Ok(Event::Done);
            }
            match call::receive(EVENTS, deadline) {
                Ok(message) if message.info & 0xff == Kind::Notification as u64 => {
                    self.done |= message.words[0];
                }
                Ok(message)
                    if message.info & 0xff == Kind::Fault as u64 && message.badge == child.bit =>
                {
                    return Ok(Event::Fault(message.words));
                }
                // Another's fault, or whatever a hostile child sent.
                Ok(_) => {
                    let _ = call::reply(&[fault::STOP]);
                }
                Err(Error::TimedOut) => return Ok(Event::Nothing),
                Err(error) => return Err(self.surprise(error)),
            }
        }
    }

    /// Receives from an endpoint; notes agents that are done meanwhile.
    pub(crate) fn message(&mut self, endpoint: u64) -> Verdict<Reply> {
        let deadline = self.within(2000);
        loop {
            let message = fine("receive", call::receive(endpoint, deadline))?;
            if !self.note(&message) {
                return Ok(message);
            }
        }
    }
    /// Notes agents that are done, if that is what a message says.
    pub(crate) fn note(&mut self, message: &Reply) -> bool {
        let done = message.info & 0xff == Kind::Notification as u64;
        if done {
            self.done |= message.words[0];
        }
        done
    }

    fn surprise(&self, error: Error) -> Wrong {
        match fine::<()>("waiting for an event", Err(error)) {
            Err(wrong) => wrong,
            Ok(()) => unreachable!("an error is an error"),
        }
    }
}
