//! Lines for the console, carried by mailbox messages of 56 bytes each.
//!
//! A full mailbox is tried again a bounded number of times and the piece then
//! dropped: a line is worth less than the core.

use core::fmt::{self, Write};

use pluton_abi::command::{LOG_BYTES, Origin, log_message};
use pluton_abi::smc::Status;

use crate::smc;

const ATTEMPTS: u32 = 100_000;

struct Log {
    piece: [u8; LOG_BYTES],
    length: usize,
}

impl Log {
    fn flush(&mut self) {
        let length = core::mem::take(&mut self.length);
        if length == 0 {
            return;
        }
        let text = self.piece.get(..length).unwrap_or(&self.piece);
        let message = log_message(Origin::Monitor, text);
        for _ in 0..ATTEMPTS {
            if smc::send(&message) != Status::Busy {
                return;
            }
        }
    }
}

impl Write for Log {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if self.length == LOG_BYTES {
                self.flush();
            }
            if let Some(place) = self.piece.get_mut(self.length) {
                *place = byte;
                self.length = self.length.saturating_add(1);
            }
        }
        Ok(())
    }
}

/// Writes one line.
pub(crate) fn write_line(arguments: fmt::Arguments<'_>) {
    let mut log = Log {
        piece: [0; LOG_BYTES],
        length: 0,
    };
    // Writing to the log never fails.
    let _ = writeln!(log, "{arguments}");
    log.flush();
}

/// Writes one line, formatted.
macro_rules! say {
    ($($argument:tt)*) => { $crate::log::write_line(format_args!($($argument)*)) };
}
pub(crate) use say;
