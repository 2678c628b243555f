//! How a wait ends before its time: a deadline, a cancelled call, an object that is gone.
//!
//! Whatever a thread waits for, it stands in at most one queue, and its state says in
//! which. So one function takes it out, and one ends the wait, for every reason there is.

use crate::arena::{Id, Link};
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::thread::{Special, State, Thread};
use kernel_abi::Error;

impl<M: Machine> Kernel<M> {
    /// Parts a server from its caller: each has its own time again.
    pub(crate) fn release_caller(&mut self, server: Id<Thread>) {
        let entry = &mut self.threads[server];
        entry.caller = Link::NONE;
        entry.special.set(Special::DETACHED, false);
        entry.special.set(Special::SERVES_FAULT, false);
        self.refresh(server);
    }

    /// Takes a thread out of the queue it waits in and the timer list.
    pub(crate) fn leave_queue(&mut self, thread: Id<Thread>) {
        self.clear_deadline(thread);
        let Thread { state, endpoint, waits_for, .. } = self.threads[thread];
        match (state, endpoint.get(), waits_for.get()) {
            (State::Receiving, Some(id), _) => {
                self.endpoints[id].receivers.remove(&mut self.threads, thread);
            }
            (State::Sending | State::Calling, Some(id), _) => {
                self.endpoints[id].senders.remove(&mut self.threads, thread);
            }
            (State::Waiting, _, Some(id)) => {
                self.notifications[id].queue.remove(&mut self.threads, thread);
            }
            _ => {}
        }
    }

    /// Ends whatever a thread waits for; it goes on with this result. A thread that
    /// waits because of a fault does not go on: it is left stopped, and the wait of whom
    /// it serves ends too.
    pub(crate) fn end_wait(&mut self, thread: Id<Thread>, result: Result<(), Error>) {
        let (mut next, mut result) = (Some(thread), result);
        while let Some(thread) = next {
            next = self.end_one_wait(thread, result);
            result = Err(Error::Cancelled);
        }
    }

    fn end_one_wait(
        &mut self,
        thread: Id<Thread>,
        result: Result<(), Error>,
    ) -> Option<Id<Thread>> {
        if matches!(self.threads[thread].state, State::Stopped | State::Ready) {
            return None;
        }
        self.leave_queue(thread);
        let awaited = self.threads[thread].state == State::AwaitingReply;
        let faulted = self.threads[thread].special.has(Special::FAULTED);
        self.threads[thread].special.set(Special::FAULTED, false);
        self.threads[thread].state = State::Stopped;
        if awaited && let Some(server) = self.threads[thread].server.get() {
            self.release_caller(server);
        }
        if faulted {
            return self.threads[thread].caller.get();
        }
        self.set_status(thread, result);
        self.thread_ready(thread);
        None
    }
}
