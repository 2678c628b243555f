//! Time: budgets, priorities, donation, sleep.

use crate::agent::{self, COUNT, END, Order};
use crate::arch;
use crate::call::{self, of};
use crate::child::{Birth, Child};
use crate::stand::{R, Stand};
use crate::verdict::{Verdict, cases, fine, holds, refused, same};
use kernel_abi::boot::{OWN_SCHEDULE, OWN_THREAD};
use kernel_abi::limits::PRIORITIES;
use kernel_abi::{Error, Rights, SystemCall};

const HERE: u64 = agent::FREE;

/// A child that counts until told to end.
fn spinner(stand: &mut Stand, birth: Birth) -> Verdict<Child> {
    let child = Child::new(stand, birth)?;
    child.order(stand, Order::Spin, &[])?;
    Ok(child)
}

/// How far a spinner counts while this thread sleeps.
fn counted(stand: &Stand, child: &Child, milliseconds: u64) -> Verdict<u64> {
    let start = child.word(COUNT);
    fine("sleep", call::sleep(stand.within(milliseconds)))?;
    Ok(child.word(COUNT) - start)
}

/// Waits until this thread's own period is over, so that it has its whole budget again
/// (a quarter of 100 ms), and what follows runs on that.
fn rested(stand: &Stand) -> Verdict {
    fine("rest", call::sleep(stand.within(110)))
}

fn end(stand: &mut Stand, child: &Child) -> Verdict {
    child.set_word(END, 1);
    child.finish(stand).map(|_| ())
}

cases! {
    fn sleep_is_as_long_as_told(stand) {
        for milliseconds in [1, 5, 20] {
            let start = arch::now();
            fine("sleep", call::sleep(stand.within(milliseconds)))?;
            holds("not shorter", arch::now() - start >= stand.milliseconds(milliseconds))?;
        }
        fine("in the past", call::sleep(0))?;
        fine("in the past", call::sleep(1))?;
        fine("now", call::sleep(arch::now()))?;
    }
    fn clock_does_not_go_back(stand) {
        let mut last = arch::now();
        for turn in 0..1000 {
            if turn % 100 == 0 {
                fine("sleep", call::sleep(stand.within(1)))?;
            }
            let now = arch::now();
            holds("later", now >= last)?;
            last = now;
        }
    }
    fn sleepers_wake_in_order(stand) {
        let one = Child::new(stand, Birth::POOR)?;
        let two = Child::new(stand, Birth::POOR)?;
        one.order_call(stand, SystemCall::Sleep, &[stand.within(40)])?;
        two.order_call(stand, SystemCall::Sleep, &[stand.within(10)])?;
        two.finish(stand)?;
        same("the later one sleeps on", one.word(16), 0)?;
        one.finish(stand)?;
    }
    fn budget_is_a_limit(stand) {
        // 2 ms in 40: a spinner must not run for more than a tenth of the time.
        let child = spinner(stand, Birth { budget: 2, period: 40, ..Birth::POOR })?;
        fine("first period", call::sleep(stand.within(50)))?;
        let slow = counted(stand, &child, 400)?;
        end(stand, &child)?;
        let free = spinner(stand, Birth { budget: 36, period: 60, ..Birth::POOR })?;
        fine("first period", call::sleep(stand.within(70)))?;
        let fast = counted(stand, &free, 400)?;
        end(stand, &free)?;
        holds("it ran", slow > 0)?;
        holds("a twentieth against six tenths", slow * 4 < fast)?;
    }
    fn budget_comes_back(stand) {
        let child = spinner(stand, Birth { budget: 1, period: 10, ..Birth::POOR })?;
        for _ in 0..5 {
            holds("it ran again", counted(stand, &child, 40)? > 0)?;
        }
        end(stand, &child)?;
    }
    fn budgets_hold_against_a_higher_priority(stand) {
        // The higher one has 3 ms in 20; the lower one must get the rest.
        let high = spinner(stand, Birth { priority: 20, ..Birth::POOR })?;
        let low = spinner(stand, Birth { priority: 3, ..Birth::POOR })?;
        holds("the lower one ran", counted(stand, &low, 100)? > 0)?;
        end(stand, &high)?;
        end(stand, &low)?;
    }
    fn higher_priority_runs_first(stand) {
        let low = spinner(stand, Birth { priority: 3, budget: 10, period: 20, ..Birth::POOR })?;
        let high = Child::new(stand, Birth { priority: 10, ..Birth::POOR })?;
        stand.let_it()?;
        rested(stand)?;
        let start = arch::now();
        high.does(stand, Order::Rest, &[])?;
        holds("at once", arch::now() - start < stand.milliseconds(40))?;
        end(stand, &low)?;
    }
    fn equal_priorities_share_by_yield(stand) {
        let birth = Birth { priority: 5, budget: 4, period: 20, ..Birth::POOR };
        let one = Child::new(stand, birth)?;
        let two = Child::new(stand, birth)?;
        one.order(stand, Order::Yields, &[2000])?;
        two.order(stand, Order::Yields, &[2000])?;
        one.finish(stand)?;
        two.finish(stand)?;
    }
    /// K 23.
    fn k23_yield_storm(stand) {
        let storm = Child::new(stand, Birth { priority: 12, ..Birth::POOR })?;
        storm.order(stand, Order::Yields, &[100_000])?;
        let other = Child::new(stand, Birth { priority: 5, ..Birth::POOR })?;
        for _ in 0..10 {
            other.does(stand, Order::Rest, &[])?;
        }
        fine("own yield", call::yield_now())?;
    }
    fn k23_budget_zero(stand) {
        let slot = stand.slot();
        refused("budget 0", call::schedule_create(slot, 0, 100, 5), Error::InvalidArgument)?;
        refused("period 0", call::schedule_create(slot, 0, 0, 5), Error::InvalidArgument)?;
        refused("more than all", call::schedule_create(slot, 101, 100, 5), Error::InvalidArgument)?;
        let long = 1 << 48;
        refused("too long", call::schedule_create(slot, 1, long, 5), Error::InvalidArgument)?;
        refused("too long", call::schedule_create(slot, u64::MAX, u64::MAX, 5), Error::InvalidArgument)?;
    }
    fn k23_priority_out_of_range(stand) {
        let slot = stand.slot();
        for priority in [PRIORITIES as u64, 255, 256, 1 << 32, u64::MAX] {
            let made = call::schedule_create(slot, 1, 1000, priority);
            refused("priority", made, Error::InvalidArgument)?;
        }
        fine("the highest", call::schedule_create(slot, 1, 1000, PRIORITIES as u64 - 1))?;
    }
    fn k23_priority_above_the_limit(stand) {
        let child = Child::new(stand, Birth::RICH)?;
        let make = |priority| [HERE, 1000, 100_000, priority];
        let made = child.tries(stand, SystemCall::ScheduleCreate, &make(11))?;
        refused("above", made, Error::QuotaExceeded)?;
        let made = child.tries(stand, SystemCall::ScheduleCreate, &make(10))?;
        fine("at the limit", made)?;
    }
    fn k23_more_share_than_there_is(stand) {
        let child = Child::new(stand, Birth::RICH)?;
        let made = child.tries(stand, SystemCall::ScheduleCreate, &[HERE, 101, 1000, 5])?;
        refused("101 of 100", made, Error::QuotaExceeded)?;
        let made = child.tries(stand, SystemCall::ScheduleCreate, &[HERE, 60, 1000, 5])?;
        fine("60", made)?;
        let made = child.tries(stand, SystemCall::ScheduleCreate, &[HERE + 1, 41, 1000, 5])?;
        refused("41 more", made, Error::QuotaExceeded)?;
        let made = child.tries(stand, SystemCall::ScheduleCreate, &[HERE + 1, 1, 1_000_000, 5])?;
        fine("the least counts as 1", made)?;
    }
    fn server_runs_on_its_callers_time(stand) {
        // A server without a schedule of its own: every tick it works is its caller's.
        let server = Child::new(stand, Birth::POOR)?;
        let endpoint = stand.endpoint()?;
        fine("give", call::copy(endpoint, of(server.process, HERE), R, 0))?;
        server.order(stand, Order::Serve, &[HERE])?;
        stand.let_it()?;
        fine("take its schedule", call::thread_start(server.thread, 0))?;
        for turn in 0..20 {
            let reply = fine("call", call::call(endpoint, &[turn]))?;
            same("word", reply.words[0], turn + 1)?;
        }
        refused("send", call::send(endpoint, &[1], 0), Error::NoSchedule)?;
    }
    fn server_runs_at_its_callers_priority(stand) {
        // A spinner at 10 would starve a server at 5 but for the caller's 24.
        let server = Child::new(stand, Birth { priority: 5, ..Birth::POOR })?;
        let endpoint = stand.endpoint()?;
        fine("give", call::copy(endpoint, of(server.process, HERE), R, 0))?;
        server.order(stand, Order::Serve, &[HERE])?;
        stand.let_it()?;
        let spinner = spinner(stand, Birth { priority: 10, budget: 12, period: 24, ..Birth::POOR })?;
        stand.let_it()?;
        for _ in 0..5 {
            rested(stand)?;
            let before = spinner.word(COUNT);
            let reply = fine("call", call::call(endpoint, &[99, stand.milliseconds(2)]))?;
            same("word", reply.words[0], 100)?;
            same("the spinner stood still", spinner.word(COUNT), before)?;
        }
        end(stand, &spinner)?;
    }
    fn stingy_caller_does_not_hold_a_server(stand) {
        // The caller has 1 ms in 200; the work takes 5, so the server ends it on its own.
        let server = Child::new(stand, Birth { priority: 12, budget: 10, period: 20, ..Birth::POOR })?;
        let caller = Child::new(stand, Birth { priority: 14, budget: 1, period: 200, ..Birth::POOR })?;
        let endpoint = stand.endpoint()?;
        fine("give", call::copy(endpoint, of(server.process, HERE), R, 0))?;
        fine("give", call::copy(endpoint, of(caller.process, HERE), Rights::WRITE, 0))?;
        server.order(stand, Order::Serve, &[HERE])?;
        stand.let_it()?;
        rested(stand)?;
        caller.order_call(stand, SystemCall::Call, &[HERE, 99, stand.milliseconds(5)])?;
        let start = arch::now();
        stand.let_it()?;
        fine("another call", call::call(endpoint, &[1]))?;
        holds("soon", arch::now() - start < stand.milliseconds(150))?;
        same("the caller's answer", caller.finish(stand)?.words[0], 100)?;
    }
    fn chain_of_servers(stand) {
        // This thread calls A's endpoint, which a forwarder answers by calling B.
        let server = Child::new(stand, Birth { priority: 4, ..Birth::POOR })?;
        let client = Child::new(stand, Birth { priority: 6, ..Birth::POOR })?;
        let inner = stand.endpoint()?;
        fine("give", call::copy(inner, of(server.process, HERE), R, 0))?;
        fine("give", call::copy(inner, of(client.process, HERE), Rights::WRITE, 0))?;
        server.order(stand, Order::Serve, &[HERE])?;
        for turn in 0..10 {
            let reply = client.tries(stand, SystemCall::Call, &[HERE, 40 + turn])?;
            same("word", fine("call", reply)?.words[0], 41 + turn)?;
        }
    }
    fn schedule_of_another_thread(stand) {
        let one = Child::new(stand, Birth::POOR)?;
        let two = Child::unborn(stand, Birth::POOR)?;
        fine("thread", call::thread_create(&[
            two.thread, two.process, arch::agent_address(), agent::STACK_TOP, agent::PAGE_ADDRESS, 0, 0,
        ]))?;
        refused("start", call::thread_start(two.thread, one.schedule), Error::BadState)?;
        let own = u64::from(OWN_SCHEDULE.0);
        refused("start", call::thread_start(two.thread, own), Error::BadState)?;
    }
    fn schedule_deleted_under_its_thread(stand) {
        let child = spinner(stand, Birth::POOR)?;
        stand.let_it()?;
        fine("delete", call::delete(child.schedule))?;
        let count = child.word(COUNT);
        same("it stands", counted(stand, &child, 30)?, 0)?;
        holds("it had run", count > 0)?;
        fine("stop", call::thread_stop(child.thread))?;
        fine("another", call::schedule_create(child.schedule, stand.milliseconds(2), stand.milliseconds(20), 9))?;
        fine("start", call::thread_start(child.thread, child.schedule))?;
        holds("it goes on", counted(stand, &child, 30)? > 0)?;
        end(stand, &child)?;
    }
    fn start_what_runs(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        refused("start", call::thread_start(child.thread, child.schedule), Error::BadState)?;
        let own = u64::from(OWN_THREAD.0);
        refused("no schedule", call::thread_start(own, 0), Error::BadState)?;
    }
    fn stopped_thread_goes_on(stand) {
        let child = spinner(stand, Birth::POOR)?;
        stand.let_it()?;
        fine("stop", call::thread_stop(child.thread))?;
        same("it stands", counted(stand, &child, 30)?, 0)?;
        fine("start", call::thread_start(child.thread, child.schedule))?;
        holds("it goes on", counted(stand, &child, 30)? > 0)?;
        end(stand, &child)?;
    }
}
