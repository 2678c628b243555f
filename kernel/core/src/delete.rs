//! Deleting and revoking; giving everything back.
//!
//! One step removes one capability that nothing is derived from, unmapping it first and
//! ending its object if it is the original. Regions (which are zeroed) and processes
//! (whose tables are emptied) are ended in further steps by [`Kernel::reap`]. Between
//! any two steps the state is whole, so an interrupt can be taken and the call repeated.

use crate::Outcome;
use crate::arena::{Id, Link};
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::mapping::Progress;
use crate::process::{Account, Process};
use crate::region::{Region, Use};
use crate::schedule::{Schedule, Standing};
use crate::table::{SlotEntry, owner, slot_id};
use crate::thread::{Special, State, Thread};
use kernel_abi::Error;
use kernel_abi::limits::{PAGE_BYTES, SLOTS_PER_PROCESS};
use kernel_abi::status::ObjectKind;

/// Pages zeroed between two looks at the interrupt line.
const ZERO_PAGES: u32 = 4;

impl<M: Machine> Kernel<M> {
    /// System call: delete a capability and everything derived from it, or only the latter.
    pub fn delete(&mut self, machine: &mut M, place: u64, itself: bool) -> Outcome {
        let slot = match self.place(place) {
            Ok(slot) => slot,
            Err(error) => return Outcome::Return(error as u64),
        };
        let special = &mut self.threads[self.current].special;
        let goes_on = special.has(Special::DELETES);
        special.set(Special::DELETES, false);
        if self.tables.slots[slot].capability.is_empty() && !goes_on {
            return Outcome::Return(Error::NoCapability as u64);
        }
        loop {
            let step = self.delete_step(machine, slot, itself);
            if step == Progress::Done && self.reap(machine) == Progress::Done {
                return self.settle(machine, 0);
            }
            if machine.interrupt_pending() && self.threads[self.current].state == State::Ready {
                self.threads[self.current].special.set(Special::DELETES, true);
                return Outcome::Again;
            }
        }
    }

    fn delete_step(&mut self, machine: &mut M, slot: Id<SlotEntry>, itself: bool) -> Progress {
        if self.tables.slots[slot].capability.is_empty() {
            return Progress::Done;
        }
        match self.tables.last_descendant(slot) {
            Some(leaf) => {
                let _ = self.remove_leaf(machine, leaf);
                Progress::More
            }
            None if itself => self.remove_leaf(machine, slot),
            None => Progress::Done,
        }
    }

    /// Removes a capability that has no descendant.
    fn remove_leaf(&mut self, machine: &mut M, slot: Id<SlotEntry>) -> Progress {
        if self.unmap_piece(machine, slot) == Progress::More {
            return Progress::More;
        }
        self.drop_buffers(slot);
        let entry = self.tables.slots[slot];
        if entry.original {
            self.end_object(machine, slot, entry);
        }
        self.tables.remove(slot);
        Progress::Done
    }

    fn end_object(&mut self, machine: &mut M, slot: Id<SlotEntry>, entry: SlotEntry) {
        let object = usize::from(entry.capability.object);
        let account = match entry.capability.kind {
            ObjectKind::Process => {
                // It may have died with its page tables, and its place be another's by now.
                let id = Id::new(object);
                if self.processes[id].life.generation == entry.capability.generation {
                    self.end_process(machine, id);
                }
                return;
            }
            ObjectKind::Thread => {
                self.end_thread(Id::new(object));
                Account::Threads
            }
            ObjectKind::Endpoint => {
                let id = Id::new(object);
                while let Some(thread) = self.endpoints[id].first_waiting() {
                    self.end_wait(thread, Err(Error::Cancelled));
                }
                self.endpoints.free(id);
                Account::Endpoints
            }
            ObjectKind::Notification => {
                let id = Id::new(object);
                while let Some(thread) = self.notifications[id].queue.head.get() {
                    self.end_wait(thread, Err(Error::Cancelled));
                }
                if let Some(thread) = self.notifications[id].bound.get() {
                    self.unbind(thread);
                }
                self.notifications.free(id);
                Account::Notifications
            }
            ObjectKind::Schedule => {
                let share = self.end_schedule(Id::new(object));
                self.processes[owner(slot)].ledger.give_back_share(share);
                Account::Schedules
            }
            ObjectKind::Region => {
                self.end_region(machine, Id::new(object));
                Account::Regions
            }
            ObjectKind::Interrupt => {
                let id = Id::new(object);
                self.silence(machine, id);
                let number = self.interrupts[id].number as usize;
                if let Some(link) = self.interrupt_numbers.get_mut(number) {
                    *link = Link::NONE;
                }
                self.interrupts.free(id);
                return;
            }
            ObjectKind::Monitor | ObjectKind::Empty => return,
        };
        self.processes[owner(slot)].ledger.give_back(account, 1);
    }

    fn end_thread(&mut self, id: Id<Thread>) {
        self.stop(id);
        self.unbind(id);
        if let Some(region) = self.threads[id].buffer.get() {
            self.regions[region].buffers -= 1;
        }
        self.disown_schedule(id);
        let life = self.threads[id].life;
        self.threads[id] = Thread { life, ..Thread::UNUSED };
        self.threads.free(id);
    }

    /// Ends a schedule. A server that runs on it goes on with its own, or not at all.
    fn end_schedule(&mut self, id: Id<Schedule>) -> u16 {
        self.fall_back(id);
        self.make_idle(id);
        if self.run.current.is(id) {
            self.run.current = Link::NONE;
        }
        let share = self.schedules[id].share;
        if let Some(owner) = self.schedules[id].owner.get() {
            self.disown_schedule(owner);
        }
        let life = self.schedules[id].life;
        self.schedules[id] = Schedule { life, standing: Standing::Idle, ..Schedule::UNUSED };
        self.schedules.free(id);
        share
    }

    fn end_region(&mut self, machine: &mut M, id: Id<Region>) {
        if self.regions[id].used_for == Use::Tables {
            let user = self.processes.iter().find(|(_, process)| process.tables.is(id));
            if let Some((process, _)) = user {
                self.end_process(machine, process);
            }
        }
        self.regions[id].dying = true;
        self.dying += 1;
    }

    /// Stops a process for good: its threads, its address space. Its table is emptied later.
    fn end_process(&mut self, machine: &mut M, id: Id<Process>) {
        if self.processes[id].dying {
            return;
        }
        for thread in self.threads.ids() {
            if self.threads[thread].life.live && self.threads[thread].process.is(id) {
                self.stop(thread);
                self.threads[thread].process = Link::NONE;
                self.threads[thread].space = 0;
            }
        }
        machine.retire_space(id);
        if let Some(tables) = self.processes[id].tables.get() {
            // What they say of physical memory is nobody's to read.
            let Region { physical, pages, .. } = self.regions[tables];
            for page in 0..pages.min(self.processes[id].tables_used) {
                machine.zero_page(physical + u64::from(page) * PAGE_BYTES);
            }
            self.regions[tables].used_for = Use::Data;
        }
        let process = &mut self.processes[id];
        process.tables = Link::NONE;
        process.dying = true;
        process.emptied = 0;
        self.dying += 1;
    }

    /// One step of ending what is dying. `Done` when nothing is, or when what is left
    /// waits for the monitor to let go of memory.
    pub fn reap(&mut self, machine: &mut M) -> Progress {
        if self.dying == 0 {
            return Progress::Done;
        }
        let process = self.processes.iter().find(|(_, process)| process.dying);
        if let Some((id, _)) = process {
            self.empty_process(machine, id);
            return Progress::More;
        }
        for id in self.regions.ids() {
            let region = &self.regions[id];
            if region.dying && region.first_child.is_none() && self.zero_region(machine, id) {
                return Progress::More;
            }
        }
        Progress::Done
    }

    fn empty_process(&mut self, machine: &mut M, id: Id<Process>) {
        let emptied = usize::from(self.processes[id].emptied);
        if emptied < SLOTS_PER_PROCESS {
            if self.delete_step(machine, slot_id(id, emptied), true) == Progress::Done
                && self.tables.slots[slot_id(id, emptied)].capability.is_empty()
            {
                self.processes[id].emptied += 1;
            }
            return;
        }
        let Process { parent, ledger, life, .. } = self.processes[id];
        if let Some(parent) = parent.and_then(|parent| self.processes.resolve(parent)) {
            self.processes[parent].ledger.give_back_child(ledger.limit, ledger.share_limit);
        }
        self.processes[id] = Process { life, ..Process::UNUSED };
        self.processes.free(id);
        self.dying -= 1;
    }

    /// Zeroes some pages of a dying region; frees it after the last. False if the
    /// monitor still holds the pages.
    fn zero_region(&mut self, machine: &mut M, id: Id<Region>) -> bool {
        let Region { physical, pages, used_for, lent, zeroed, parent, previous, next, life, .. } =
            self.regions[id];
        if used_for != Use::Device && zeroed < pages {
            let stop = pages.min(zeroed + ZERO_PAGES);
            for page in zeroed..stop {
                let address = physical + u64::from(page) * PAGE_BYTES;
                if lent && machine.memory_release(address, 1).is_err() {
                    return false;
                }
                machine.zero_page(address);
                self.regions[id].zeroed = page + 1;
            }
            return true;
        }
        match previous.get() {
            Some(previous) => self.regions[previous].next = next,
            None => {
                if let Some(parent) = parent.get() {
                    self.regions[parent].first_child = next;
                }
            }
        }
        if let Some(next) = next.get() {
            self.regions[next].previous = previous;
        }
        self.regions[id] = Region { life, ..Region::UNUSED };
        self.regions.free(id);
        self.dying -= 1;
        true
    }
}
