//! A run of pages with one set of rights, the unit in which memory is protected.

use crate::PAGE_BYTES;
use core::fmt;

/// What a segment's pages may be used for. Never both writable and executable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights(u32);

impl Rights {
    /// No right: a segment that is not there.
    pub const NONE: Self = Self(0);
    /// Constants.
    pub const READ: Self = Self(1);
    /// Data.
    pub const READ_WRITE: Self = Self(1 | 2);
    /// Code.
    pub const READ_EXECUTE: Self = Self(1 | 4);

    /// The rights of these bits (1 read, 2 write, 4 execute), if they are one of the
    /// three sets that a page may have.
    pub const fn from_bits(bits: u32) -> Option<Self> {
        match bits {
            1 | 3 | 5 => Some(Self(bits)),
            _ => None,
        }
    }

    /// The bits: 1 read, 2 write, 4 execute.
    pub const fn bits(self) -> u32 {
        self.0
    }
    /// Whether data may be written.
    pub const fn write(self) -> bool {
        self.0 & 2 != 0
    }
    /// Whether instructions may be fetched.
    pub const fn execute(self) -> bool {
        self.0 & 4 != 0
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            1 => "R--",
            3 => "RW-",
            5 => "R-X",
            _ => "---",
        })
    }
}

/// One segment of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// Where its bytes begin in the file; page-aligned.
    pub file_offset: u32,
    /// Its bytes in the file; the rest of their last page is zero.
    pub file_bytes: u32,
    /// Its bytes in memory, whole pages.
    pub memory_bytes: u32,
    /// Its rights.
    pub rights: Rights,
    /// The virtual address it is linked at.
    pub virtual_address: u64,
    /// The physical address it is linked at; 0 where the loader chooses.
    pub physical_address: u64,
}

impl Segment {
    /// Pages that it takes in the file.
    pub const fn file_pages(&self) -> u32 {
        self.file_bytes.div_ceil(PAGE_BYTES)
    }
    /// Pages that it takes in memory.
    pub const fn memory_pages(&self) -> u32 {
        self.memory_bytes.div_ceil(PAGE_BYTES)
    }
    /// Pages in memory that are not in the file.
    pub const fn zero_fill_pages(&self) -> u32 {
        self.memory_pages().saturating_sub(self.file_pages())
    }
    /// Its first page in a loaded copy that begins with the header.
    pub const fn first_page(&self) -> u32 {
        self.file_offset / PAGE_BYTES
    }
}
