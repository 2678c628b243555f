//! What the monitor needs of a machine, and nothing more. The hardware crate does
//! it with tables, barriers and calls to the gate; the host tests do it with an
//! array that shouts when a page is changed without having been withdrawn.

use monitor_abi::hvc::Trigger;
use pluton_abi::{command::Message, smc};

use crate::layout::Region;
use crate::memory::Access;

/// A core at EL2 with its stage 2, interrupt controller and gate.
pub trait Machine {
    /// Takes all access from these pages. On return no core translates through
    /// them any more, and no cache line of them is dirty.
    fn withdraw(&mut self, pages: &Region);
    /// Gives access to one page that nobody has access to. Instruction caches are
    /// coherent with an executable page before it becomes so.
    fn grant(&mut self, address: u64, access: Access);
    /// Fills one page that nobody has access to with zeros.
    fn zero(&mut self, address: u64);
    /// Puts a message into the mailbox.
    fn send(&mut self, message: &Message) -> smc::Status;
    /// Takes the oldest reply out of the mailbox.
    fn receive(&mut self) -> Option<Message>;
    /// Lets an interrupt through to the kernel. The trigger of a software
    /// interrupt is an edge whatever is asked.
    fn enable_interrupt(&mut self, interrupt: u32, trigger: Trigger);
    /// Holds an interrupt back.
    fn disable_interrupt(&mut self, interrupt: u32);
    /// Powers the board off; returns only if the gate refuses.
    fn system_off(&mut self);
    /// Resets the board; returns only if the gate refuses.
    fn system_reset(&mut self);
}
