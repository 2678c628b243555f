//! Why an image does not run, in words that the boot log shows to people.

use crate::fuses::FuseError;
use core::fmt;
use image_format::{FormatError, ImageType, Role};

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The fuses do not say who may sign.
    Fuses(FuseError),
    /// The slot is erased.
    NoImage,
    /// The slot ends before the image does, or flash can not be read.
    Flash,
    /// The header breaks a rule of the format.
    Format(FormatError),
    /// An image of another type is in this place.
    Type {
        /// What is there.
        found: ImageType,
    },
    /// The header names one signer and carries another's key.
    SignerMismatch,
    /// The key is in the fuses, but for the other role.
    Role {
        /// Whose key it must be.
        needed: Role,
    },
    /// The key is not in the fuses.
    UnknownKey {
        /// Whose key it must be.
        needed: Role,
    },
    /// The signature does not verify.
    Signature {
        /// With whose key.
        role: Role,
    },
    /// Older than the fuses allow.
    SecurityVersion {
        /// The image's.
        version: u32,
        /// The fuses'.
        floor: u32,
    },
    /// The body is not the one that was signed.
    BodyHash,
    /// It is linked, or would be put, outside the memory kept for it.
    Placement,
    /// What is loaded is not what was measured before.
    Changed,
    /// The measurement log is full.
    LogFull,
    /// The device has no unique secret.
    NoDeviceSecret,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fuses(error) => error.fmt(out),
            Self::NoImage => out.write_str("the slot is empty"),
            Self::Flash => out.write_str("the image does not fit its flash slot"),
            Self::Format(error) => error.fmt(out),
            Self::Type { found } => write!(out, "an image of type {found} does not belong here"),
            Self::SignerMismatch => out.write_str("signer is not the hash of the public key"),
            Self::Role { needed } => {
                write!(out, "signed by the wrong role, this type needs key {needed}")
            }
            Self::UnknownKey { needed } => {
                write!(out, "the signer is not in the fuses, this type needs key {needed}")
            }
            Self::Signature { role } => write!(out, "signature does not verify (key {role})"),
            Self::SecurityVersion { version, floor } => {
                write!(out, "security version {version} is below the fuses' floor {floor}")
            }
            Self::BodyHash => out.write_str("body does not match its signed hash"),
            Self::Placement => out.write_str("does not lie in the memory kept for it"),
            Self::Changed => out.write_str("is not the image that was measured"),
            Self::LogFull => out.write_str("the measurement log is full"),
            Self::NoDeviceSecret => out.write_str("the unique device secret is missing"),
        }
    }
}

impl From<FormatError> for Refusal {
    fn from(error: FormatError) -> Self {
        Self::Format(error)
    }
}

impl From<FuseError> for Refusal {
    fn from(error: FuseError) -> Self {
        Self::Fuses(error)
    }
}
