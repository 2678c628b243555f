//! What the Pluton runtime leaves for the security monitor, in one page of RAM.
//!
//! The runtime writes it before it releases the monitor's core and never reads it
//! again. All fields are 64-bit, so the layout has no padding on any target.

use crate::command::MAX_SEGMENTS;

/// "BULKHMON".
pub const MONITOR_HANDOFF_MAGIC: u64 = u64::from_le_bytes(*b"BULKHMON");
/// The layout below.
pub const MONITOR_HANDOFF_VERSION: u64 = 1;

/// A run of physical pages with the rights its segment was signed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Segment {
    /// Physical address of the first page.
    pub physical: u64,
    /// Virtual address it is linked at.
    pub virtual_address: u64,
    /// Pages, zero-filled ones included; 0 for a segment that is not there.
    pub pages: u64,
    /// 1 read, 2 write, 4 execute.
    pub rights: u64,
}

/// A verified image as it lies in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct LoadedProgram {
    /// Physical address of the first page of the loaded copy.
    pub physical: u64,
    /// Pages in all.
    pub pages: u64,
    /// Entry point: for the kernel a physical address, for a program a virtual one.
    pub entry: u64,
    /// Its segments.
    pub segments: [Segment; MAX_SEGMENTS],
}

/// The page at `board::ram::MONITOR_HANDOFF`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct MonitorHandoff {
    /// [`MONITOR_HANDOFF_MAGIC`].
    pub magic: u64,
    /// [`MONITOR_HANDOFF_VERSION`].
    pub version: u64,
    /// First byte of the normal world's RAM.
    pub ram_base: u64,
    /// Its bytes.
    pub ram_bytes: u64,
    /// The security monitor itself.
    pub monitor: LoadedProgram,
    /// The kernel.
    pub kernel: LoadedProgram,
    /// The root task.
    pub root: LoadedProgram,
    /// A fresh random number for each boot, for stack protectors and handles.
    pub boot_seed: u64,
}
const _: () = assert!(size_of::<MonitorHandoff>() <= 4096);
