//! Messages: call, reply, receive, send, and what ends them.

use kernel_abi::message::{Descriptor, FOREVER, Kind, MOVE_CAPABILITY, NO_WAIT};
use kernel_abi::{Error, Slot, SystemCall as C};
use kernel_core::thread::State;
use kernel_model::invariants::assert_all;
use kernel_model::scene::Child;
use kernel_model::world::{Answer, World};

const ENDPOINT: u64 = 60;

/// A client at priority 10 and a server at 12, an endpoint in slot 2 of both; the server
/// has been started first and receives.
fn pair(server_budget: u64) -> (World, Child, Child) {
    let mut world = World::scene();
    world.must(C::EndpointCreate, &[ENDPOINT]);
    let server = world.child(70, 0, 12, 100, 1000);
    let client = world.child(80, 8, 10, 200, 2000);
    world.must(C::Copy, &[ENDPOINT, server.place(2), 15, 0]);
    world.must(C::Copy, &[ENDPOINT, client.place(2), 10, 77]);
    world.rest();
    world.runs(server.thread);
    assert_eq!(world.call(C::Receive, &[2, FOREVER]), Answer::Elsewhere);
    world.runs(client.thread);
    if server_budget == 0 {
        world.wake_root();
        world.must(C::ThreadStart, &[server.slot + 2, 0]);
        world.rest();
    }
    assert_all(&world);
    (world, server, client)
}

#[test]
fn call_and_reply_carry_words_and_badge() {
    let (mut world, server, client) = pair(1);
    assert_eq!(world.call(C::Call, &[2, 1, 2, 3, 4, 5, 6, 7, 8]), Answer::Elsewhere);
    world.runs(server.thread);
    assert_all(&world);
    for index in 1..=8 {
        assert_eq!(world.register(server.thread, index), index as u64);
    }
    assert_eq!(world.register(server.thread, 9), 77);
    assert_eq!(world.register(server.thread, 10), Kind::Call as u64);
    assert_eq!(world.state(client.thread), State::AwaitingReply);
    assert_eq!(world.call(C::ReplyReceive, &[2, 11, 12]), Answer::Elsewhere);
    world.runs(client.thread);
    world.ended(client.thread, Ok(()));
    assert_eq!(world.register(client.thread, 1), 11);
    assert_eq!(world.register(client.thread, 2), 12);
    assert_eq!(world.state(server.thread), State::Receiving);
    assert_all(&world);
}

#[test]
fn a_server_runs_on_its_callers_time() {
    let (mut world, server, client) = pair(0);
    let own = world.kernel.threads[client.thread].schedule;
    world.call(C::Call, &[2]);
    world.runs(server.thread);
    assert_eq!(world.kernel.schedule_of(server.thread), own);
    world.advance(50);
    world.refused(Error::NoSchedule, C::Reply, &[0]);
    world.call(C::ReplyReceive, &[2]);
    world.runs(client.thread);
    let left = own.get().map(|id| world.kernel.schedules[id].remaining);
    world.must(C::Yield, &[]);
    assert_eq!(own.get().map(|id| world.kernel.schedules[id].remaining), left.map(|l| l - 50));
    assert_all(&world);
}

#[test]
fn an_endless_server_without_time_holds_its_caller_only() {
    let (mut world, server, _) = pair(0);
    world.call(C::Call, &[2]);
    world.advance(200);
    assert_eq!(world.running(), None, "the caller's budget is gone, and nobody else is there");
    assert_all(&world);
    world.advance(1850);
    world.runs(server.thread);
    assert_all(&world);
}

#[test]
fn a_server_with_time_of_its_own_goes_on_when_the_callers_runs_out() {
    let (mut world, server, client) = pair(1);
    world.call(C::Call, &[2]);
    world.advance(200);
    world.runs(server.thread);
    assert_eq!(
        world.kernel.schedule_of(server.thread),
        world.kernel.threads[server.thread].schedule
    );
    assert_all(&world);
    world.call(C::ReplyReceive, &[2]);
    assert_eq!(world.state(client.thread), State::Ready);
    assert_eq!(world.running(), None, "the client waits for its refill");
    assert_all(&world);
    world.advance(1850);
    world.runs(client.thread);
}

#[test]
fn a_queued_caller_is_served_on_its_own_time() {
    let (mut world, server, client) = pair(1);
    world.wake_root();
    world.must(C::ThreadStop, &[server.slot + 2]);
    world.must(C::ThreadStart, &[server.slot + 2, server.slot + 3]);
    world.rest();
    world.runs(server.thread);
    assert_eq!(world.call(C::Sleep, &[world.machine.now + 10]), Answer::Elsewhere);
    world.runs(client.thread);
    world.call(C::Call, &[2, 5]);
    assert_eq!(world.state(client.thread), State::Calling);
    assert_all(&world);
    world.advance(10);
    world.runs(server.thread);
    world.must(C::Receive, &[2, 0]);
    assert_eq!(world.register(server.thread, 1), 5);
    assert_eq!(
        world.kernel.schedule_of(server.thread),
        world.kernel.threads[client.thread].schedule
    );
    assert_all(&world);
}

#[test]
fn rights_are_honoured() {
    let (mut world, _, _) = pair(1);
    world.refused(Error::NoRight, C::Receive, &[2, 0]);
    world.refused(Error::WrongKind, C::Call, &[1]);
    world.refused(Error::NoCapability, C::Call, &[3]);
    world.refused(Error::NoCapability, C::Call, &[0]);
    world.refused(Error::NoCapability, C::Call, &[127]);
    world.refused(Error::NoCapability, C::Call, &[128]);
    world.refused(Error::NoCapability, C::Receive, &[1 << 16 | 2, 0]);
    world.refused(Error::InvalidArgument, C::Call, &[2 | 1 << 42]);
    world.refused(Error::InvalidArgument, C::Call, &[2 | 121 << 32]);
    world.refused(Error::NoCaller, C::Reply, &[0]);
    world.refused(Error::InvalidArgument, C::Call, &[u64::MAX]);
}

#[test]
fn send_waits_or_does_not() {
    let (mut world, server, client) = pair(1);
    assert_eq!(world.call(C::Send, &[2, 9, 0, 0, 0, 0, 0, 0, 0, 0]), Answer::Elsewhere);
    world.runs(server.thread);
    assert_eq!(world.register(server.thread, 1), 9);
    assert_eq!(world.register(server.thread, 10), Kind::Send as u64);
    world.ended(client.thread, Ok(()));
    world.call(C::Sleep, &[world.machine.now + 50]);
    world.runs(client.thread);
    world.refused(Error::WouldBlock, C::Send, &[2]);
    world.refused(Error::WouldBlock, C::Send, &[2 | NO_WAIT, 0, 0, 0, 0, 0, 0, 0, 0, FOREVER]);
    let deadline = world.machine.now + 20;
    world.call(C::Send, &[2, 0, 0, 0, 0, 0, 0, 0, 0, deadline]);
    assert_eq!(world.state(client.thread), State::Sending);
    assert_all(&world);
    world.advance(20);
    world.runs(client.thread);
    world.ended(client.thread, Err(Error::TimedOut));
    assert_all(&world);
}

#[test]
fn receive_times_out() {
    let (mut world, server, client) = pair(1);
    world.call(C::Call, &[2]);
    world.must(C::Reply, &[0, 1]);
    let deadline = world.machine.now + 30;
    world.call(C::Receive, &[2, deadline]);
    world.runs(client.thread);
    world.ended(client.thread, Ok(()));
    world.advance(30);
    world.runs(server.thread);
    world.ended(server.thread, Err(Error::TimedOut));
    assert_all(&world);
}

#[test]
fn a_server_that_dies_cancels_the_call() {
    let (mut world, server, client) = pair(1);
    world.call(C::Call, &[2]);
    world.wake_root();
    world.must(C::Delete, &[server.slot]);
    assert_all(&world);
    world.rest();
    world.runs(client.thread);
    world.ended(client.thread, Err(Error::Cancelled));
}

#[test]
fn an_endpoint_that_dies_cancels_who_waits_there() {
    let (mut world, server, client) = pair(1);
    world.wake_root();
    world.must(C::Delete, &[ENDPOINT]);
    assert_all(&world);
    world.rest();
    world.runs(server.thread);
    world.ended(server.thread, Err(Error::Cancelled));
    world.refused(Error::NoCapability, C::Receive, &[2, 0]);
    world.call(C::Sleep, &[FOREVER]);
    world.runs(client.thread);
    world.refused(Error::NoCapability, C::Call, &[2]);
}

#[test]
fn a_capability_is_lent_and_taken_back() {
    let (mut world, server, client) = pair(1);
    world.must(C::NotificationCreate, &[5]);
    let sent = Descriptor::to(Slot(2)).with_capability(Slot(5)).0;
    world.call(C::Call, &[sent]);
    assert_eq!(world.register(server.thread, 10), Kind::Call as u64, "no receive slot yet");
    world.must(C::SetReceiveSlot, &[9]);
    world.call(C::ReplyReceive, &[2]);
    world.runs(client.thread);
    world.call(C::Call, &[sent]);
    assert_eq!(world.register(server.thread, 10), 1 << 16 | Kind::Call as u64);
    assert_all(&world);
    world.must(C::Signal, &[9]);
    world.call(C::ReplyReceive, &[2]);
    world.runs(client.thread);
    world.must(C::Wait, &[5, 0]);
    assert_eq!(world.register(client.thread, 1), 1);
    world.must(C::Revoke, &[5]);
    world.call(C::Call, &[2]);
    world.refused(Error::NoCapability, C::Signal, &[9]);
    assert_all(&world);
}

#[test]
fn an_original_stays_where_it_is_paid_for() {
    let (mut world, server, client) = pair(1);
    world.must(C::NotificationCreate, &[5]);
    world.must(C::Copy, &[5, 6, 15, 3]);
    let moved = |slot: u64| 2 | slot << 16 | MOVE_CAPABILITY;
    world.call(C::Call, &[moved(5)]);
    world.must(C::SetReceiveSlot, &[9]);
    world.call(C::ReplyReceive, &[2]);
    world.runs(client.thread);
    world.call(C::Call, &[moved(5)]);
    assert_eq!(world.register(server.thread, 10), Kind::Call as u64);
    world.call(C::ReplyReceive, &[2]);
    world.call(C::Call, &[moved(6)]);
    assert_eq!(world.register(server.thread, 10), 1 << 16 | Kind::Call as u64);
    assert_all(&world);
    world.call(C::ReplyReceive, &[2]);
    world.must(C::Inspect, &[6]);
    assert_eq!(world.register(client.thread, 1), 0, "the slot is empty");
}

#[test]
fn granting_needs_the_right() {
    let (mut world, _, client) = pair(1);
    world.wake_root();
    world.must(C::Copy, &[ENDPOINT, client.place(3), 2, 0]);
    world.rest();
    world.runs(client.thread);
    world.refused(Error::NoRight, C::Call, &[3 | 1 << 16]);
    world.refused(Error::NoCapability, C::Call, &[2 | 50 << 16]);
}

#[test]
fn buffer_words_are_copied() {
    let (mut world, server, client) = pair(1);
    let at = |world: &World, thread| {
        let region = world.kernel.threads[thread].buffer.get().expect("a buffer");
        world.kernel.regions[region].physical
    };
    let (from, to) = (at(&world, client.thread), at(&world, server.thread));
    world.machine.write(from, 0, 41);
    world.machine.write(from, 1, 42);
    world.machine.write(from, 2, 43);
    world.call(C::Call, &[2 | 2 << 32]);
    assert_eq!(world.register(server.thread, 10), 2 << 32 | Kind::Call as u64);
    assert_eq!([0, 1, 2].map(|index| world.machine.read(to, index)), [41, 42, 0]);
}

#[test]
fn a_receiver_forsakes_its_caller() {
    let (mut world, server, client) = pair(1);
    world.call(C::Call, &[2]);
    world.refused(Error::WouldBlock, C::Receive, &[2, 0]);
    world.ended(client.thread, Err(Error::Cancelled));
    assert_eq!(world.state(client.thread), State::Ready);
    world.runs(server.thread);
    assert_all(&world);
}

#[test]
fn a_reply_that_gives_its_endpoint_away_is_still_a_reply() {
    let (mut world, server, client) = pair(1);
    world.must(C::SetReceiveSlot, &[9]);
    world.call(C::Call, &[2]);
    world.runs(server.thread);
    world.call(C::ReplyReceive, &[2 | 2 << 16 | MOVE_CAPABILITY]);
    assert_all(&world);
    world.ended(client.thread, Ok(()));
}

/// The caller's time runs out two calls down; the server in the middle has time too.
#[test]
fn each_server_on_the_way_falls_back_to_its_own_time() {
    let mut world = World::scene();
    world.must(C::EndpointCreate, &[ENDPOINT]);
    world.must(C::EndpointCreate, &[ENDPOINT + 1]);
    let last = world.child(70, 0, 14, 100, 1000);
    let middle = world.child(80, 8, 12, 100, 1000);
    let client = world.child(90, 16, 10, 100, 10_000);
    for child in [last, middle, client] {
        world.must(C::Copy, &[ENDPOINT, child.place(2), 15, 0]);
        world.must(C::Copy, &[ENDPOINT + 1, child.place(3), 15, 0]);
    }
    world.rest();
    world.call(C::Receive, &[3, FOREVER]);
    world.call(C::Receive, &[2, FOREVER]);
    world.call(C::Call, &[2]);
    world.runs(middle.thread);
    world.call(C::Call, &[3]);
    world.runs(last.thread);
    assert_eq!(
        world.kernel.schedule_of(last.thread),
        world.kernel.threads[client.thread].schedule
    );
    world.advance(100);
    world.runs(last.thread);
    world.call(C::ReplyReceive, &[3]);
    world.runs(middle.thread);
    assert_all(&world);
    world.call(C::ReplyReceive, &[2]);
    assert_eq!(world.running(), None);
    assert_all(&world);
}
