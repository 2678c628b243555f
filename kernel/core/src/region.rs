//! Regions: pages of RAM or of a device, owned by exactly one object.
//!
//! A region is never copied or split in place: a part is *carved out* as a region of
//! its own, and comes back when that region is gone. At any time each page belongs to
//! the innermost region around it and to no other, so whatever is a property of a
//! region (holds code, holds page tables) holds for a page through every capability
//! and mapping there is. That is how "never writable and executable" is kept: not by
//! comparing mappings, but because a region is one or the other.

use crate::arena::{Life, Link, entry};

/// What a region's pages may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Use {
    /// Readable and writable RAM.
    Data,
    /// Readable and executable RAM.
    Code,
    /// Page tables of a process: nobody can map it.
    Tables,
    /// Registers of a device: readable and writable, never executable.
    Device,
}

/// A region.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Region {
    /// Its life.
    pub life: Life,
    /// Physical address of its first page.
    pub physical: u64,
    /// Pages.
    pub pages: u32,
    /// What it is used for.
    pub used_for: Use,
    /// Capabilities through which it is mapped now.
    pub mappings: u16,
    /// Threads that have their message buffer here.
    pub buffers: u16,
    /// Whether the monitor may have changed the rights of its pages.
    pub lent: bool,
    /// Whether it is being given back; nobody can use it any more.
    pub dying: bool,
    /// Pages zeroed so far while dying.
    pub zeroed: u32,
    /// The region it was carved out of.
    pub parent: Link<Region>,
    /// The regions carved out of it.
    pub first_child: Link<Region>,
    /// Neighbours among its parent's children.
    pub previous: Link<Region>,
    /// Neighbours among its parent's children.
    pub next: Link<Region>,
}
entry!(Region);

impl Region {
    /// A free entry.
    pub const UNUSED: Self = Self {
        life: Life { generation: 0, live: false },
        physical: 0,
        pages: 0,
        used_for: Use::Data,
        mappings: 0,
        buffers: 0,
        lent: false,
        dying: false,
        zeroed: 0,
        parent: Link::NONE,
        first_child: Link::NONE,
        previous: Link::NONE,
        next: Link::NONE,
    };
    /// Whether anything depends on its pages staying what they are.
    pub fn is_busy(&self) -> bool {
        self.mappings != 0
            || self.buffers != 0
            || !self.first_child.is_none()
            || self.used_for == Use::Tables
            || self.dying
    }
}
