//! What an attempt is, and what comes of it.

use core::fmt;

use sdk::{Error, StartInfo};

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Refused with this error.
    Refused(Error),
    /// Held to a limit.
    Limited(&'static str),
    /// It was let through.
    Succeeded,
}

impl Verdict {
    /// The verdict on a call that had to be refused.
    pub fn of<T>(result: Result<T, Error>) -> Self {
        match result {
            Ok(_) => Self::Succeeded,
            Err(error) => Self::Refused(error),
        }
    }
    /// This verdict, unless the other is worse.
    pub fn and(self, other: Self) -> Self {
        if other == Self::Succeeded { other } else { self }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => write!(f, "refused ({})", error.text()),
            Self::Limited(limit) => write!(f, "refused ({limit})"),
            Self::Succeeded => f.write_str("SUCCEEDED"),
        }
    }
}

/// An attempt that returns.
pub struct Attempt<K> {
    /// What is tried, in a few lower-case words joined by hyphens.
    pub name: &'static str,
    /// Tries it.
    pub run: fn(&K, &StartInfo) -> Verdict,
}
