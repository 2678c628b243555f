//! Writes the fuse record of a new device; `pluton-core` reads it.

use anyhow::Result;

use crate::hash::{hex, random};
use crate::keys::Keys;

/// Bytes of the record.
pub const FUSE_BYTES: usize = 256;

const MAGIC: &[u8; 8] = b"BULKFUSE";
const VERSION: u32 = 1;
const LIFE_CYCLE_COMPLETE: u32 = 3;
/// Lowest security version of each image type, by its number; there is no type 0.
const FLOORS: [u32; 8] = [0, 1, 1, 1, 1, 1, 1, 1];

/// A serial number, 16 bytes.
pub fn new_serial() -> Result<[u8; 16]> {
    random()
}

/// The record of a device in the field that trusts these keys.
pub fn record(keys: &Keys, serial: [u8; 16]) -> Result<[u8; FUSE_BYTES]> {
    let mut bytes = Vec::with_capacity(FUSE_BYTES);
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(LIFE_CYCLE_COMPLETE.to_le_bytes());
    bytes.extend(keys.os_vendor.id()?);
    bytes.extend(keys.manufacturer.id()?);
    bytes.extend(serial);
    bytes.extend(FLOORS.iter().flat_map(|floor| floor.to_le_bytes()));
    bytes.resize(FUSE_BYTES, 0xff);
    bytes.try_into().map_err(|_| anyhow::anyhow!("a fuse record has {FUSE_BYTES} bytes"))
}

/// A serial number as it is printed.
pub fn serial_text(serial: &[u8; 16]) -> String {
    hex(serial)
}
