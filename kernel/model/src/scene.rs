//! A usual scene for tests: the root task, and children it can start and step aside for.
//!
//! The root task outranks its children, so it acts until it rests ([`World::rest`]) and
//! acts again when its device interrupts ([`World::wake_root`]).

use crate::world::{Answer, DEVICE_INTERRUPT, DEVICE_LINE, World};
use kernel_abi::boot::FREE_RAM;
use kernel_abi::call::Quota;
use kernel_abi::message::FOREVER;
use kernel_abi::{Error, Place, Slot, SystemCall};
use kernel_core::arena::Id;
use kernel_core::process::Process;
use kernel_core::table::slot_id;
use kernel_core::thread::Thread;

/// Slot of the root task's endpoint for the faults of its children.
pub const SUPERVISOR: u64 = 48;
/// Slot of the notification the root task rests on.
pub const BELL: u64 = 49;
/// Slot of RAM.
pub const RAM: u64 = FREE_RAM.0 as u64;
/// Every right of memory but to execute.
pub const READ_WRITE: u64 = 3;
/// What a child may hold.
pub const CHILD_QUOTA: Quota =
    Quota { processes: 1, threads: 4, endpoints: 4, notifications: 4, regions: 6, schedules: 3 };

/// A child: where the root task keeps it, and what the kernel calls it.
#[derive(Clone, Copy, Debug)]
pub struct Child {
    /// Slot of the process. The next ones hold its tables' region, thread, schedule, and
    /// a region of two pages lent to the child's slot 1.
    pub slot: u64,
    /// The process.
    pub process: Id<Process>,
    /// Its thread.
    pub thread: Id<Thread>,
}

impl Child {
    /// The place of a slot of its table, for the root task.
    pub fn place(&self, slot: u64) -> u64 {
        u64::from(Place::of(Slot(self.slot as u16), Slot(slot as u16)).0)
    }
}

impl World {
    /// The scene without children.
    pub fn scene() -> Self {
        let mut world = Self::new();
        world.must(SystemCall::EndpointCreate, &[SUPERVISOR]);
        world.must(SystemCall::NotificationCreate, &[BELL]);
        world.must(SystemCall::InterruptBind, &[DEVICE_LINE, BELL]);
        world
    }

    /// Creates a child in five slots from `slot` on and eight pages from `page` on. It is
    /// started with this priority, budget and period, or not at all if the budget is 0.
    pub fn child(&mut self, slot: u64, page: u64, priority: u64, budget: u64, period: u64) -> Child {
        self.limited_child(slot, page, priority, budget, period, 23)
    }

    /// The same, with a limit to the priorities it can give.
    pub fn limited_child(
        &mut self,
        slot: u64,
        page: u64,
        priority: u64,
        budget: u64,
        period: u64,
        limit: u64,
    ) -> Child {
        let share = 100 | limit << 16;
        self.must(SystemCall::RegionCarve, &[RAM, slot + 1, page, 4]);
        self.must(
            SystemCall::ProcessCreate,
            &[slot, slot + 1, SUPERVISOR, slot, CHILD_QUOTA.pack(), share],
        );
        self.must(SystemCall::RegionCarve, &[RAM, slot + 4, page + 4, 2]);
        let thread = [slot + 2, slot, 0x40_0000, 0x80_0000, 0, slot + 4, 0];
        self.must(SystemCall::ThreadCreate, &thread);
        let child = Child {
            slot,
            process: Id::new(self.object(slot)),
            thread: Id::new(self.object(slot + 2)),
        };
        self.must(SystemCall::Copy, &[slot + 4, child.place(1), READ_WRITE, 0]);
        if budget != 0 {
            self.must(SystemCall::ScheduleCreate, &[slot + 3, budget, period, priority]);
            self.must(SystemCall::ThreadStart, &[slot + 2, slot + 3]);
        }
        child
    }

    /// The index of the object in a slot of the running process.
    pub fn object(&self, slot: u64) -> usize {
        let slot = slot_id(self.kernel.own_process(), slot as usize);
        self.kernel.tables.slots[slot].capability.object.into()
    }

    /// The root task waits for its bell.
    pub fn rest(&mut self) {
        assert_eq!(self.call(SystemCall::Wait, &[BELL, FOREVER]), Answer::Elsewhere);
    }

    /// The device interrupts, and the root task acknowledges.
    pub fn wake_root(&mut self) {
        self.raise_line(DEVICE_INTERRUPT);
        self.must(SystemCall::InterruptAcknowledge, &[DEVICE_LINE]);
    }

    /// Asserts who runs.
    pub fn runs(&self, thread: Id<Thread>) {
        assert_eq!(self.running(), Some(thread), "another thread runs");
    }

    /// Asserts the status a thread's last call ended with.
    pub fn ended(&self, thread: Id<Thread>, result: Result<(), Error>) {
        assert_eq!(Error::check(self.status(thread)), result);
    }
}
