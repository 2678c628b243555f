//! What the kernel's calls on capabilities, memory and objects *mean*.
//!
//! The kernel keeps a derivation order, counters, generations, queues and page tables, all
//! in fixed arenas, and works in small steps. None of that is here. Here a capability is
//! an entry of a map, derivation is "its parent is", what a process has used up is counted
//! when it is asked for, a mapping is a pair of numbers, and deletion is recursion. It is
//! slow, obvious, and written without a look at how the kernel does it; where the two
//! answer differently, one of them is wrong (`tests/differential.rs`).
//!
//! Not specified here: time, messages, interrupts, the monitor.
#![forbid(unsafe_code)]

pub mod calls;
pub mod creation;
pub mod memory;

use kernel_abi::limits::{DERIVATION_DEPTH, SLOTS_PER_PROCESS};
use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, Rights};
use std::collections::{BTreeMap, BTreeSet};

/// An object. Names are never used twice.
pub type Name = u32;

/// A slot of a process's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// Whose table.
    pub process: Name,
    /// Which slot.
    pub slot: u16,
}

/// A capability that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// To what.
    pub object: Name,
    /// What it lets its holder do.
    pub rights: Rights,
    /// What it is used with.
    pub badge: u64,
    /// What it was derived from.
    pub parent: Option<At>,
    /// Whether the object lives as long as this is held.
    pub original: bool,
    /// Page number and rights of its mapping.
    pub mapping: Option<(u64, Rights)>,
}

/// What a region's pages may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// To read and write.
    Data,
    /// To read and execute.
    Code,
    /// For the page tables of this process.
    Tables(Name),
    /// To read and write, on a device.
    Device,
}

/// What an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// An address space, a table, a quota.
    Process(Process),
    /// A thread of a process, and the capability its message buffer stands on.
    Thread {
        /// Whose.
        process: Name,
        /// The buffer.
        buffer: Option<At>,
    },
    /// An endpoint.
    Endpoint,
    /// A notification.
    Notification,
    /// Pages.
    Region {
        /// Number of the first.
        first: u64,
        /// How many.
        pages: u64,
        /// What for.
        used_for: Use,
        /// What it was carved out of.
        parent: Option<Name>,
    },
    /// Time.
    Schedule {
        /// In 1/1000 of the processor.
        share: u64,
    },
    /// An interrupt.
    Interrupt,
    /// The security monitor.
    Monitor,
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Who pays for it.
    pub parent: Option<Name>,
    /// Processes, threads, endpoints, notifications, regions, schedules, share: at most.
    pub limit: [u64; 7],
    /// Highest priority it may give.
    pub priority: u64,
    /// The region of its page tables.
    pub tables: Name,
    /// Which second-level tables it has.
    pub spans: BTreeSet<u64>,
}

/// The whole state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Specification {
    /// Who holds what.
    pub held: BTreeMap<At, Held>,
    /// What there is.
    pub objects: BTreeMap<Name, Object>,
    /// The next name.
    pub next: Name,
}

/// How a call ends.
pub type Answer = Result<(), Error>;

impl Specification {
    /// A name for something new.
    pub fn create(&mut self, object: Object) -> Name {
        self.next += 1;
        self.objects.insert(self.next, object);
        self.next
    }

    /// The kind of an object. What is dead was a process: nothing else dies before the
    /// capabilities to it do.
    pub fn kind(&self, name: Name) -> ObjectKind {
        match self.objects.get(&name) {
            None | Some(Object::Process(_)) => ObjectKind::Process,
            Some(Object::Thread { .. }) => ObjectKind::Thread,
            Some(Object::Endpoint) => ObjectKind::Endpoint,
            Some(Object::Notification) => ObjectKind::Notification,
            Some(Object::Region { .. }) => ObjectKind::Region,
            Some(Object::Schedule { .. }) => ObjectKind::Schedule,
            Some(Object::Interrupt) => ObjectKind::Interrupt,
            Some(Object::Monitor) => ObjectKind::Monitor,
        }
    }

    /// The object a slot names, if it is of this kind, allows this, and lives.
    pub fn named(&self, at: At, kind: ObjectKind, rights: Rights) -> Result<Name, Error> {
        let held = self.held.get(&at).ok_or(Error::NoCapability)?;
        if self.kind(held.object) != kind {
            return Err(Error::WrongKind);
        }
        if !held.rights.has(rights) {
            return Err(Error::NoRight);
        }
        if self.objects.contains_key(&held.object) { Ok(held.object) } else { Err(Error::NoCapability) }
    }

    /// A slot of the caller's own table.
    pub fn own(&self, caller: Name, slot: u64) -> Result<At, Error> {
        match u16::try_from(slot) {
            Ok(slot) if usize::from(slot) < SLOTS_PER_PROCESS => Ok(At { process: caller, slot }),
            _ => Err(Error::NoCapability),
        }
    }

    /// The slot a place names.
    pub fn place(&self, caller: Name, word: u64) -> Result<At, Error> {
        let (slot, table) = (word & 0xffff, word >> 16);
        if slot == 0 || slot >= SLOTS_PER_PROCESS as u64 || table > 0xffff {
            return Err(Error::NoCapability);
        }
        if table == 0 {
            return self.own(caller, slot);
        }
        let table = self.own(caller, table)?;
        let process = self.named(table, ObjectKind::Process, Rights::WRITE)?;
        self.own(process, slot)
    }

    /// An empty slot.
    pub fn empty(&self, caller: Name, word: u64) -> Result<At, Error> {
        let at = self.place(caller, word)?;
        if self.held.contains_key(&at) { Err(Error::SlotOccupied) } else { Ok(at) }
    }

    /// Through how many hands a capability came.
    pub fn depth(&self, at: At) -> u16 {
        let mut depth = 0;
        let mut here = self.held.get(&at).and_then(|held| held.parent);
        while let Some(parent) = here {
            depth += 1;
            here = self.held.get(&parent).and_then(|held| held.parent);
        }
        depth
    }

    /// Whether nothing can be derived from a capability any more.
    pub fn is_deep(&self, at: At) -> bool {
        self.depth(at) >= DERIVATION_DEPTH
    }

    /// What was derived from a capability, directly.
    pub fn children(&self, at: At) -> Vec<At> {
        self.held.iter().filter(|(_, held)| held.parent == Some(at)).map(|(at, _)| *at).collect()
    }

    /// What a process has used: its objects, and what its children were promised.
    pub fn used(&self, process: Name) -> [u64; 7] {
        let mut used = [0; 7];
        let own = self.held.iter().filter(|(at, held)| at.process == process && held.original);
        for (_, held) in own {
            match self.objects.get(&held.object) {
                Some(Object::Thread { .. }) => used[1] += 1,
                Some(Object::Endpoint) => used[2] += 1,
                Some(Object::Notification) => used[3] += 1,
                Some(Object::Region { .. }) => used[4] += 1,
                Some(Object::Schedule { share }) => {
                    used[5] += 1;
                    used[6] += share;
                }
                _ => {}
            }
        }
        for object in self.objects.values() {
            if let Object::Process(child) = object
                && child.parent == Some(process)
            {
                used[0] += 1;
                for (used, promised) in used.iter_mut().zip(child.limit) {
                    *used += promised;
                }
            }
        }
        used
    }

    /// Whether a process can pay for this much more.
    pub fn affords(&self, process: Name, more: [u64; 7]) -> Answer {
        let Some(Object::Process(entry)) = self.objects.get(&process) else {
            return Err(Error::NoCapability);
        };
        let used = self.used(process);
        let fits = (0..7).all(|index| used[index] + more[index] <= entry.limit[index]);
        if fits { Ok(()) } else { Err(Error::QuotaExceeded) }
    }
}
