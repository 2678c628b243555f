//! Messages: eight words in registers, more in a buffer page, at most one capability.
//!
//! A *descriptor* travels in `x0`. Sending side:
//!
//! | bits | meaning |
//! |---|---|
//! | 0..=15 | slot of the endpoint |
//! | 16..=31 | slot of a capability to send along, 0 for none |
//! | 32..=39 | words in the sender's message buffer, beyond the eight (0..=120) |
//! | 40 | do not wait for a receiver |
//! | 41 | move the capability instead of lending a copy |
//!
//! Receiving side, in `x10`: bits 0..=7 a [`Kind`], bit 16 a capability came and
//! lies in the receive slot, bits 32..=39 words in the receiver's buffer. `x9` holds
//! the badge of the capability the sender used.

/// Do not wait for a receiver.
pub const NO_WAIT: u64 = 1 << 40;
/// Move the capability instead of lending a copy.
pub const MOVE_CAPABILITY: u64 = 1 << 41;
/// A capability came with the message (in `x10`).
pub const CAPABILITY_RECEIVED: u64 = 1 << 16;
/// The deadline that never comes, in ticks.
pub const FOREVER: u64 = u64::MAX;

/// What a receive call returned with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum Kind {
    /// A message; its sender waits for no reply.
    Send = 0,
    /// A call; its sender waits for a reply.
    Call = 1,
    /// A fault of a supervised thread, which waits for a reply (see [`crate::fault`]).
    Fault = 2,
    /// The bound notification was signalled; word 0 holds its bits.
    Notification = 3,
}

/// What travels in a sending descriptor, unpacked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Descriptor(pub u64);

impl Descriptor {
    /// A plain message to this endpoint slot.
    pub const fn to(slot: crate::Slot) -> Self {
        Self(slot.0 as u64)
    }
    /// Sends along a capability.
    pub const fn with_capability(self, slot: crate::Slot) -> Self {
        Self(self.0 | (slot.0 as u64) << 16)
    }
    /// Sends along words of the message buffer.
    pub const fn with_buffer_words(self, words: u8) -> Self {
        Self(self.0 | (words as u64) << 32)
    }
    /// The endpoint slot.
    pub const fn endpoint(self) -> crate::Slot {
        crate::Slot(self.0 as u16)
    }
    /// The slot of the capability sent along, 0 for none.
    pub const fn capability(self) -> crate::Slot {
        crate::Slot((self.0 >> 16) as u16)
    }
    /// Words in the buffer.
    pub const fn buffer_words(self) -> usize {
        (self.0 >> 32) as u8 as usize
    }
}
