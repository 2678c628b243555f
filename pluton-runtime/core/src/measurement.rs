//! The measurement log: what was let run since reset, in order. Entries are only
//! ever appended, and only for images that verified.

use crate::text::Hex;
use crate::verify::Verified;
use core::fmt;
use image_format::{ImageType, NAME_BYTES};

/// Most entries: the runtime, every flash slot, and as many exchanged at run time.
pub const LOG_ENTRIES: usize = 64;

/// One image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub image_type: ImageType,
    /// Its version.
    pub version: u32,
    /// Its security version.
    pub security_version: u32,
    /// Its name, zero-padded.
    pub name: [u8; NAME_BYTES],
    /// Its signer's key id.
    pub signer: [u8; 32],
    /// SHA-256 of its signed header, which binds its body.
    pub sha256: [u8; 32],
}

impl Entry {
    /// The entry of a verified image.
    pub fn of(image: &Verified) -> Self {
        let header = image.header();
        Self {
            image_type: header.image_type,
            version: header.version,
            security_version: header.security_version,
            name: header.name,
            signer: header.signer,
            sha256: *image.measurement(),
        }
    }

    fn name_text(&self) -> &str {
        let end = self.name.iter().position(|&byte| byte == 0).unwrap_or(NAME_BYTES);
        self.name.get(..end).and_then(|name| str::from_utf8(name).ok()).unwrap_or("?")
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "measured {} type={} version={} security_version={} sha256={} signer={}",
            self.name_text(),
            self.image_type,
            self.version,
            self.security_version,
            Hex(&self.sha256),
            Hex(self.signer.first_chunk::<8>().map_or(&[][..], |id| id)),
        )
    }
}

/// The log.
#[derive(Clone, Debug)]
pub struct MeasurementLog {
    entries: [Option<Entry>; LOG_ENTRIES],
    count: usize,
}

impl MeasurementLog {
    /// An empty log.
    pub const fn new() -> Self {
        Self { entries: [None; LOG_ENTRIES], count: 0 }
    }

    /// Appends; false if the log is full.
    #[must_use]
    pub fn append(&mut self, entry: Entry) -> bool {
        let Some(place) = self.entries.get_mut(self.count) else {
            return false;
        };
        *place = Some(entry);
        self.count = self.count.saturating_add(1);
        true
    }

    /// Entries in all.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// One entry.
    pub fn entry(&self, index: u64) -> Option<&Entry> {
        usize::try_from(index).ok().and_then(|index| self.entries.get(index))?.as_ref()
    }

    /// Whether this very image was measured.
    pub fn contains(&self, sha256: &[u8; 32]) -> bool {
        self.entries.iter().flatten().any(|entry| entry.sha256 == *sha256)
    }
}

impl Default for MeasurementLog {
    fn default() -> Self {
        Self::new()
    }
}
