//! Calls to the gate at EL3 (`SMC`, SMC Calling Convention 1.2, 64-bit fast calls
//! of the OEM range). `x0` carries the function and returns a [`Status`]; a number
//! that is not listed returns [`Status::NotSupported`].

/// Put a message into this core's mailbox: `x1..=x8` in. Never blocks.
pub const MAILBOX_SEND: u64 = 0xc300_0000;
/// Take the oldest reply out of this core's mailbox: `x1..=x8` out. Never blocks.
pub const MAILBOX_RECEIVE: u64 = 0xc300_0001;
/// Power the board off. Does not return.
pub const SYSTEM_OFF: u64 = 0xc300_0002;
/// Reset the board. Does not return.
pub const SYSTEM_RESET: u64 = 0xc300_0003;

/// Requests (and, apart, replies) that one core may have waiting; one more is
/// refused with [`Status::Busy`], so no core can use up another's share.
pub const MAILBOX_DEPTH: usize = 16;

/// What a gate call answers in `x0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Status {
    /// Done.
    Success = 0,
    /// No such function (SMCCC `NOT_SUPPORTED`).
    NotSupported = u64::MAX,
    /// The mailbox is full; try again after the next reply.
    Busy = 1,
    /// No reply is waiting.
    Empty = 2,
    /// The message is refused.
    Denied = 3,
}
