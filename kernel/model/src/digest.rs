//! When two states are the same.
//!
//! A state is 200 KiB, nearly all of it unused entries. The digest takes in what lives and
//! what a later call could tell apart: not the generations (two histories that differ in
//! them only behave alike), not the leftovers in links that nobody follows.

use crate::invariants::derivation::used;
use crate::world::World;
use kernel_abi::limits::PRIORITIES;
use kernel_core::thread::State;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A digest of everything that matters of a state.
pub fn digest(world: &World) -> u64 {
    let (kernel, machine) = (&world.kernel, &world.machine);
    let mut hash = DefaultHasher::new();
    let h = &mut hash;
    (kernel.current, kernel.idle, kernel.timers, kernel.dying).hash(h);
    (kernel.run.current, kernel.run.charged, kernel.run.depleted).hash(h);
    for priority in 0..PRIORITIES as u8 {
        kernel.run.first(priority).hash(h);
    }
    for (id, process) in kernel.processes.iter().filter(|(_, p)| p.life.live) {
        (id, process.dying, process.emptied, process.tables, process.tables_used).hash(h);
        (process.fault_badge, process.ledger).hash(h);
        process.supervisor.map(|handle| kernel.endpoints.resolve(handle)).hash(h);
        process.parent.map(|handle| kernel.processes.resolve(handle)).hash(h);
    }
    for (id, slot) in used(world) {
        let c = &slot.capability;
        (id, c.kind as u8, c.object, c.badge, c.rights.bits(), slot.previous, slot.next).hash(h);
        (slot.depth, slot.original, slot.mapped_pages, slot.mapped_at).hash(h);
        slot.mapped_rights.bits().hash(h);
    }
    for (id, thread) in kernel.threads.iter().filter(|(_, t)| t.life.live) {
        (id, thread.process, thread.state, thread.special, thread.schedule).hash(h);
        (thread.caller, thread.bound, thread.receive_slot, thread.buffer_slot).hash(h);
        match thread.state {
            State::AwaitingReply => thread.server.hash(h),
            State::Sending | State::Calling => {
                (thread.endpoint, thread.badge, thread.descriptor, thread.fault).hash(h);
                (thread.priority, thread.next).hash(h);
            }
            State::Receiving => (thread.endpoint, thread.next).hash(h),
            State::Waiting => (thread.waits_for, thread.next).hash(h),
            State::Stopped | State::Ready | State::Sleeping => {}
        }
        (thread.deadline, thread.timer_next).hash(h);
        kernel.contexts[id].hash(h);
    }
    for (id, endpoint) in kernel.endpoints.iter().filter(|(_, e)| e.life.live) {
        (id, endpoint.receivers.head, endpoint.senders.head).hash(h);
    }
    for (id, notification) in kernel.notifications.iter().filter(|(_, n)| n.life.live) {
        (id, notification.bits, notification.queue.head, notification.bound).hash(h);
    }
    for (id, region) in kernel.regions.iter().filter(|(_, r)| r.life.live) {
        (id, region.physical, region.pages, region.used_for, region.lent, region.dying).hash(h);
        (region.zeroed, region.parent, region.first_child, region.next).hash(h);
    }
    for (id, schedule) in kernel.schedules.iter().filter(|(_, s)| s.life.live) {
        (id, schedule.standing, schedule.owner, schedule.remaining, schedule.period_end).hash(h);
        (schedule.budget, schedule.period, schedule.priority, schedule.next).hash(h);
    }
    for (id, interrupt) in kernel.interrupts.iter().filter(|(_, i)| i.life.live) {
        let target = interrupt.target.map(|handle| kernel.notifications.resolve(handle));
        (id, target, interrupt.bits, interrupt.taken).hash(h);
    }
    (machine.now, machine.timer, machine.space, machine.mailbox.len()).hash(h);
    for process in kernel.processes.iter().filter(|(_, p)| p.life.live).map(|(_, p)| p) {
        let Some(tables) = process.tables.get() else { continue };
        for page in 0..u64::from(kernel.regions[tables].pages) {
            for entry in machine.entries(process.root + page * 4096) {
                entry.hash(h);
            }
        }
    }
    hash.finish()
}

