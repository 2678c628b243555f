//! Rules of quotas: what is used is what is there.

use super::derivation::{names_life, used};
use super::{Broken, ensure, processes};
use crate::world::World;
use kernel_abi::limits::PROCESSES;
use kernel_abi::status::ObjectKind;
use kernel_core::arena::Id;
use kernel_core::table::owner;

/// Counts in the order of [`kernel_core::process::ACCOUNTS`], and the share last.
type Counts = [u32; 7];

pub(super) fn check(world: &World) -> Result<(), Broken> {
    let kernel = &world.kernel;
    let mut counts = [Counts::default(); PROCESSES];
    for (id, entry) in used(world).filter(|(_, entry)| entry.original) {
        let capability = &entry.capability;
        let count = &mut counts[owner(id).index()];
        if !names_life(world, capability) {
            continue;
        }
        match capability.kind {
            ObjectKind::Thread => count[1] += 1,
            ObjectKind::Endpoint => count[2] += 1,
            ObjectKind::Notification => count[3] += 1,
            ObjectKind::Region => count[4] += 1,
            ObjectKind::Schedule => {
                count[5] += 1;
                let share = kernel.schedules[Id::new(capability.object.into())].share;
                count[6] += u32::from(share);
            }
            _ => {}
        }
    }
    for (_, child) in processes(world) {
        let Some(parent) = child.parent.and_then(|parent| kernel.processes.resolve(parent)) else {
            continue;
        };
        let (count, limit) = (&mut counts[parent.index()], &child.ledger.limit);
        count[0] += 1 + u32::from(limit.processes);
        count[1] += u32::from(limit.threads);
        count[2] += u32::from(limit.endpoints);
        count[3] += u32::from(limit.notifications);
        count[4] += u32::from(limit.regions);
        count[5] += u32::from(limit.schedules);
        count[6] += u32::from(child.ledger.share_limit);
    }
    for (id, process) in processes(world) {
        let (used, limit) = (&process.ledger.used, &process.ledger.limit);
        let booked = [
            (used.processes.into(), limit.processes.into(), "processes"),
            (used.threads.into(), limit.threads.into(), "threads"),
            (used.endpoints.into(), limit.endpoints.into(), "endpoints"),
            (used.notifications.into(), limit.notifications.into(), "notifications"),
            (used.regions.into(), limit.regions.into(), "regions"),
            (used.schedules.into(), limit.schedules.into(), "schedules"),
            (process.ledger.share_used.into(), process.ledger.share_limit.into(), "share"),
        ];
        for ((used, limit, name), count) in booked.into_iter().zip(counts[id.index()]) {
            let used: u32 = used;
            ensure!(used == count, "{id:?} holds {count} {name} and is charged {used}");
            let limit: u32 = limit;
            ensure!(used <= limit, "{id:?} uses {used} {name} of {limit}");
        }
    }
    Ok(())
}
