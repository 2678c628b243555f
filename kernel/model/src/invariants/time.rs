//! Rules of time: who runs on which schedule, and that the right one runs.

use super::{Broken, ensure};
use crate::world::World;
use kernel_abi::limits::{PRIORITIES, SCHEDULES};
use kernel_core::Machine;
use kernel_core::arena::{Id, Link};
use kernel_core::schedule::{Schedule, Standing};
use kernel_core::thread::{Special, State, Thread};

pub(super) fn check(world: &World) -> Result<(), Broken> {
    check_lists(world)?;
    check_holders(world)?;
    check_choice(world)
}

/// Every schedule stands in the list its standing names, and in no other.
fn check_lists(world: &World) -> Result<(), Broken> {
    let kernel = &world.kernel;
    let mut listed = [Standing::Idle; SCHEDULES];
    let mut walk = |head: Link<Schedule>, standing: Standing, priority: Option<u8>| {
        let (mut before, mut here, mut last) = (Link::NONE, head, 0);
        while let Some(id) = here.get() {
            let schedule = &kernel.schedules[id];
            ensure!(schedule.life.live, "the dead schedule {id:?} is {standing:?}");
            ensure!(schedule.previous == before, "{id:?}: does not point back in its list");
            ensure!(schedule.standing == standing, "{id:?} is {:?}", schedule.standing);
            ensure!(listed[id.index()] == Standing::Idle, "{id:?} stands in two lists");
            ensure!(
                priority.is_none_or(|priority| priority == schedule.priority),
                "{id:?} in the queue of another priority"
            );
            ensure!(
                standing != Standing::Depleted || schedule.period_end >= last,
                "the depleted are not sorted"
            );
            listed[id.index()] = standing;
            (before, last, here) = (here, schedule.period_end, schedule.next);
        }
        Ok(())
    };
    for priority in 0..PRIORITIES as u8 {
        walk(kernel.run.first(priority), Standing::Queued, Some(priority))?;
    }
    walk(kernel.run.depleted, Standing::Depleted, None)?;
    for (id, schedule) in kernel.schedules.iter() {
        let expected = if kernel.run.current.is(id) && id.index() != 0 {
            Standing::Current
        } else {
            listed[id.index()]
        };
        ensure!(schedule.standing == expected, "{id:?} is {:?}", schedule.standing);
        ensure!(schedule.remaining <= schedule.budget, "{id:?} has more than its budget");
    }
    Ok(())
}

/// Schedules and owners name each other; each ready thread has the time that is due to it.
fn check_holders(world: &World) -> Result<(), Broken> {
    let kernel = &world.kernel;
    let mut carried = [None; SCHEDULES];
    for (id, thread) in kernel.threads.iter().filter(|(_, thread)| thread.life.live) {
        if let Some(own) = thread.schedule.get() {
            let schedule = &kernel.schedules[own];
            ensure!(schedule.life.live, "{id:?} owns the dead schedule {own:?}");
            ensure!(schedule.owner.is(id), "{id:?} owns {own:?}, which does not know");
        }
        if thread.state != State::Ready {
            continue;
        }
        let on = kernel.schedule_of(id);
        ensure!(on == due(world, id), "{id:?} runs on {on:?}, due is {:?}", due(world, id));
        ensure!(
            !on.is_none() || thread.schedule.is_none(),
            "lost wake-up: {id:?} is ready, has time, and runs on none"
        );
        if let Some(on) = on.get() {
            ensure!(kernel.runner(on) == Some(id), "{on:?} carries {:?}", kernel.runner(on));
            ensure!(
                kernel.schedules[on].standing != Standing::Idle,
                "lost wake-up: {id:?} is ready and its schedule {on:?} is not"
            );
            let other = carried[on.index()].replace(id);
            ensure!(other.is_none(), "{on:?} carries {other:?} and {id:?}");
        }
    }
    for (id, schedule) in kernel.schedules.iter() {
        if let Some(owner) = schedule.owner.get() {
            ensure!(schedule.life.live, "the dead schedule {id:?} is owned");
            ensure!(kernel.threads[owner].schedule.is(id), "{owner:?} does not own {id:?}");
        }
    }
    Ok(())
}

/// The time a thread must run on: that of the first in the chain of calls above it that
/// has any, down from where a server was detached from its caller's time.
fn due(world: &World, thread: Id<Thread>) -> Link<Schedule> {
    let threads = &world.kernel.threads;
    let mut chain = vec![thread];
    while let Some(last) = chain.last()
        && let Some(caller) = threads[*last].caller.get()
        && !threads[*last].special.has(Special::DETACHED)
    {
        chain.push(caller);
    }
    let mut down = chain.iter().rev().map(|id| threads[*id].schedule);
    down.find(|schedule| !schedule.is_none()).unwrap_or(Link::NONE)
}

/// The best one runs, and the processor and the timer are set for it.
fn check_choice(world: &World) -> Result<(), Broken> {
    let (kernel, machine) = (&world.kernel, &world.machine);
    let wants = |id: Id<Schedule>| kernel.runner(id);
    let best = (kernel.schedules.iter())
        .filter(|(id, s)| s.standing == Standing::Queued && wants(*id).is_some())
        .map(|(_, s)| s.priority)
        .max();
    let armed = |ticks: u64| machine.timer <= ticks;
    match kernel.run.current.get() {
        None => {
            ensure!(kernel.idle, "nobody runs and the kernel is not idle");
            ensure!(best.is_none(), "idle while somebody of priority {best:?} is queued");
        }
        Some(current) => {
            let schedule = &kernel.schedules[current];
            ensure!(!kernel.idle, "idle with a current schedule");
            ensure!(
                wants(current) == Some(kernel.current),
                "{:?} runs on a schedule of {:?}",
                kernel.current,
                schedule.owner
            );
            ensure!(best.is_none_or(|best| best <= schedule.priority), "outranked by {best:?}");
            ensure!(armed(kernel.run.charged + schedule.remaining), "no timer for the budget's end");
            let process = kernel.threads[kernel.current].process.get();
            let space = process.map(|id| machine.space(id, kernel.processes[id].root));
            ensure!(
                space == Some(machine.space) && space == Some(kernel.threads[kernel.current].space),
                "{:?} of {process:?} runs in the address space {:#x}",
                kernel.current,
                machine.space
            );
            ensure!(
                machine.thread == Some(kernel.current.index()),
                "the registers are those of {:?}",
                machine.thread
            );
        }
    }
    if let Some(thread) = kernel.timers.get() {
        ensure!(armed(kernel.threads[thread].deadline), "no timer for the deadline of {thread:?}");
    }
    if let Some(id) = kernel.run.depleted.get() {
        ensure!(armed(kernel.schedules[id].period_end), "no timer for the refill of {id:?}");
    }
    Ok(())
}
