//! The fuse record: who may sign for this device, and what it will never run again.
//!
//! Fuses are written once, when the device is made. The record lies at a fixed place
//! in secure flash; unwritten bytes read as ones, so every byte the format does not
//! use must be 0xFF and a half-written record is refused.

use core::fmt;
use image_format::{ImageType, Role};

/// Bytes of the record.
pub const FUSE_BYTES: usize = 256;
const MAGIC: [u8; 8] = *b"BULKFUSE";
const FLOORS: usize = 8;
const USED_BYTES: usize = 8 + 4 + 4 + 32 + 32 + 16 + FLOORS * 4;

/// How far along its one-way life a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum LifeCycle {
    /// No key yet: nothing runs.
    Blank = 1,
    /// Keys are set, the factory still works on it.
    Provisioned = 2,
    /// In the field.
    Complete = 3,
    /// Came back for analysis.
    Returned = 4,
}

/// What the fuses say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fuses {
    /// State of life.
    pub life_cycle: LifeCycle,
    /// SHA-256 of the operating system vendor's public key.
    pub os_vendor_key: [u8; 32],
    /// SHA-256 of the manufacturer's public key.
    pub manufacturer_key: [u8; 32],
    /// The device's serial number.
    pub serial: [u8; 16],
    floors: [u32; FLOORS],
}

/// Why the record is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FuseError {
    /// Nothing was ever written.
    Unwritten,
    /// It does not begin as a record does.
    Magic,
    /// Another version of the record.
    Version(u32),
    /// No such state of life.
    LifeCycle(u32),
    /// The device has no keys yet.
    Blank,
    /// Both roles have the same key, which would make them one.
    SameKeys,
    /// A byte that no field uses is written.
    Padding(usize),
}

impl fmt::Display for FuseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unwritten => out.write_str("the fuses are unwritten; create the device first"),
            Self::Magic => out.write_str("the fuse record does not begin with BULKFUSE"),
            Self::Version(version) => write!(out, "fuse record version {version}, must be 1"),
            Self::LifeCycle(state) => write!(out, "life cycle state {state} is none of 1 to 4"),
            Self::Blank => out.write_str("the device is blank: no keys are provisioned"),
            Self::SameKeys => {
                out.write_str("OS vendor and manufacturer have the same key; they must differ")
            }
            Self::Padding(offset) => write!(out, "fuse byte {offset} is written but unused"),
        }
    }
}

impl Fuses {
    /// Reads the record.
    pub fn decode(record: &[u8; FUSE_BYTES]) -> Result<Self, FuseError> {
        if record.iter().all(|&byte| byte == 0xff) || record.iter().all(|&byte| byte == 0) {
            return Err(FuseError::Unwritten);
        }
        if take::<8>(record, 0) != MAGIC {
            return Err(FuseError::Magic);
        }
        let version = word(record, 8);
        if version != 1 {
            return Err(FuseError::Version(version));
        }
        let life_cycle = match word(record, 12) {
            1 => return Err(FuseError::Blank),
            2 => LifeCycle::Provisioned,
            3 => LifeCycle::Complete,
            4 => LifeCycle::Returned,
            other => return Err(FuseError::LifeCycle(other)),
        };
        let unused = record.get(USED_BYTES..).unwrap_or(&[]);
        if let Some(index) = unused.iter().position(|&byte| byte != 0xff) {
            return Err(FuseError::Padding(USED_BYTES + index));
        }
        let mut floors = [0; FLOORS];
        for (index, floor) in floors.iter_mut().enumerate() {
            *floor = word(record, 96 + index * 4);
        }
        let fuses = Self {
            life_cycle,
            os_vendor_key: take(record, 16),
            manufacturer_key: take(record, 48),
            serial: take(record, 80),
            floors,
        };
        if fuses.os_vendor_key == fuses.manufacturer_key {
            return Err(FuseError::SameKeys);
        }
        Ok(fuses)
    }

    /// SHA-256 of the key that signs for `role`.
    pub const fn key(&self, role: Role) -> &[u8; 32] {
        match role {
            Role::OsVendor => &self.os_vendor_key,
            Role::Manufacturer => &self.manufacturer_key,
        }
    }

    /// The lowest security version that still runs.
    pub fn floor(&self, image_type: ImageType) -> u32 {
        self.floors.get(usize::from(image_type.number())).copied().unwrap_or(u32::MAX)
    }
}

fn take<const N: usize>(record: &[u8; FUSE_BYTES], offset: usize) -> [u8; N] {
    match record.get(offset..).and_then(|tail| tail.first_chunk()) {
        Some(bytes) => *bytes,
        None => [0; N],
    }
}

fn word(record: &[u8; FUSE_BYTES], offset: usize) -> u32 {
    u32::from_le_bytes(take(record, offset))
}
const _: () = assert!(USED_BYTES == 128);
