//! Creating objects. Each is charged to the process whose table receives its original
//! capability, and costs nothing that was not set aside for that process at its birth.

use crate::arena::{Id, Link};
use crate::capability::Capability;
use crate::endpoint::Endpoint;
use crate::kernel::Kernel;
use crate::machine::{Context, Machine};
use crate::notify::Notification;
use crate::process::{Account, Ledger, Process};
use crate::region::{Region, Use};
use crate::schedule::{Schedule, Standing};
use crate::table::{SlotEntry, owner};
use crate::thread::{State, Thread};
use kernel_abi::call::Quota;
use kernel_abi::limits::{DERIVATION_DEPTH, PAGE_BYTES, PRIORITIES};
use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, Rights};

/// Most pages of page tables a process has.
pub const TABLE_PAGES: u32 = 16;

impl<M: Machine> Kernel<M> {
    fn ledger(&mut self, slot: Id<SlotEntry>) -> &mut Ledger {
        &mut self.processes[owner(slot)].ledger
    }

    /// Charges one object to the process a slot belongs to, and allocates it; both or neither.
    fn charged<T>(
        &mut self,
        slot: Id<SlotEntry>,
        account: Account,
        allocate: impl FnOnce(&mut Self) -> Option<Id<T>>,
    ) -> Result<Id<T>, Error> {
        self.ledger(slot).take(account, 1)?;
        let allocated = allocate(self);
        if allocated.is_none() {
            self.ledger(slot).give_back(account, 1);
        }
        allocated.ok_or(Error::ArenaFull)
    }

    /// System call: create an endpoint.
    pub fn endpoint_create(&mut self, place: u64) -> Result<(), Error> {
        let slot = self.empty_place(place)?;
        let id = self.charged(slot, Account::Endpoints, |kernel| kernel.endpoints.allocate())?;
        let life = self.endpoints[id].life;
        self.endpoints[id] = Endpoint { life, ..Endpoint::UNUSED };
        let capability = Capability::original(ObjectKind::Endpoint, &self.endpoints, id);
        self.tables.insert_root(slot, capability);
        Ok(())
    }

    /// System call: create a notification.
    pub fn notification_create(&mut self, place: u64) -> Result<(), Error> {
        let slot = self.empty_place(place)?;
        let id = self.charged(slot, Account::Notifications, |kernel| kernel.notifications.allocate())?;
        let life = self.notifications[id].life;
        self.notifications[id] = Notification { life, ..Notification::UNUSED };
        let capability = Capability::original(ObjectKind::Notification, &self.notifications, id);
        self.tables.insert_root(slot, capability);
        Ok(())
    }

    /// System call: create a schedule.
    pub fn schedule_create(
        &mut self,
        place: u64,
        budget: u64,
        period: u64,
        priority: u64,
    ) -> Result<(), Error> {
        let slot = self.empty_place(place)?;
        if budget == 0 || budget > period || period >= 1 << 48 || priority >= PRIORITIES as u64 {
            return Err(Error::InvalidArgument);
        }
        let share = (budget * 1000).div_ceil(period) as u16;
        let ledger = self.ledger(slot);
        if priority > u64::from(ledger.priority_limit) {
            return Err(Error::QuotaExceeded);
        }
        ledger.take_share(share)?;
        let charged = self.charged(slot, Account::Schedules, |kernel| kernel.schedules.allocate());
        if charged.is_err() {
            self.ledger(slot).give_back_share(share);
        }
        let id = charged?;
        self.schedules[id] = Schedule {
            life: self.schedules[id].life,
            standing: Standing::Idle,
            priority: priority as u8,
            budget,
            period,
            remaining: budget,
            share,
            ..Schedule::UNUSED
        };
        let capability = Capability::original(ObjectKind::Schedule, &self.schedules, id);
        self.tables.insert_root(slot, capability);
        Ok(())
    }

    /// System call: carve pages out of a region.
    pub fn region_carve(
        &mut self,
        source: u64,
        place: u64,
        first: u64,
        pages: u64,
    ) -> Result<(), Error> {
        let source = self.place(source)?;
        let slot = self.empty_place(place)?;
        let parent = self.region_in(source, Rights::READ.with(Rights::WRITE))?;
        let from = &self.regions[parent];
        if from.mappings != 0 || from.buffers != 0 || from.used_for == Use::Tables {
            return Err(Error::RegionBusy);
        }
        let end = first.checked_add(pages).ok_or(Error::InvalidArgument)?;
        if pages == 0 || end > u64::from(from.pages) {
            return Err(Error::InvalidArgument);
        }
        if self.tables.slots[source].depth >= DERIVATION_DEPTH {
            return Err(Error::TooDeep);
        }
        let physical = from.physical + first * PAGE_BYTES;
        if self.is_carved(parent, physical, pages) {
            return Err(Error::RegionBusy);
        }
        let id = self.charged(slot, Account::Regions, |kernel| kernel.regions.allocate())?;
        let Region { used_for, lent, first_child, .. } = self.regions[parent];
        self.regions[id] = Region {
            life: self.regions[id].life,
            physical,
            pages: pages as u32,
            used_for,
            lent,
            parent: parent.link(),
            next: first_child,
            ..Region::UNUSED
        };
        if let Some(next) = first_child.get() {
            self.regions[next].previous = id.link();
        }
        self.regions[parent].first_child = id.link();
        let rights = self.tables.slots[source].capability.rights;
        let capability =
            Capability { rights, ..Capability::original(ObjectKind::Region, &self.regions, id) };
        self.tables.insert_child(source, slot, capability, true);
        Ok(())
    }

    /// Whether any page of a range of a region is carved out already.
    fn is_carved(&self, parent: Id<Region>, physical: u64, pages: u64) -> bool {
        let end = physical + pages * PAGE_BYTES;
        let mut child = self.regions[parent].first_child;
        while let Some(id) = child.get() {
            let region = &self.regions[id];
            let child_end = region.physical + u64::from(region.pages) * PAGE_BYTES;
            if region.physical < end && physical < child_end {
                return true;
            }
            child = region.next;
        }
        false
    }

    /// System call: a region holds code from now on, or data.
    pub fn region_set_code(&mut self, place: u64, code: u64) -> Result<(), Error> {
        let slot = self.place(place)?;
        let region = self.region_in(slot, Rights::WRITE)?;
        let entry = &mut self.regions[region];
        if entry.is_busy() || entry.used_for == Use::Device {
            return Err(Error::RegionBusy);
        }
        entry.used_for = match code {
            0 => Use::Data,
            1 => Use::Code,
            _ => return Err(Error::InvalidArgument),
        };
        Ok(())
    }

    /// System call: create a process.
    pub fn process_create(&mut self, machine: &mut M, arguments: &[u64; 10]) -> Result<(), Error> {
        let [place, tables, supervisor, badge, quota, share, ..] = *arguments;
        let slot = self.empty_place(place)?;
        let quota = Quota::unpack(quota).ok_or(Error::InvalidArgument)?;
        let (share, priority) = (share as u16, share >> 16);
        let minted = *self.capability(supervisor)?;
        let supervisor = minted.name(ObjectKind::Endpoint, Rights::WRITE, &self.endpoints)?;
        // A badge is set once, and not by who was given one.
        if minted.badge != 0 && badge != minted.badge {
            return Err(Error::NoRight);
        }
        let supervisor = self.endpoints.handle(supervisor);
        let source = self.place(tables)?;
        let region = self.region_in(source, Rights::READ.with(Rights::WRITE))?;
        let entry = &self.regions[region];
        if entry.is_busy() || entry.used_for != Use::Data || entry.lent {
            return Err(Error::RegionBusy);
        }
        let Region { physical, pages, .. } = *entry;
        if pages > TABLE_PAGES || priority > u64::from(self.ledger(slot).priority_limit) {
            return Err(Error::InvalidArgument);
        }
        self.ledger(slot).take_child(quota, share)?;
        let Some(id) = self.processes.allocate() else {
            self.ledger(slot).give_back_child(quota, share);
            return Err(Error::ArenaFull);
        };
        self.regions[region].used_for = Use::Tables;
        for page in 0..pages {
            machine.zero_page(physical + u64::from(page) * PAGE_BYTES);
        }
        self.processes[id] = Process {
            life: self.processes[id].life,
            root: physical,
            tables: region.link(),
            tables_used: 1,
            supervisor: Some(supervisor),
            fault_badge: badge,
            ledger: Ledger {
                limit: quota,
                share_limit: share,
                priority_limit: priority as u8,
                ..Ledger::default()
            },
            parent: Some(self.processes.handle(owner(slot))),
            ..Process::UNUSED
        };
        let capability = Capability::original(ObjectKind::Process, &self.processes, id);
        self.tables.insert_root(slot, capability);
        Ok(())
    }

    /// System call: create a thread, not yet running.
    pub fn thread_create(&mut self, machine: &mut M, arguments: &[u64; 10]) -> Result<(), Error> {
        let [place, process, entry, stack, argument, buffer, ..] = *arguments;
        let slot = self.empty_place(place)?;
        let process = self.process(process, Rights::WRITE)?;
        let (buffer, buffer_slot) = match buffer {
            0 => (Link::NONE, Link::NONE),
            place => {
                let source = self.place(place)?;
                let region = self.region_in(source, Rights::READ.with(Rights::WRITE))?;
                let entry = &self.regions[region];
                if entry.used_for != Use::Data || entry.lent || !entry.first_child.is_none() {
                    return Err(Error::RegionBusy);
                }
                (region.link(), source.link())
            }
        };
        let id = self.charged(slot, Account::Threads, |kernel| kernel.threads.allocate())?;
        if let Some(region) = buffer.get() {
            self.regions[region].buffers += 1;
        }
        self.threads[id] = Thread {
            life: self.threads[id].life,
            process: process.link(),
            buffer,
            buffer_slot,
            space: machine.space(process, self.processes[process].root),
            ..Thread::UNUSED
        };
        self.contexts[id] = M::Context::new(entry, stack, argument);
        machine.reset_thread(id);
        let capability = Capability::original(ObjectKind::Thread, &self.threads, id);
        self.tables.insert_root(slot, capability);
        Ok(())
    }

    /// The thread a place names, with the right to control it.
    pub fn thread_at(&self, place: u64) -> Result<Id<Thread>, Error> {
        self.tables.slots[self.place(place)?].capability.name(
            ObjectKind::Thread,
            Rights::WRITE,
            &self.threads,
        )
    }

    /// System call: give a thread a schedule and start it, or take its schedule away
    /// while it waits to receive, so that it runs on its callers' time only.
    pub fn thread_start(&mut self, thread: u64, schedule: u64) -> Result<(), Error> {
        let thread = self.thread_at(thread)?;
        if schedule == 0 {
            if self.threads[thread].state != State::Receiving {
                return Err(Error::BadState);
            }
            self.disown_schedule(thread);
            return Ok(());
        }
        let id = self.tables.slots[self.place(schedule)?].capability.name(
            ObjectKind::Schedule,
            Rights::WRITE,
            &self.schedules,
        )?;
        if self.threads[thread].process.is_none() {
            return Err(Error::BadState);
        }
        let owner = self.schedules[id].owner;
        let taken = !owner.is_none() && !owner.is(thread);
        if taken || self.threads[thread].state != State::Stopped {
            return Err(Error::BadState);
        }
        self.disown_schedule(thread);
        self.threads[thread].schedule = id.link();
        self.schedules[id].owner = thread.link();
        self.thread_ready(thread);
        Ok(())
    }

    /// Parts a thread from its own schedule.
    pub(crate) fn disown_schedule(&mut self, thread: Id<Thread>) {
        if let Some(schedule) = self.threads[thread].schedule.get() {
            self.make_idle(schedule);
            self.schedules[schedule].owner = Link::NONE;
            self.threads[thread].schedule = Link::NONE;
        }
    }

    /// System call: stop a thread.
    pub fn thread_stop(&mut self, thread: u64) -> Result<(), Error> {
        let thread = self.thread_at(thread)?;
        self.stop(thread);
        Ok(())
    }

    /// Stops a thread, whatever it does. Whom it served is told, its time goes home.
    pub(crate) fn stop(&mut self, thread: Id<Thread>) {
        if let Some(caller) = self.threads[thread].caller.get() {
            self.end_wait(caller, Err(Error::Cancelled));
        }
        self.end_wait(thread, Err(Error::Cancelled));
        self.threads[thread].state = State::Stopped;
        if let Some(schedule) = self.threads[thread].schedule.get() {
            self.make_idle(schedule);
        }
    }
}
