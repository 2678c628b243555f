//! Endpoints: where senders and receivers meet. Nothing is stored in them.

use crate::arena::{Life, entry};
use crate::queue::Queue;

/// Who is in an endpoint's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Waiting {
    /// Nobody.
    Nobody,
    /// Threads that send or call.
    Senders,
    /// Threads that receive.
    Receivers,
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Its life.
    pub life: Life,
    /// Who waits.
    pub waiting: Waiting,
    /// Those who wait: receivers in order of arrival, senders by priority.
    pub queue: Queue,
}
entry!(Endpoint);

impl Endpoint {
    /// A free entry.
    pub const UNUSED: Self = Self {
        life: Life { generation: 0, live: false },
        waiting: Waiting::Nobody,
        queue: Queue::EMPTY,
    };
}
