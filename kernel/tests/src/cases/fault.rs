//! Faults: a victim provokes each, and what its supervisor is told is compared.

use crate::agent::{self, Order};
use crate::arch::{self, PRIVILEGED, Probe};
use crate::call::{self, of};
use crate::child::{Birth, Child};
use crate::stand::{EVENTS, Event, Stand};
use crate::verdict::{Verdict, cases, fine, holds, refused, same};
use kernel_abi::{Error, Fault, fault};

/// An address where nothing is.
const NOWHERE: u64 = 0x3000_0000;

/// A victim runs a probe; what must be reported of it.
fn report(stand: &mut Stand, probe: Probe, address: u64, kind: Fault, at: u64) -> Verdict {
    let child = Child::new(stand, Birth::POOR)?;
    let words = child.faults(stand, Order::Probe, &[probe as u64, address, 1])?;
    same("kind", words[0], kind as u64)?;
    if matches!(kind, Fault::Read | Fault::Write | Fault::Execute) {
        same("address", words[1], address)?;
    }
    same("program counter", words[2], at)?;
    let stack = agent::STACK_TOP - agent::STACK_PAGES * 4096..agent::STACK_TOP;
    holds("stack pointer", stack.contains(&words[5]))?;
    fine("end the victim", call::delete(child.process))
}

/// Reads, writes and jumps to an address must all fault.
fn closed(stand: &mut Stand, address: u64) -> Verdict {
    report(stand, Probe::Read, address, Fault::Read, Probe::Read.address())?;
    report(stand, Probe::Write, address, Fault::Write, Probe::Write.address())?;
    report(stand, Probe::Jump, address, Fault::Execute, address)
}

cases! {
    fn read_of_nothing(stand) {
        report(stand, Probe::Read, NOWHERE + 8, Fault::Read, Probe::Read.address())?;
    }
    fn write_to_nothing(stand) {
        report(stand, Probe::Write, NOWHERE + 16, Fault::Write, Probe::Write.address())?;
    }
    /// K 27, as those that follow.
    fn k27_jump_to_nothing(stand) {
        report(stand, Probe::Jump, NOWHERE, Fault::Execute, NOWHERE)?;
    }
    fn k27_null_pointer(stand) {
        closed(stand, 0)?;
        report(stand, Probe::Read, 0xff8, Fault::Read, Probe::Read.address())?;
        report(stand, Probe::Read, 0xfff8, Fault::Read, Probe::Read.address())?;
    }
    /// K 3, from user code.
    fn k03_kernel_addresses(stand) {
        closed(stand, arch::KERNEL_ADDRESS)?;
        report(stand, Probe::Read, u64::MAX - 7, Fault::Read, Probe::Read.address())?;
    }
    fn k03_beyond_the_user_range(stand) {
        closed(stand, 1 << 30)?;
        report(stand, Probe::Read, (1 << 47) - 8, Fault::Read, Probe::Read.address())?;
    }
    fn k03_root_task_addresses(stand) {
        let [.., data] = arch::segments();
        report(stand, Probe::Read, data, Fault::Read, Probe::Read.address())?;
        let info = kernel_abi::boot::ROOT_INFO;
        report(stand, Probe::Read, info, Fault::Read, Probe::Read.address())?;
    }
    fn write_to_text(stand) {
        let [text, ..] = arch::segments();
        report(stand, Probe::Write, text, Fault::Write, Probe::Write.address())?;
    }
    fn write_to_constants(stand) {
        let [_, constants, _] = arch::segments();
        report(stand, Probe::Write, constants, Fault::Write, Probe::Write.address())?;
    }
    fn k27_execute_constants(stand) {
        let [_, constants, _] = arch::segments();
        report(stand, Probe::Jump, constants, Fault::Execute, constants)?;
    }
    fn k27_execute_the_stack(stand) {
        let stack = agent::STACK_TOP - 256;
        report(stand, Probe::Jump, stack, Fault::Execute, stack)?;
    }
    fn k27_execute_data(stand) {
        report(stand, Probe::Jump, agent::PAGE_ADDRESS, Fault::Execute, agent::PAGE_ADDRESS)?;
    }
    fn k27_undefined_instruction(stand) {
        let at = Probe::Undefined.address();
        report(stand, Probe::Undefined, 0, Fault::UndefinedInstruction, at)?;
    }
    fn k27_breakpoint(stand) {
        report(stand, Probe::Breakpoint, 0, Fault::Breakpoint, Probe::Breakpoint.address())?;
    }
    fn k27_stack_overflow(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let words = child.faults(stand, Order::Overflow, &[])?;
        same("kind", words[0], Fault::Write as u64)?;
        let bottom = agent::STACK_TOP - agent::STACK_PAGES * 4096;
        holds("in the guard page", (bottom - 4096..bottom).contains(&words[1]))?;
    }
    fn k27_misaligned_stack(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        if arch::STACK_ALIGNMENT_FAULTS {
            same("kind", child.faults(stand, Order::Misalign, &[])?[0], Fault::Alignment as u64)?;
        } else {
            same("no fault here", child.does(stand, Order::Misalign, &[])?.status, 0)?;
        }
    }
    fn k27_privileged_instructions(stand) {
        for (index, (name, _)) in PRIVILEGED.iter().enumerate() {
            let child = Child::new(stand, Birth::POOR)?;
            child.order(stand, Order::Privileged, &[index as u64])?;
            let event = stand.wait_for(&child, 3000)?;
            let kind = match event {
                Event::Fault(words) => words[0],
                Event::Done | Event::Nothing => 0,
            };
            if kind != Fault::UndefinedInstruction as u64 {
                crate::log::line(format_args!("  in question: {name}"));
            }
            same("kind of fault", kind, Fault::UndefinedInstruction as u64)?;
            fine("leave it stopped", call::reply(&[fault::STOP]))?;
            stand.end()?;
            stand.begin()?;
        }
    }
    fn resume_behind_the_instruction(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        for probe in [Probe::Read, Probe::Undefined, Probe::Breakpoint, Probe::Write] {
            child.order(stand, Order::Probe, &[probe as u64, NOWHERE, 1])?;
            let words = child.fault(stand)?;
            let next = words[2] + probe.bytes();
            fine("resume", call::reply(&[fault::RESUME, next]))?;
            child.finish(stand)?;
        }
    }
    fn resume_after_mapping_what_was_missing(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        let region = stand.mapped(1, 0x10_0000)?;
        arch::store(0x10_0000, 4711);
        child.order(stand, Order::Probe, &[Probe::Read as u64, NOWHERE, 0])?;
        let words = child.fault(stand)?;
        same("address", words[1], NOWHERE)?;
        let place = of(child.process, agent::FREE);
        fine("give", call::copy(region, place, crate::stand::R, 0))?;
        fine("map", call::map(place, NOWHERE, crate::stand::R))?;
        fine("resume", call::reply(&[fault::RESUME, words[2]]))?;
        same("the word", child.finish(stand)?.status, 4711)?;
    }
    fn resume_at_a_bad_address(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        for address in [u64::MAX, 1 << 63, 1 << 47, arch::KERNEL_ADDRESS, 0, NOWHERE] {
            if address == u64::MAX {
                child.order(stand, Order::Probe, &[Probe::Undefined as u64])?;
                child.fault(stand)?;
            }
            fine("resume", call::reply(&[fault::RESUME, address & !3]))?;
            let words = child.fault(stand)?;
            holds("it faults again", words[0] == Fault::Execute as u64 || words[0] == Fault::Alignment as u64
                || words[0] == Fault::UndefinedInstruction as u64)?;
        }
        fine("stop", call::reply(&[fault::STOP]))?;
    }
    fn stopped_after_a_fault_and_started_again(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        child.faults(stand, Order::Probe, &[Probe::Undefined as u64])?;
        fine("start", call::thread_start(child.thread, child.schedule))?;
        let words = child.fault(stand)?;
        same("the same instruction", words[2], Probe::Undefined.address())?;
        fine("resume", call::reply(&[fault::RESUME, words[2] + Probe::Undefined.bytes()]))?;
        child.finish(stand)?;
    }
    fn fault_carries_the_badge(stand) {
        let one = Child::new(stand, Birth::POOR)?;
        let two = Child::new(stand, Birth::POOR)?;
        for child in [&two, &one] {
            child.order(stand, Order::Probe, &[Probe::Undefined as u64])?;
            let message = stand.message(EVENTS)?;
            same("badge", message.badge, child.bit)?;
            fine("stop", call::reply(&[fault::STOP]))?;
        }
    }
    /// K 26.
    fn k26_supervisor_is_gone(stand) {
        let endpoint = stand.endpoint()?;
        let tables = stand.region(2)?;
        let (process, thread, schedule) = (stand.slot(), stand.slot(), stand.slot());
        fine("process", call::process_create(process, tables, endpoint, 0, Birth::POOR.quota, 0))?;
        fine("thread", call::thread_create(&[thread, process, NOWHERE, 0, 0, 0, 0]))?;
        fine("schedule", call::schedule_create(schedule, 1000, 100_000, 10))?;
        fine("end the supervisor", call::delete(endpoint))?;
        fine("start", call::thread_start(thread, schedule))?;
        let mut started = Err(Error::BadState);
        for _ in 0..100 {
            fine("sleep", call::sleep(stand.within(1)))?;
            started = call::thread_start(thread, schedule);
            if started.is_ok() {
                break;
            }
        }
        fine("it was stopped: it can be started", started)?;
        let child = Child::new(stand, Birth::POOR)?;
        holds("others live", child.does(stand, Order::Rest, &[]).is_ok())?;
    }
    fn k26_fault_loop(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        child.order(stand, Order::Probe, &[Probe::Undefined as u64])?;
        let mut words = child.fault(stand)?;
        for _ in 0..300 {
            fine("resume at the same place", call::reply(&[fault::RESUME, words[2]]))?;
            words = child.fault(stand)?;
            same("program counter", words[2], Probe::Undefined.address())?;
        }
        let other = Child::new(stand, Birth::POOR)?;
        fine("stop", call::reply(&[fault::STOP]))?;
        holds("others live", other.does(stand, Order::Rest, &[]).is_ok())?;
    }
    fn supervisor_that_does_not_answer(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        child.order(stand, Order::Probe, &[Probe::Undefined as u64])?;
        child.fault(stand)?;
        refused("receiving leaves it stopped", call::receive(EVENTS, 0), Error::WouldBlock)?;
        fine("start", call::thread_start(child.thread, child.schedule))?;
        child.fault(stand)?;
    }
    fn victim_deleted_while_its_fault_waits(stand) {
        let child = Child::new(stand, Birth::POOR)?;
        child.order(stand, Order::Probe, &[Probe::Undefined as u64])?;
        stand.let_it()?;
        fine("delete", call::delete(child.process))?;
        refused("nothing came", call::receive(EVENTS, 0), Error::WouldBlock)?;
    }
}
