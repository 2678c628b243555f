//! Messages between threads: words, badges, capabilities, buffers, who waits for whom.

use crate::agent::{self, Order};
use crate::arch::{self, load, store};
use crate::call::{self, of};
use crate::child::{Birth, Child};
use crate::stand::{EVENTS, R, RW, Stand};
use crate::verdict::{Verdict, cases, fine, holds, refused, same};
use kernel_abi::boot::ROOT_BUFFER;
use kernel_abi::limits::BUFFER_WORDS;
use kernel_abi::message::{CAPABILITY_RECEIVED, FOREVER, Kind, MOVE_CAPABILITY, NO_WAIT};
use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, Rights, SystemCall};

const W: Rights = Rights::WRITE;
/// Where cases put an endpoint in an agent's table.
const HERE: u64 = agent::FREE;

/// A child that serves an endpoint; its slot.
fn server(stand: &mut Stand) -> Verdict<(Child, u64)> {
    let child = Child::new(stand, Birth::POOR)?;
    let endpoint = stand.endpoint()?;
    fine("give", call::copy(endpoint, of(child.process, HERE), R, 0))?;
    child.order(stand, Order::Serve, &[HERE])?;
    Ok((child, endpoint))
}

/// A child that has an endpoint to send to.
fn client(stand: &mut Stand, rights: Rights, badge: u64) -> Verdict<(Child, u64)> {
    let child = Child::new(stand, Birth::POOR)?;
    let endpoint = stand.endpoint()?;
    fine("give", call::copy(endpoint, of(child.process, HERE), rights, badge))?;
    Ok((child, endpoint))
}

/// The kind in a received descriptor.
fn kind_of(info: u64) -> u64 {
    info & 0xff
}

cases! {
    fn call_and_reply_carry_words(stand) {
        let (_child, endpoint) = server(stand)?;
        let reply = fine("call", call::call(endpoint, &[10, 20, 30, 40, 50, 60, 70, 80]))?;
        for (index, word) in reply.words[..7].iter().enumerate() {
            same("word", *word, 11 + 10 * index as u64)?;
        }
    }
    fn server_sees_the_badge(stand) {
        let (_child, endpoint) = server(stand)?;
        let badged = stand.copy(endpoint, W, 0xbad9e)?;
        for slot in [badged, endpoint, badged] {
            let reply = fine("call", call::call(slot, &[0]))?;
            same("badge", reply.words[7], if slot == badged { 0xbad9e } else { 0 })?;
        }
    }
    fn many_calls(stand) {
        let (_child, endpoint) = server(stand)?;
        for turn in 0..1000 {
            let reply = fine("call", call::call(endpoint, &[1000 + turn, turn]))?;
            same("first word", reply.words[0], 1001 + turn)?;
            same("second word", reply.words[1], 1 + turn)?;
        }
    }
    fn call_before_the_server_receives(stand) {
        let (child, endpoint) = client(stand, W, 3)?;
        child.order_call(stand, SystemCall::Call, &[HERE, 5, 6])?;
        let message = stand.message(endpoint)?;
        same("kind", kind_of(message.info), Kind::Call as u64)?;
        same("word", message.words[1], 6)?;
        same("badge", message.badge, 3)?;
        fine("reply", call::reply(&[55, 66]))?;
        let result = child.finish(stand)?;
        same("status", result.status, 0)?;
        same("answer", result.words[1], 66)?;
        same("no badge comes back", result.badge, 0)?;
    }
    fn send_carries_words(stand) {
        let (child, endpoint) = client(stand, W, 9)?;
        child.order_call(stand, SystemCall::Send, &[HERE, 1, 2, 3, 4, 5, 6, 7, 8, FOREVER])?;
        let message = stand.message(endpoint)?;
        same("kind", kind_of(message.info), Kind::Send as u64)?;
        same("last word", message.words[7], 8)?;
        same("badge", message.badge, 9)?;
        same("status", child.finish(stand)?.status, 0)?;
        refused("no reply is owed", call::reply(&[1]), Error::NoCaller)?;
    }
    fn send_does_not_wait(stand) {
        let endpoint = stand.endpoint()?;
        refused("send", call::send(endpoint, &[1], 0), Error::WouldBlock)?;
        refused("send", call::send(endpoint | NO_WAIT, &[1], FOREVER), Error::WouldBlock)?;
        refused("call", call::call(endpoint | NO_WAIT, &[1]), Error::WouldBlock)?;
        refused("receive", call::receive(endpoint, 0), Error::WouldBlock)?;
    }
    fn waits_end_by_deadline(stand) {
        let endpoint = stand.endpoint()?;
        let start = arch::now();
        refused("send", call::send(endpoint, &[1], stand.within(2)), Error::TimedOut)?;
        refused("receive", call::receive(endpoint, stand.within(2)), Error::TimedOut)?;
        holds("time passed", arch::now() - start >= stand.milliseconds(4))?;
    }
    fn deadline_that_has_passed(stand) {
        let endpoint = stand.endpoint()?;
        refused("send", call::send(endpoint, &[1], 1), Error::TimedOut)?;
        refused("receive", call::receive(endpoint, 1), Error::TimedOut)?;
        refused("receive", call::receive(endpoint, arch::now()), Error::TimedOut)?;
    }
    fn senders_come_by_priority(stand) {
        let endpoint = stand.endpoint()?;
        for (badge, priority) in [(1, 5), (2, 9), (3, 5), (4, 14)] {
            let child = Child::new(stand, Birth { priority, ..Birth::POOR })?;
            fine("give", call::copy(endpoint, of(child.process, HERE), W, badge))?;
            child.order_call(stand, SystemCall::Send, &[HERE, 0, 0, 0, 0, 0, 0, 0, 0, FOREVER])?;
            stand.let_it()?;
        }
        for badge in [4, 2, 1, 3] {
            let message = stand.message(endpoint)?;
            same("badge", message.badge, badge)?;
        }
    }
    fn each_receiver_gets_one(stand) {
        let endpoint = stand.endpoint()?;
        let one = Child::new(stand, Birth::POOR)?;
        let two = Child::new(stand, Birth::POOR)?;
        for child in [&one, &two] {
            fine("give", call::copy(endpoint, of(child.process, HERE), R, 0))?;
            child.order_call(stand, SystemCall::Receive, &[HERE, FOREVER])?;
            stand.let_it()?;
        }
        fine("send", call::send(endpoint, &[71], 0))?;
        fine("send", call::send(endpoint, &[72], 0))?;
        refused("a third", call::send(endpoint, &[73], 0), Error::WouldBlock)?;
        let (first, second) = (one.finish(stand)?.words[0], two.finish(stand)?.words[0]);
        same("both came", first + second, 71 + 72)?;
        holds("one each", first != second)?;
    }
    fn reply_without_a_caller(stand) {
        let _ = &stand;
        refused("reply", call::reply(&[1]), Error::NoCaller)?;
        let result = call::make(SystemCall::ReplyReceive, &[EVENTS, 1]);
        refused("reply and receive", result, Error::NoCaller)?;
    }
    /// K 21.
    fn k21_reply_twice(stand) {
        let (child, endpoint) = client(stand, W, 0)?;
        child.order_call(stand, SystemCall::Call, &[HERE, 5])?;
        stand.message(endpoint)?;
        fine("reply", call::reply(&[7]))?;
        refused("again", call::reply(&[8]), Error::NoCaller)?;
        same("answer", child.finish(stand)?.words[0], 7)?;
    }
    fn k21_reply_after_the_caller_died(stand) {
        let (child, endpoint) = client(stand, W, 0)?;
        child.order_call(stand, SystemCall::Call, &[HERE, 5])?;
        stand.message(endpoint)?;
        fine("end the caller", call::delete(child.process))?;
        refused("reply", call::reply(&[7]), Error::NoCaller)?;
    }
    fn k21_caller_is_told_when_the_server_dies(stand) {
        let (child, endpoint) = server(stand)?;
        let other = Child::new(stand, Birth::POOR)?;
        fine("give", call::copy(endpoint, of(other.process, HERE), W, 0))?;
        other.order_call(stand, SystemCall::Call, &[HERE, 99, stand.milliseconds(1000)])?;
        stand.let_it()?;
        fine("end the server", call::delete(child.process))?;
        same("status", other.finish(stand)?.status, Error::Cancelled as u64)?;
    }
    fn k21_receiving_again_frees_the_caller(stand) {
        let (child, endpoint) = client(stand, W, 0)?;
        child.order_call(stand, SystemCall::Call, &[HERE, 5])?;
        stand.message(endpoint)?;
        refused("receive", call::receive(endpoint, 0), Error::WouldBlock)?;
        same("status", child.finish(stand)?.status, Error::Cancelled as u64)?;
        refused("reply", call::reply(&[7]), Error::NoCaller)?;
    }
    fn k21_send_to_a_dead_endpoint(stand) {
        let (child, endpoint) = client(stand, W, 0)?;
        fine("delete", call::delete(endpoint))?;
        let sent = child.tries(stand, SystemCall::Send, &[HERE, 1])?;
        refused("send", sent, Error::NoCapability)?;
        fine("another in its place", call::endpoint_create(endpoint))?;
        let sent = child.tries(stand, SystemCall::Send, &[HERE, 1])?;
        refused("send", sent, Error::NoCapability)?;
    }
    fn k21_waiting_sender_is_told_of_the_end(stand) {
        let (child, endpoint) = client(stand, W, 0)?;
        for number in [SystemCall::Send, SystemCall::Call] {
            let again = stand.slot();
            child.order_call(stand, number, &[HERE, 0, 0, 0, 0, 0, 0, 0, 0, FOREVER])?;
            stand.let_it()?;
            fine("delete", call::delete(endpoint))?;
            same("status", child.finish(stand)?.status, Error::Cancelled as u64)?;
            fine("another", call::endpoint_create(again))?;
            fine("move", call::move_to(again, endpoint))?;
            fine("give", call::copy(endpoint, of(child.process, HERE), W, 0))?;
        }
    }
    /// K 13.
    fn k13_revoke_what_a_thread_waits_on(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let endpoint = stand.endpoint()?;
        fine("give", call::copy(endpoint, of(child.process, HERE), R, 0))?;
        child.order_call(stand, SystemCall::Receive, &[HERE, FOREVER])?;
        stand.let_it()?;
        fine("revoke", call::revoke(endpoint))?;
        same("capability", fine("inspect", call::inspect(of(child.process, HERE)))?[0], 0)?;
        fine("delete", call::delete(endpoint))?;
        same("status", child.finish(stand)?.status, Error::Cancelled as u64)?;
    }
    fn k21_bad_descriptors(stand) {
        let (_child, endpoint) = server(stand)?;
        for bits in [1 << 42, 1 << 50, 1 << 63] {
            refused("call", call::call(endpoint | bits, &[1]), Error::InvalidArgument)?;
            refused("send", call::send(endpoint | bits, &[1], 0), Error::InvalidArgument)?;
        }
        for words in [BUFFER_WORDS as u64 + 1, 255] {
            let result = call::call(endpoint | words << 32, &[1]);
            refused("too many words", result, Error::InvalidArgument)?;
        }
        refused("an empty slot along", call::call(endpoint | 127 << 16, &[1]), Error::NoCapability)?;
        refused("no slot along", call::call(endpoint | 500 << 16, &[1]), Error::NoCapability)?;
        fine("a good one", call::call(endpoint, &[1]))?;
    }
    fn k21_words_without_a_buffer(stand) {
        let (child, endpoint) = client(stand, W, 0)?;
        let sent = child.tries(stand, SystemCall::Send, &[HERE | 5 << 32, 1])?;
        refused("send", sent, Error::InvalidArgument)?;
        refused("nothing came", call::receive(endpoint, 0), Error::WouldBlock)?;
    }
    fn k21_call_to_itself(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let endpoint = stand.endpoint()?;
        fine("give", call::copy(endpoint, of(child.process, HERE), RW, 0))?;
        let sent = child.tries(stand, SystemCall::Call, &[HERE | NO_WAIT, 1])?;
        refused("call", sent, Error::WouldBlock)?;
        let sent = child.tries(stand, SystemCall::Send, &[HERE, 1])?;
        refused("send", sent, Error::WouldBlock)?;
    }
    fn buffer_words_are_copied(stand) {
        let endpoint = stand.endpoint()?;
        let child = Child::unborn(stand, Birth::POOR)?;
        let buffer = stand.mapped(1, 0x10_0000)?;
        fine("give", call::copy(endpoint, of(child.process, HERE), W, 0))?;
        fine("a thread with a buffer", call::thread_create(&[
            child.thread, child.process, arch::agent_address(), agent::STACK_TOP,
            agent::PAGE_ADDRESS, buffer, 0,
        ]))?;
        fine("schedule", call::schedule_create(child.schedule, 1000, 10_000, 10))?;
        fine("start", call::thread_start(child.thread, child.schedule))?;
        (0..120).for_each(|word| store(0x10_0000 + word * 8, 7000 + word));
        (0..121).for_each(|word| store(ROOT_BUFFER + word * 8, 0));
        let sent = [HERE | (BUFFER_WORDS as u64) << 32, 1, 0, 0, 0, 0, 0, 0, 0, FOREVER];
        child.order_call(stand, SystemCall::Send, &sent)?;
        let message = stand.message(endpoint)?;
        same("words told", message.info >> 32, BUFFER_WORDS as u64)?;
        same("first", load(ROOT_BUFFER), 7000)?;
        same("last", load(ROOT_BUFFER + 119 * 8), 7119)?;
        same("none beyond", load(ROOT_BUFFER + 120 * 8), 0)?;
        child.finish(stand)?;
    }
    fn capability_is_lent_with_a_message(stand) {
        let (child, endpoint) = client(stand, W.with(Rights::GRANT), 0)?;
        let notification = stand.notification()?;
        fine("give", call::copy(notification, of(child.process, HERE + 1), W, 16))?;
        let slot = stand.slot();
        fine("receive slot", call::set_receive_slot(slot))?;
        child.order_call(stand, SystemCall::Send, &[HERE | (HERE + 1) << 16, 0, 0, 0, 0, 0, 0, 0, 0, FOREVER])?;
        let message = stand.message(endpoint)?;
        same("told", message.info & CAPABILITY_RECEIVED, CAPABILITY_RECEIVED)?;
        fine("signal by it", call::signal(slot))?;
        same("bits", fine("wait", call::wait(notification, 0))?, 16)?;
        child.finish(stand)?;
        let deleted = child.tries(stand, SystemCall::Delete, &[HERE + 1])?;
        fine("the lender deletes", deleted)?;
        refused("the loan is gone", call::signal(slot), Error::NoCapability)?;
    }
    fn capability_is_moved_with_a_message(stand) {
        let (child, endpoint) = client(stand, W.with(Rights::GRANT), 0)?;
        let notification = stand.notification()?;
        fine("give", call::copy(notification, of(child.process, HERE + 1), W, 16))?;
        let slot = stand.slot();
        fine("receive slot", call::set_receive_slot(slot))?;
        let descriptor = HERE | (HERE + 1) << 16 | MOVE_CAPABILITY;
        child.order_call(stand, SystemCall::Send, &[descriptor, 0, 0, 0, 0, 0, 0, 0, 0, FOREVER])?;
        stand.message(endpoint)?;
        child.finish(stand)?;
        same("gone there", fine("inspect", call::inspect(of(child.process, HERE + 1)))?[0], 0)?;
        same("here", fine("inspect", call::inspect(slot))?[0], ObjectKind::Notification as u64)?;
    }
    /// K 9.
    fn k09_grant_without_the_right(stand) {
        let (child, _endpoint) = client(stand, W, 0)?;
        let sent = child.tries(stand, SystemCall::Send, &[HERE | agent::PAGE << 16, 0])?;
        refused("send", sent, Error::NoRight)?;
    }
    fn k21_no_receive_slot(stand) {
        let (child, endpoint) = client(stand, W.with(Rights::GRANT), 0)?;
        for slot in [0, EVENTS] {
            fine("receive slot", call::set_receive_slot(slot))?;
            let sent = [HERE | agent::PAGE << 16, 0, 0, 0, 0, 0, 0, 0, 0, FOREVER];
            child.order_call(stand, SystemCall::Send, &sent)?;
            let message = stand.message(endpoint)?;
            same("told", message.info & CAPABILITY_RECEIVED, 0)?;
            child.finish(stand)?;
        }
        refused("out of range", call::set_receive_slot(128), Error::NoCapability)?;
    }
    /// K 22.
    fn k22_deadline_races_with_a_sender(stand) {
        let (child, endpoint) = client(stand, W, 0)?;
        let mut got = 0;
        for turn in 0..200u64 {
            let soon = arch::now() + stand.milliseconds(1) / 20 * (turn % 20);
            let order = [HERE, turn, 0, 0, 0, 0, 0, 0, 0, soon];
            child.order_call(stand, SystemCall::Send, &order)?;
            let came = call::receive(endpoint, arch::now() + stand.milliseconds(1) / 20 * (turn * 7 % 20));
            let came = came.map(|message| (message, stand.note(&message)));
            let sent = child.finish(stand)?.status;
            match came {
                // The sender gave up, and said so before this one did.
                Ok((_, true)) => same("sender's status", sent, Error::TimedOut as u64)?,
                Ok((message, false)) => {
                    got += 1;
                    same("word", message.words[0], turn)?;
                    same("sender's status", sent, 0)?;
                }
                Err(error) => {
                    same("receiver's status", error as u64, Error::TimedOut as u64)?;
                    same("sender's status", sent, Error::TimedOut as u64)?;
                }
            }
        }
        holds("some came through", got > 0)?;
    }
}
