//! Interrupts: each one is an object, and arrives as a signal to a notification.
//!
//! The kernel takes an interrupt, signals, and returns; the interrupt can not come
//! again until its driver acknowledges it. So a line that never falls silent costs
//! its own driver's time, and nobody else's.

use crate::Outcome;
use crate::arena::{Handle, Id, Life, entry};
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::notify::Notification;
use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, Rights};

/// Interrupt numbers at and above this are not known.
pub const INTERRUPT_NUMBERS: usize = 256;

/// An interrupt.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Interrupt {
    /// Its life.
    pub life: Life,
    /// As the interrupt controller numbers it.
    pub number: u32,
    /// What it signals.
    pub target: Option<Handle<Notification>>,
    /// With which bits.
    pub bits: u64,
    /// Whether it was taken and not acknowledged yet.
    pub taken: bool,
}
entry!(Interrupt);

impl Interrupt {
    /// A free entry.
    pub const UNUSED: Self = Self {
        life: Life { generation: 0, live: false },
        number: 0,
        target: None,
        bits: 0,
        taken: false,
    };
}

impl<M: Machine> Kernel<M> {
    /// An interrupt came. The machine has taken it; it stays silent until acknowledged.
    #[inline(always)]
    pub fn interrupt(&mut self, machine: &mut M, number: u32) -> Outcome {
        if let Some(link) = self.interrupt_numbers.get(number as usize)
            && let Some(id) = link.get()
        {
            let interrupt = &mut self.interrupts[id];
            interrupt.taken = true;
            let (target, bits) = (interrupt.target, interrupt.bits);
            if let Some(target) = target
                && let Some(notification) = self.notifications.resolve(target)
                && let Some(thread) = self.raise(notification, bits)
            {
                self.wake(machine, thread);
            }
        }
        Outcome::Switch
    }

    fn interrupt_at(&self, place: u64) -> Result<Id<Interrupt>, Error> {
        self.tables.slots[self.place(place)?].capability.name(
            ObjectKind::Interrupt,
            Rights::WRITE,
            &self.interrupts,
        )
    }

    /// System call: let an interrupt come again.
    #[inline(always)]
    pub fn interrupt_acknowledge(&mut self, machine: &mut M, slot: u64) -> Result<(), Error> {
        let id = self.capability(slot)?.name(
            ObjectKind::Interrupt,
            Rights::WRITE,
            &self.interrupts,
        )?;
        let interrupt = &mut self.interrupts[id];
        if !interrupt.taken {
            return Err(Error::BadState);
        }
        interrupt.taken = false;
        machine.interrupt_acknowledge(interrupt.number);
        Ok(())
    }

    /// System call: signal a notification on an interrupt, or no longer.
    pub fn interrupt_bind(
        &mut self,
        machine: &mut M,
        place: u64,
        notification: u64,
    ) -> Result<(), Error> {
        let id = self.interrupt_at(place)?;
        if notification == 0 {
            self.silence(machine, id);
            return Ok(());
        }
        let capability = *self.capability(notification)?;
        let target =
            capability.name(ObjectKind::Notification, Rights::WRITE, &self.notifications)?;
        let target = self.notifications.handle(target);
        let interrupt = &mut self.interrupts[id];
        interrupt.target = Some(target);
        interrupt.bits = if capability.badge == 0 { 1 } else { capability.badge };
        machine.interrupt_enable(interrupt.number);
        Ok(())
    }

    /// Keeps an interrupt from coming.
    pub(crate) fn silence(&mut self, machine: &mut M, id: Id<Interrupt>) {
        let interrupt = &mut self.interrupts[id];
        if interrupt.target.take().is_some() {
            machine.interrupt_disable(interrupt.number);
            if core::mem::take(&mut interrupt.taken) {
                machine.interrupt_acknowledge(interrupt.number);
            }
        }
    }
}
