//! A hostile process: every number, every bad argument, chance; and what must not leak.

use crate::agent::{self, Order};
use crate::arch;
use crate::call::{self, of};
use crate::child::{Birth, Child};
use crate::stand::{DONE, EVENTS, Event, R, RAM, RW, SCRATCH, Stand};
use crate::verdict::{Verdict, cases, fine, holds, refused, same};
use kernel_abi::boot::FIRST_FREE;
use kernel_abi::limits::{DERIVATION_DEPTH, ENDPOINTS, SLOTS_PER_PROCESS};
use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, Rights, SystemCall};

const HERE: u64 = agent::FREE;

/// What the slots of a child hold, in one number for each kind.
fn kinds(child: &Child) -> Verdict<[u64; 9]> {
    let mut kinds = [0; 9];
    for slot in 1..SLOTS_PER_PROCESS as u64 {
        let [kind, ..] = fine("inspect", call::inspect(of(child.process, slot)))?;
        kinds[kind as usize & 7] += 1;
    }
    Ok(kinds)
}

/// The machine is well: another child lives.
fn well(stand: &mut Stand) -> Verdict {
    let other = Child::new(stand, Birth::POOR)?;
    other.does(stand, Order::Rest, &[])?;
    fine("end it", call::delete(other.process))
}

/// Random calls with this seed by a child that has a bit of everything.
fn chance(stand: &mut Stand, seed: u64) -> Verdict {
    let child = Child::new(stand, Birth::RICH)?;
    let region = stand.region(24)?;
    let notification = stand.notification()?;
    let endpoint = stand.endpoint()?;
    for (index, (slot, rights)) in [
        (region, Rights::ALL), (notification, RW), (endpoint, Rights::ALL), (EVENTS, Rights::WRITE),
    ].into_iter().enumerate() {
        fine("give", call::copy(slot, of(child.process, HERE + index as u64), rights, 0))?;
    }
    child.order(stand, Order::Random, &[seed, 5_000])?;
    if let Event::Fault(_) = stand.wait_for(&child, 200)? {
        let _ = call::reply(&[kernel_abi::fault::STOP]);
    }
    well(stand)
}

cases! {
    /// K 1.
    fn k01_every_unknown_number(stand) {
        let refusal = Error::UnknownCall as u64;
        let found = arch::walk_unknown(&call::EVERY, refusal);
        same("numbers answered otherwise", found.map_or(0, |number| number + 1), 0)?;
        well(stand)?;
    }
    fn k01_every_unknown_number_from_a_child(stand) {
        let child = Child::new(stand, Birth { budget: 12, ..Birth::POOR })?;
        same("numbers answered otherwise", child.does(stand, Order::Unknown, &[])?.status, 0)?;
    }
    /// K 34.
    fn k34_no_debug_calls(stand) {
        let _ = &stand;
        for number in (0..64).filter(|number| !call::EVERY.contains(number)) {
            same("status", arch::raw(number, &[0; 10]).status, Error::UnknownCall as u64)?;
        }
    }
    fn refused_call_returns_nothing(stand) {
        let _ = &stand;
        for number in [SystemCall::Wait, SystemCall::Receive, SystemCall::Signal] {
            let reply = arch::raw(number as u64, &[127, 0, 3, 4, 5, 6, 7, 8, 9, 10]);
            same("status", reply.status, Error::NoCapability as u64)?;
            for word in reply.words {
                same("word", word, 0)?;
            }
        }
    }
    fn registers_that_calls_keep(stand) {
        holds("kept", arch::kept_over_call())?;
        let child = Child::new(stand, Birth::POOR)?;
        same("kept in a child", child.does(stand, Order::Kept, &[])?.status, 1)?;
    }
    /// K 2: every combination of bad arguments, call by call, by a child that owns a page.
    fn k02_boundary_arguments(stand) {
        use SystemCall::*;
        for number in [
            Signal, InterruptAcknowledge, Copy, Inspect, RegionCarve, RegionSetCode, Map, Protect,
            ProcessCreate, ThreadCreate, ThreadStart, ThreadStop, ThreadBind,
            SetReceiveSlot, EndpointCreate, NotificationCreate, ScheduleCreate, InterruptBind,
            MailboxSend, MailboxReceive, MemoryRelease, SystemStop,
        ] {
            let child = Child::new(stand, Birth { budget: 12, ..Birth::POOR })?;
            let before = kinds(&child)?;
            let successes = child.does(stand, Order::Boundary, &[number as u64])?.status;
            let after = kinds(&child)?;
            // What may succeed on an own page: looking at it, its receive slot, and no more.
            if !matches!(number, Inspect | SetReceiveSlot) {
                if successes != 0 {
                    crate::log::line(format_args!("  in question: call {}", number as u64));
                }
                same("successes", successes, 0)?;
            }
            same("slots still empty", after[0], before[0])?;
            same("regions", after[ObjectKind::Region as usize], before[ObjectKind::Region as usize])?;
            stand.end()?;
            stand.begin()?;
        }
    }
    /// K 35, in small.
    fn k35_random_calls(stand) {
        for seed in [0x1234_5678_9abc_def1, 0x0fed_cba9_8765_4321, 0x5555_1111_3333_7777, 99] {
            chance(stand, seed)?;
            stand.end()?;
            stand.begin()?;
        }
    }
    fn k35_random_calls_by_the_seed_of_this_boot(stand) {
        let seed = stand.info.boot_seed;
        chance(stand, seed)?;
    }
    /// K 5, 29: a call has no pointers; the one buffer is a region, checked when given.
    fn k05_buffer_is_a_region_not_an_address(stand) {
        for address in [arch::KERNEL_ADDRESS, 0x1000, SCRATCH, u64::MAX] {
            let own = u64::from(kernel_abi::boot::OWN_PROCESS.0);
            let slot = stand.slot();
            let made = call::thread_create(&[slot, own, 0, 0, 0, address, address]);
            refused("create", made, Error::NoCapability)?;
        }
    }
    /// K 28, as those that follow.
    fn k28_floating_point_does_not_leak(stand) {
        let one = Child::new(stand, Birth::POOR)?;
        let two = Child::new(stand, Birth::POOR)?;
        one.does(stand, Order::FloatingPointSet, &[0x5ec2_e75e_c2e7])?;
        same("a fresh thread's", two.does(stand, Order::FloatingPointGet, &[])?.status, 0)?;
        same("its own", one.does(stand, Order::FloatingPointGet, &[])?.status, 0x5ec2_e75e_c2e7)?;
    }
    fn k28_thread_register_does_not_leak(stand) {
        let one = Child::new(stand, Birth::POOR)?;
        let two = Child::new(stand, Birth::POOR)?;
        one.does(stand, Order::ThreadRegisterSet, &[0x005e_c2e7])?;
        same("another's", two.does(stand, Order::ThreadRegisterGet, &[])?.status, 0)?;
        let fresh = Child::new(stand, Birth::POOR)?;
        one.does(stand, Order::ThreadRegisterSet, &[0x005e_c2e7])?;
        same("a fresh one's", fresh.does(stand, Order::ThreadRegisterGet, &[])?.status, 0)?;
    }
    fn k28_floating_point_is_switched(stand) {
        let one = Child::new(stand, Birth::POOR)?;
        let two = Child::new(stand, Birth::POOR)?;
        for turn in 1..100 {
            one.does(stand, Order::FloatingPointSet, &[turn])?;
            two.does(stand, Order::FloatingPointSet, &[turn << 32])?;
            same("one", one.does(stand, Order::FloatingPointGet, &[])?.status, turn)?;
            same("two", two.does(stand, Order::FloatingPointGet, &[])?.status, turn << 32)?;
        }
    }
    fn k28_floating_point_under_preemption(stand) {
        let birth = Birth { priority: 5, ..Birth::POOR };
        let children = [Child::new(stand, birth)?, Child::new(stand, birth)?, Child::new(stand, birth)?];
        for (index, child) in children.iter().enumerate() {
            child.order(stand, Order::FloatingPointKeep, &[200, (index as u64 + 1) << 20])?;
        }
        for child in &children {
            same("turn that went wrong", child.finish(stand)?.status, 0)?;
        }
    }
    fn k28_floating_point_of_a_reborn_thread(stand) {
        for turn in 1..20 {
            let child = Child::new(stand, Birth::POOR)?;
            same("fresh", child.does(stand, Order::FloatingPointGet, &[])?.status, 0)?;
            child.does(stand, Order::FloatingPointSet, &[turn])?;
            stand.end()?;
            stand.begin()?;
        }
    }
    /// K 15: 32 deep and broad; revoking it all leaves nothing.
    fn k15_deep_and_broad_revocation(stand) {
        let notification = stand.notification()?;
        let child = Child::unborn(stand, Birth::POOR)?;
        let mut last = stand.copy(notification, RW, 0)?;
        let root = last;
        for depth in 2..DERIVATION_DEPTH {
            let slot = if depth % 2 == 0 { of(child.process, 20 + u64::from(depth)) } else { stand.slot() };
            fine("derive", call::copy(last, slot, RW, 0))?;
            last = slot;
        }
        for slot in 60..127 {
            fine("derive", call::copy(root, of(child.process, slot), RW, 0))?;
        }
        fine("revoke", call::revoke(root))?;
        same("kind", fine("inspect", call::inspect(root))?[0], ObjectKind::Notification as u64)?;
        for slot in 20..127 {
            same("kind", fine("inspect", call::inspect(of(child.process, slot)))?[0], 0)?;
        }
    }
    fn revoke_leaves_what_it_came_from(stand) {
        let region = stand.region(4)?;
        let copy = stand.copy(region, RW, 0)?;
        let part = stand.slot();
        fine("carve", call::carve(copy, part, 0, 2))?;
        fine("map", call::map(part, SCRATCH, RW))?;
        fine("revoke", call::revoke(copy))?;
        same("the part", fine("inspect", call::inspect(part))?[0], 0)?;
        fine("whole again", call::map(copy, SCRATCH, RW))?;
        fine("map", call::map(region, SCRATCH + 0x10000, RW))?;
    }
    fn revoke_a_childs_memory_while_it_runs(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let region = stand.region(64)?;
        let place = of(child.process, HERE);
        fine("give", call::copy(region, place, RW, 0))?;
        fine("map", call::map(place, SCRATCH, RW))?;
        child.order(stand, Order::Spin, &[])?;
        stand.let_it()?;
        fine("revoke", call::revoke(region))?;
        fine("use it here", call::map(region, SCRATCH, RW))?;
        child.set_word(agent::END, 1);
        child.finish(stand)?;
        same("fault", child.faults(stand, Order::Probe, &[0, SCRATCH])?[1], SCRATCH)?;
    }
    /// K 6, 22: one thread unmaps what another in its process uses.
    fn k06_unmapped_by_another_thread(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        child.order(stand, Order::Spin, &[])?;
        stand.let_it()?;
        fine("unmap its page", call::unmap(of(child.process, agent::PAGE)))?;
        let words = child.fault(stand)?;
        let page = agent::PAGE_ADDRESS..agent::PAGE_ADDRESS + 4096;
        holds("in the page", page.contains(&words[1]))?;
        fine("stop", call::reply(&[0]))?;
    }
    fn revoke_an_endpoint_with_many_waiting(stand) {
        let endpoint = stand.endpoint()?;
        let copy = stand.copy(endpoint, RW, 0)?;
        let mut children = [const { None }; 4];
        for child in &mut children {
            let made = Child::new(stand, Birth::POOR)?;
            fine("give", call::copy(copy, of(made.process, HERE), Rights::WRITE, 0))?;
            made.order_call(stand, SystemCall::Call, &[HERE, 1])?;
            stand.let_it()?;
            *child = Some(made);
        }
        fine("delete", call::delete(endpoint))?;
        for child in children.iter().flatten() {
            same("status", child.finish(stand)?.status, Error::Cancelled as u64)?;
        }
    }
    /// Everything that was made is back: the whole of each promise can be made again.
    fn nothing_was_lost(stand) {
        for _ in 0..2 {
            let mut made = 0;
            for slot in u64::from(FIRST_FREE.0) + 2..SLOTS_PER_PROCESS as u64 {
                match call::endpoint_create(slot) {
                    Ok(()) => made += 1,
                    Err(error) => {
                        same("why no more", error as u64, Error::QuotaExceeded as u64)?;
                        break;
                    }
                }
            }
            same("endpoints, with the stand's", made + 1, ENDPOINTS as u64 - 2)?;
            stand.end()?;
            stand.begin()?;
        }
        let pages = fine("inspect", call::inspect(RAM))?[3];
        let all = stand.slot();
        fine("all free RAM", call::carve(RAM, all, 0, pages))?;
        fine("kept", call::inspect(DONE))?;
        let weak = stand.copy(all, R, 0)?;
        fine("kept", call::inspect(weak))?;
    }
}
