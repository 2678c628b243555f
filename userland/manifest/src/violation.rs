//! A broken rule, told so that the author can mend it without reading this code.

use alloc::string::String;
use core::fmt;

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where: `Capabilities.MutableStorage.SizeKB`; empty for the whole file.
    pub key: String,
    /// What stands there, as JSON, shortened; empty if nothing does.
    pub value: String,
    /// The rule.
    pub rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.key.is_empty(), self.value.is_empty()) {
            (true, _) => write!(formatter, "the manifest {}", self.rule),
            (false, true) => write!(formatter, "{} {}", self.key, self.rule),
            (false, false) => write!(formatter, "{} = {} {}", self.key, self.value, self.rule),
        }
    }
}

impl core::error::Error for Violation {}
