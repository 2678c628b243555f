//! The kernel's few lines on the console, through the mailbox, in pieces.

use core::fmt::{self, Write};
use kernel_abi::Error;
use pluton_abi::command::{Command, LOG_BYTES, Message, Origin, RequestHeader};

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
        let header = RequestHeader {
            command: Command::Log as u16,
            sequence: 0,
            origin: Origin::Kernel as u8,
            length: self.length as u8,
        };
        let mut message: Message = [header.pack(), 0, 0, 0, 0, 0, 0, 0];
        for (word, bytes) in message[1..].iter_mut().zip(self.bytes.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        // The mailbox empties within microseconds; a line is worth a short wait, no more.
        for _ in 0..100_000 {
            if crate::monitor::mailbox_send(&message) != Err(Error::Busy) {
                break;
            }
        }
        self.length = 0;
        self.bytes = [0; LOG_BYTES];
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if self.length == LOG_BYTES {
                self.flush();
            }
            if let Some(place) = self.bytes.get_mut(self.length) {
                *place = byte;
                self.length += 1;
            }
        }
        Ok(())
    }
}

/// Sends one line.
pub(crate) fn write_line(arguments: fmt::Arguments<'_>) {
    let mut line = Line { bytes: [0; LOG_BYTES], length: 0 };
    let _ = line.write_fmt(arguments);
    let _ = line.write_str("\n");
    line.flush();
}

/// Writes one line to the console.
macro_rules! log {
    ($($argument:tt)*) => { $crate::log::write_line(format_args!($($argument)*)) };
}
pub(crate) use log;
