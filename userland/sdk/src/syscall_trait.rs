//! The kernel as app code sees it: registers in, registers out, and a clock.
//!
//! One narrow trait, so that a test can stand in for the whole kernel.

use kernel_abi::{Error, SystemCall};

/// Registers `x0..=x10` of one call: arguments on the way in, results on the way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registers(pub [u64; 11]);

impl Registers {
    /// Arguments from `x0` on; the rest is 0.
    pub fn of<const N: usize>(arguments: [u64; N]) -> Self {
        let mut registers = Self::default();
        registers.0[..N].copy_from_slice(&arguments);
        registers
    }
    /// The status, after a call.
    pub fn status(&self) -> Result<(), Error> {
        Error::check(self.0[0])
    }
}

/// What answers system calls.
pub trait Syscalls {
    /// The call of this number, whether it exists or not. Numbers from
    /// [`kernel_abi::call::CALL_NUMBERS`] on are answered without asking anybody.
    fn raw(&self, number: u64, registers: &mut Registers);

    /// The clock, in ticks since the machine started.
    fn now(&self) -> u64;

    /// A call by its name.
    fn call<const N: usize>(
        &self,
        call: SystemCall,
        arguments: [u64; N],
    ) -> Result<Registers, Error>
    where
        Self: Sized,
    {
        let mut registers = Registers::of(arguments);
        self.raw(call as u64, &mut registers);
        registers.status()?;
        Ok(registers)
    }
}
