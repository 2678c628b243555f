//! Processes, threads, schedules, and the way to the security monitor: what the
//! root task needs, and nobody else holds a capability for.

use kernel_abi::{Error, Place, Rights, Slot, SystemCall, call::Quota};

use crate::cap::{Cap, Endpoint, Monitor, Notification, Process, Region, Schedule, Thread};
use crate::{Syscalls, Words};

/// The terms a process is created on.
#[derive(Clone, Copy, Debug)]
pub struct ProcessTerms {
    /// The region that becomes its page tables.
    pub tables: Cap<Region>,
    /// Where its faults go.
    pub supervisor: Cap<Endpoint>,
    /// The badge of its faults.
    pub fault_badge: u64,
    /// Objects it may hold.
    pub quota: Quota,
    /// Its share of the CPU in 1/1000.
    pub cpu_permille: u16,
    /// The highest priority of its schedules.
    pub priority: u8,
}

impl Cap<Process> {
    /// Creates a process.
    pub fn create<K: Syscalls>(
        kernel: &K,
        slot: Slot,
        terms: &ProcessTerms,
    ) -> Result<Self, Error> {
        let limits = u64::from(terms.cpu_permille) | u64::from(terms.priority) << 16;
        let arguments = [
            slot.0.into(),
            terms.tables.word(),
            terms.supervisor.word(),
            terms.fault_badge,
            terms.quota.pack(),
            limits,
        ];
        kernel.call(SystemCall::ProcessCreate, arguments)?;
        Ok(Self::at(slot))
    }
    /// A place in its table.
    pub const fn slot_of(self, slot: Slot) -> Place {
        Place::of(self.slot(), slot)
    }
    /// Maps a region of its table into its address space.
    pub fn map<K: Syscalls>(
        self,
        kernel: &K,
        slot: Slot,
        address: u64,
        rights: Rights,
    ) -> Result<(), Error> {
        crate::memory::map(kernel, self.slot_of(slot), address, rights)
    }
    /// Creates a thread in it.
    pub fn create_thread<K: Syscalls>(
        self,
        kernel: &K,
        slot: Slot,
        entry: u64,
        stack_pointer: u64,
        argument: u64,
    ) -> Result<Cap<Thread>, Error> {
        let arguments = [slot.0.into(), self.word(), entry, stack_pointer, argument, 0, 0];
        kernel.call(SystemCall::ThreadCreate, arguments)?;
        Ok(Cap::at(slot))
    }
}

impl Cap<Thread> {
    /// Starts it on a schedule.
    pub fn start<K: Syscalls>(self, kernel: &K, schedule: Cap<Schedule>) -> Result<(), Error> {
        kernel.call(SystemCall::ThreadStart, [self.word(), schedule.word()]).map(drop)
    }
    /// Makes its receive calls return on signals of `notification` too.
    pub fn bind<K: Syscalls>(
        self,
        kernel: &K,
        notification: Cap<Notification>,
    ) -> Result<(), Error> {
        kernel.call(SystemCall::ThreadBind, [self.word(), notification.word()]).map(drop)
    }
}

impl Cap<Schedule> {
    /// Creates a schedule: `budget` ticks in every `period` ticks.
    pub fn create<K: Syscalls>(
        kernel: &K,
        slot: Slot,
        budget: u64,
        period: u64,
        priority: u8,
    ) -> Result<Self, Error> {
        let arguments = [slot.0.into(), budget, period, priority.into()];
        kernel.call(SystemCall::ScheduleCreate, arguments)?;
        Ok(Self::at(slot))
    }
}

impl Cap<Monitor> {
    /// Puts a message into the mailbox. With a `region`, words 2 and 3 become its
    /// physical address and pages.
    pub fn send<K: Syscalls>(
        self,
        kernel: &K,
        words: &Words,
        region: Option<Cap<Region>>,
    ) -> Result<(), Error> {
        let mut arguments = [0; 10];
        arguments[0] = self.word();
        arguments[1..9].copy_from_slice(words);
        arguments[9] = region.map_or(0, Cap::word);
        kernel.call(SystemCall::MailboxSend, arguments).map(drop)
    }
    /// Takes a reply out of the mailbox.
    pub fn receive<K: Syscalls>(self, kernel: &K) -> Result<Words, Error> {
        let r = kernel.call(SystemCall::MailboxReceive, [self.word()])?.0;
        let mut words = Words::default();
        words.copy_from_slice(&r[1..9]);
        Ok(words)
    }
}
