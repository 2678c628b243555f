//! Lines on the console, through the mailbox.

use crate::{arch, call};
use core::fmt::{self, Write};
use kernel_abi::Error;
use pluton_abi::command::{Command, LOG_BYTES, RequestHeader};

struct Line {
    bytes: [u8; LOG_BYTES],
    length: usize,
}

impl Line {
    fn flush(&mut self) {
        let header = RequestHeader {
            command: Command::Log as u16,
            sequence: 0,
            origin: 0,
            length: self.length as u8,
        };
        let mut words = [header.pack(), 0, 0, 0, 0, 0, 0, 0];
        for (word, bytes) in words[1..].iter_mut().zip(self.bytes.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        // The mailbox empties within microseconds; a line is worth a wait.
        for _ in 0..10_000 {
            if call::mailbox_send(&words) != Err(Error::Busy) {
                break;
            }
            let _ = call::sleep(arch::now() + 10_000);
        }
        *self = Self { bytes: [0; LOG_BYTES], length: 0 };
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if let Some(place) = self.bytes.get_mut(self.length) {
                *place = byte;
                self.length += 1;
            }
            if self.length == LOG_BYTES {
                self.flush();
            }
        }
        Ok(())
    }
}

/// Writes one line.
pub(crate) fn line(text: fmt::Arguments<'_>) {
    let mut line = Line { bytes: [0; LOG_BYTES], length: 0 };
    let _ = writeln!(line, "{text}");
    if line.length != 0 {
        line.flush();
    }
}
