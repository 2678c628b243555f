//! Faults: what a supervisor is told when a thread can not go on.
//!
//! A fault arrives at the process's supervisor endpoint like a call. Words:
//! 0 the [`Fault`], 1 the address, 2 the program counter, 3 the syndrome as the
//! hardware gives it, 4 the link register, 5 the stack pointer, 6 the frame pointer.
//! The reply's word 0 says what becomes of the thread: [`RESUME`] (at the program
//! counter in word 1), anything else leaves it stopped.

/// Reply: go on.
pub const RESUME: u64 = 1;
/// Reply: leave it stopped.
pub const STOP: u64 = 0;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum Fault {
    /// A load the address space does not allow.
    Read = 1,
    /// A store the address space does not allow.
    Write = 2,
    /// A fetch the address space does not allow.
    Execute = 3,
    /// An instruction that is undefined or not allowed at this level.
    UndefinedInstruction = 4,
    /// A system call that does not exist.
    UnknownCall = 5,
    /// A misaligned stack or program counter.
    Alignment = 6,
    /// A breakpoint instruction.
    Breakpoint = 7,
    /// The security monitor refused the access.
    Firewall = 8,
    /// The budget ran out while its schedule asked for a fault.
    Budget = 9,
    /// Anything else.
    Other = 10,
}

impl Fault {
    /// The fault of this number, [`Fault::Other`] for an unlisted one.
    pub const fn from_number(number: u64) -> Self {
        match number {
            1 => Self::Read,
            2 => Self::Write,
            3 => Self::Execute,
            4 => Self::UndefinedInstruction,
            5 => Self::UnknownCall,
            6 => Self::Alignment,
            7 => Self::Breakpoint,
            8 => Self::Firewall,
            9 => Self::Budget,
            _ => Self::Other,
        }
    }
    /// What to tell a person.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Read => "read refused",
            Self::Write => "write refused",
            Self::Execute => "execution refused",
            Self::UndefinedInstruction => "undefined or privileged instruction",
            Self::UnknownCall => "unknown system call",
            Self::Alignment => "misaligned stack or program counter",
            Self::Breakpoint => "breakpoint",
            Self::Firewall => "refused by the security monitor",
            Self::Budget => "budget used up",
            Self::Other => "unclassified",
        }
    }
}
