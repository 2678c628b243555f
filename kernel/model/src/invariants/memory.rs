//! Rules of regions.

use super::derivation::used;
use super::{Broken, ensure};
use crate::world::World;
use kernel_abi::limits::{PAGE_BYTES, REGIONS};
use kernel_abi::Rights;
use kernel_abi::status::ObjectKind;
use kernel_core::arena::{Id, Link};
use kernel_core::region::{Region, Use};

/// One past a region's last byte.
pub fn end(region: &Region) -> u64 {
    region.physical + u64::from(region.pages) * PAGE_BYTES
}

pub(super) fn check(world: &World) -> Result<(), Broken> {
    let kernel = &world.kernel;
    let (mut mappings, mut buffers) = ([0u32; REGIONS], [0u32; REGIONS]);
    for (_, entry) in used(world) {
        if entry.capability.kind == ObjectKind::Region && entry.mapped_pages != 0 {
            mappings[usize::from(entry.capability.object)] += 1;
        }
    }
    for (id, thread) in kernel.threads.iter() {
        if let Some(region) = thread.buffer.get() {
            ensure!(kernel.regions[region].life.live, "{id:?}: its buffer is in a dead region");
            buffers[region.index()] += 1;
            let held = thread.buffer_slot.get().map(|slot| kernel.tables.slots[slot].capability);
            ensure!(
                held.is_some_and(|held| held.kind == ObjectKind::Region
                    && usize::from(held.object) == region.index()
                    && held.rights.has(Rights::READ.with(Rights::WRITE))),
                "{id:?}: nobody holds a capability to its buffer"
            );
        }
    }
    let mut dying = kernel.processes.iter().filter(|(_, process)| process.dying).count();
    let mut roots: Vec<(u64, u64)> = Vec::new();
    for (id, region) in kernel.regions.iter() {
        if !region.life.live {
            continue;
        }
        dying += usize::from(region.dying);
        ensure!(region.pages != 0, "{id:?} has no pages");
        ensure!(u32::from(region.mappings) == mappings[id.index()], "{id:?}: mappings miscounted");
        ensure!(u32::from(region.buffers) == buffers[id.index()], "{id:?}: buffers miscounted");
        let users = kernel.processes.iter().filter(|(_, process)| process.tables.is(id)).count();
        ensure!(
            users == usize::from(region.used_for == Use::Tables),
            "{id:?} is {:?}, and holds the tables of {users} processes",
            region.used_for
        );
        let in_use = region.mappings != 0 || region.buffers != 0 || users != 0;
        ensure!(!in_use || region.first_child.is_none(), "{id:?} is in use and carved");
        ensure!(!in_use || !region.dying, "{id:?} is in use and dying");
        check_children(world, id)?;
        match region.parent.get() {
            None => roots.push((region.physical, end(region))),
            Some(parent) => {
                let above = &kernel.regions[parent];
                ensure!(above.life.live, "{id:?}: its parent is dead");
                ensure!(
                    above.physical <= region.physical && end(region) <= end(above),
                    "{id:?} sticks out of its parent"
                );
                let mut child = above.first_child;
                while child.get().is_some_and(|child| child != id) {
                    child = child.get().map_or(Link::NONE, |child| kernel.regions[child].next);
                }
                ensure!(child.is(id), "{id:?} is not among its parent's children");
            }
        }
    }
    ensure!(dying == kernel.dying as usize, "{dying} are dying, not {}", kernel.dying);
    roots.sort_unstable();
    ensure!(roots.windows(2).all(|pair| pair[0].1 <= pair[1].0), "underived regions overlap");
    Ok(())
}

fn check_children(world: &World, id: Id<Region>) -> Result<(), Broken> {
    let regions = &world.kernel.regions;
    let mut ranges = Vec::new();
    let (mut before, mut here) = (Link::NONE, regions[id].first_child);
    while let Some(child) = here.get() {
        let region = &regions[child];
        ensure!(region.life.live && region.parent.is(id), "{child:?} is no child of {id:?}");
        ensure!(region.previous == before, "{child:?}: does not point back among the children");
        ensure!(ranges.len() < REGIONS, "the children of {id:?} run in a circle");
        ranges.push((region.physical, end(region)));
        (before, here) = (here, region.next);
    }
    ranges.sort_unstable();
    ensure!(ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0), "children of {id:?} overlap");
    Ok(())
}
