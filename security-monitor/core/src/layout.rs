//! Where things lie, as the board says: the one input that the handoff is checked
//! against. Regions are whole pages by construction, so later code never asks
//! again whether an address is aligned or a sum wraps.

use monitor_abi::boot_info::{Device, MAX_DEVICES};

/// Bytes of a page.
pub const PAGE_BYTES: u64 = 4096;

/// A run of whole pages that does not wrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    base: u64,
    end: u64,
}

impl Region {
    /// The region of this base and number of pages, if it is one.
    pub const fn new(base: u64, pages: u64) -> Option<Self> {
        if !base.is_multiple_of(PAGE_BYTES) || pages == 0 {
            return None;
        }
        match pages.checked_mul(PAGE_BYTES) {
            Some(bytes) => match base.checked_add(bytes) {
                Some(end) => Some(Self { base, end }),
                None => None,
            },
            None => None,
        }
    }
    /// The region of pages within this one, if it is one and lies inside.
    pub fn part(&self, first_page: u16, pages: u16) -> Option<Self> {
        let base = self.base.checked_add(u64::from(first_page) * PAGE_BYTES)?;
        Self::new(base, u64::from(pages)).filter(|part| self.contains(part))
    }
    /// Address of the first byte.
    pub const fn base(&self) -> u64 {
        self.base
    }
    /// Address of the first byte behind it.
    pub const fn end(&self) -> u64 {
        self.end
    }
    /// Number of bytes.
    pub const fn bytes(&self) -> u64 {
        self.end.saturating_sub(self.base)
    }
    /// Number of pages.
    pub const fn pages(&self) -> u64 {
        self.bytes() / PAGE_BYTES
    }
    /// Addresses of its pages.
    pub fn addresses(&self) -> impl Iterator<Item = u64> + use<> {
        (self.base..self.end).step_by(PAGE_BYTES as usize)
    }
    /// Whether this address lies inside.
    pub const fn holds(&self, address: u64) -> bool {
        address >= self.base && address < self.end
    }
    /// Whether the other lies wholly inside.
    pub const fn contains(&self, other: &Self) -> bool {
        other.base >= self.base && other.end <= self.end
    }
    /// Whether they share a page.
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.base < other.end && other.base < self.end
    }
}

/// The board's map, given by the image crate.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// RAM of the normal world.
    pub ram: Region,
    /// What of it belongs to the monitor.
    pub monitor: Region,
    /// The page the Pluton runtime leaves for the monitor.
    pub handoff: Region,
    /// The page the monitor leaves for the kernel. The partition's RAM begins here.
    pub boot_info: Region,
    /// What is kept for the kernel.
    pub kernel: Region,
    /// Where the root task's image begins; all RAM behind it is free.
    pub root: u64,
    /// The partition's devices, the used ones first.
    pub devices: [Device; MAX_DEVICES],
    /// The kernel's timer interrupt: the one interrupt that is no device's.
    pub timer_interrupt: u32,
}
