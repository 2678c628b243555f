//! A ring of bytes. Full means full: the oldest bytes belong to a frame that has
//! begun, so it is the newest that are turned away.

/// Bytes the ring holds: 89 ms of a line at 115,200 baud, four polls of its reader.
pub const RING_BYTES: usize = 1024;

/// The ring.
#[derive(Debug)]
pub struct Ring {
    bytes: [u8; RING_BYTES],
    first: usize,
    length: usize,
}

impl Default for Ring {
    fn default() -> Self {
        Self::new()
    }
}

impl Ring {
    /// An empty ring.
    pub const fn new() -> Self {
        Self { bytes: [0; RING_BYTES], first: 0, length: 0 }
    }
    /// Puts a byte in; says whether there was room.
    pub fn push(&mut self, byte: u8) -> bool {
        if self.length == RING_BYTES {
            return false;
        }
        self.bytes[(self.first + self.length) % RING_BYTES] = byte;
        self.length += 1;
        true
    }
    /// Takes the oldest byte out.
    pub fn pop(&mut self) -> Option<u8> {
        if self.length == 0 {
            return None;
        }
        let byte = self.bytes[self.first];
        self.first = (self.first + 1) % RING_BYTES;
        self.length -= 1;
        Some(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::{RING_BYTES, Ring};

    #[test]
    fn keeps_order_across_the_seam_and_turns_the_newest_away() {
        let mut ring = Ring::new();
        for round in 0..3u8 {
            for index in 0..RING_BYTES {
                assert!(ring.push(index as u8 ^ round));
            }
            assert!(!ring.push(0));
            for index in 0..RING_BYTES {
                assert_eq!(ring.pop(), Some(index as u8 ^ round));
            }
            assert_eq!(ring.pop(), None);
            // Move the seam.
            assert!(ring.push(1) && ring.pop() == Some(1));
        }
    }
}
