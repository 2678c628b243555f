//! The framed serial protocol between the DW100 and its sensor board.
//!
//! The line between them is a wire in a humid machine beside a motor: bits flip,
//! bytes vanish, bytes appear. So nothing that arrives is believed until it has
//! proven itself, and whatever arrives, the next good frame is found again. The
//! same code runs in the app, which no attacker on the line may bring down, and in
//! the simulator on the host. It allocates nothing and cannot panic.
//!
//! On the wire a frame is
//!
//! ```text
//! 7E 81 | length  type  sequence  payload (0..=32 bytes)  CRC low  CRC high | 7F
//!  sync |<----------------------- stuffed ---------------------------->| end
//! ```
//!
//! The bytes `7D 7E 7F 81` never appear between sync and end: each is sent as `7D`
//! followed by the byte XOR `20`. Two sync bytes, both stuffed, mean that one
//! damaged bit can not forge the start of a frame; a length that must agree with
//! the end means that it can not move the end; the CRC catches the rest. Hence
//! every single-bit error is detected, not only all but one in 65,536.
#![no_std]
#![forbid(unsafe_code)]

mod crc;
mod decoder;
mod frame;
mod message;

pub use decoder::{Decoder, FrameError};
pub use frame::{Frame, WireFrame};
pub use message::{Command, CyclePhase, Door, Message, MessageError, Program, Reading};

/// Most payload bytes of a frame.
pub const MAX_PAYLOAD_BYTES: usize = 32;
/// Bytes between sync and end that are not payload: length, type, sequence, CRC.
pub const OVERHEAD_BYTES: usize = 5;
/// Most bytes of a frame on the wire: sync, everything stuffed, end.
pub const MAX_WIRE_BYTES: usize = 2 + 2 * (MAX_PAYLOAD_BYTES + OVERHEAD_BYTES) + 1;

const SYNC_FIRST: u8 = 0x7e;
const SYNC_SECOND: u8 = 0x81;
const END: u8 = 0x7f;
const ESCAPE: u8 = 0x7d;
const ESCAPE_XOR: u8 = 0x20;

/// Tells whether a byte must be stuffed.
const fn is_special(byte: u8) -> bool {
    matches!(byte, SYNC_FIRST | SYNC_SECOND | END | ESCAPE)
}

// One flipped bit in a length byte yields no special byte but by leaving 0..=32,
// which the decoder refuses by itself; the argument above rests on it.
const _: () = {
    let mut length = 0;
    while length <= MAX_PAYLOAD_BYTES {
        let mut bit = 0;
        while bit < 8 {
            assert!(length as u8 ^ 1 << bit != ESCAPE);
            bit += 1;
        }
        length += 1;
    }
};
