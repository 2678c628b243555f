//! Rules of the capability tables.

use super::{Broken, ensure, processes};
use crate::world::World;
use kernel_abi::limits::{DERIVATION_DEPTH, SLOTS_PER_PROCESS};
use kernel_abi::status::ObjectKind;
use kernel_core::arena::{Arena, Entry, Id};
use kernel_core::capability::Capability;
use kernel_core::table::{SlotEntry, owner, slot_id};
use std::collections::BTreeMap;

/// The slots in use, with their entries.
pub fn used(world: &World) -> impl Iterator<Item = (Id<SlotEntry>, &SlotEntry)> {
    processes(world).flat_map(move |(process, _)| {
        (0..SLOTS_PER_PROCESS).filter_map(move |slot| {
            let id = slot_id(process, slot);
            let entry = &world.kernel.tables.slots[id];
            (!entry.capability.is_empty()).then_some((id, entry))
        })
    })
}

/// The slot a capability was derived from.
pub fn parent(world: &World, slot: Id<SlotEntry>) -> Option<Id<SlotEntry>> {
    let slots = &world.kernel.tables.slots;
    let depth = slots[slot].depth;
    let mut here = slots[slot].previous.get()?;
    while slots[here].depth >= depth {
        here = slots[here].previous.get()?;
    }
    Some(here)
}

fn lives<T: Entry, const N: usize>(arena: &Arena<T, N>, capability: &Capability) -> bool {
    let life = arena[Id::new(capability.object.into())].life();
    life.live && life.generation == capability.generation
}

/// Whether the object a capability names lives.
pub fn names_life(world: &World, capability: &Capability) -> bool {
    let kernel = &world.kernel;
    match capability.kind {
        ObjectKind::Empty => false,
        ObjectKind::Process => lives(&kernel.processes, capability),
        ObjectKind::Thread => lives(&kernel.threads, capability),
        ObjectKind::Endpoint => lives(&kernel.endpoints, capability),
        ObjectKind::Notification => lives(&kernel.notifications, capability),
        ObjectKind::Region => lives(&kernel.regions, capability),
        ObjectKind::Schedule => lives(&kernel.schedules, capability),
        ObjectKind::Interrupt => lives(&kernel.interrupts, capability),
        ObjectKind::Monitor => true,
    }
}

pub(super) fn check(world: &World) -> Result<(), Broken> {
    let slots = &world.kernel.tables.slots;
    let mut originals = BTreeMap::new();
    for (process, entry) in world.kernel.processes.iter() {
        let first = slot_id(process, 0);
        ensure!(slots[first] == SlotEntry::EMPTY, "slot 0 of process {process:?} is in use");
        for slot in 1..SLOTS_PER_PROCESS {
            let slot = &slots[slot_id(process, slot)];
            if slot.capability.is_empty() {
                ensure!(*slot == SlotEntry::EMPTY, "an empty slot of {process:?} is not blank");
            } else {
                ensure!(entry.life.live, "the dead process {process:?} holds a capability");
            }
        }
    }
    for (id, entry) in used(world) {
        let capability = &entry.capability;
        let name = format_args!("slot {:?}/{}", owner(id), id.index() % SLOTS_PER_PROCESS);
        if let Some(next) = entry.next.get() {
            ensure!(slots[next].previous.is(id), "{name}: next does not point back");
        }
        match entry.previous.get() {
            None => ensure!(entry.depth == 0, "{name}: first of its list at depth {}", entry.depth),
            Some(previous) => {
                let before = &slots[previous];
                ensure!(before.next.is(id), "{name}: previous does not point here");
                ensure!(
                    entry.depth >= 1 && entry.depth <= before.depth + 1,
                    "{name}: depth {} behind {}",
                    entry.depth,
                    before.depth
                );
            }
        }
        ensure!(entry.depth <= DERIVATION_DEPTH, "{name}: too deep");
        let alive = names_life(world, capability);
        ensure!(alive || capability.kind == ObjectKind::Process, "{name}: dangling {capability:?}");
        if entry.original && alive {
            *originals.entry((capability.kind as u8, capability.object)).or_insert(0) += 1;
        }
        check_parent(world, id)?;
    }
    check_originals(world, &originals)
}

fn check_parent(world: &World, id: Id<SlotEntry>) -> Result<(), Broken> {
    let slots = &world.kernel.tables.slots;
    let entry = &slots[id];
    let capability = &entry.capability;
    let Some(parent) = parent(world, id) else {
        ensure!(entry.original, "{id:?}: derived from nothing and not an original");
        return Ok(());
    };
    let above = &slots[parent].capability;
    ensure!(above.kind == capability.kind, "{id:?}: of another kind than its parent");
    ensure!(above.rights.has(capability.rights), "{id:?}: more rights than its parent");
    if entry.original {
        ensure!(capability.kind == ObjectKind::Region, "{id:?}: an original below another");
        let region = &world.kernel.regions[Id::new(capability.object.into())];
        ensure!(
            region.parent.is(Id::new(above.object.into())),
            "{id:?}: carved out of another region than its parent's"
        );
    } else {
        ensure!(
            above.object == capability.object && above.generation == capability.generation,
            "{id:?}: another object than its parent's"
        );
        ensure!(
            above.badge == 0 || above.badge == capability.badge,
            "{id:?}: another badge than its parent's"
        );
    }
    Ok(())
}

fn check_originals(world: &World, found: &BTreeMap<(u8, u16), u32>) -> Result<(), Broken> {
    let kernel = &world.kernel;
    let count = |kind: ObjectKind, index: usize| {
        found.get(&(kind as u8, index as u16)).copied().unwrap_or(0)
    };
    macro_rules! each {
        ($arena:ident, $kind:ident, $expected:expr) => {
            for (id, object) in kernel.$arena.iter().filter(|(_, object)| object.life.live) {
                let expected: &[u32] = $expected(object);
                let is = count(ObjectKind::$kind, id.index());
                ensure!(
                    expected.contains(&is),
                    "{} {id:?} has {is} originals",
                    stringify!($kind)
                );
            }
        };
    }
    each!(threads, Thread, |_| &[1]);
    each!(endpoints, Endpoint, |_| &[1]);
    each!(notifications, Notification, |_| &[1]);
    each!(schedules, Schedule, |_| &[1]);
    each!(interrupts, Interrupt, |_| &[1]);
    // A process whose tables' region was deleted dies before its capability goes.
    each!(processes, Process, |p: &kernel_core::process::Process| if p.dying {
        &[0, 1][..]
    } else {
        &[1]
    });
    each!(regions, Region, |r: &kernel_core::region::Region| {
        if r.dying { &[0][..] } else { &[1] }
    });
    Ok(())
}
