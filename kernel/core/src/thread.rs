//! Threads: what they do and what they wait for.
//!
//! Their saved registers lie apart ([`Contexts`]), since only the machine knows their shape.

use crate::arena::{Id, Life, Link, entry};
use crate::endpoint::Endpoint;
use crate::notify::Notification;
use crate::process::Process;
use crate::region::Region;
use crate::machine::Context;
use crate::schedule::Schedule;
use crate::table::SlotEntry;
use core::ops::{Index, IndexMut};
use kernel_abi::limits::THREADS;

/// What a thread is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Never started, stopped, or left stopped after a fault.
    Stopped,
    /// Running, or would if its schedule were chosen.
    Ready,
    /// In an endpoint's queue, to send.
    Sending,
    /// In an endpoint's queue, to call.
    Calling,
    /// Its call was received; waiting for the reply.
    AwaitingReply,
    /// In an endpoint's queue, to receive.
    Receiving,
    /// Waiting for a notification.
    Waiting,
    /// Waiting for a deadline only.
    Sleeping,
}

/// What makes a thread's messages take the general path, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Special(u8);

impl Special {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// It waits because of a fault rather than a call.
    pub const FAULTED: Self = Self(1);
    /// Its caller's time ran out: it serves on its own.
    pub const DETACHED: Self = Self(2);
    /// It is in the timer list.
    pub const TIMED: Self = Self(4);
    /// A notification is bound to it.
    pub const BOUND: Self = Self(8);
    /// Its deletion was cut short by an interrupt.
    pub const DELETES: Self = Self(32);
    /// It serves a fault.
    pub const SERVES_FAULT: Self = Self(16);

    /// Whether there is nothing.
    #[inline(always)]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
    /// Whether this is so.
    #[inline(always)]
    pub const fn has(self, what: Self) -> bool {
        self.0 & what.0 != 0
    }
    /// Says whether it is so.
    pub const fn set(&mut self, what: Self, so: bool) {
        if so {
            self.0 |= what.0;
        } else {
            self.0 &= !what.0;
        }
    }
}

/// A thread.
///
/// `schedule` is its own. While it serves a caller it runs on the caller's instead, which
/// follows from the links between the two: see [`Kernel::schedule_of`].
///
/// [`Kernel::schedule_of`]: crate::Kernel::schedule_of
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[repr(align(128))]
pub struct Thread {
    /// Its process; none once that is gone.
    pub process: Link<Process>,
    /// What it does.
    pub state: State,
    /// What keeps its messages off the shortest path.
    pub special: Special,
    /// Its own schedule.
    pub schedule: Link<Schedule>,
    /// The thread whose call it serves.
    pub caller: Link<Thread>,
    /// The thread that serves its call, while it awaits the reply.
    pub server: Link<Thread>,
    /// Neighbours in the queue it waits in.
    pub previous: Link<Thread>,
    /// Neighbours in the queue it waits in.
    pub next: Link<Thread>,
    /// The endpoint it waits on, while it is in a queue of one.
    pub endpoint: Link<Endpoint>,
    /// The notification it waits on.
    pub waits_for: Link<Notification>,
    /// The notification bound to it.
    pub bound: Link<Notification>,
    /// What the machine calls its address space; 0 once its process is gone.
    pub space: u64,
    /// The priority it waits to send with.
    pub priority: u8,
    /// The badge it sends with, while it waits to send.
    pub badge: u64,
    /// The descriptor it sends with, while it waits to send.
    pub descriptor: u64,
    /// The fault it waits with: kind, address, syndrome. The rest is in its registers.
    pub fault: [u64; 3],
    /// When it stops waiting, in ticks; 0 if it is not in the timer list.
    pub deadline: u64,
    /// Neighbours in the timer list.
    pub timer_previous: Link<Thread>,
    /// Neighbours in the timer list.
    pub timer_next: Link<Thread>,
    /// The slot received capabilities go into; 0 to refuse them.
    pub receive_slot: u16,
    /// The region its message buffer is the first page of.
    pub buffer: Link<Region>,
    /// The slot of the capability through which it has that buffer: it goes when that goes.
    pub buffer_slot: Link<SlotEntry>,
    /// Its life.
    pub life: Life,
}

entry!(Thread);

impl Thread {
    /// A free entry.
    pub const UNUSED: Self = Self {
        process: Link::NONE,
        state: State::Stopped,
        special: Special::NONE,
        schedule: Link::NONE,
        caller: Link::NONE,
        server: Link::NONE,
        previous: Link::NONE,
        next: Link::NONE,
        endpoint: Link::NONE,
        waits_for: Link::NONE,
        bound: Link::NONE,
        space: 0,
        priority: 0,
        badge: 0,
        descriptor: 0,
        fault: [0; 3],
        deadline: 0,
        timer_previous: Link::NONE,
        timer_next: Link::NONE,
        receive_slot: 0,
        buffer: Link::NONE,
        buffer_slot: Link::NONE,
        life: Life { generation: 0, live: false },
    };
}

/// The saved registers of all threads.
#[derive(Clone, Debug)]
pub struct Contexts<C>([C; THREADS]);

impl<C: Context> Contexts<C> {
    /// All zero.
    pub const ZERO: Self = Self([const { C::ZERO }; THREADS]);
}

impl<C> Index<Id<Thread>> for Contexts<C> {
    type Output = C;
    #[inline(always)]
    fn index(&self, id: Id<Thread>) -> &C {
        &self.0[id.index() & (THREADS - 1)]
    }
}

impl<C> IndexMut<Id<Thread>> for Contexts<C> {
    #[inline(always)]
    fn index_mut(&mut self, id: Id<Thread>) -> &mut C {
        &mut self.0[id.index() & (THREADS - 1)]
    }
}
