//! Rules of page tables: walked as the hardware walks them, entry by entry, and compared
//! with what the capability slots say. Whatever is mapped beyond that, a page before or
//! behind a region included, is an entry nobody accounts for.

use super::derivation::used;
use super::memory::end;
use super::{Broken, ensure, processes};
use crate::machine::{DEVICE, RIGHTS_SHIFT, VALID};
use crate::world::World;
use kernel_abi::limits::{PAGE_BYTES, USER_ADDRESS_BITS, USER_BASE};
use kernel_abi::status::ObjectKind;
use kernel_abi::Rights;
use kernel_core::Machine;
use kernel_core::arena::Id;
use kernel_core::region::Use;
use kernel_core::table::owner;
use std::collections::BTreeMap;

/// Process index and page number, to entry.
pub type Mapped = BTreeMap<(usize, u64), u64>;

/// What the slots say is mapped.
pub fn recorded(world: &World) -> Result<Mapped, Broken> {
    let kernel = &world.kernel;
    let mut mapped = Mapped::new();
    for (id, slot) in used(world).filter(|(_, slot)| slot.mapped_pages != 0) {
        ensure!(slot.capability.kind == ObjectKind::Region, "{id:?}: mapped and no region");
        let region_id = Id::new(slot.capability.object.into());
        let region = &kernel.regions[region_id];
        let process = owner(id);
        if kernel.processes[process].tables.is_none() {
            continue;
        }
        ensure!(u32::from(slot.mapped_pages) <= region.pages, "{id:?}: mapped beyond its region");
        ensure!(slot.capability.rights.has(slot.mapped_rights), "{id:?}: mapped with more rights");
        let first = u64::from(slot.mapped_at);
        ensure!(first >= USER_BASE / PAGE_BYTES, "{id:?}: mapped below the user's range");
        let device = if region.used_for == Use::Device { DEVICE } else { 0 };
        for page in 0..u64::from(slot.mapped_pages) {
            let physical = region.physical + page * PAGE_BYTES;
            let entry = physical | slot.mapped_rights.bits() << RIGHTS_SHIFT | device | VALID;
            ensure!(
                first + page < 1 << (USER_ADDRESS_BITS - 12),
                "{id:?}: mapped above the user's range"
            );
            ensure!(
                mapped.insert((process.index(), first + page), entry).is_none(),
                "{id:?}: two mappings of one page"
            );
        }
        for (other, entry) in kernel.regions.iter() {
            ensure!(
                !entry.life.live
                    || !entry.parent.is(region_id)
                    || end(entry) <= region.physical
                    || entry.physical >= end(region),
                "{region_id:?} is mapped, and {other:?} carved out of it"
            );
        }
    }
    Ok(mapped)
}

/// What the page tables of all processes map.
pub fn walked(world: &World) -> Result<Mapped, Broken> {
    let (kernel, machine) = (&world.kernel, &world.machine);
    let mut mapped = Mapped::new();
    for (id, process) in processes(world) {
        let Some(tables) = process.tables.get() else { continue };
        let region = &kernel.regions[tables];
        ensure!(process.root == region.physical, "{id:?}: its root is not in its table region");
        ensure!(process.tables_used <= region.pages, "{id:?}: more tables than pages");
        let limit = region.physical + u64::from(process.tables_used) * PAGE_BYTES;
        let mut seen = Vec::new();
        for (high, entry) in machine.entries(process.root) {
            let table = machine.table_address(entry);
            let Some(table) = table else { return Err(format!("{id:?}: entry {entry:#x}")) };
            ensure!(
                table > region.physical && table < limit && !seen.contains(&table),
                "{id:?}: a table at {table:#x}, outside {:#x}..{limit:#x} or used twice",
                region.physical
            );
            seen.push(table);
            for (low, entry) in machine.entries(table) {
                mapped.insert((id.index(), high as u64 * 512 + low as u64), entry);
            }
        }
    }
    Ok(mapped)
}

/// Rights of an entry.
pub fn rights(entry: u64) -> Rights {
    Rights::from_bits(entry >> RIGHTS_SHIFT & 15).unwrap_or_default()
}
/// Physical address in an entry.
pub fn physical(entry: u64) -> u64 {
    entry & !(PAGE_BYTES - 1)
}

pub(super) fn check(world: &World) -> Result<(), Broken> {
    let (expected, found) = (recorded(world)?, walked(world)?);
    if expected != found {
        for (at, entry) in &found {
            let (process, page) = at;
            ensure!(
                expected.get(at) == Some(entry),
                "page {page:#x} of process {process} is mapped as {entry:#x}; recorded {:x?}",
                expected.get(at)
            );
        }
        return Err("a recorded mapping is not in the page tables".into());
    }
    ensure!(!world.machine.unpublished || found.is_empty(), "written entries were not published");
    let mut aliases: BTreeMap<u64, Rights> = BTreeMap::new();
    for entry in found.values() {
        let together = aliases.entry(physical(*entry)).or_default();
        *together = together.with(rights(*entry));
        ensure!(
            !together.has(Rights::WRITE.with(Rights::EXECUTE)),
            "{:#x} is writable and executable",
            physical(*entry)
        );
        ensure!(
            !rights(*entry).has(Rights::EXECUTE)
                || !world.machine.stale_code.contains(&physical(*entry)),
            "{:#x} is executable and its instructions are stale",
            physical(*entry)
        );
    }
    for (id, region) in world.kernel.regions.iter() {
        if region.life.live && (region.used_for == Use::Tables || region.dying) {
            let mut inside = aliases.range(region.physical..end(region));
            ensure!(inside.next().is_none(), "{id:?} ({:?}) is mapped", region.used_for);
        }
    }
    for (at, entry) in &world.machine.cached {
        ensure!(
            found.get(at) == Some(entry),
            "process {} page {:#x} is still cached as {entry:#x}",
            at.0,
            at.1
        );
    }
    Ok(())
}

impl World {
    /// Touches every mapped page as its process could: all translations are cached, and
    /// every page that may be written has been.
    pub fn touch_everything(&mut self) {
        let Ok(mapped) = walked(self) else { return };
        for entry in mapped.values() {
            if rights(*entry).has(Rights::WRITE) && entry & DEVICE == 0 {
                self.machine.stale_code.insert(physical(*entry));
                self.machine.write(physical(*entry), 511, 0x5ec2e7);
            }
        }
        self.machine.cached = mapped;
    }
}
