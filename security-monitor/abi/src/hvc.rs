//! Calls from the kernel (`HVC`, SMC Calling Convention 1.2, vendor hypervisor range).

/// Send a mailbox message to the Pluton runtime: `x1..=x8`. The monitor writes its
/// own origin rules over the header and checks destinations (see `monitor-core`).
pub const MAILBOX_SEND: u64 = 0xc600_0000;
/// Take a mailbox reply: `x1..=x8` out.
pub const MAILBOX_RECEIVE: u64 = 0xc600_0001;
/// Enable an interrupt of this partition. `x1`: interrupt, `x2`: a [`Trigger`].
pub const INTERRUPT_ENABLE: u64 = 0xc600_0002;
/// Disable an interrupt of this partition. `x1`: interrupt.
pub const INTERRUPT_DISABLE: u64 = 0xc600_0003;
/// Give up loaded pages: they become plain writable data again, contents zeroed
/// where they were executable. `x1`: physical address, `x2`: pages (at most
/// [`RELEASE_PAGES`]). Memory that holds the kernel is refused.
pub const MEMORY_RELEASE: u64 = 0xc600_0004;
/// Power the board off.
pub const SYSTEM_OFF: u64 = 0xc600_0005;
/// Reset the board.
pub const SYSTEM_RESET: u64 = 0xc600_0006;

/// Most pages one [`MEMORY_RELEASE`] takes, so that no call runs long.
pub const RELEASE_PAGES: u64 = 16;

/// How an interrupt is signalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Trigger {
    /// As long as the line is high.
    Level = 0,
    /// On a rising edge.
    Edge = 1,
}

/// What a monitor call answers in `x0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Status {
    /// Done.
    Success = 0,
    /// No such function (SMCCC `NOT_SUPPORTED`).
    NotSupported = u64::MAX,
    /// The mailbox is full; try again.
    Busy = 1,
    /// No reply is waiting.
    Empty = 2,
    /// Not this partition's, or not allowed to it.
    Denied = 3,
    /// An argument is out of range or not page-aligned.
    InvalidArgument = 4,
}
