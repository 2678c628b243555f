//! The decoder: one byte in, now and then a frame or the reason there is none.
//!
//! It reports one error for one incident, however many bytes the incident spoilt,
//! so that a count of errors is a count of damaged frames and not of noise.

use core::fmt;

use crate::crc::crc16;
use crate::frame::Frame;
use crate::{
    END, ESCAPE, ESCAPE_XOR, MAX_PAYLOAD_BYTES, OVERHEAD_BYTES, SYNC_FIRST, SYNC_SECOND,
    is_special,
};

const MAX_PLAIN_BYTES: usize = MAX_PAYLOAD_BYTES + OVERHEAD_BYTES;

/// Why bytes were thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// Bytes that belong to no frame.
    Noise,
    /// The frame broke off; another one starts, or seems to.
    Truncated,
    /// More bytes than any frame has.
    TooLong,
    /// An escape that escapes nothing.
    BadEscape,
    /// The length does not agree with the bytes up to the end.
    LengthMismatch,
    /// The CRC is wrong.
    BadChecksum,
}

impl fmt::Display for FrameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Noise => "bytes outside a frame",
            Self::Truncated => "frame broken off",
            Self::TooLong => "frame longer than the longest",
            Self::BadEscape => "escape of a byte that needs none",
            Self::LengthMismatch => "length disagrees with the end of the frame",
            Self::BadChecksum => "wrong checksum",
        })
    }
}

impl core::error::Error for FrameError {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between frames; only a sync byte is expected.
    Idle,
    /// An incident has been reported; silent until the next sync.
    Hunting,
    /// The first sync byte was seen; `silent` says whether noise was reported.
    Sync { silent: bool },
    /// Inside a frame.
    Inside,
    /// Inside a frame, behind an escape.
    Escaped,
}

/// A decoder for one direction of the line.
#[derive(Clone, Debug)]
pub struct Decoder {
    state: State,
    plain: [u8; MAX_PLAIN_BYTES],
    length: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder between two frames.
    pub const fn new() -> Self {
        Self { state: State::Idle, plain: [0; MAX_PLAIN_BYTES], length: 0 }
    }

    /// Takes the next byte of the line.
    pub fn push(&mut self, byte: u8) -> Option<Result<Frame, FrameError>> {
        match (self.state, byte) {
            (State::Idle, SYNC_FIRST) => self.go(State::Sync { silent: false }),
            (State::Idle, _) => self.fail(FrameError::Noise),
            (State::Hunting, SYNC_FIRST) => self.go(State::Sync { silent: true }),
            (State::Hunting, _) => None,
            (State::Sync { .. }, SYNC_SECOND) => {
                self.length = 0;
                self.go(State::Inside)
            }
            (State::Sync { silent: true }, SYNC_FIRST) => None,
            (State::Sync { silent: true }, _) => self.go(State::Hunting),
            // `7E 7E`: the first one was noise, the second may be a start.
            (State::Sync { silent: false }, SYNC_FIRST) => {
                self.state = State::Sync { silent: true };
                Some(Err(FrameError::Noise))
            }
            (State::Sync { silent: false }, _) => self.fail(FrameError::Noise),
            (State::Inside | State::Escaped, SYNC_FIRST) => {
                self.state = State::Sync { silent: true };
                Some(Err(FrameError::Truncated))
            }
            (State::Inside, SYNC_SECOND) => self.fail(FrameError::Truncated),
            (State::Inside, ESCAPE) => self.go(State::Escaped),
            (State::Inside, END) => {
                self.state = State::Idle;
                Some(self.finish())
            }
            (State::Inside, _) => self.append(byte),
            (State::Escaped, _) if is_special(byte ^ ESCAPE_XOR) => {
                self.state = State::Inside;
                self.append(byte ^ ESCAPE_XOR)
            }
            (State::Escaped, _) => self.fail(FrameError::BadEscape),
        }
    }

    fn go(&mut self, state: State) -> Option<Result<Frame, FrameError>> {
        self.state = state;
        None
    }

    fn fail(&mut self, error: FrameError) -> Option<Result<Frame, FrameError>> {
        self.state = State::Hunting;
        Some(Err(error))
    }

    fn append(&mut self, byte: u8) -> Option<Result<Frame, FrameError>> {
        match self.plain.get_mut(self.length) {
            Some(place) => {
                *place = byte;
                self.length += 1;
                None
            }
            None => self.fail(FrameError::TooLong),
        }
    }

    fn finish(&self) -> Result<Frame, FrameError> {
        let plain = self.plain.get(..self.length).unwrap_or_default();
        let (checked, crc) = plain.split_last_chunk().ok_or(FrameError::Truncated)?;
        let [length, kind, sequence, payload @ ..] = checked else {
            return Err(FrameError::Truncated);
        };
        if usize::from(*length) != payload.len() {
            return Err(FrameError::LengthMismatch);
        }
        if crc16(checked) != u16::from_le_bytes(*crc) {
            return Err(FrameError::BadChecksum);
        }
        Frame::new(*kind, *sequence, payload).ok_or(FrameError::TooLong)
    }
}
