//! Memory: carving, mapping, write or execute but never both, and giving pages back.

use kernel_abi::limits::PAGE_BYTES;
use kernel_abi::message::FOREVER;
use kernel_abi::{Error, SystemCall as C};
use kernel_core::arena::Id;
use kernel_core::thread::State;
use kernel_model::invariants::assert_all;
use kernel_model::machine::PAGE_WORDS;
use kernel_model::scene::{RAM, READ_WRITE};
use kernel_model::world::{Answer, World};

const AT: u64 = 0x100_0000;

fn physical(world: &World, slot: u64) -> u64 {
    world.kernel.regions[Id::new(world.object(slot))].physical
}

#[test]
fn pages_are_carved_once() {
    let mut world = World::scene();
    world.must(C::RegionCarve, &[RAM, 60, 3, 2]);
    for (first, pages) in [(3, 1), (4, 1), (2, 2), (4, 9), (0, 10)] {
        world.refused(Error::RegionBusy, C::RegionCarve, &[RAM, 61, first, pages]);
    }
    world.must(C::RegionCarve, &[RAM, 61, 5, 1]);
    world.must(C::RegionCarve, &[RAM, 62, 2, 1]);
    world.refused(Error::InvalidArgument, C::RegionCarve, &[RAM, 63, 0, 0]);
    world.refused(Error::InvalidArgument, C::RegionCarve, &[RAM, 63, u64::MAX, 2]);
    world.refused(Error::InvalidArgument, C::RegionCarve, &[RAM, 63, world.boot.free_pages, 1]);
    world.refused(Error::RegionBusy, C::Map, &[RAM, AT, 1]);
    assert_all(&world);
    world.must(C::Delete, &[60]);
    world.must(C::RegionCarve, &[RAM, 60, 3, 2]);
    assert_all(&world);
}

#[test]
fn pages_come_back_zeroed() {
    let mut world = World::scene();
    world.must(C::RegionCarve, &[RAM, 60, 0, 9]);
    let first = physical(&world, 60);
    for page in 0..9 {
        for word in [0, PAGE_WORDS - 1] {
            world.machine.write(first + page * PAGE_BYTES, word, 7);
        }
    }
    world.machine.write(first + 9 * PAGE_BYTES, 0, 8);
    world.must(C::Delete, &[60]);
    assert!((0..9).all(|page| world.machine.is_zero(first + page * PAGE_BYTES)));
    assert_eq!(world.machine.read(first + 9 * PAGE_BYTES, 0), 8, "a page too many was zeroed");
    assert_all(&world);
}

#[test]
fn nothing_is_writable_and_executable() {
    let mut world = World::scene();
    world.must(C::RegionCarve, &[RAM, 60, 0, 2]);
    world.must(C::Copy, &[60, 61, 15, 0]);
    world.refused(Error::WriteExecute, C::Map, &[60, AT, 7]);
    world.refused(Error::WriteExecute, C::Map, &[60, AT, 5]);
    world.must(C::Map, &[60, AT, READ_WRITE]);
    world.refused(Error::WriteExecute, C::Map, &[61, AT + 0x10_0000, 5]);
    world.refused(Error::RegionBusy, C::RegionSetCode, &[61, 1]);
    world.must(C::Unmap, &[60]);
    world.must(C::RegionSetCode, &[61, 1]);
    world.refused(Error::WriteExecute, C::Map, &[60, AT, READ_WRITE]);
    world.must(C::Map, &[60, AT, 5]);
    world.refused(Error::WriteExecute, C::Protect, &[60, READ_WRITE]);
    world.refused(Error::WriteExecute, C::Map, &[61, AT + 0x10_0000, READ_WRITE]);
    world.refused(Error::RegionBusy, C::RegionSetCode, &[61, 0]);
    assert_all(&world);
}

#[test]
fn instructions_are_fresh_when_a_page_becomes_executable() {
    let mut world = World::scene();
    world.must(C::RegionCarve, &[RAM, 60, 0, 1]);
    world.must(C::Map, &[60, AT, READ_WRITE]);
    world.touch_everything();
    world.must(C::Unmap, &[60]);
    world.must(C::RegionSetCode, &[60, 1]);
    world.must(C::Map, &[60, AT, 1]);
    world.must(C::Protect, &[60, 5]);
    assert_all(&world);
}

#[test]
fn mapping_ends_with_the_capability() {
    let mut world = World::scene();
    world.must(C::RegionCarve, &[RAM, 60, 0, 20]);
    world.must(C::Copy, &[60, 61, READ_WRITE, 0]);
    world.must(C::Map, &[61, AT, 1]);
    world.touch_everything();
    world.refused(Error::RegionBusy, C::Map, &[61, AT + 0x10_0000, 1]);
    world.refused(Error::BadAddress, C::Map, &[60, AT + 19 * PAGE_BYTES, 1]);
    assert_all(&world);
    world.must(C::Revoke, &[60]);
    assert_all(&world);
    assert_eq!(world.kernel.regions[Id::new(world.object(60))].mappings, 0);
}

#[test]
fn addresses_are_checked() {
    let mut world = World::scene();
    world.must(C::RegionCarve, &[RAM, 60, 0, 2]);
    for address in [0, 0xf000, AT + 8, 0x3fff_f000, !0xfff, 1 << 40] {
        world.refused(Error::BadAddress, C::Map, &[60, address, 1]);
    }
    world.must(C::Map, &[60, 0x3fff_e000, 1]);
    assert_all(&world);
    world.must(C::Copy, &[60, 61, 1, 0]);
    world.refused(Error::NoRight, C::Map, &[61, AT, READ_WRITE]);
    world.refused(Error::InvalidArgument, C::Map, &[61, AT, 0]);
    world.refused(Error::InvalidArgument, C::Map, &[60, AT, 9]);
}

#[test]
fn long_mappings_stop_for_interrupts() {
    let mut world = World::scene();
    world.must(C::RegionCarve, &[RAM, 60, 0, 50]);
    world.machine.interrupt_after.set(Some(1));
    world.must(C::Map, &[60, AT, READ_WRITE]);
    world.touch_everything();
    assert_all(&world);
    world.machine.interrupt_after.set(Some(1));
    world.must(C::Delete, &[60]);
    assert_all(&world);
    world.must(C::RegionCarve, &[RAM, 60, 0, 50]);
}

#[test]
fn page_tables_are_the_processs_own() {
    let mut world = World::scene();
    let child = world.child(70, 0, 10, 0, 0);
    world.must(C::RegionCarve, &[RAM, 60, 20, 1]);
    for slot in 1..=3 {
        world.must(C::Copy, &[60, child.place(20 + slot), READ_WRITE, 0]);
        world.must(C::Map, &[child.place(20 + slot), slot * 0x20_0000, 1]);
    }
    world.must(C::Copy, &[60, child.place(24), READ_WRITE, 0]);
    world.refused(Error::NoTables, C::Map, &[child.place(24), 9 * 0x20_0000, 1]);
    assert_all(&world);
    world.refused(Error::RegionBusy, C::Map, &[child.slot + 1, AT, 1]);
    world.refused(Error::RegionBusy, C::RegionCarve, &[child.slot + 1, 61, 0, 1]);
}

#[test]
fn a_dead_process_leaves_its_tables_blank() {
    let mut world = World::scene();
    let child = world.child(70, 0, 10, 0, 0);
    world.must(C::Map, &[child.place(1), AT, READ_WRITE]);
    let tables = physical(&world, child.slot + 1);
    assert!(!world.machine.is_zero(tables));
    world.must(C::Delete, &[child.slot]);
    assert!((0..4).all(|page| world.machine.is_zero(tables + page * PAGE_BYTES)));
    world.must(C::Map, &[child.slot + 1, AT, READ_WRITE]);
    assert_all(&world);
}

/// The tables of a process that is ending may be another's before its table is emptied.
#[test]
fn an_ending_process_does_not_touch_the_tables_of_the_next() {
    let mut world = World::scene();
    let child = world.child(70, 0, 23, 0, 0);
    world.must(C::Map, &[child.place(1), AT, READ_WRITE]);
    let helper = world.child(80, 8, 23, 300, 3000);
    world.must(C::Copy, &[child.slot + 1, helper.place(20), 15, 0]);
    world.must(C::Copy, &[child.slot + 4, helper.place(21), 3, 0]);
    world.must(C::EndpointCreate, &[60]);
    world.must(C::Copy, &[60, helper.place(22), 15, 0]);
    // The root task is stopped by an interrupt right after the child's end began.
    let budget = world.kernel.schedules[Id::new(1)].remaining;
    world.machine.interrupt_after.set(Some(0));
    world.machine.now += budget;
    let answer = world.call(C::Delete, &[child.slot]);
    assert_eq!(answer, Answer::Elsewhere);
    world.runs(helper.thread);
    assert_all(&world);
    world.must(C::ProcessCreate, &[30, 20, 22, 0, 0, 0]);
    world.must(C::Copy, &[21, 30 << 16 | 1, 3, 0]);
    world.must(C::Map, &[30 << 16 | 1, AT, READ_WRITE]);
    world.touch_everything();
    assert_all(&world);
    world.call(C::Sleep, &[FOREVER]);
    world.advance(75_000);
    assert_eq!(world.go_on(), Answer::Status(0));
    assert_all(&world);
}

#[test]
fn a_deleted_table_region_ends_its_process_and_no_other() {
    let mut world = World::scene();
    let child = world.child(70, 0, 10, 100, 1000);
    world.must(C::Delete, &[child.slot + 1]);
    assert_all(&world);
    assert_eq!(world.state(child.thread), State::Stopped);
    let stranger = world.child(80, 8, 10, 100, 1000);
    assert_eq!(stranger.process, child.process, "the index is used again");
    world.must(C::Delete, &[child.slot]);
    assert_all(&world);
    world.rest();
    world.runs(stranger.thread);
}

#[test]
fn a_message_buffer_goes_with_the_capability_it_stands_on() {
    let mut world = World::scene();
    let child = world.child(70, 0, 10, 100, 1000);
    world.must(C::RegionCarve, &[RAM, 60, 20, 1]);
    world.must(C::Copy, &[60, child.place(20), READ_WRITE, 0]);
    world.must(C::Copy, &[child.slot, child.place(5), 15, 0]);
    world.rest();
    world.must(C::ThreadCreate, &[6, 5, 0, 0, 0, 20, 0]);
    world.must(C::Move, &[20, 21]);
    assert_all(&world);
    assert_eq!(world.kernel.regions[Id::new(world.object(21))].buffers, 1);
    world.wake_root();
    world.must(C::Revoke, &[60]);
    assert_eq!(world.kernel.regions[Id::new(world.object(60))].buffers, 0);
    assert_all(&world);
}

#[test]
fn lent_memory_waits_for_the_monitor() {
    let mut world = World::scene();
    world.must(C::RegionCarve, &[RAM, 60, 0, 2]);
    world.must(C::MailboxSend, &[5, 1, 2, 0, 0, 0, 0, 0, 0, 60]);
    assert_eq!(world.machine.mailbox[0][3], 2);
    world.machine.release_refused = true;
    world.must(C::Delete, &[60]);
    assert_all(&world);
    world.refused(Error::RegionBusy, C::RegionCarve, &[RAM, 60, 0, 2]);
    world.machine.release_refused = false;
    world.must(C::EndpointCreate, &[61]);
    world.must(C::Delete, &[61]);
    world.must(C::RegionCarve, &[RAM, 60, 0, 2]);
    assert_all(&world);
}
