//! Every sequence of system calls to a depth, on a small configuration.
//!
//! Two processes and the root task share an endpoint, a notification and a little memory;
//! each call has a handful of candidate arguments, good and bad. From every state reached
//! each running thread makes each call; states met before (by [`digest`]) are not entered
//! again. In every state all rules of [`invariants`](crate::invariants) hold, and:
//!
//! **authority confinement.** What a process may ever do with an object is bounded by
//! what was granted: the first capability of a process to an object it has not created
//! can only come from a process that held as much ([`authority`]). The authority of each
//! process is compared over each step that is made:
//! an object or right a process gains must be one that some process able to give held
//! before, or come from an object made in this very step.

use crate::digest::digest;
use crate::invariants::derivation::used;
use crate::invariants::{Broken, check, ensure};
use crate::scene::{READ_WRITE, SUPERVISOR};
use crate::world::World;
use kernel_abi::boot::FREE_RAM;
use kernel_abi::message::{FOREVER, MOVE_CAPABILITY};
use kernel_abi::status::ObjectKind;
use kernel_abi::{Fault, SystemCall as C};
use kernel_core::table::owner;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

/// What each process may do: process, kind and object, to rights.
pub type Authority = BTreeMap<(usize, u8, u16, u32), u64>;

/// What the capability tables allow now.
pub fn authority(world: &World) -> Authority {
    let mut found = Authority::new();
    for (id, slot) in used(world) {
        let c = &slot.capability;
        let key = (owner(id).index(), c.kind as u8, c.object, c.generation);
        *found.entry(key).or_default() |= c.rights.bits();
    }
    found
}

/// One thing that can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The running thread makes this call.
    Call(C, [u64; 10]),
    /// The running thread faults.
    Fault,
    /// So many ticks pass.
    Time(u64),
    /// The running thread makes this call, and an interrupt comes at the first look.
    Interrupted(C, [u64; 10]),
}

/// What was seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Different states.
    pub states: u64,
    /// Steps made.
    pub steps: u64,
    /// Steps that led to a state met before.
    pub repeated: u64,
}

/// The small configuration: a server (priority 12) and a client (10), and what they share.
pub fn configuration() -> World {
    let mut world = World::scene();
    world.must(C::EndpointCreate, &[60]);
    world.must(C::NotificationCreate, &[61]);
    let server = world.child(70, 0, 12, 100, 1000);
    let client = world.child(80, 8, 10, 100, 1000);
    for (child, badge) in [(server, 0), (client, 7)] {
        let rights = if badge == 0 { 15 } else { 10 };
        world.must(C::Copy, &[60, child.place(2), rights, badge]);
        world.must(C::Copy, &[61, child.place(3), 3, badge]);
        world.must(C::Copy, &[child.slot, child.place(4), 15, 0]);
        world.must(C::Copy, &[child.slot + 2, child.place(5), 15, 0]);
    }
    world.must(C::RegionCarve, &[FREE_RAM.0.into(), 62, 16, 3]);
    world.must(C::Copy, &[62, client.place(6), READ_WRITE | 4, 0]);
    world.rest();
    world
}

/// What the running thread may try: good arguments and bad ones.
pub fn events() -> Vec<Event> {
    const AT: u64 = 0x10_0000;
    let calls: &[(C, &[u64])] = &[
        (C::Call, &[2, 1]), (C::Call, &[2 | 6 << 16, 2]), (C::Call, &[2 | 8 << 16]),
        (C::ReplyReceive, &[2, 1]), (C::Receive, &[2, 0]), (C::Receive, &[2, FOREVER]),
        (C::Send, &[2 | 3 << 16, 0, 0, 0, 0, 0, 0, 0, 0, FOREVER]),
        (C::Send, &[2 | 7 << 16 | MOVE_CAPABILITY, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        (C::Reply, &[0, 1]), (C::Signal, &[3]), (C::Wait, &[3, FOREVER]), (C::Yield, &[]),
        (C::SetReceiveSlot, &[7]), (C::Copy, &[2, 7, 2, 0]), (C::Copy, &[6, 7, 3, 0]),
        (C::Copy, &[6, 8, 1, 0]), (C::Copy, &[7, 8, 15, 5]), (C::Move, &[7, 8]),
        (C::Delete, &[6]), (C::Delete, &[7]), (C::Delete, &[4]), (C::Revoke, &[6]),
        (C::Revoke, &[2]), (C::RegionCarve, &[6, 7, 0, 2]), (C::RegionCarve, &[6, 8, 1, 2]),
        (C::RegionSetCode, &[7, 1]), (C::Map, &[6, AT, 3]), (C::Map, &[7, AT + 0x2000, 3]),
        (C::Map, &[7, AT, 5]), (C::Unmap, &[7]), (C::Protect, &[7, 1]),
        (C::EndpointCreate, &[7]), (C::ProcessCreate, &[8, 7, 2, 7, 0, 0]),
        (C::ThreadCreate, &[7, 4, 0, 0, 0, 1]), (C::ThreadStart, &[5, 0]),
        (C::ThreadStop, &[5]), (C::ThreadBind, &[5, 3]), (C::Delete, &[1]), (C::Delete, &[5]),
        (C::Copy, &[4 << 16 | 2, 4 << 16 | 8, 15, 0]), (C::Call, &[6]), (C::Map, &[2, AT, 3]),
    ];
    let full = |given: &[u64]| {
        let mut arguments = [0; 10];
        arguments[..given.len()].copy_from_slice(given);
        arguments
    };
    let mut events: Vec<Event> =
        calls.iter().map(|(call, given)| Event::Call(*call, full(given))).collect();
    events.extend([Event::Fault, Event::Time(100), Event::Time(1000)]);
    for given in [6, 4, 1] {
        events.push(Event::Interrupted(C::Delete, full(&[given])));
    }
    events
}

/// Lets an event happen; false if it can not.
pub fn apply(world: &mut World, event: Event) -> bool {
    match event {
        Event::Time(ticks) => world.advance(ticks),
        Event::Fault if world.running().is_some() => world.fault(Fault::Read, SUPERVISOR),
        Event::Call(call, arguments) | Event::Interrupted(call, arguments) => {
            let Some(me) = world.running() else { return false };
            if world.kernel.contexts[me].repeats.is_some() {
                return false;
            }
            if matches!(event, Event::Interrupted(..)) {
                world.machine.interrupt_after.set(Some(0));
            }
            world.system_call(call as u64, &arguments);
            world.machine.interrupt_after.set(None);
        }
        Event::Fault => return false,
    }
    while world.running().is_some_and(|me| world.kernel.contexts[me].repeats.is_some()) {
        world.go_on();
    }
    true
}

/// No process gains what nobody who could give it had.
fn confined(before: &Authority, after: &Authority) -> Result<(), Broken> {
    for ((process, kind, object, generation), rights) in after {
        let had = before.get(&(*process, *kind, *object, *generation)).copied().unwrap_or(0);
        if rights & !had == 0 {
            continue;
        }
        let known = before.keys().any(|key| (key.1, key.2, key.3) == (*kind, *object, *generation));
        let granted = before
            .iter()
            .filter(|(key, _)| (key.1, key.2, key.3) == (*kind, *object, *generation))
            .any(|(_, held)| rights & !had & !held == 0);
        ensure!(
            !known || granted,
            "process {process} gained rights {rights:#x} to object {object} of kind {kind}, from nowhere"
        );
        let possible = *kind != ObjectKind::Monitor as u8 && *kind != ObjectKind::Interrupt as u8;
        ensure!(known || possible, "process {process} made an object of kind {kind}");
    }
    Ok(())
}

/// A state to go on from: an ancestor that is kept whole, and the way from there.
struct Stand {
    kept: Rc<World>,
    path: Vec<u8>,
    from: usize,
}

/// States of so many levels are kept whole; deeper ones are made again from their path.
const KEPT_LEVELS: usize = 2;

/// Every sequence of events to a depth.
///
/// # Errors
/// The sequence that broke a rule, and the rule.
pub fn explore(depth: usize, mut tell: impl FnMut(usize, &Report)) -> Result<Report, Broken> {
    let events = events();
    let start = configuration();
    check(&start)?;
    let mut seen = HashSet::from([digest(&start)]);
    let mut report = Report { states: 1, ..Report::default() };
    let mut frontier = vec![Stand { kept: Rc::new(start), path: Vec::new(), from: 0 }];
    for level in 1..=depth {
        let mut next = Vec::new();
        for stand in &frontier {
            let mut world = World::clone(&stand.kept);
            for step in &stand.path[stand.from..] {
                apply(&mut world, events[usize::from(*step)]);
            }
            world.touch_everything();
            let before = authority(&world);
            for (index, event) in events.iter().enumerate() {
                let mut there = world.clone();
                if !apply(&mut there, *event) {
                    continue;
                }
                report.steps += 1;
                if !seen.insert(digest(&there)) {
                    report.repeated += 1;
                    continue;
                }
                report.states += 1;
                let mut path = stand.path.clone();
                path.push(index as u8);
                let judged = check(&there).and_then(|()| confined(&before, &authority(&there)));
                if let Err(broken) = judged {
                    let steps = path.iter().map(|step| events[usize::from(*step)]);
                    let steps: String = steps.map(|event| format!("\n  {event:x?}")).collect();
                    return Err(format!("{broken}\nafter:{steps}"));
                }
                if level == depth {
                    continue;
                }
                next.push(if level <= KEPT_LEVELS {
                    Stand { kept: Rc::new(there), from: path.len(), path }
                } else {
                    Stand { kept: Rc::clone(&stand.kept), from: stand.from, path }
                });
            }
        }
        frontier = next;
        tell(level, &report);
    }
    Ok(report)
}
