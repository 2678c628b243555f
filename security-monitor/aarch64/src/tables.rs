//! The two sets of translation tables: the monitor's own map and stage 2.
//!
//! Entries are atomics, so that writing one needs no `unsafe` and tears for no
//! table walk. The shape is fixed (see `monitor_core::descriptor`): nothing is ever
//! allocated, and an address outside the windows has no entry to fill.

use core::sync::atomic::{AtomicU64, Ordering};

use monitor_core::descriptor::{ENTRIES, LEVEL3_TABLES, Windows, table};

type Table = [AtomicU64; ENTRIES];

/// Level 1 has 4 entries of 1 GiB: 32-bit addresses.
pub(crate) const ADDRESS_BITS: u64 = 32;

/// One set of tables.
#[repr(C, align(4096))]
pub(crate) struct Tables {
    level3: [Table; LEVEL3_TABLES],
    /// Of the GiB of devices, and of the GiB of RAM.
    level2: [Table; 2],
    level1: [AtomicU64; 4],
}

/// The monitor's own map.
pub(crate) static STAGE1: Tables = Tables::new();
/// The partition's.
pub(crate) static STAGE2: Tables = Tables::new();

fn address_of<T>(table: &T) -> u64 {
    core::ptr::from_ref(table).addr() as u64
}

impl Tables {
    const fn new() -> Self {
        Self {
            level3: [const { [const { AtomicU64::new(0) }; ENTRIES] }; LEVEL3_TABLES],
            level2: [const { [const { AtomicU64::new(0) }; ENTRIES] }; 2],
            level1: [const { AtomicU64::new(0) }; 4],
        }
    }

    /// Links the tables to each other for these windows.
    pub(crate) fn link(&self, windows: &Windows) {
        for (base, level3) in windows.bases().iter().zip(&self.level3) {
            let gib = (base >> 30) as usize % self.level1.len();
            let level2 = &self.level2[usize::from(*base != windows.bases()[0])];
            self.level1[gib].store(table(address_of(level2)), Ordering::Relaxed);
            let entry = (base >> 21) as usize % ENTRIES;
            level2[entry].store(table(address_of(level3)), Ordering::Relaxed);
        }
    }

    /// Writes the level 3 descriptor of a page. A page outside the windows keeps
    /// having none; false says so.
    pub(crate) fn set(&self, windows: &Windows, address: u64, descriptor: u64) -> bool {
        let entry = windows
            .slot(address)
            .and_then(|(table, entry)| self.level3.get(table)?.get(entry));
        if let Some(entry) = entry {
            entry.store(descriptor, Ordering::Relaxed);
        }
        entry.is_some()
    }

    /// Physical address of the level 1 table.
    pub(crate) fn root(&self) -> u64 {
        address_of(&self.level1)
    }
}
