//! Kernel and machine as one value, driven as the vectors of a real port drive it.
//!
//! [`World::system_call`] is what the exception path of a port does, to the letter: save
//! the registers, ask the kernel, then obey the [`Outcome`]. A thread that was told
//! [`Outcome::Again`] makes its call again when it next runs, whoever runs in between.

use crate::machine::{ModelMachine, RAM_BASE};
use kernel_abi::limits::PAGE_BYTES;
use kernel_abi::{Error, Fault, Rights, SystemCall};
use kernel_core::arena::Id;
use kernel_core::boot::{BootConfiguration, BootResult, Device, Segment};
use kernel_core::system_call::Arguments;
use kernel_core::thread::{State, Thread};
use kernel_core::{Kernel, Outcome};

/// Ticks of the clock a second.
pub const TICKS_PER_SECOND: u64 = 1_000_000;
/// Address of the root task's code.
pub const ROOT_CODE: u64 = 0x40_0000;
/// The interrupt of the model's one device.
pub const DEVICE_INTERRUPT: u32 = 40;
/// Physical address of the device's registers, which are no RAM.
pub const DEVICE_BASE: u64 = 0x900_0000;
/// Slot of the device's region.
pub const DEVICE_REGION: u64 = 8;
/// Slot of the device's interrupt.
pub const DEVICE_LINE: u64 = 9;
/// Pages of the root task's code at the start of RAM.
const CODE_PAGES: u64 = 2;
/// Pages of RAM of a usual world.
pub const RAM_PAGES: usize = 96;

/// What came of a system call, as the thread that made it sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is back, with this status.
    Status(u64),
    /// It waits, was preempted, or is gone.
    Elsewhere,
}

/// Everything.
#[derive(Clone, Debug)]
pub struct World {
    /// The kernel.
    pub kernel: Box<Kernel<ModelMachine>>,
    /// The machine.
    pub machine: ModelMachine,
    /// What the root task was told.
    pub boot: BootResult,
}

impl World {
    /// A world just booted, the root task about to run.
    pub fn new() -> Self {
        Self::with_pages(RAM_PAGES)
    }

    /// The same, with this much RAM.
    ///
    /// # Panics
    /// If the RAM does not do for the root task.
    pub fn with_pages(pages: usize) -> Self {
        let mut kernel = Box::new(Kernel::new());
        let mut machine = ModelMachine::new(pages);
        let configuration = BootConfiguration {
            free_physical: RAM_BASE + CODE_PAGES * PAGE_BYTES,
            free_pages: pages as u64 - CODE_PAGES,
            segments: &[Segment {
                physical: RAM_BASE,
                address: ROOT_CODE,
                pages: CODE_PAGES,
                rights: Rights::READ.with(Rights::EXECUTE),
            }],
            entry: ROOT_CODE,
            devices: &[Device {
                kind: 1,
                physical: DEVICE_BASE,
                pages: 1,
                interrupt: DEVICE_INTERRUPT,
            }],
            ticks_per_second: TICKS_PER_SECOND,
        };
        let boot = kernel.boot(&mut machine, &configuration).expect("the root task boots");
        Self { kernel, machine, boot }
    }

    /// The thread that runs, unless nothing does.
    pub fn running(&self) -> Option<Id<Thread>> {
        (!self.kernel.idle).then_some(self.kernel.current)
    }

    /// Makes a system call as the running thread.
    ///
    /// # Panics
    /// If nothing runs.
    pub fn system_call(&mut self, number: u64, arguments: &Arguments) -> Answer {
        let me = self.running().expect("a thread runs");
        let life = self.kernel.threads[me].life;
        self.kernel.contexts[me].repeats = None;
        self.kernel.contexts[me].registers[..10].copy_from_slice(arguments);
        let outcome = self.kernel.system_call(&mut self.machine, number, arguments);
        match outcome {
            Outcome::Return(status) => {
                assert_eq!(self.kernel.current, me, "a return to somebody else");
                self.kernel.contexts[me].registers[0] = status;
                return Answer::Status(status);
            }
            Outcome::Switch => {}
            Outcome::Deliver { badge, info } => {
                let context = &mut self.kernel.contexts[self.kernel.current];
                context.registers[0] = 0;
                context.registers[1..9].copy_from_slice(&arguments[1..9]);
                context.registers[9] = badge;
                context.registers[10] = info;
            }
            Outcome::Again => {
                assert_eq!(self.kernel.contexts[me].registers[..10], arguments[..]);
                self.kernel.contexts[me].repeats = Some(number);
                self.take_interrupts();
                return self.go_on();
            }
        }
        let back = self.running() == Some(me) && self.kernel.threads[me].life == life;
        if back { Answer::Status(self.status(me)) } else { Answer::Elsewhere }
    }

    /// Lets the running thread make the call again that an interrupt cut short, if there
    /// is one.
    pub fn go_on(&mut self) -> Answer {
        let Some(me) = self.running() else { return Answer::Elsewhere };
        let context = &self.kernel.contexts[me];
        let Some(number) = context.repeats else { return Answer::Elsewhere };
        let arguments: Arguments = std::array::from_fn(|index| context.registers[index]);
        self.system_call(number, &arguments)
    }

    /// Makes a system call by name, with the arguments given and zeros for the rest.
    pub fn call(&mut self, call: SystemCall, given: &[u64]) -> Answer {
        let mut arguments = [0; 10];
        arguments[..given.len()].copy_from_slice(given);
        self.system_call(call as u64, &arguments)
    }

    /// Makes a system call that must succeed at once.
    ///
    /// # Panics
    /// If it does not.
    pub fn must(&mut self, call: SystemCall, given: &[u64]) {
        let answer = self.call(call, given);
        assert_eq!(answer, Answer::Status(0), "{call:?} {given:x?}: {}", text(answer));
    }

    /// Makes a system call that must be refused with this error.
    ///
    /// # Panics
    /// If it is not.
    pub fn refused(&mut self, error: Error, call: SystemCall, given: &[u64]) {
        let answer = self.call(call, given);
        assert_eq!(answer, Answer::Status(error as u64), "{call:?} {given:x?}: {}", text(answer));
    }

    /// Lets the running thread fault.
    pub fn fault(&mut self, fault: Fault, address: u64) {
        let _ = self.kernel.fault(&mut self.machine, fault, address, 0);
    }

    /// Takes every interrupt that waits.
    pub fn take_interrupts(&mut self) {
        if self.machine.interrupt_after.get() == Some(0) {
            // A sudden interrupt is the timer's: the clock has moved meanwhile.
            self.machine.interrupt_after.set(None);
            self.machine.now += self.machine.sudden_ticks;
        }
        while self.machine.timer <= self.machine.now {
            self.machine.timer = u64::MAX;
            let _ = self.kernel.timer(&mut self.machine);
        }
        while let Some(number) = self.machine.next_line() {
            self.machine.active.insert(number);
            self.machine.raised.remove(&number);
            let _ = self.kernel.interrupt(&mut self.machine, number);
        }
    }

    /// Moves the clock on, and takes every interrupt of the timer when it comes.
    pub fn advance(&mut self, ticks: u64) {
        let end = self.machine.now + ticks;
        while self.machine.now < end {
            self.machine.now = self.machine.timer.clamp(self.machine.now, end);
            self.take_interrupts();
        }
    }

    /// Raises an interrupt line, and takes the interrupt if it may come.
    pub fn raise_line(&mut self, number: u32) {
        self.machine.raised.insert(number);
        self.take_interrupts();
    }

    /// The status register of a thread.
    pub fn status(&self, thread: Id<Thread>) -> u64 {
        self.kernel.contexts[thread].registers[0]
    }
    /// A register of a thread.
    pub fn register(&self, thread: Id<Thread>, index: usize) -> u64 {
        self.kernel.contexts[thread].registers[index]
    }
    /// What a thread does.
    pub fn state(&self, thread: Id<Thread>) -> State {
        self.kernel.threads[thread].state
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

fn text(answer: Answer) -> &'static str {
    match answer {
        Answer::Status(status) => Error::check(status).err().map_or("done", Error::text),
        Answer::Elsewhere => "did not return",
    }
}
