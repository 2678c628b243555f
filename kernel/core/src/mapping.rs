//! Mapping regions into address spaces.
//!
//! A capability to a region has at most one mapping, recorded in its slot; the process
//! it is mapped into is the one whose table holds the slot. So whoever loses the
//! capability loses the mapping, with no list to search. Long mappings are made and
//! undone in pieces of [`PIECE_PAGES`], and wait for interrupts in between.

use crate::Outcome;
use crate::arena::Id;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::process::Process;
use crate::region::{Region, Use};
use crate::table::{SlotEntry, owner};
use kernel_abi::limits::{PAGE_BYTES, USER_ADDRESS_BITS, USER_BASE};
use kernel_abi::{Error, Rights};

/// Pages done between two looks at the interrupt line.
pub const PIECE_PAGES: u32 = 16;
/// Most pages one mapping has.
pub const MAPPING_PAGES: u32 = 8192;
const ENTRIES: u64 = 512;

/// Whether more is left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress {
    /// Finished.
    Done,
    /// Call again.
    More,
}

impl<M: Machine> Kernel<M> {
    /// System call: map a region.
    pub fn map(&mut self, machine: &mut M, place: u64, address: u64, rights: u64) -> Outcome {
        let checked = self.check_map(place, address, rights);
        let (slot, region, rights) = match checked {
            Ok(checked) => checked,
            Err(error) => return Outcome::Return(error as u64),
        };
        loop {
            match self.map_piece(machine, slot, region, rights) {
                Ok(Progress::Done) => {
                    machine.publish_entries();
                    return Outcome::Return(0);
                }
                Ok(Progress::More) if machine.interrupt_pending() => return Outcome::Again,
                Ok(Progress::More) => {}
                Err(error) => {
                    while self.unmap_piece(machine, slot) == Progress::More {}
                    return Outcome::Return(error as u64);
                }
            }
        }
    }

    fn check_map(
        &mut self,
        place: u64,
        address: u64,
        rights: u64,
    ) -> Result<(Id<SlotEntry>, Id<Region>, Rights), Error> {
        let slot = self.place(place)?;
        let rights = Rights::from_bits(rights).ok_or(Error::InvalidArgument)?;
        let region = self.region_in(slot, rights)?;
        self.check_rights(region, rights)?;
        let pages = self.regions[region].pages;
        let end = address.checked_add(u64::from(pages) * PAGE_BYTES).ok_or(Error::BadAddress)?;
        if !address.is_multiple_of(PAGE_BYTES)
            || address < USER_BASE
            || end > 1 << USER_ADDRESS_BITS
            || pages > MAPPING_PAGES
        {
            return Err(Error::BadAddress);
        }
        let process = owner(slot);
        if self.processes[process].tables.is_none() {
            return Err(Error::BadState);
        }
        let entry = &mut self.tables.slots[slot];
        let at = (address / PAGE_BYTES) as u32;
        if entry.mapped_pages == 0 {
            if !self.regions[region].first_child.is_none() {
                return Err(Error::RegionBusy);
            }
            entry.mapped_at = at;
            entry.mapped_rights = rights;
        } else if entry.mapped_at != at
            || entry.mapped_rights != rights
            || u32::from(entry.mapped_pages) >= pages
        {
            return Err(Error::RegionBusy);
        }
        Ok((slot, region, rights))
    }

    /// Never writable and executable; and what holds code is not writable, what holds
    /// data not executable, through whatever mapping.
    fn check_rights(&self, region: Id<Region>, rights: Rights) -> Result<(), Error> {
        if !rights.has(Rights::READ) || rights.has(Rights::GRANT) {
            return Err(Error::InvalidArgument);
        }
        match self.regions[region].used_for {
            Use::Data | Use::Device if rights.has(Rights::EXECUTE) => Err(Error::WriteExecute),
            Use::Code if rights.has(Rights::WRITE) => Err(Error::WriteExecute),
            Use::Tables => Err(Error::RegionBusy),
            _ => Ok(()),
        }
    }

    pub(crate) fn map_piece(
        &mut self,
        machine: &mut M,
        slot: Id<SlotEntry>,
        region: Id<Region>,
        rights: Rights,
    ) -> Result<Progress, Error> {
        let process = owner(slot);
        let Region { physical, pages, used_for, .. } = self.regions[region];
        let done = u32::from(self.tables.slots[slot].mapped_pages);
        let first = self.tables.slots[slot].mapped_at;
        let stop = pages.min(done + PIECE_PAGES);
        for page in done..stop {
            let number = u64::from(first + page);
            let table = self.leaf_table(machine, process, number, true)?.ok_or(Error::NoTables)?;
            let index = (number % ENTRIES) as usize;
            if machine.read_entry(table, index) != 0 {
                return Err(Error::BadAddress);
            }
            let address = physical + u64::from(page) * PAGE_BYTES;
            if rights.has(Rights::EXECUTE) {
                machine.synchronize_code(address, 1);
            }
            let entry = machine.page_entry(address, rights, used_for == Use::Device);
            machine.write_entry(table, index, entry);
            let entry = &mut self.tables.slots[slot];
            if entry.mapped_pages == 0 {
                self.regions[region].mappings += 1;
            }
            entry.mapped_pages += 1;
        }
        Ok(if stop == pages { Progress::Done } else { Progress::More })
    }

    /// The second-level table for a page number, made if it may be and is not there.
    fn leaf_table(
        &mut self,
        machine: &mut M,
        id: Id<Process>,
        page: u64,
        make: bool,
    ) -> Result<Option<u64>, Error> {
        let process = &mut self.processes[id];
        // A process that is ending has lost its tables; their memory may be another's.
        let Some(tables) = process.tables.get() else { return Ok(None) };
        let index = (page / ENTRIES) as usize;
        if let Some(table) = machine.table_address(machine.read_entry(process.root, index)) {
            return Ok(Some(table));
        }
        if !make {
            return Ok(None);
        }
        let region = &self.regions[tables];
        if process.tables_used >= region.pages {
            return Err(Error::NoTables);
        }
        let table = region.physical + u64::from(process.tables_used) * PAGE_BYTES;
        process.tables_used += 1;
        let entry = machine.table_entry(table);
        machine.write_entry(process.root, index, entry);
        Ok(Some(table))
    }

    /// System call: undo a mapping.
    pub fn unmap(&mut self, machine: &mut M, place: u64) -> Outcome {
        let slot = match self.place(place) {
            Ok(slot) => slot,
            Err(error) => return Outcome::Return(error as u64),
        };
        if self.tables.slots[slot].mapped_pages == 0 {
            return Outcome::Return(Error::BadState as u64);
        }
        while self.unmap_piece(machine, slot) == Progress::More {
            if machine.interrupt_pending() {
                return Outcome::Again;
            }
        }
        Outcome::Return(0)
    }

    /// Unmaps the last pages of a slot's mapping.
    pub(crate) fn unmap_piece(&mut self, machine: &mut M, slot: Id<SlotEntry>) -> Progress {
        let entry = self.tables.slots[slot];
        if entry.mapped_pages == 0 {
            return Progress::Done;
        }
        let process = owner(slot);
        let end = entry.mapped_at + u32::from(entry.mapped_pages);
        let start = end.saturating_sub(PIECE_PAGES).max(entry.mapped_at);
        for page in start..end {
            if let Ok(Some(table)) = self.leaf_table(machine, process, u64::from(page), false) {
                machine.write_entry(table, (u64::from(page) % ENTRIES) as usize, 0);
            }
        }
        if end - start == 1 {
            machine.flush_page(process, u64::from(start) * PAGE_BYTES);
        } else {
            machine.flush_space(process);
        }
        self.tables.slots[slot].mapped_pages = (start - entry.mapped_at) as u16;
        if start > entry.mapped_at {
            return Progress::More;
        }
        let region = Id::new(entry.capability.object as usize);
        self.regions[region].mappings = self.regions[region].mappings.saturating_sub(1);
        Progress::Done
    }

    /// System call: change the rights of a mapping. Pages whose rights were changed
    /// before an interrupt was taken keep them; the call then goes on with all of them.
    pub fn protect(&mut self, machine: &mut M, place: u64, rights: u64) -> Outcome {
        match self.check_protect(place, rights) {
            Ok((slot, region, rights)) => {
                self.rewrite(machine, slot, region, rights);
                Outcome::Return(0)
            }
            Err(error) => Outcome::Return(error as u64),
        }
    }

    fn check_protect(
        &self,
        place: u64,
        rights: u64,
    ) -> Result<(Id<SlotEntry>, Id<Region>, Rights), Error> {
        let slot = self.place(place)?;
        let rights = Rights::from_bits(rights).ok_or(Error::InvalidArgument)?;
        let region = self.region_in(slot, rights)?;
        self.check_rights(region, rights)?;
        let mapped = u32::from(self.tables.slots[slot].mapped_pages);
        if mapped != self.regions[region].pages {
            return Err(Error::BadState);
        }
        if mapped > PIECE_PAGES {
            return Err(Error::InvalidArgument);
        }
        Ok((slot, region, rights))
    }

    fn rewrite(&mut self, machine: &mut M, slot: Id<SlotEntry>, region: Id<Region>, rights: Rights) {
        let process = owner(slot);
        let Region { physical, pages, used_for, .. } = self.regions[region];
        let first = self.tables.slots[slot].mapped_at;
        for page in 0..pages {
            let number = u64::from(first + page);
            let address = physical + u64::from(page) * PAGE_BYTES;
            if rights.has(Rights::EXECUTE) {
                machine.synchronize_code(address, 1);
            }
            if let Ok(Some(table)) = self.leaf_table(machine, process, number, false) {
                let entry = machine.page_entry(address, rights, used_for == Use::Device);
                machine.write_entry(table, (number % ENTRIES) as usize, entry);
            }
        }
        machine.flush_space(process);
        self.tables.slots[slot].mapped_rights = rights;
    }
}
