//! Rights: what a capability lets its holder do. They only ever shrink.

/// A set of rights. The bits mean, by kind of object:
///
/// | bit | region | endpoint | notification | process | thread | schedule | interrupt | monitor |
/// |---|---|---|---|---|---|---|---|---|
/// | `READ` | map readable | receive | wait | inspect | - | - | - | - |
/// | `WRITE` | map writable | send, call | signal | control | control | bind | bind, acknowledge | call |
/// | `EXECUTE` | map executable | - | - | - | - | - | - | - |
/// | `GRANT` | - | send capabilities | - | - | - | - | - | - |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rights(u8);

impl Rights {
    /// No right.
    pub const NONE: Self = Self(0);
    /// Read, receive, wait, inspect.
    pub const READ: Self = Self(1);
    /// Write, send, signal, control.
    pub const WRITE: Self = Self(2);
    /// Execute.
    pub const EXECUTE: Self = Self(4);
    /// Send capabilities along with messages.
    pub const GRANT: Self = Self(8);
    /// Every right.
    pub const ALL: Self = Self(15);

    /// The set with these bits; unknown bits make it `None`.
    pub const fn from_bits(bits: u64) -> Option<Self> {
        if bits > Self::ALL.0 as u64 { None } else { Some(Self(bits as u8)) }
    }
    /// The bits.
    pub const fn bits(self) -> u64 {
        self.0 as u64
    }
    /// Both sets together.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// What is in both sets.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
    /// Whether every right of `other` is here.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}
