//! Processes: born with what they are given, gone without a trace; and what they were
//! promised stays theirs.

use crate::agent::{self, Order};
use crate::arch;
use crate::call::{self, of};
use crate::child::{Birth, Child};
use crate::stand::{DONE, EVENTS, R, RAM, RW, SCRATCH};
use crate::verdict::{cases, fine, holds, refused, same};
use kernel_abi::boot::{OWN_PROCESS, OWN_THREAD};
use kernel_abi::call::Quota;
use kernel_abi::limits::SLOTS_PER_PROCESS;
use kernel_abi::message::FOREVER;
use kernel_abi::{Error, Rights, SystemCall};

const HERE: u64 = agent::FREE;
const NONE: Quota = Birth::POOR.quota;

cases! {
    fn child_starts_with_empty_slots(stand) {
        let tables = stand.region(2)?;
        let process = stand.slot();
        fine("create", call::process_create(process, tables, EVENTS, 0, NONE, 0))?;
        for slot in 1..SLOTS_PER_PROCESS as u64 {
            same("kind", fine("inspect", call::inspect(of(process, slot)))?[0], 0)?;
        }
    }
    /// K 28: nothing of anybody's is in the registers of a thread that starts.
    fn k28_fresh_registers_are_zero(stand) {
        let child = Child::unborn(stand, Birth::POOR)?;
        child.set_word(agent::RESIDUE, u64::MAX);
        child.start(stand, Birth::POOR, arch::residue_address())?;
        child.does(stand, Order::Rest, &[])?;
        same("what was found", child.word(agent::RESIDUE), 0)?;
    }
    fn process_needs_free_pages(stand) {
        let slot = stand.slot();
        let mapped = stand.mapped(2, SCRATCH)?;
        let make = |tables| call::process_create(slot, tables, EVENTS, 0, NONE, 0);
        refused("mapped", make(mapped), Error::RegionBusy)?;
        let region = stand.region(4)?;
        let part = stand.slot();
        fine("carve", call::carve(region, part, 0, 1))?;
        refused("carved up", make(region), Error::RegionBusy)?;
        let code = stand.region(2)?;
        fine("code", call::set_code(code, 1))?;
        refused("code", make(code), Error::RegionBusy)?;
        let device = stand.device()?.region;
        refused("a device", make(device), Error::RegionBusy)?;
        let weak = stand.region(2)?;
        let weak = stand.copy(weak, R, 0)?;
        refused("read only", make(weak), Error::NoRight)?;
        let large = stand.region(17)?;
        refused("too many", make(large), Error::InvalidArgument)?;
        refused("an endpoint", make(EVENTS), Error::WrongKind)?;
    }
    fn tables_serve_one_process(stand) {
        let tables = stand.region(2)?;
        let (one, two) = (stand.slot(), stand.slot());
        fine("one", call::process_create(one, tables, EVENTS, 0, NONE, 0))?;
        let made = call::process_create(two, tables, EVENTS, 0, NONE, 0);
        refused("two", made, Error::RegionBusy)?;
    }
    fn supervisor_must_be_an_endpoint_to_send_to(stand) {
        let tables = stand.region(2)?;
        let slot = stand.slot();
        let reader = stand.copy(EVENTS, R, 0)?;
        let make = |supervisor| call::process_create(slot, tables, supervisor, 0, NONE, 0);
        refused("a reader", make(reader), Error::NoRight)?;
        refused("a notification", make(DONE), Error::WrongKind)?;
        refused("nothing", make(127), Error::NoCapability)?;
    }
    fn quota_word_has_no_spare_bits(stand) {
        let tables = stand.region(2)?;
        let slot = stand.slot();
        for quota in [1 << 48, 1 << 56, u64::MAX] {
            let made = call::make(SystemCall::ProcessCreate, &[slot, tables, EVENTS, 0, quota, 0]);
            refused("create", made, Error::InvalidArgument)?;
        }
        let share = 32u64 << 16;
        let made = call::process_create(slot, tables, EVENTS, 0, NONE, share);
        refused("priority limit", made, Error::InvalidArgument)?;
        let made = call::process_create(slot, tables, EVENTS, 0, NONE, u64::MAX);
        refused("all ones", made, Error::InvalidArgument)?;
    }
    /// K 30: each kind of object runs out for the child alone.
    fn k30_child_runs_into_its_quota(stand) {
        let child = Child::new(stand, Birth::RICH)?;
        for (number, count) in [(SystemCall::EndpointCreate, 3), (SystemCall::NotificationCreate, 3)] {
            for index in 0..count {
                fine("within", child.tries(stand, number, &[20 + index])?)?;
            }
            refused("one more", child.tries(stand, number, &[30])?, Error::QuotaExceeded)?;
            fine("give one back", child.tries(stand, SystemCall::Delete, &[20])?)?;
            fine("again", child.tries(stand, number, &[20])?)?;
            for index in 0..count {
                fine("give back", child.tries(stand, SystemCall::Delete, &[20 + index])?)?;
            }
        }
        let own = fine("own endpoint", call::endpoint_create(stand.slot()));
        holds("this process has its own", own.is_ok())?;
    }
    fn k30_regions_and_schedules(stand) {
        let child = Child::new(stand, Birth::RICH)?;
        let region = stand.region(8)?;
        fine("give", call::copy(region, of(child.process, HERE), Rights::ALL, 0))?;
        for index in 0..4 {
            let made = child.tries(stand, SystemCall::RegionCarve, &[HERE, 20 + index, index, 1])?;
            fine("within", made)?;
        }
        let made = child.tries(stand, SystemCall::RegionCarve, &[HERE, 30, 5, 1])?;
        refused("one more", made, Error::QuotaExceeded)?;
        for index in 0..2 {
            let made = child.tries(stand, SystemCall::ScheduleCreate, &[40 + index, 1, 1000, 1])?;
            fine("within", made)?;
        }
        let made = child.tries(stand, SystemCall::ScheduleCreate, &[42, 1, 1000, 1])?;
        refused("one more", made, Error::QuotaExceeded)?;
    }
    fn k30_poor_child_makes_nothing(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let region = stand.region(4)?;
        fine("give", call::copy(region, of(child.process, HERE), Rights::ALL, 0))?;
        let endpoint = stand.copy(EVENTS, Rights::WRITE, 0)?;
        fine("give", call::copy(endpoint, of(child.process, HERE + 1), Rights::WRITE, 0))?;
        for (number, arguments) in [
            (SystemCall::EndpointCreate, [20, 0, 0, 0, 0, 0]),
            (SystemCall::NotificationCreate, [20, 0, 0, 0, 0, 0]),
            (SystemCall::ScheduleCreate, [20, 1, 1000, 0, 0, 0]),
            (SystemCall::RegionCarve, [HERE, 20, 0, 1, 0, 0]),
            (SystemCall::ProcessCreate, [20, HERE, HERE + 1, 0, 0, 0]),
        ] {
            refused("create", child.tries(stand, number, &arguments)?, Error::QuotaExceeded)?;
        }
    }
    fn k30_child_can_not_promise_more(stand) {
        let child = Child::new(stand, Birth::RICH)?;
        let tables = stand.region(2)?;
        let endpoint = stand.copy(EVENTS, Rights::WRITE, 0)?;
        fine("give", call::copy(tables, of(child.process, HERE), RW, 0))?;
        fine("give", call::copy(endpoint, of(child.process, HERE + 1), Rights::WRITE, 0))?;
        for quota in [
            Quota { threads: 4, ..NONE }, Quota { endpoints: 4, ..NONE },
            Quota { regions: 5, ..NONE }, Quota { processes: 2, ..NONE }, Quota { schedules: 3, ..NONE },
        ] {
            let arguments = [20, HERE, HERE + 1, 0, quota.pack(), 0];
            let made = child.tries(stand, SystemCall::ProcessCreate, &arguments)?;
            refused("create", made, Error::QuotaExceeded)?;
        }
        let share = child.tries(stand, SystemCall::ProcessCreate, &[20, HERE, HERE + 1, 0, 0, 101])?;
        refused("share", share, Error::QuotaExceeded)?;
        let limit = [20, HERE, HERE + 1, 0, 0, 11 << 16];
        let made = child.tries(stand, SystemCall::ProcessCreate, &limit)?;
        refused("priority", made, Error::InvalidArgument)?;
        let good = Quota { threads: 3, endpoints: 3, processes: 1, ..NONE };
        let made = child.tries(stand, SystemCall::ProcessCreate, &[20, HERE, HERE + 1, 0, good.pack(), 100])?;
        fine("what it has", made)?;
    }
    fn grandchild_dies_with_its_parent(stand) {
        let child = Child::new(stand, Birth::RICH)?;
        let tables = stand.region(2)?;
        let endpoint = stand.copy(EVENTS, Rights::WRITE, 0)?;
        fine("give", call::copy(tables, of(child.process, HERE), RW, 0))?;
        fine("give", call::copy(endpoint, of(child.process, HERE + 1), Rights::WRITE, 0))?;
        let made = child.tries(stand, SystemCall::ProcessCreate, &[20, HERE, HERE + 1, 0, 0, 0])?;
        fine("grandchild", made)?;
        let grandchild = stand.copy(of(child.process, 20), RW, 0)?;
        fine("reach it", call::copy(DONE, of(grandchild, 5), R, 0))?;
        fine("end the child", call::delete(child.process))?;
        refused("the grandchild", call::copy(DONE, of(grandchild, 6), R, 0), Error::NoCapability)?;
        fine("its tables are free", call::map(tables, SCRATCH, RW))?;
    }
    /// K 14.
    fn k14_thread_deletes_itself(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        fine("give", call::copy(child.thread, of(child.process, HERE), RW, 0))?;
        child.order_call(stand, SystemCall::ThreadStop, &[HERE])?;
        stand.let_it()?;
        same("no answer", child.word(16), 0)?;
        fine("delete", call::delete(child.thread))?;
        let other = Child::new(stand, Birth::POOR)?;
        other.does(stand, Order::Rest, &[])?;
    }
    fn k14_process_deletes_its_own_things(stand) {
        for slot in [agent::ORDERS, agent::TEXT, agent::CONSTANTS, agent::STACK, agent::PAGE] {
            let child = Child::new(stand, Birth::POOR)?;
            child.order_call(stand, SystemCall::Delete, &[slot])?;
            let _ = stand.wait_for(&child, 30)?;
            let _ = call::reply(&[0]);
            let other = Child::new(stand, Birth::POOR)?;
            other.does(stand, Order::Rest, &[])?;
            stand.end()?;
            stand.begin()?;
        }
    }
    fn k14_process_deletes_a_grandchild_that_calls_it(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let endpoint = stand.endpoint()?;
        fine("give", call::copy(endpoint, of(child.process, HERE), Rights::WRITE, 0))?;
        child.order_call(stand, SystemCall::Call, &[HERE, 1])?;
        stand.message(endpoint)?;
        fine("delete the caller", call::delete(child.process))?;
        refused("reply", call::reply(&[1]), Error::NoCaller)?;
        fine("sleep", call::sleep(stand.within(1)))?;
    }
    fn deleting_while_it_runs(stand) {
        for _ in 0..10 {
            let child = Child::new(stand, Birth::POOR)?;
            child.order(stand, Order::Spin, &[])?;
            stand.let_it()?;
            fine("delete", call::delete(child.process))?;
            stand.end()?;
            stand.begin()?;
        }
    }
    fn same_place_is_born_again_clean(stand) {
        for turn in 0..40u64 {
            let child = Child::new(stand, Birth::POOR)?;
            same("page", child.word(agent::COUNT), 0)?;
            child.set_word(agent::COUNT, turn + 1);
            child.does(stand, Order::Rest, &[])?;
            stand.end()?;
            stand.begin()?;
        }
    }
    /// K 31: one that crashes again and again holds nobody else up.
    fn k31_crash_loop(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        for _ in 0..100 {
            child.order(stand, Order::Probe, &[3])?;
            let words = child.fault(stand)?;
            let next = words[2] + arch::Probe::Undefined.bytes();
            fine("restart", call::reply(&[kernel_abi::fault::RESUME, next]))?;
            child.finish(stand)?;
        }
    }
    fn thread_of_a_dead_process(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        fine("end", call::delete(child.process))?;
        refused("start", call::thread_start(child.thread, child.schedule), Error::BadState)?;
        fine("stop", call::thread_stop(child.thread))?;
        fine("delete", call::delete(child.thread))?;
    }
    fn thread_needs_a_good_buffer(stand) {
        let own = u64::from(OWN_PROCESS.0);
        let slot = stand.slot();
        let region = stand.region(2)?;
        let weak = stand.copy(region, R, 0)?;
        let make = |buffer| call::thread_create(&[slot, own, SCRATCH, 0, 0, buffer, 0]);
        refused("read only", make(weak), Error::NoRight)?;
        refused("an endpoint", make(EVENTS), Error::WrongKind)?;
        refused("a device", make(stand.device()?.region), Error::RegionBusy)?;
        refused("carved up", make(RAM), Error::RegionBusy)?;
        fine("good", make(region))?;
        refused("it can not become code", call::set_code(region, 1), Error::RegionBusy)?;
    }
    fn buffer_deleted_under_its_thread(stand) {
        let endpoint = stand.endpoint()?;
        let child = Child::unborn(stand, Birth::POOR)?;
        let buffer = stand.region(1)?;
        fine("give", call::copy(endpoint, of(child.process, HERE), Rights::WRITE, 0))?;
        fine("thread", call::thread_create(&[
            child.thread, child.process, arch::agent_address(), agent::STACK_TOP,
            agent::PAGE_ADDRESS, buffer, 0,
        ]))?;
        fine("schedule", call::schedule_create(child.schedule, 1000, 10_000, 10))?;
        fine("start", call::thread_start(child.thread, child.schedule))?;
        child.order_call(stand, SystemCall::Send, &[HERE | 9 << 32, 1, 0, 0, 0, 0, 0, 0, 0, FOREVER])?;
        stand.let_it()?;
        fine("delete the buffer", call::delete(buffer))?;
        same("no words came", stand.message(endpoint)?.info >> 32, 0)?;
        child.finish(stand)?;
    }
    fn own_thread_is_its_own(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        for slot in 1..SLOTS_PER_PROCESS as u64 {
            if slot != agent::DONE {
                let made = child.tries(stand, SystemCall::ThreadStop, &[slot])?;
                holds("refused", made.is_err())?;
            }
        }
        fine("own thread", call::inspect(u64::from(OWN_THREAD.0)))?;
    }
}
