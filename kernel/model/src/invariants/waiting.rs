//! Rules of waiting: queues, calls, deadlines, bindings.

use super::{Broken, ensure};
use crate::world::World;
use kernel_abi::limits::THREADS;
use kernel_core::arena::{Id, Link};
use kernel_core::queue::{Queue, Stack};
use kernel_core::thread::{Special, State, Thread};

/// The threads of a queue, if it is well linked.
fn members(world: &World, queue: &Queue) -> Result<Vec<Id<Thread>>, Broken> {
    let mut found = Vec::new();
    let (mut before, mut here) = (Link::NONE, queue.head);
    while let Some(id) = here.get() {
        let thread = &world.kernel.threads[id];
        ensure!(thread.life.live, "the dead thread {id:?} is queued");
        ensure!(thread.previous == before, "{id:?}: does not point back in its queue");
        ensure!(found.len() < THREADS, "a queue in a circle");
        found.push(id);
        before = here;
        here = thread.next;
    }
    ensure!(queue.tail == before, "a queue's tail is not its last thread");
    Ok(found)
}

/// The threads of a stack, if it is well linked.
fn stacked(world: &World, stack: &Stack) -> Result<Vec<Id<Thread>>, Broken> {
    let mut found = Vec::new();
    let (mut before, mut here) = (Link::NONE, stack.head);
    while let Some(id) = here.get() {
        let thread = &world.kernel.threads[id];
        ensure!(thread.life.live, "the dead thread {id:?} is stacked");
        ensure!(
            found.is_empty() || thread.previous == before,
            "{id:?}: does not point back in its stack"
        );
        ensure!(found.len() < THREADS, "a stack in a circle");
        found.push(id);
        before = here;
        here = thread.next;
    }
    Ok(found)
}

pub(super) fn check(world: &World) -> Result<(), Broken> {
    let kernel = &world.kernel;
    let mut queued = [false; THREADS];
    for (id, endpoint) in kernel.endpoints.iter() {
        let senders = members(world, &endpoint.senders)?;
        let receivers = stacked(world, &endpoint.receivers)?;
        ensure!(
            endpoint.life.live || senders.is_empty() && receivers.is_empty(),
            "the dead endpoint {id:?} has a queue"
        );
        ensure!(
            senders.is_empty() || receivers.is_empty(),
            "endpoint {id:?}: {senders:?} and {receivers:?} wait for each other"
        );
        for (thread, sends) in (senders.into_iter().map(|thread| (thread, true)))
            .chain(receivers.into_iter().map(|thread| (thread, false)))
        {
            let entry = &kernel.threads[thread];
            let fits = match entry.state {
                State::Sending | State::Calling => sends,
                State::Receiving => !sends,
                _ => false,
            };
            ensure!(fits, "{thread:?} is {:?} in a queue of {id:?}", entry.state);
            ensure!(entry.endpoint.is(id), "{thread:?} stands in a queue it does not know");
            ensure!(!queued[thread.index()], "{thread:?} stands in two queues");
            queued[thread.index()] = true;
        }
    }
    for (id, notification) in kernel.notifications.iter() {
        let live = notification.life.live;
        for thread in members(world, &notification.queue)? {
            let entry = &kernel.threads[thread];
            ensure!(live, "the dead notification {id:?} has a queue");
            ensure!(entry.state == State::Waiting, "{thread:?} is {:?}, and waits", entry.state);
            ensure!(entry.waits_for.is(id), "{thread:?} stands in a queue it does not know");
            ensure!(!queued[thread.index()], "{thread:?} stands in two queues");
            queued[thread.index()] = true;
            ensure!(notification.bits == 0, "{thread:?} waits for bits that are there");
        }
        if let Some(thread) = notification.bound.get() {
            let entry = &kernel.threads[thread];
            ensure!(live && entry.life.live, "the dead are bound: {id:?} {thread:?}");
            ensure!(entry.bound.is(id), "{id:?} is bound to {thread:?}, which does not know");
            ensure!(
                notification.bits == 0
                    || entry.state != State::Receiving
                    || entry.schedule.is_none(),
                "{thread:?} waits though its bound notification has bits"
            );
        }
    }
    check_threads(world, &queued)?;
    check_timers(world)
}

fn check_threads(world: &World, queued: &[bool; THREADS]) -> Result<(), Broken> {
    let kernel = &world.kernel;
    for (id, thread) in kernel.threads.iter() {
        if !thread.life.live {
            let blank = Thread { life: thread.life, ..Thread::UNUSED };
            ensure!(*thread == blank || id.index() == 0, "the dead thread {id:?} is not blank");
            continue;
        }
        let state = thread.state;
        let waits_on_endpoint =
            matches!(state, State::Sending | State::Calling | State::Receiving);
        ensure!(
            queued[id.index()] == (waits_on_endpoint || state == State::Waiting),
            "{id:?} {state:?}: queued {}",
            queued[id.index()]
        );
        let faulted = thread.special.has(Special::FAULTED);
        ensure!(
            !faulted || matches!(state, State::Calling | State::AwaitingReply),
            "{id:?} {state:?}: faulted"
        );
        if state == State::AwaitingReply {
            let server = thread.server.get().map(|server| &kernel.threads[server]);
            ensure!(
                server.is_some_and(|server| server.caller.is(id)),
                "{:?} does not know {id:?} calls",
                thread.server
            );
        }
        if let Some(caller) = thread.caller.get() {
            let entry = &kernel.threads[caller];
            ensure!(
                entry.server.is(id) && entry.state == State::AwaitingReply,
                "{caller:?} {:?} does not know {id:?} serves",
                entry.state
            );
            ensure!(
                !matches!(state, State::Stopped | State::Receiving),
                "{id:?} {state:?}: has a caller"
            );
            ensure!(
                thread.special.has(Special::SERVES_FAULT)
                    == entry.special.has(Special::FAULTED),
                "{id:?} does not know whether it serves a fault"
            );
        } else {
            ensure!(
                !thread.special.has(Special::SERVES_FAULT)
                    && !thread.special.has(Special::DETACHED),
                "{id:?} serves nobody and is marked as if"
            );
        }
        ensure!(
            thread.special.has(Special::TIMED) == (thread.deadline != 0)
                || thread.special.has(Special::TIMED),
            "{id:?}: has a deadline and is not marked so"
        );
        ensure!(
            thread.special.has(Special::BOUND) != thread.bound.is_none(),
            "{id:?}: bound and not marked so"
        );
        let (mut above, mut steps) = (thread.caller, 0);
        while let Some(caller) = above.get() {
            steps += 1;
            ensure!(steps < THREADS, "{id:?}: calls in a circle");
            above = kernel.threads[caller].caller;
        }
        match thread.process.get() {
            Some(process) => {
                let process = &kernel.processes[process];
                ensure!(process.life.live && !process.dying, "{id:?}: its process is dead");
            }
            None => ensure!(state == State::Stopped, "{id:?} {state:?}: without a process"),
        }
        if let Some(bound) = thread.bound.get() {
            ensure!(kernel.notifications[bound].bound.is(id), "{bound:?} is not bound to {id:?}");
        }
    }
    Ok(())
}

fn check_timers(world: &World) -> Result<(), Broken> {
    let kernel = &world.kernel;
    let (mut before, mut here, mut last, mut count) = (Link::NONE, kernel.timers, 0, 0);
    while let Some(id) = here.get() {
        let thread = &kernel.threads[id];
        ensure!(thread.timer_previous == before, "{id:?}: does not point back in the timer list");
        ensure!(thread.deadline >= last, "{id:?}: the timer list is not sorted");
        ensure!(
            matches!(
                thread.state,
                State::Sending | State::Receiving | State::Waiting | State::Sleeping
            ),
            "{id:?} {:?}: has a deadline",
            thread.state
        );
        count += 1;
        ensure!(count <= THREADS, "the timer list runs in a circle");
        (before, last, here) = (here, thread.deadline, thread.timer_next);
    }
    let expected = kernel.threads.iter().filter(|(_, t)| t.special.has(Special::TIMED)).count();
    ensure!(count == expected, "{count} threads in the timer list, {expected} with deadlines");
    Ok(())
}
