//! Lines on the console, through the mailbox.

use crate::{arch, call};
use core::fmt::{self, Write};
use kernel_abi::Error;
use pluton_abi::command::{LOG_BYTES, Origin, log_message};

struct Line {
    bytes: [u8; LOG_BYTES],
    length: usize,
}

impl Line {
    fn flush(&mut self) {
        let text = self.bytes.get(..self.length).unwrap_or(&self.bytes);
        let words = log_message(Origin::Process, text);
        // The mailbox empties within microseconds; a line is worth a wait.
        for _ in 0..10_000 {
            if call::mailbox_send(&words) != Err(Error::Busy) {
                break;
            }
            let _ = call::sleep(arch::now() + 10_000);
        }
        self.length = 0;
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
