//! A frame, and how it becomes bytes on the wire.

use crate::crc::crc16;
use crate::{
    END, ESCAPE, ESCAPE_XOR, MAX_PAYLOAD_BYTES, MAX_WIRE_BYTES, SYNC_FIRST, SYNC_SECOND,
    is_special,
};

/// A frame whose CRC was right, or that is about to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    kind: u8,
    sequence: u8,
    length: u8,
    payload: [u8; MAX_PAYLOAD_BYTES],
}

impl Frame {
    /// Makes a frame; `None` if the payload is longer than [`MAX_PAYLOAD_BYTES`].
    pub fn new(kind: u8, sequence: u8, payload: &[u8]) -> Option<Self> {
        let mut bytes = [0; MAX_PAYLOAD_BYTES];
        bytes.get_mut(..payload.len())?.copy_from_slice(payload);
        Some(Self { kind, sequence, length: payload.len() as u8, payload: bytes })
    }
    /// Makes a frame of at most two payload bytes, which always fits.
    pub(crate) fn of_short_payload(kind: u8, sequence: u8, bytes: [u8; 2], length: u8) -> Self {
        let mut payload = [0; MAX_PAYLOAD_BYTES];
        let [first, second, ..] = &mut payload;
        [*first, *second] = bytes;
        Self { kind, sequence, length: length.min(2), payload }
    }
    /// The type byte; see [`crate::Message`] for those that have a meaning.
    pub fn kind(&self) -> u8 {
        self.kind
    }
    /// Counts up by one a frame, modulo 256, for each direction by itself.
    pub fn sequence(&self) -> u8 {
        self.sequence
    }
    /// The payload.
    pub fn payload(&self) -> &[u8] {
        self.payload.get(..usize::from(self.length)).unwrap_or_default()
    }
    /// Encodes for the wire.
    pub fn encode(&self) -> WireFrame {
        let mut wire = WireFrame { bytes: [0; MAX_WIRE_BYTES], length: 0 };
        // Header and payload as the CRC sees them.
        let mut plain = [0; 3 + MAX_PAYLOAD_BYTES];
        let [length, kind, sequence, payload @ ..] = &mut plain;
        (*length, *kind, *sequence) = (self.length, self.kind, self.sequence);
        payload.copy_from_slice(&self.payload);
        let plain = plain.get(..3 + usize::from(self.length)).unwrap_or_default();

        wire.append(SYNC_FIRST);
        wire.append(SYNC_SECOND);
        for byte in plain.iter().chain(&crc16(plain).to_le_bytes()) {
            if is_special(*byte) {
                wire.append(ESCAPE);
                wire.append(byte ^ ESCAPE_XOR);
            } else {
                wire.append(*byte);
            }
        }
        wire.append(END);
        wire
    }
}

/// The bytes of one frame on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireFrame {
    bytes: [u8; MAX_WIRE_BYTES],
    length: usize,
}

impl WireFrame {
    /// The bytes to send.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
    fn append(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }
}
