//! Noninterference: what a process sees does not depend on what a stranger does.
//!
//! Process B makes the same random calls in two runs; process A, with which it shares
//! nothing, behaves differently in each, within its own budget and quota. Everything B
//! sees must be the same: every result of every call, and, since every thread of B outranks A, the time
//! at which it sees it.

use kernel_abi::message::NO_WAIT;
use kernel_abi::{Error, Fault, SystemCall as C};
use kernel_model::World;
use kernel_model::world::Answer;
use kernel_model::random::{CALLS, Random, Source, choose};
use kernel_model::scene::{Child, READ_WRITE};

/// What B sees when it comes to act: the time, its registers, and what it does next.
type Seen = (u64, [u64; 11], u64, [u64; 10]);

fn strangers() -> (World, Child, Child) {
    let mut world = World::scene();
    let mut make = |index: u64, priority, limit| {
        let (slot, page) = (70 + 10 * index, 16 * index);
        let child = world.limited_child(slot, page, priority, 250, 1000, limit);
        world.must(C::RegionCarve, &[4, slot + 5, page + 6, 8]);
        world.must(C::EndpointCreate, &[60 + 2 * index]);
        world.must(C::NotificationCreate, &[61 + 2 * index]);
        let lent = [
            (slot + 5, 2, READ_WRITE | 4),
            (60 + 2 * index, 3, 15),
            (61 + 2 * index, 4, 3),
            (slot, 5, 15),
            (slot + 2, 6, 15),
            (slot + 3, 7, 15),
        ];
        for (from, to, rights) in lent {
            world.must(C::Copy, &[from, child.place(to), rights, 0]);
        }
        child
    };
    let (a, b) = (make(0, 1, 1), make(1, 12, 23));
    world.rest();
    (world, a, b)
}

/// A call of B that will rarely be its last: it waits for nothing for ever, and seldom
/// ends itself.
fn lively(world: &World, source: &mut Random) -> (u64, [u64; 10]) {
    loop {
        let (number, mut arguments) = choose(world, source);
        let soon = world.machine.now + 40;
        let ends_it = number == C::ThreadStop as u64
            || (number == C::Delete as u64 || number == C::Revoke as u64)
                && (5..8).contains(&(arguments[0] & 0xffff));
        if number == C::ReplyReceive as u64 || ends_it && !source.one_in(20) {
            continue;
        }
        if number == C::Call as u64 {
            arguments[0] |= NO_WAIT;
        }
        for deadline in [1, 9] {
            arguments[deadline] = match arguments[deadline] {
                u64::MAX => soon,
                other => other,
            };
        }
        return (number, arguments);
    }
}

fn run(secret: u64, seed: u64, silent: bool) -> Vec<Seen> {
    let (mut world, a, b) = strangers();
    world.machine.sudden_ticks = 1;
    let (mut for_a, mut for_b) = (Random::new(secret), Random::new(seed));
    let mut seen = Vec::new();
    let end = world.machine.now + 12_000;
    while world.machine.now < end {
        let Some(me) = world.running() else {
            world.advance(1);
            continue;
        };
        let process = world.kernel.threads[me].process;
        let before = world.machine.now;
        if world.kernel.contexts[me].repeats.is_some() {
            world.go_on();
        } else if process.is(b.process) {
            let (number, arguments) = lively(&world, &mut for_b);
            let registers = world.kernel.contexts[me].registers;
            seen.push((world.machine.now, registers, number, arguments));
            world.system_call(number, &arguments);
        } else if process.is(a.process) && !silent {
            if for_a.one_in(200) {
                world.fault(Fault::Write, secret);
            } else {
                let (number, arguments) = choose(&world, &mut for_a);
                if for_a.one_in(6) {
                    world.machine.interrupt_after.set(Some(for_a.below(3) as u32));
                }
                world.system_call(number, &arguments);
            }
        }
        world.machine.interrupt_after.set(None);
        if world.machine.now == before {
            world.advance(1);
        }
    }
    seen
}

#[test]
fn a_stranger_is_not_seen() {
    let (mut calls, mut longest) = (0, 0);
    for seed in 0..if cfg!(debug_assertions) { 40 } else { 400 } {
        let quiet = run(0, seed, true);
        for secret in 1..4 {
            let other = run(secret, seed, false);
            let differs = quiet.iter().zip(&other).position(|(one, two)| one != two);
            if let Some(at) = differs {
                let name = CALLS.iter().find(|call| **call as u64 == quiet[at.max(1) - 1].2);
                panic!(
                    "seed {seed}, secret {secret}: after {name:?} {:x?}\n{:x?}\n{:x?}",
                    quiet[at.max(1) - 1].3, quiet[at], other[at]
                );
            }
            assert_eq!(quiet.len(), other.len(), "seed {seed}, secret {secret}: B acts less often");
        }
        calls += quiet.len();
        longest = longest.max(quiet.len());
    }
    assert!(longest > 100, "B hardly acts");
    println!("{calls} calls of B, each seen three times more beside another A");
}

/// Whether a stranger is in the middle of a deletion shows in no status.
#[test]
fn a_strangers_unfinished_deletion_is_not_seen() {
    let (mut world, a, b) = strangers();
    world.runs(b.thread);
    world.call(C::Sleep, &[world.machine.now + 10]);
    world.runs(a.thread);
    world.must(C::RegionCarve, &[2, 20, 0, 8]);
    world.machine.sudden_ticks = 20;
    world.machine.interrupt_after.set(Some(0));
    world.call(C::Delete, &[20]);
    world.runs(b.thread);
    assert_ne!(world.kernel.dying, 0, "the deletion was not cut short");
    world.refused(Error::NoCapability, C::Delete, &[21]);
    world.call(C::Sleep, &[world.machine.now + 100]);
    world.runs(a.thread);
    assert_eq!(world.go_on(), Answer::Status(0));
    assert_eq!(world.kernel.dying, 0);
    world.refused(Error::NoCapability, C::Delete, &[20]);
}
