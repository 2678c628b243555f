//! What a refused system call answers: who is to blame, and for what.

/// Status 0 is success; these are the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum Error {
    /// The system call does not exist.
    UnknownCall = 1,
    /// The slot is out of the table or empty.
    NoCapability = 2,
    /// The capability is of another kind.
    WrongKind = 3,
    /// The capability lacks a right this needs.
    NoRight = 4,
    /// An argument is out of its range.
    InvalidArgument = 5,
    /// The destination slot holds something.
    SlotOccupied = 6,
    /// The process has used up its quota of this kind.
    QuotaExceeded = 7,
    /// The kernel's arena of this kind is full.
    ArenaFull = 8,
    /// Nothing was there and the call does not wait.
    WouldBlock = 9,
    /// The deadline passed.
    TimedOut = 10,
    /// The other side died or the object was revoked while waiting.
    Cancelled = 11,
    /// Page tables are used up: the process was created with too few pages for them.
    NoTables = 12,
    /// The address is taken, out of the user range, or the range overlaps another.
    BadAddress = 13,
    /// The region is in use in a way that forbids this: mapped, carved up, or executable.
    RegionBusy = 14,
    /// Writable and executable at once, through this or any other mapping.
    WriteExecute = 15,
    /// No caller is waiting for a reply.
    NoCaller = 16,
    /// The thread is not in a state for this.
    BadState = 17,
    /// The thread has no schedule to run on.
    NoSchedule = 18,
    /// The security monitor refused.
    MonitorRefused = 19,
    /// The mailbox is full; try again.
    Busy = 20,
    /// The capability was derived through too many hands (see `limits::DERIVATION_DEPTH`).
    TooDeep = 21,
}

impl Error {
    /// Every error, in order of its number.
    pub const EVERY: [Self; 21] = [
        Self::UnknownCall,
        Self::NoCapability,
        Self::WrongKind,
        Self::NoRight,
        Self::InvalidArgument,
        Self::SlotOccupied,
        Self::QuotaExceeded,
        Self::ArenaFull,
        Self::WouldBlock,
        Self::TimedOut,
        Self::Cancelled,
        Self::NoTables,
        Self::BadAddress,
        Self::RegionBusy,
        Self::WriteExecute,
        Self::NoCaller,
        Self::BadState,
        Self::NoSchedule,
        Self::MonitorRefused,
        Self::Busy,
        Self::TooDeep,
    ];

    /// `Ok` for status 0, else the error of that number; an unlisted number reads
    /// as [`Error::UnknownCall`].
    pub fn check(status: u64) -> Result<(), Self> {
        match status {
            0 => Ok(()),
            n => Err(*Self::EVERY.get(n as usize - 1).unwrap_or(&Self::UnknownCall)),
        }
    }
    /// What to tell a person.
    pub const fn text(self) -> &'static str {
        match self {
            Self::UnknownCall => "no such system call",
            Self::NoCapability => "no capability in that slot",
            Self::WrongKind => "the capability is of another kind",
            Self::NoRight => "the capability lacks the right",
            Self::InvalidArgument => "argument out of range",
            Self::SlotOccupied => "destination slot is occupied",
            Self::QuotaExceeded => "the process's quota is used up",
            Self::ArenaFull => "the kernel's arena is full",
            Self::WouldBlock => "nothing there, and not waiting",
            Self::TimedOut => "timed out",
            Self::Cancelled => "the other side is gone",
            Self::NoTables => "no pages left for page tables",
            Self::BadAddress => "address taken or out of range",
            Self::RegionBusy => "the region is in use",
            Self::WriteExecute => "writable and executable at once",
            Self::NoCaller => "no caller waits for a reply",
            Self::BadState => "the thread is in another state",
            Self::NoSchedule => "the thread has no schedule",
            Self::MonitorRefused => "the security monitor refused",
            Self::Busy => "the mailbox is full",
            Self::TooDeep => "derived through too many hands",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn numbers_match_their_place() {
        for (index, error) in Error::EVERY.iter().enumerate() {
            assert_eq!(*error as usize, index + 1);
            assert_eq!(Error::check(index as u64 + 1), Err(*error));
        }
        assert_eq!(Error::check(0), Ok(()));
        assert_eq!(Error::check(u64::MAX), Err(Error::UnknownCall));
    }
}
