//! The console: the first serial port. Every line names who speaks.

use core::fmt::{self, Write};
use kernel_abi::Error;
use pluton_abi::command::{Command, LOG_BYTES, Message, RequestHeader};
use x86_64::instructions::port::Port;

const DATA: u16 = 0x3f8;
const LINE_STATUS: u16 = DATA + 5;
const TRANSMITTER_EMPTY: u8 = 1 << 5;

struct Console;

fn write_byte(byte: u8) {
    let mut status = Port::<u8>::new(LINE_STATUS);
    let mut data = Port::<u8>::new(DATA);
    // SAFETY: ports of the serial line, which touch no memory.
    unsafe {
        for _ in 0..100_000 {
            if status.read() & TRANSMITTER_EMPTY != 0 {
                break;
            }
        }
        data.write(byte);
    }
}

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(write_byte);
        Ok(())
    }
}

/// Writes one line of the kernel's.
pub(crate) fn write_line(arguments: fmt::Arguments<'_>) {
    let _ = writeln!(Console, "[kernel ] {arguments}");
}

/// The one mailbox command that is answered here: text of a process. Control
/// characters but the newline are replaced, as the real mailbox does.
pub(crate) fn mailbox_send(message: &Message) -> Result<(), Error> {
    let header = RequestHeader::unpack(message[0]);
    let length = usize::from(header.length);
    if header.command != Command::Log as u16 || length == 0 || length > LOG_BYTES {
        return Err(Error::MonitorRefused);
    }
    let bytes = message[1..].iter().flat_map(|word| word.to_le_bytes()).take(length);
    for byte in bytes {
        write_byte(if matches!(byte, b'\n' | b' '..=b'~') { byte } else { b'?' });
    }
    Ok(())
}

/// Writes one line to the console.
macro_rules! log {
    ($($argument:tt)*) => { $crate::console::write_line(format_args!($($argument)*)) };
}
pub(crate) use log;
