//! What [`SystemCall::Inspect`](crate::SystemCall::Inspect) says of a capability.

/// The kind of object a capability names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ObjectKind {
    /// An empty slot.
    Empty = 0,
    /// An address space, a capability table and a quota.
    Process = 1,
    /// A thread.
    Thread = 2,
    /// A synchronous endpoint.
    Endpoint = 3,
    /// A set of asynchronous signals.
    Notification = 4,
    /// Pages of RAM or of a device.
    Region = 5,
    /// Time: budget, period, priority.
    Schedule = 6,
    /// A hardware interrupt.
    Interrupt = 7,
    /// The right to call the security monitor.
    Monitor = 8,
}
