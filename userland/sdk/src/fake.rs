//! A kernel for tests: a closure that answers, and a record of what was asked.

use core::cell::{Cell, RefCell};
use std::boxed::Box;
use std::vec::Vec;

use kernel_abi::{Error, call::CALL_NUMBERS};

use crate::{Registers, Syscalls};

/// What answers: it sees the number and the registers and changes the registers.
type Answer = Box<dyn Fn(u64, &mut Registers)>;

/// A kernel for tests.
pub struct Fake {
    answer: Answer,
    calls: RefCell<Vec<(u64, Registers)>>,
    time: Cell<u64>,
    /// Ticks that pass at each look at the clock.
    pub ticks_per_look: u64,
}

impl core::fmt::Debug for Fake {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "fake kernel after {} calls", self.calls.borrow().len())
    }
}

impl Fake {
    /// A kernel that answers by `answer`; `x0` is set to success before.
    pub fn new(answer: impl Fn(u64, &mut Registers) + 'static) -> Self {
        Self {
            answer: Box::new(answer),
            calls: RefCell::default(),
            time: Cell::new(1),
            ticks_per_look: 1,
        }
    }
    /// A kernel that grants everything.
    pub fn granting() -> Self {
        Self::new(|_, _| {})
    }
    /// A kernel that refuses everything with this error.
    pub fn refusing(error: Error) -> Self {
        Self::new(move |_, registers| registers.0[0] = error as u64)
    }
    /// What was asked so far: number and arguments.
    pub fn calls(&self) -> Vec<(u64, Registers)> {
        self.calls.borrow().clone()
    }
    /// Lets time pass.
    pub fn advance(&self, ticks: u64) {
        self.time.set(self.time.get() + ticks);
    }
}

impl Syscalls for Fake {
    fn raw(&self, number: u64, registers: &mut Registers) {
        self.calls.borrow_mut().push((number, *registers));
        if number >= CALL_NUMBERS {
            registers.0[0] = Error::UnknownCall as u64;
            return;
        }
        registers.0[0] = 0;
        (self.answer)(number, registers);
    }
    fn now(&self) -> u64 {
        self.advance(self.ticks_per_look);
        self.time.get()
    }
}
