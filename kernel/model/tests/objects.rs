//! Objects and time: derivation, quotas, faults, notifications, interrupts, scheduling.

use kernel_abi::boot::OWN_THREAD;
use kernel_abi::call::Quota;
use kernel_abi::limits::DERIVATION_DEPTH;
use kernel_abi::message::{FOREVER, Kind};
use kernel_abi::{Error, Fault, SystemCall as C, fault};
use kernel_core::arena::Id;
use kernel_core::thread::State;
use kernel_model::invariants::assert_all;
use kernel_model::scene::{BELL, Child, RAM, SUPERVISOR};
use kernel_model::world::{Answer, DEVICE_INTERRUPT, DEVICE_LINE, World};

#[test]
fn rights_and_badges_only_shrink() {
    let mut world = World::scene();
    world.must(C::EndpointCreate, &[60]);
    world.must(C::Copy, &[60, 61, 3, 7]);
    world.refused(Error::NoRight, C::Copy, &[61, 62, 11, 0]);
    world.refused(Error::NoRight, C::Copy, &[61, 62, 3, 8]);
    world.refused(Error::InvalidArgument, C::Copy, &[61, 62, 16, 0]);
    world.refused(Error::SlotOccupied, C::Copy, &[60, 61, 3, 0]);
    world.must(C::Copy, &[61, 62, 1, 0]);
    world.must(C::Inspect, &[62]);
    assert_eq!([1, 2, 3].map(|n| world.register(world.kernel.current, n)), [3, 1, 7]);
    assert_all(&world);
}

#[test]
fn a_supervisors_badge_can_not_be_forged() {
    let mut world = World::scene();
    world.must(C::Copy, &[SUPERVISOR, 60, 15, 7]);
    world.must(C::RegionCarve, &[RAM, 61, 0, 2]);
    world.refused(Error::NoRight, C::ProcessCreate, &[62, 61, 60, 8, 0, 0]);
    world.must(C::ProcessCreate, &[62, 61, 60, 7, 0, 0]);
}

#[test]
fn derivation_is_bounded_and_revoked_whole() {
    let mut world = World::scene();
    world.must(C::EndpointCreate, &[60]);
    for depth in 0..u64::from(DERIVATION_DEPTH) {
        world.must(C::Copy, &[60 + depth, 61 + depth, 15, 0]);
    }
    let last = 60 + u64::from(DERIVATION_DEPTH);
    world.refused(Error::TooDeep, C::Copy, &[last, last + 1, 15, 0]);
    assert_all(&world);
    world.machine.interrupt_after.set(Some(3));
    world.must(C::Revoke, &[61]);
    world.refused(Error::NoCapability, C::Delete, &[62]);
    world.must(C::Inspect, &[60]);
    assert_all(&world);
}

#[test]
fn quotas_bound_children_and_come_back() {
    let mut world = World::scene();
    let before = world.kernel.processes[Id::new(1)].ledger;
    let child = world.child(70, 0, 10, 0, 0);
    for slot in 20..24 {
        world.must(C::EndpointCreate, &[child.place(slot)]);
    }
    world.refused(Error::QuotaExceeded, C::EndpointCreate, &[child.place(24)]);
    world.refused(Error::QuotaExceeded, C::ScheduleCreate, &[child.place(24), 101, 1000, 5]);
    world.must(C::ScheduleCreate, &[child.place(24), 100, 1000, 5]);
    world.refused(Error::QuotaExceeded, C::ScheduleCreate, &[child.place(25), 1, 1000, 5]);
    world.refused(Error::QuotaExceeded, C::ScheduleCreate, &[child.place(25), 1, 1000, 24]);
    assert_all(&world);
    let greedy = Quota { threads: 60, ..Quota::default() };
    world.must(C::RegionCarve, &[RAM, 60, 30, 1]);
    world.refused(
        Error::QuotaExceeded,
        C::ProcessCreate,
        &[61, 60, SUPERVISOR, 0, greedy.pack(), 0],
    );
    for slot in [60, child.slot, child.slot + 1, child.slot + 2, child.slot + 4] {
        world.must(C::Delete, &[slot]);
        assert_all(&world);
    }
    assert_eq!(world.kernel.processes[Id::new(1)].ledger, before);
}

#[test]
fn faults_are_told_and_answered() {
    for answer in [fault::RESUME, fault::STOP] {
        let mut world = World::scene();
        let child = world.child(70, 0, 10, 100, 1000);
        world.rest();
        world.runs(child.thread);
        world.fault(Fault::Write, 0xdead);
        assert_all(&world);
        world.wake_root();
        let root = world.kernel.current;
        world.must(C::Receive, &[SUPERVISOR, 0]);
        assert_eq!(world.register(root, 1), Fault::Write as u64);
        assert_eq!(world.register(root, 2), 0xdead);
        assert_eq!(world.register(root, 3), 0x40_0000);
        assert_eq!(world.register(root, 9), child.slot);
        assert_eq!(world.register(root, 10), Kind::Fault as u64);
        assert_all(&world);
        world.must(C::Reply, &[0, answer, 0x40_0008]);
        assert_all(&world);
        let resumed = answer == fault::RESUME;
        let state = if resumed { State::Ready } else { State::Stopped };
        assert_eq!(world.state(child.thread), state);
        if resumed {
            assert_eq!(world.kernel.contexts[child.thread].program_counter, 0x40_0008);
        }
    }
}

/// A server that serves a client's call: it runs.
fn served() -> (World, Child, Child) {
    let mut world = World::scene();
    world.must(C::EndpointCreate, &[60]);
    let server = world.child(70, 0, 12, 100, 1000);
    let client = world.child(80, 8, 10, 100, 1000);
    world.must(C::Copy, &[60, server.place(2), 15, 0]);
    world.must(C::Copy, &[60, client.place(2), 15, 0]);
    world.rest();
    world.call(C::Receive, &[2, FOREVER]);
    world.call(C::Call, &[2]);
    (world, server, client)
}

/// A server that faults while it serves, and is left stopped, must not keep its caller.
#[test]
fn a_stopped_server_lets_its_caller_go() {
    let (mut world, server, client) = served();
    world.runs(server.thread);
    world.fault(Fault::Read, 0);
    world.wake_root();
    world.must(C::Receive, &[SUPERVISOR, 0]);
    world.must(C::Reply, &[0, fault::STOP]);
    assert_all(&world);
    world.ended(client.thread, Err(Error::Cancelled));
    assert_eq!(world.state(client.thread), State::Ready);
}

/// The same when nobody is left to decide about the fault.
#[test]
fn a_server_without_supervisor_lets_its_caller_go() {
    for received in [false, true] {
        let (mut world, server, client) = served();
        world.fault(Fault::Read, 0);
        world.wake_root();
        if received {
            world.must(C::Receive, &[SUPERVISOR, 0]);
            world.refused(Error::WouldBlock, C::Receive, &[SUPERVISOR, 0]);
        } else {
            world.must(C::Delete, &[SUPERVISOR]);
        }
        assert_all(&world);
        assert_eq!(world.state(server.thread), State::Stopped);
        world.ended(client.thread, Err(Error::Cancelled));
        assert_eq!(world.state(client.thread), State::Ready);
    }
}

#[test]
fn signals_stay_until_taken() {
    let mut world = World::scene();
    world.must(C::NotificationCreate, &[60]);
    world.must(C::Copy, &[60, 61, 2, 4]);
    world.refused(Error::WouldBlock, C::Wait, &[60, 0]);
    world.must(C::Signal, &[60]);
    world.must(C::Signal, &[61]);
    world.refused(Error::NoRight, C::Wait, &[61, 0]);
    world.must(C::Wait, &[60, 0]);
    assert_eq!(world.register(world.kernel.current, 1), 5);
    world.refused(Error::WouldBlock, C::Wait, &[60, 0]);
    let now = world.machine.now;
    assert_eq!(world.call(C::Wait, &[60, now + 10]), Answer::Elsewhere);
    world.advance(10);
    world.ended(world.kernel.current, Err(Error::TimedOut));
    assert_all(&world);
}

#[test]
fn a_bound_notification_ends_a_receive() {
    let mut world = World::scene();
    world.must(C::ThreadBind, &[OWN_THREAD.0.into(), BELL]);
    let root = world.kernel.current;
    assert_eq!(world.call(C::Receive, &[SUPERVISOR, FOREVER]), Answer::Elsewhere);
    world.raise_line(DEVICE_INTERRUPT);
    world.runs(root);
    assert_eq!(world.register(root, 10), Kind::Notification as u64);
    assert_eq!(world.register(root, 1), 1);
    world.must(C::InterruptAcknowledge, &[DEVICE_LINE]);
    world.refused(Error::BadState, C::InterruptAcknowledge, &[DEVICE_LINE]);
    world.raise_line(DEVICE_INTERRUPT);
    world.must(C::Receive, &[SUPERVISOR, 0]);
    assert_eq!(world.register(root, 10), Kind::Notification as u64);
    assert_all(&world);
}

#[test]
fn an_interrupt_waits_for_its_acknowledge_and_ends_with_its_capability() {
    let mut world = World::scene();
    world.raise_line(DEVICE_INTERRUPT);
    world.raise_line(DEVICE_INTERRUPT);
    world.must(C::Wait, &[BELL, 0]);
    world.refused(Error::WouldBlock, C::Wait, &[BELL, 0]);
    world.must(C::InterruptAcknowledge, &[DEVICE_LINE]);
    world.take_interrupts();
    world.must(C::Wait, &[BELL, 0]);
    world.must(C::Delete, &[DEVICE_LINE]);
    assert!(world.machine.enabled.is_empty() && world.machine.active.is_empty());
    assert_all(&world);
}

#[test]
fn priorities_preempt_and_budgets_end() {
    let mut world = World::scene();
    let low = world.child(70, 0, 10, 990, 10_000);
    let high = world.child(80, 8, 12, 50, 1000);
    world.rest();
    world.runs(high.thread);
    world.advance(49);
    world.runs(high.thread);
    world.advance(1);
    world.runs(low.thread);
    assert_all(&world);
    world.advance(950);
    world.runs(high.thread);
    assert_all(&world);
    world.call(C::Sleep, &[world.machine.now + 5]);
    world.runs(low.thread);
    world.advance(5);
    world.runs(high.thread);
}

#[test]
fn equal_priorities_take_turns_by_yielding() {
    let mut world = World::scene();
    let one = world.child(70, 0, 10, 100, 1000);
    let two = world.child(80, 8, 10, 100, 1000);
    world.rest();
    world.runs(one.thread);
    world.call(C::Yield, &[]);
    world.runs(two.thread);
    world.call(C::Yield, &[]);
    world.runs(one.thread);
    assert_all(&world);
}

#[test]
fn a_refill_is_not_forgotten_when_a_signal_wakes_one_without_budget() {
    let mut world = World::scene();
    let sleeper = world.child(70, 0, 12, 50, 1000);
    let waker = world.child(80, 8, 10, 990, 10_000);
    world.must(C::NotificationCreate, &[60]);
    world.must(C::Copy, &[60, sleeper.place(2), 3, 0]);
    world.must(C::Copy, &[60, waker.place(2), 3, 0]);
    world.rest();
    world.machine.now += 50;
    assert_eq!(world.call(C::Wait, &[2, FOREVER]), Answer::Elsewhere);
    world.runs(waker.thread);
    world.must(C::Signal, &[2]);
    assert_all(&world);
    world.advance(950);
    world.runs(sleeper.thread);
}

#[test]
fn the_dead_can_not_be_named() {
    let mut world = World::scene();
    let child = world.child(70, 0, 10, 100, 1000);
    world.must(C::Copy, &[child.slot + 2, 90, 15, 0]);
    world.must(C::Delete, &[child.slot]);
    world.refused(Error::NoCapability, C::EndpointCreate, &[child.place(9)]);
    world.refused(Error::BadState, C::ThreadStart, &[child.slot + 2, child.slot + 3]);
    world.must(C::Delete, &[child.slot + 2]);
    world.refused(Error::NoCapability, C::ThreadStop, &[90]);
    assert_all(&world);
}

#[test]
fn suicide_is_clean() {
    for victim in [5, 6, 7] {
        let mut world = World::scene();
        let child = world.child(70, 0, 10, 100, 1000);
        let other = world.child(80, 8, 9, 100, 1000);
        for (from, to) in [(0, 5), (2, 6), (3, 7)] {
            world.must(C::Copy, &[80 + from, child.place(to), 15, 0]);
        }
        world.must(C::Copy, &[child.slot, child.place(8), 15, 0]);
        world.rest();
        world.runs(child.thread);
        world.must(C::Delete, &[victim]);
        world.must(C::ThreadCreate, &[9, 8, 0, 0, 0, 0]);
        assert_all(&world);
        let _ = other;
    }
    let mut world = World::scene();
    let root = world.kernel.current;
    assert_eq!(world.call(C::Delete, &[OWN_THREAD.0.into()]), Answer::Elsewhere);
    assert_eq!(world.running(), None);
    assert!(!world.kernel.threads[root].life.live);
    assert_all(&world);
}
