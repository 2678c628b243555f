//! Endpoints: where senders and receivers meet. Nothing is stored in them.

use crate::arena::{Id, Life, entry};
use crate::queue::{Queue, Stack};
use crate::thread::Thread;

/// An endpoint. At most one of the two holds anybody.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Its life.
    pub life: Life,
    /// Threads that receive, in no order that matters.
    pub receivers: Stack,
    /// Threads that send or call, by priority, then in order of arrival.
    pub senders: Queue,
}
entry!(Endpoint);

impl Endpoint {
    /// A free entry.
    pub const UNUSED: Self = Self {
        life: Life { generation: 0, live: false },
        receivers: Stack::EMPTY,
        senders: Queue::EMPTY,
    };

    /// One who waits here, whichever way.
    pub fn first_waiting(&self) -> Option<Id<Thread>> {
        self.receivers.head.get().or(self.senders.head.get())
    }
}
