//! One direction of one core's mailbox: a ring between one producer and one consumer
//! on different cores, in secure RAM. Atomics only, so that not even a wrong caller
//! can cause more than a wrong message.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use pluton_abi::command::{MESSAGE_WORDS, Message};
use pluton_abi::smc::MAILBOX_DEPTH;

/// The ring. All zeros is an empty one.
#[derive(Debug)]
pub struct Ring {
    slots: [[AtomicU64; MESSAGE_WORDS]; MAILBOX_DEPTH],
    /// Messages ever taken; written by the consumer only.
    taken: AtomicU32,
    /// Messages ever put; written by the producer only.
    put: AtomicU32,
}
const _: () = assert!(MAILBOX_DEPTH.is_power_of_two(), "counters wrap");

impl Ring {
    /// An empty ring.
    pub const fn new() -> Self {
        Self {
            slots: [const { [const { AtomicU64::new(0) }; MESSAGE_WORDS] }; MAILBOX_DEPTH],
            taken: AtomicU32::new(0),
            put: AtomicU32::new(0),
        }
    }

    /// Messages waiting.
    pub fn waiting(&self) -> usize {
        let put = self.put.load(Ordering::Acquire);
        put.wrapping_sub(self.taken.load(Ordering::Acquire)) as usize
    }

    /// Whether one more would be refused.
    pub fn is_full(&self) -> bool {
        self.waiting() >= MAILBOX_DEPTH
    }

    /// Puts a message; false if the ring is full. For the producer.
    #[must_use]
    pub fn put(&self, message: &Message) -> bool {
        let put = self.put.load(Ordering::Relaxed);
        if self.is_full() {
            return false;
        }
        let Some(slot) = self.slots.get(put as usize % MAILBOX_DEPTH) else {
            return false;
        };
        for (word, value) in slot.iter().zip(message) {
            word.store(*value, Ordering::Relaxed);
        }
        self.put.store(put.wrapping_add(1), Ordering::Release);
        true
    }

    /// Takes the oldest message. For the consumer.
    pub fn take(&self) -> Option<Message> {
        if self.waiting() == 0 {
            return None;
        }
        let taken = self.taken.load(Ordering::Relaxed);
        let slot = self.slots.get(taken as usize % MAILBOX_DEPTH)?;
        let mut message = [0; MESSAGE_WORDS];
        for (value, word) in message.iter_mut().zip(slot) {
            // The word is left zero: a mailbox keeps nothing that was delivered.
            *value = word.load(Ordering::Relaxed);
            word.store(0, Ordering::Relaxed);
        }
        self.taken.store(taken.wrapping_add(1), Ordering::Release);
        Some(message)
    }
}

impl Default for Ring {
    fn default() -> Self {
        Self::new()
    }
}
