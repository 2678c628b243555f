//! Lines on the console, through the mailbox.

use crate::kernel;
use core::fmt::{self, Write};
use kernel_abi::{Error, boot};
use pluton_abi::command::{LOG_BYTES, Origin, log_message};

struct Piece {
    bytes: [u8; LOG_BYTES],
    length: usize,
}

impl Piece {
    fn send(&mut self) {
        let mut arguments = [u64::from(boot::MONITOR.0); 9];
        let message = log_message(Origin::Process, &self.bytes[..self.length]);
        arguments[1..].copy_from_slice(&message);
        while kernel::mailbox_send(&arguments) == Err(Error::Busy) {}
        self.length = 0;
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
