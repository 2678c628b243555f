//! The dispatcher of the kernel's calls. Short, flat, and deny by default: a number
//! that is not listed answers `NotSupported` and changes nothing.
//!
//! A [`Monitor`] is made by [`Monitor::lock`] and from then on changes only through
//! [`Monitor::call`]: this is what makes the firewall sticky until reset.

use monitor_abi::hvc::{self, Status, Trigger};
use pluton_abi::command::MESSAGE_WORDS;

use crate::handoff::Verified;
use crate::interrupts::Interrupts;
use crate::layout::Region;
use crate::machine::Machine;
use crate::mailbox::Mailbox;
use crate::memory::{Access, Memory};

/// Registers that calls read and write: `x0..=x8`.
pub const CALL_REGISTERS: usize = MESSAGE_WORDS + 1;

/// The state of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monitor {
    memory: Memory,
    mailbox: Mailbox,
    interrupts: Interrupts,
}

impl Monitor {
    /// Locks the firewall: empties the RAM that holds nothing, and grants the
    /// partition its RAM as the handoff says.
    pub fn lock(verified: &Verified, machine: &mut impl Machine) -> Self {
        let memory = Memory::new(verified);
        for (page, state) in memory.pages() {
            if state.access() == Access::ReadWrite && !verified.holds_image(page) {
                machine.zero(page);
            }
        }
        memory.grant_all(machine);
        let interrupts = Interrupts::new(verified.layout());
        Self {
            memory,
            mailbox: Mailbox::new(),
            interrupts,
        }
    }

    /// The partition's memory.
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Serves one call. `registers` are `x0..=x8`; only results are written.
    pub fn call(&mut self, machine: &mut impl Machine, registers: &mut [u64; CALL_REGISTERS]) {
        let [function, message @ ..] = registers;
        let status = match *function {
            hvc::MAILBOX_SEND => self.mailbox.send(&mut self.memory, machine, message),
            hvc::MAILBOX_RECEIVE => match self.mailbox.receive(&mut self.memory, machine) {
                Some(reply) => {
                    *message = reply;
                    Status::Success
                }
                None => Status::Empty,
            },
            hvc::INTERRUPT_ENABLE => self.enable_interrupt(machine, message[0], message[1]),
            hvc::INTERRUPT_DISABLE => match self.interrupts.find(message[0]) {
                Some(interrupt) => {
                    machine.disable_interrupt(interrupt);
                    Status::Success
                }
                None => Status::Denied,
            },
            hvc::MEMORY_RELEASE => self.release(machine, message[0], message[1]),
            hvc::SYSTEM_OFF => {
                machine.system_off();
                Status::Denied
            }
            hvc::SYSTEM_RESET => {
                machine.system_reset();
                Status::Denied
            }
            _ => Status::NotSupported,
        };
        *function = status as u64;
    }

    fn enable_interrupt(&self, machine: &mut impl Machine, number: u64, trigger: u64) -> Status {
        let Some(interrupt) = self.interrupts.find(number) else {
            return Status::Denied;
        };
        let trigger = match trigger {
            0 => Trigger::Level,
            1 => Trigger::Edge,
            _ => return Status::InvalidArgument,
        };
        machine.enable_interrupt(interrupt, trigger);
        Status::Success
    }

    fn release(&mut self, machine: &mut impl Machine, address: u64, pages: u64) -> Status {
        if pages > hvc::RELEASE_PAGES {
            return Status::InvalidArgument;
        }
        let Some(region) = Region::new(address, pages) else {
            return Status::InvalidArgument;
        };
        match self.memory.release(machine, &region) {
            Ok(()) => Status::Success,
            Err(status) => status,
        }
    }
}
