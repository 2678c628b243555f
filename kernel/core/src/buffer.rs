//! What travels with a message beyond its registers: words in message buffers, and
//! at most one capability.
//!
//! A message buffer is the first page of a region given when the thread is created, so
//! the kernel never follows a user's pointer: there are none in its interface.

use crate::arena::{Id, Link};
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::table::{SlotEntry, slot_id};
use crate::thread::Thread;
use kernel_abi::Rights;
use kernel_abi::limits::DERIVATION_DEPTH;
use kernel_abi::message::{CAPABILITY_RECEIVED, Descriptor, MOVE_CAPABILITY};

impl<M: Machine> Kernel<M> {
    /// Copies buffer words and the capability of a message that was checked when it was
    /// sent. Returns the bits of the received descriptor that tell of them.
    pub(crate) fn send_extras(
        &mut self,
        machine: &mut M,
        from: Id<Thread>,
        to: Id<Thread>,
        descriptor: u64,
    ) -> u64 {
        if descriptor >> 16 == 0 {
            return 0;
        }
        let sent = Descriptor(descriptor);
        let mut info = 0;
        if sent.buffer_words() != 0
            && let (Some(source), Some(target)) = (self.buffer_of(from), self.buffer_of(to))
        {
            machine.copy_words(source, target, sent.buffer_words());
            info |= (sent.buffer_words() as u64) << 32;
        }
        if sent.capability().0 != 0 && self.send_capability(from, to, sent).is_some() {
            info |= CAPABILITY_RECEIVED;
        }
        info
    }

    /// Moves a capability; message buffers that stand on it follow.
    pub(crate) fn relocate(&mut self, from: Id<SlotEntry>, to: Id<SlotEntry>) {
        self.tables.relocate(from, to);
        self.replace_buffers(to, from, to.link());
    }

    /// A capability goes: so do the message buffers that stand on it.
    pub(crate) fn drop_buffers(&mut self, slot: Id<SlotEntry>) {
        self.replace_buffers(slot, slot, Link::NONE);
    }

    fn replace_buffers(&mut self, held: Id<SlotEntry>, from: Id<SlotEntry>, to: Link<SlotEntry>) {
        let Ok(region) = self.region_in(held, Rights::NONE) else { return };
        if self.regions[region].buffers == 0 {
            return;
        }
        for thread in self.threads.ids() {
            let entry = &mut self.threads[thread];
            if entry.buffer_slot.is(from) && !entry.buffer.is_none() {
                entry.buffer_slot = to;
                if to.is_none() {
                    entry.buffer = Link::NONE;
                    self.regions[region].buffers -= 1;
                }
            }
        }
    }

    /// Physical address of a thread's message buffer.
    fn buffer_of(&self, thread: Id<Thread>) -> Option<u64> {
        let region = &self.regions[self.threads[thread].buffer.get()?];
        (!region.lent).then_some(region.physical)
    }

    /// Lends or moves a capability into the receiver's receive slot, if it named an
    /// empty one.
    fn send_capability(
        &mut self,
        from: Id<Thread>,
        to: Id<Thread>,
        sent: Descriptor,
    ) -> Option<()> {
        let sender = self.threads[from].process.get()?;
        let receiver = self.threads[to].process.get()?;
        let target = match self.threads[to].receive_slot {
            0 => return None,
            slot => slot_id(receiver, slot as usize),
        };
        if !self.tables.slots[target].capability.is_empty() {
            return None;
        }
        let slot = u64::from(sent.capability().0);
        if slot >= kernel_abi::limits::SLOTS_PER_PROCESS as u64 {
            return None;
        }
        let source = slot_id(sender, slot as usize);
        let entry = self.tables.slots[source];
        if entry.capability.is_empty() {
            return None;
        }
        if sent.0 & MOVE_CAPABILITY != 0 {
            if entry.original || entry.mapped_pages != 0 {
                return None;
            }
            self.relocate(source, target);
        } else {
            if entry.depth >= DERIVATION_DEPTH {
                return None;
            }
            self.tables.insert_child(source, target, entry.capability, false);
        }
        Some(())
    }
}
