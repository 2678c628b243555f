//! The kernel's few lines on the console, through the mailbox, in pieces.
//!
//! Without `core::fmt`, which would be an eighth of the kernel's text.

use kernel_abi::Error;
use pluton_abi::command::{LOG_BYTES, Origin, log_message};

/// Collects text and sends it in pieces of [`LOG_BYTES`].
pub(crate) struct Line {
    bytes: [u8; LOG_BYTES],
    length: usize,
}

impl Line {
    fn flush(&mut self) {
        if self.length == 0 {
            return;
        }
        let text = self.bytes.get(..self.length).unwrap_or(&self.bytes);
        let message = log_message(Origin::Kernel, text);
        // The mailbox empties within microseconds; a line is worth a short wait, no more.
        for _ in 0..100_000 {
            if crate::monitor::mailbox_send(&message) != Err(Error::Busy) {
                break;
            }
        }
        self.length = 0;
    }

    fn text(&mut self, text: &str) {
        for byte in text.bytes() {
            self.byte(byte);
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.length == LOG_BYTES {
            self.flush();
        }
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    fn number(&mut self, number: u64, base: u64) {
        let mut divisor = 1;
        while number / divisor >= base {
            divisor *= base;
        }
        while divisor != 0 {
            let digit = (number / divisor % base) as u8;
            self.byte(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
            divisor /= base;
        }
    }
}

/// A piece of a line.
pub(crate) enum Part<'a> {
    /// As it is.
    Text(&'a str),
    /// In base 10.
    Number(u64),
    /// In base 16, with `0x`.
    Address(u64),
}

/// Writes one line to the console.
pub(crate) fn log(parts: &[Part<'_>]) {
    let mut line = Line { bytes: [0; LOG_BYTES], length: 0 };
    for part in parts {
        match part {
            Part::Text(text) => line.text(text),
            Part::Number(number) => line.number(*number, 10),
            Part::Address(address) => {
                line.text("0x");
                line.number(*address, 16);
            }
        }
    }
    line.byte(b'\n');
    line.flush();
}
