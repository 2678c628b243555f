//! Lines on the console, through the mailbox.

use crate::kernel;
use core::fmt::{self, Write};
use kernel_abi::{Error, boot};
use pluton_abi::command::{Command, LOG_BYTES, RequestHeader};

struct Piece {
    bytes: [u8; LOG_BYTES],
    length: usize,
}

impl Piece {
    fn send(&mut self) {
        let header = RequestHeader {
            command: Command::Log as u16,
            sequence: 0,
            origin: 0,
            length: self.length as u8,
        };
        let mut arguments = [u64::from(boot::MONITOR.0), header.pack(), 0, 0, 0, 0, 0, 0, 0];
        for (word, bytes) in arguments[2..].iter_mut().zip(self.bytes.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        while kernel::mailbox_send(&arguments) == Err(Error::Busy) {}
        *self = Self { bytes: [0; LOG_BYTES], length: 0 };
    }
}

impl Write for Piece {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.bytes[self.length] = byte;
            self.length += 1;
            if self.length == LOG_BYTES {
                self.send();
            }
        }
        Ok(())
    }
}

/// Writes a line.
pub(crate) fn line(arguments: fmt::Arguments<'_>) {
    let mut piece = Piece { bytes: [0; LOG_BYTES], length: 0 };
    let _ = piece.write_fmt(arguments);
    let _ = piece.write_str("\n");
    if piece.length != 0 {
        piece.send();
    }
}
