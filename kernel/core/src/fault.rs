//! Faults: a thread that can not go on calls its supervisor, whether it wants or not.
//!
//! A fault is a call the thread did not make: same queue, same donation of time, same
//! reply. A process without a living supervisor has its thread stopped.

use crate::Outcome;
use crate::endpoint::Waiting;
use crate::kernel::Kernel;
use crate::machine::{Context, Machine};
use crate::thread::State;
use kernel_abi::Fault;
use kernel_abi::message::Kind;

impl<M: Machine> Kernel<M> {
    /// The current thread faulted. Its registers are saved.
    pub fn fault(&mut self, machine: &mut M, fault: Fault, address: u64, syndrome: u64) -> Outcome {
        let me = self.current;
        let context = &self.contexts[me];
        let [link, stack, frame] = context.frame();
        let words =
            [fault as u64, address, context.program_counter(), syndrome, link, stack, frame, 0];
        let process = &self.processes[self.own_process()];
        let badge = process.fault_badge;
        let supervisor = process.supervisor.and_then(|handle| self.endpoints.resolve(handle));
        let Some(endpoint) = supervisor else {
            self.stop(me);
            return self.reschedule(machine);
        };
        let thread = &mut self.threads[me];
        thread.faulted = true;
        thread.fault = words;
        thread.badge = badge;
        thread.descriptor = 0;
        if self.endpoints[endpoint].waiting == Waiting::Receivers
            && let Some(server) = self.endpoints[endpoint].queue.head.get()
        {
            self.leave_queue(server);
            let context = &mut self.contexts[server];
            context.set_status(0);
            context.set_words(&words);
            context.set_received(badge, Kind::Fault as u64);
            self.accept_call(me, server);
            if self.threads[server].runs_on == self.run.current {
                self.switch_to(machine, server);
                return Outcome::Switch;
            }
        } else {
            self.threads[me].state = State::Calling;
            self.queue_sender(endpoint, me);
        }
        self.reschedule(machine)
    }
}
