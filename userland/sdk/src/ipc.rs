//! Messages and signals.

use kernel_abi::{Error, Slot, SystemCall, message};

use crate::cap::{Cap, Endpoint, Interrupt, Notification};
use crate::{Registers, Syscalls};

/// The words a message carries in registers.
pub type Words = [u64; kernel_abi::limits::MESSAGE_WORDS];

/// What a receive call returned with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// The words; for a notification, word 0 holds its bits.
    pub words: Words,
    /// The badge of the capability the sender used.
    pub badge: u64,
    /// Kind and counts: see [`kernel_abi::message`].
    pub descriptor: u64,
}

impl Received {
    fn from_registers(registers: Registers) -> Self {
        let r = registers.0;
        Self { words: words_of(&registers), badge: r[9], descriptor: r[10] }
    }
    /// Whether this is of `kind`.
    pub fn is(&self, kind: message::Kind) -> bool {
        self.descriptor & 0xff == kind as u64
    }
}

fn words_of(registers: &Registers) -> Words {
    let mut words = Words::default();
    words.copy_from_slice(&registers.0[1..9]);
    words
}

fn with_words(descriptor: u64, words: &Words, x9: u64) -> [u64; 10] {
    let mut arguments = [0; 10];
    arguments[0] = descriptor;
    arguments[1..9].copy_from_slice(words);
    arguments[9] = x9;
    arguments
}

impl Cap<Endpoint> {
    /// Sends and waits for the reply.
    pub fn call<K: Syscalls>(self, kernel: &K, words: &Words) -> Result<Words, Error> {
        let answer = kernel.call(SystemCall::Call, with_words(self.word(), words, 0))?;
        Ok(words_of(&answer))
    }
    /// Sends without waiting for a reply; waits for a receiver until `deadline`.
    pub fn send<K: Syscalls>(self, kernel: &K, words: &Words, deadline: u64) -> Result<(), Error> {
        kernel.call(SystemCall::Send, with_words(self.word(), words, deadline)).map(drop)
    }
    /// Waits for a message or the bound notification.
    pub fn receive<K: Syscalls>(self, kernel: &K, deadline: u64) -> Result<Received, Error> {
        let answer = kernel.call(SystemCall::Receive, [self.word(), deadline])?;
        Ok(Received::from_registers(answer))
    }
    /// Replies to the last caller. A caller that is gone meanwhile is no error of ours.
    pub fn reply<K: Syscalls>(self, kernel: &K, words: &Words) -> Result<(), Error> {
        match kernel.call(SystemCall::Reply, with_words(0, words, 0)) {
            Ok(_) | Err(Error::NoCaller | Error::Cancelled) => Ok(()),
            Err(error) => Err(error),
        }
    }
    /// Makes a new endpoint in an empty slot.
    pub fn create<K: Syscalls>(kernel: &K, slot: Slot) -> Result<Self, Error> {
        kernel.call(SystemCall::EndpointCreate, [slot.0.into()])?;
        Ok(Self::at(slot))
    }
}

impl Cap<Notification> {
    /// Adds the capability's badge to the notification's bits.
    pub fn signal<K: Syscalls>(self, kernel: &K) -> Result<(), Error> {
        kernel.call(SystemCall::Signal, [self.word()]).map(drop)
    }
    /// Waits until `deadline` for bits, and takes them.
    pub fn wait<K: Syscalls>(self, kernel: &K, deadline: u64) -> Result<u64, Error> {
        Ok(kernel.call(SystemCall::Wait, [self.word(), deadline])?.0[1])
    }
    /// Makes a new notification in an empty slot. It has no badge, so it signals bit 0.
    pub fn create<K: Syscalls>(kernel: &K, slot: Slot) -> Result<Self, Error> {
        kernel.call(SystemCall::NotificationCreate, [slot.0.into()])?;
        Ok(Self::at(slot))
    }
}

impl Cap<Interrupt> {
    /// Signals `notification` on each interrupt.
    pub fn bind<K: Syscalls>(
        self,
        kernel: &K,
        notification: Cap<Notification>,
    ) -> Result<(), Error> {
        kernel.call(SystemCall::InterruptBind, [self.word(), notification.word()]).map(drop)
    }
    /// Lets the interrupt come again.
    pub fn acknowledge<K: Syscalls>(self, kernel: &K) -> Result<(), Error> {
        kernel.call(SystemCall::InterruptAcknowledge, [self.word()]).map(drop)
    }
}
