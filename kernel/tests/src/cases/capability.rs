//! Capabilities: derived, moved, deleted, described; never forged.

use crate::call::{self, of};
use crate::child::{Birth, Child};
use crate::stand::{DONE, EVENTS, R, RW};
use crate::verdict::{Verdict, cases, fine, holds, refused, same};
use kernel_abi::boot::{OWN_PROCESS, OWN_THREAD};
use kernel_abi::limits::{DERIVATION_DEPTH, SLOTS_PER_PROCESS};
use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, Rights};

const W: Rights = Rights::WRITE;

fn kind(place: u64) -> Verdict<u64> {
    Ok(fine("inspect", call::inspect(place))?[0])
}

cases! {
    fn copy_keeps_object_and_badge(stand) {
        let endpoint = stand.endpoint()?;
        let copy = stand.copy(endpoint, RW, 77)?;
        let [kind, rights, badge, _] = fine("inspect", call::inspect(copy))?;
        same("kind", kind, ObjectKind::Endpoint as u64)?;
        same("rights", rights, RW.bits())?;
        same("badge", badge, 77)?;
        same("badge of the source", fine("inspect", call::inspect(endpoint))?[2], 0)?;
    }
    fn copy_with_fewer_rights(stand) {
        let endpoint = stand.endpoint()?;
        let copy = stand.copy(endpoint, R, 0)?;
        refused("sending by a receiver's capability", call::send(copy, &[1], 0), Error::NoRight)?;
        refused("receiving by it", call::receive(copy, 0), Error::WouldBlock)?;
    }
    fn copy_of_a_copy_inherits_the_badge(stand) {
        let notification = stand.notification()?;
        let badged = stand.copy(notification, RW, 4)?;
        let again = stand.copy(badged, W, 0)?;
        fine("signal", call::signal(again))?;
        same("bits", fine("wait", call::wait(notification, 0))?, 4)?;
    }
    /// K 10.
    fn k10_copy_with_more_rights(stand) {
        let endpoint = stand.endpoint()?;
        let copy = stand.copy(endpoint, R, 0)?;
        let slot = stand.slot();
        refused("more rights", call::copy(copy, slot, RW, 0), Error::NoRight)?;
        refused("all rights", call::copy(copy, slot, Rights::ALL, 0), Error::NoRight)?;
        same("kind left", kind(slot)?, ObjectKind::Empty as u64)?;
    }
    fn k10_unknown_right_bits(stand) {
        let endpoint = stand.endpoint()?;
        let slot = stand.slot();
        for bits in [16, 255, 1 << 32, u64::MAX] {
            let arguments = [endpoint, slot, bits, 0];
            let result = call::make(kernel_abi::SystemCall::Copy, &arguments);
            refused("unknown rights", result, Error::InvalidArgument)?;
        }
    }
    /// K 11.
    fn k11_badge_set_twice(stand) {
        let endpoint = stand.endpoint()?;
        let badged = stand.copy(endpoint, RW, 5)?;
        let slot = stand.slot();
        refused("another badge", call::copy(badged, slot, RW, 6), Error::NoRight)?;
        refused("the same badge", call::copy(badged, slot, RW, 5), Error::NoRight)?;
    }
    fn k11_badge_forged_as_supervisor(stand) {
        let endpoint = stand.endpoint()?;
        let badged = stand.copy(endpoint, RW, 5)?;
        let tables = stand.region(2)?;
        let slot = stand.slot();
        let made = call::process_create(slot, tables, badged, 6, Birth::POOR.quota, 0);
        refused("faults with another badge", made, Error::NoRight)?;
        let made = call::process_create(slot, tables, badged, 5, Birth::POOR.quota, 0);
        fine("faults with its own badge", made)?;
    }
    /// K 12.
    fn k12_copy_over_an_occupied_slot(stand) {
        let endpoint = stand.endpoint()?;
        refused("copy", call::copy(endpoint, DONE, RW, 0), Error::SlotOccupied)?;
        same("kind", kind(DONE)?, ObjectKind::Notification as u64)?;
    }
    fn k12_copy_and_move_to_itself(stand) {
        let endpoint = stand.endpoint()?;
        refused("copy", call::copy(endpoint, endpoint, RW, 0), Error::SlotOccupied)?;
        refused("move", call::move_to(endpoint, endpoint), Error::SlotOccupied)?;
        same("kind", kind(endpoint)?, ObjectKind::Endpoint as u64)?;
    }
    fn k12_create_over_an_occupied_slot(stand) {
        let region = stand.region(2)?;
        refused("endpoint", call::endpoint_create(EVENTS), Error::SlotOccupied)?;
        refused("notification", call::notification_create(EVENTS), Error::SlotOccupied)?;
        refused("schedule", call::schedule_create(EVENTS, 1, 1, 1), Error::SlotOccupied)?;
        refused("region", call::carve(region, EVENTS, 0, 1), Error::SlotOccupied)?;
        let own = u64::from(OWN_PROCESS.0);
        let made = call::thread_create(&[EVENTS, own, 0, 0, 0, 0, 0]);
        refused("thread", made, Error::SlotOccupied)?;
        let made = call::process_create(EVENTS, region, EVENTS, 0, Birth::POOR.quota, 0);
        refused("process", made, Error::SlotOccupied)?;
    }
    /// K 7.
    fn k07_slot_out_of_range(stand) {
        let slot = stand.slot();
        for bad in [SLOTS_PER_PROCESS as u64, 0xffff, 1 << 32, (1 << 32) | EVENTS, 1 << 63, u64::MAX] {
            refused("inspect", call::inspect(bad), Error::NoCapability)?;
            refused("copy from", call::copy(bad, slot, R, 0), Error::NoCapability)?;
            refused("copy to", call::copy(EVENTS, bad, R, 0), Error::NoCapability)?;
            refused("delete", call::delete(bad), Error::NoCapability)?;
            refused("signal", call::signal(bad), Error::NoCapability)?;
            refused("receive", call::receive(bad, 0), Error::NoCapability)?;
        }
    }
    fn k07_slot_zero_stays_empty(stand) {
        let endpoint = stand.endpoint()?;
        refused("inspect", call::inspect(0), Error::NoCapability)?;
        refused("copy to", call::copy(endpoint, 0, R, 0), Error::NoCapability)?;
        refused("move to", call::move_to(endpoint, 0), Error::NoCapability)?;
        refused("create", call::endpoint_create(0), Error::NoCapability)?;
        refused("signal", call::signal(0), Error::NoCapability)?;
    }
    fn k07_place_through_no_process(stand) {
        let slot = stand.slot();
        refused("through an endpoint", call::copy(EVENTS, of(EVENTS, 9), R, 0), Error::WrongKind)?;
        refused("through nothing", call::copy(EVENTS, of(slot, 9), R, 0), Error::NoCapability)?;
        refused("out of range", call::copy(EVENTS, of(200, 9), R, 0), Error::NoCapability)?;
    }
    fn place_through_a_process_without_write(stand) {
        let child = Child::unborn(stand, Birth::POOR)?;
        let weak = stand.copy(child.process, R, 0)?;
        refused("fill", call::copy(EVENTS, of(weak, 9), R, 0), Error::NoRight)?;
        refused("empty", call::delete(of(weak, 3)), Error::NoRight)?;
        fine("fill with the right", call::copy(EVENTS, of(child.process, 9), R, 0))?;
    }
    /// K 8.
    fn k08_wrong_kind(stand) {
        let region = stand.region(1)?;
        let endpoint = stand.endpoint()?;
        refused("signal an endpoint", call::signal(endpoint), Error::WrongKind)?;
        refused("wait on a region", call::wait(region, 0), Error::WrongKind)?;
        refused("send to a notification", call::send(DONE, &[1], 0), Error::WrongKind)?;
        refused("call a region", call::call(region, &[1]), Error::WrongKind)?;
        refused("receive from a notification", call::receive(DONE, 0), Error::WrongKind)?;
        refused("map an endpoint", call::map(endpoint, 0x10_0000, R), Error::WrongKind)?;
        refused("carve an endpoint", call::carve(endpoint, 100, 0, 1), Error::WrongKind)?;
        refused("stop a region", call::thread_stop(region), Error::WrongKind)?;
        refused("start on a region", call::thread_start(region, region), Error::WrongKind)?;
        refused("acknowledge a region", call::acknowledge(region), Error::WrongKind)?;
        refused("bind a region", call::interrupt_bind(region, DONE), Error::WrongKind)?;
    }
    fn k08_monitor_needs_its_capability(stand) {
        let _ = &stand;
        let make = |number, slot| call::make(number, &[slot, 0]);
        use kernel_abi::SystemCall::{MailboxReceive, MailboxSend, MemoryRelease, SystemStop};
        for number in [MailboxSend, MailboxReceive, MemoryRelease, SystemStop] {
            refused("by an endpoint", make(number, EVENTS), Error::WrongKind)?;
            refused("by nothing", make(number, 127), Error::NoCapability)?;
        }
        let weak = stand.copy(u64::from(kernel_abi::boot::MONITOR.0), R, 0)?;
        for number in [MailboxSend, MailboxReceive, MemoryRelease, SystemStop] {
            refused("without the right", make(number, weak), Error::NoRight)?;
        }
    }
    fn empty_slot_answers_so(stand) {
        let slot = stand.slot();
        same("kind", kind(slot)?, ObjectKind::Empty as u64)?;
        refused("delete", call::delete(slot), Error::NoCapability)?;
        refused("copy", call::copy(slot, 100, R, 0), Error::NoCapability)?;
        refused("move", call::move_to(slot, 100), Error::NoCapability)?;
        refused("signal", call::signal(slot), Error::NoCapability)?;
    }
    fn move_empties_the_source(stand) {
        let notification = stand.notification()?;
        let copy = stand.copy(notification, RW, 8)?;
        let slot = stand.slot();
        fine("move", call::move_to(copy, slot))?;
        same("kind left", kind(copy)?, ObjectKind::Empty as u64)?;
        fine("signal", call::signal(slot))?;
        same("bits", fine("wait", call::wait(notification, 0))?, 8)?;
    }
    fn move_keeps_the_derivation(stand) {
        let notification = stand.notification()?;
        let copy = stand.copy(notification, RW, 0)?;
        let below = stand.copy(copy, RW, 0)?;
        let slot = stand.slot();
        fine("move", call::move_to(copy, slot))?;
        fine("revoke", call::revoke(slot))?;
        same("the moved one", kind(slot)?, ObjectKind::Notification as u64)?;
        same("what derives from it", kind(below)?, ObjectKind::Empty as u64)?;
    }
    fn original_does_not_leave_its_table(stand) {
        let child = Child::unborn(stand, Birth::POOR)?;
        let endpoint = stand.endpoint()?;
        refused("move", call::move_to(endpoint, of(child.process, 9)), Error::NoRight)?;
        let copy = stand.copy(endpoint, R, 0)?;
        fine("move of a copy", call::move_to(copy, of(child.process, 9)))?;
    }
    fn mapped_capability_does_not_leave_its_table(stand) {
        let child = Child::unborn(stand, Birth::POOR)?;
        let region = stand.region(1)?;
        let copy = stand.copy(region, RW, 0)?;
        fine("map", call::map(copy, 0x10_0000, RW))?;
        refused("move", call::move_to(copy, of(child.process, 9)), Error::NoRight)?;
    }
    fn delete_of_a_copy_leaves_the_object(stand) {
        let notification = stand.notification()?;
        let copy = stand.copy(notification, RW, 0)?;
        fine("delete", call::delete(copy))?;
        fine("signal", call::signal(notification))?;
        same("bits", fine("wait", call::wait(notification, 0))?, 1)?;
    }
    fn delete_of_the_original_takes_all(stand) {
        let notification = stand.notification()?;
        let child = Child::unborn(stand, Birth::POOR)?;
        let copy = stand.copy(notification, RW, 0)?;
        fine("give", call::copy(copy, of(child.process, 9), RW, 0))?;
        fine("delete", call::delete(notification))?;
        same("the copy", kind(copy)?, ObjectKind::Empty as u64)?;
        same("the child's copy", kind(of(child.process, 9))?, ObjectKind::Empty as u64)?;
    }
    fn derivation_has_a_depth(stand) {
        let mut last = stand.endpoint()?;
        for _ in 0..DERIVATION_DEPTH {
            last = stand.copy(last, R, 0)?;
        }
        refused("one deeper", call::copy(last, 127, R, 0), Error::TooDeep)?;
        let broad = fine("inspect", call::inspect(last))?;
        same("the last", broad[0], ObjectKind::Endpoint as u64)?;
    }
    fn inspect_tells_pages(stand) {
        let region = stand.region(3)?;
        let [kind, rights, badge, pages] = fine("inspect", call::inspect(region))?;
        same("kind", kind, ObjectKind::Region as u64)?;
        same("rights", rights, Rights::ALL.bits())?;
        same("badge", badge, 0)?;
        same("pages", pages, 3)?;
    }
    fn inspect_a_child(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        same("orders", kind(of(child.process, crate::agent::ORDERS))?, ObjectKind::Endpoint as u64)?;
        same("thread", kind(child.thread)?, ObjectKind::Thread as u64)?;
        same("schedule", kind(child.schedule)?, ObjectKind::Schedule as u64)?;
        same("process", kind(child.process)?, ObjectKind::Process as u64)?;
        same("own thread", kind(u64::from(OWN_THREAD.0))?, ObjectKind::Thread as u64)?;
        holds("the child lives", child.does(stand, crate::agent::Order::Rest, &[]).is_ok())?;
    }
}
