//! Faults: a thread that can not go on calls its supervisor, whether it wants or not.
//!
//! A fault is a call the thread did not make: same queue, same donation of time, same
//! reply. A process without a living supervisor has its thread stopped.

use crate::Outcome;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::thread::{Special, State};
use kernel_abi::Fault;

impl<M: Machine> Kernel<M> {
    /// The current thread faulted. Its registers are saved.
    pub fn fault(&mut self, machine: &mut M, fault: Fault, address: u64, syndrome: u64) -> Outcome {
        let me = self.current;
        let process = &self.processes[self.own_process()];
        let badge = process.fault_badge;
        let supervisor = process.supervisor.and_then(|handle| self.endpoints.resolve(handle));
        let Some(endpoint) = supervisor else {
            self.stop(me);
            return self.reschedule(machine);
        };
        let thread = &mut self.threads[me];
        thread.special.set(Special::FAULTED, true);
        thread.fault = [fault as u64, address, syndrome];
        thread.badge = badge;
        thread.descriptor = 0;
        if let Some(server) = self.endpoints[endpoint].receivers.head.get() {
            self.leave_queue(server);
            self.write_fault(me, server);
            self.link_call(me, server);
            self.threads[server].state = State::Ready;
            // It works on the time the faulted thread ran on, which is the current.
            self.switch_to(machine, server);
            return Outcome::Switch;
        } else {
            self.threads[me].state = State::Calling;
            self.queue_sender(endpoint, me);
        }
        self.reschedule(machine)
    }
}
