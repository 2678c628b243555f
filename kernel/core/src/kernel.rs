//! The whole state, and the few things every part of the kernel asks of it.

use crate::arena::{Arena, Id, Link};
use crate::capability::Capability;
use crate::endpoint::Endpoint;
use crate::interrupt::{INTERRUPT_NUMBERS, Interrupt};
use crate::machine::{Context, Machine};
use crate::notify::Notification;
use crate::process::Process;
use crate::queue::Threads;
use crate::region::Region;
use crate::schedule::Schedule;
use crate::run_queue::RunQueues;
use crate::table::{SlotEntry, Tables, slot_id};
use crate::thread::{Contexts, Thread};
use kernel_abi::limits::{
    ENDPOINTS, INTERRUPTS, NOTIFICATIONS, PROCESSES, REGIONS, SCHEDULES, SLOTS_PER_PROCESS,
};
use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, Place, Rights};

/// Everything the kernel knows. What a message touches comes first, within reach of a
/// short offset.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Kernel<M: Machine> {
    /// The thread whose registers are in the processor. While [`Kernel::idle`] is set, the last one.
    pub current: Id<Thread>,
    /// Whether nothing wants to run.
    pub idle: bool,
    /// Endpoints.
    pub endpoints: Arena<Endpoint, ENDPOINTS>,
    /// Run queues, the current schedule, the depleted.
    pub run: RunQueues,
    /// Threads.
    pub threads: Threads,
    /// Notifications.
    pub notifications: Arena<Notification, NOTIFICATIONS>,
    /// Capability tables.
    pub tables: Tables,
    /// Saved registers.
    pub contexts: Contexts<M::Context>,
    /// Schedules.
    pub schedules: Arena<Schedule, SCHEDULES>,
    /// Threads with a deadline, nearest first.
    pub timers: Link<Thread>,
    /// Processes.
    pub processes: Arena<Process, PROCESSES>,
    /// Regions.
    pub regions: Arena<Region, REGIONS>,
    /// Interrupts.
    pub interrupts: Arena<Interrupt, INTERRUPTS>,
    /// Which interrupt object an interrupt number belongs to.
    pub interrupt_numbers: [Link<Interrupt>; INTERRUPT_NUMBERS],
    /// How many processes and regions are dying.
    pub dying: u32,
}

impl<M: Machine> Kernel<M> {
    /// A kernel without any object.
    pub const fn new() -> Self {
        Self {
            current: Id::new(0),
            idle: false,
            run: RunQueues::EMPTY,
            timers: Link::NONE,
            contexts: Contexts::ZERO,
            threads: Arena::new([const { Thread::UNUSED }; _]),
            processes: Arena::new([const { Process::UNUSED }; _]),
            tables: Tables::new(),
            endpoints: Arena::new([const { Endpoint::UNUSED }; _]),
            notifications: Arena::new([const { Notification::UNUSED }; _]),
            regions: Arena::new([const { Region::UNUSED }; _]),
            schedules: Arena::new([const { Schedule::UNUSED }; _]),
            interrupts: Arena::new([const { Interrupt::UNUSED }; _]),
            interrupt_numbers: [Link::NONE; _],
            dying: 0,
        }
    }

    /// The process of the current thread.
    #[inline(always)]
    pub fn own_process(&self) -> Id<Process> {
        match self.threads[self.current].process.get() {
            Some(process) => process,
            None => Id::new(0),
        }
    }

    /// The slot of the current process with this number.
    #[inline(always)]
    pub fn own_slot(&self, slot: u64) -> Result<Id<SlotEntry>, Error> {
        if slot < SLOTS_PER_PROCESS as u64 {
            Ok(slot_id(self.own_process(), slot as usize))
        } else {
            Err(Error::NoCapability)
        }
    }

    /// The capability in a slot of the current process.
    #[inline(always)]
    pub fn capability(&self, slot: u64) -> Result<&Capability, Error> {
        Ok(&self.tables.slots[self.own_slot(slot)?].capability)
    }

    /// The slot a [`Place`] names. Its upper half must be zero, and so must not be
    /// slot 0, which is always empty.
    pub fn place(&self, word: u64) -> Result<Id<SlotEntry>, Error> {
        let place = Place(u32::try_from(word).map_err(|_| Error::NoCapability)?);
        let slot = u64::from(place.slot().0);
        if slot == 0 || slot >= SLOTS_PER_PROCESS as u64 {
            return Err(Error::NoCapability);
        }
        let process = match place.process().0 {
            0 => self.own_process(),
            process => self.process(u64::from(process), Rights::WRITE)?,
        };
        Ok(slot_id(process, slot as usize))
    }

    /// An empty slot for a new capability.
    pub fn empty_place(&self, word: u64) -> Result<Id<SlotEntry>, Error> {
        let slot = self.place(word)?;
        if self.tables.slots[slot].capability.is_empty() {
            Ok(slot)
        } else {
            Err(Error::SlotOccupied)
        }
    }

    /// The living process that a slot of the current process names.
    pub fn process(&self, slot: u64, rights: Rights) -> Result<Id<Process>, Error> {
        let process = self.capability(slot)?.name(ObjectKind::Process, rights, &self.processes)?;
        if self.processes[process].dying { Err(Error::NoCapability) } else { Ok(process) }
    }

    /// The region in this slot.
    pub fn region_in(&self, slot: Id<SlotEntry>, rights: Rights) -> Result<Id<Region>, Error> {
        let capability = &self.tables.slots[slot].capability;
        let region = capability.name(ObjectKind::Region, rights, &self.regions)?;
        if self.regions[region].dying { Err(Error::NoCapability) } else { Ok(region) }
    }

    /// Writes a status into the saved registers of a thread that is not running.
    pub fn set_status(&mut self, thread: Id<Thread>, result: Result<(), Error>) {
        let status = match result {
            Ok(()) => 0,
            Err(error) => error as u64,
        };
        self.contexts[thread].set_status(status);
    }
}

impl<M: Machine> Default for Kernel<M> {
    fn default() -> Self {
        Self::new()
    }
}
