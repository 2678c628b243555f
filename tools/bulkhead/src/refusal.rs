//! A refusal to boot, as an error of its own: it ends the program with its own code.

use std::fmt;

/// Exit code when something went wrong.
pub const EXIT_ERROR: u8 = 1;
/// Exit code when the command line makes no sense.
pub const EXIT_USAGE: u8 = 2;
/// Exit code when the device refused an image.
pub const EXIT_REFUSED: u8 = 3;

/// `[STAGE] refused IMAGE: REASON`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Refusal {
    /// The layer that refused.
    pub stage: String,
    /// What it refused.
    pub image: String,
    /// Why.
    pub reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{:<7}] refused {}: {}", self.stage, self.image, self.reason)
    }
}

impl std::error::Error for Refusal {}
