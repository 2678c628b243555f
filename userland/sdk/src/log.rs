//! Lines of text for the console.
//!
//! A line goes to the log service in messages of up to 56 bytes, the last one
//! marked as the end. They are *sent*, not called: the service works on its own
//! time, so an app that writes much spends the log's budget and no other app's,
//! and an app never hangs because the log does. A line that is not taken within a
//! quarter of a second is lost.
//!
//! | word 0 | meaning |
//! |---|---|
//! | 0..=7 | bytes of text in words 1..=7 |
//! | 8 | the line ends here |
//! | 16..=23 | operation: [`TEXT`]; from the root task also [`NAME`] |
//!
//! Who calls instead of sending gets a reply: word 0 is 1 if the text was dropped.

use core::fmt;
use core::time::Duration;

use kernel_abi::{Error, Slot};
use pluton_abi::command::{LOG_BYTES, Origin, log_message};

use crate::{Clock, Syscalls, Words, slots, text};

/// Operation: text of a line.
pub const TEXT: u64 = 0;
/// Operation: word 1 is a client's badge, words 2..=4 its name. Root task only.
pub const NAME: u64 = 1;
/// The badge the root task speaks with.
pub const ROOT_BADGE: u64 = 1;
/// Most bytes of a line; what is beyond is cut off.
pub const LINE_BYTES: usize = 200;

const END_OF_LINE: u64 = 1 << 8;
const _: () = assert!(text::BYTES == LOG_BYTES);

/// Word 0 of a message.
pub const fn header(operation: u64, length: usize, end_of_line: bool) -> u64 {
    length as u64 & 0xff | if end_of_line { END_OF_LINE } else { 0 } | operation << 16
}
/// Operation, bytes (at most 56) and end-of-line mark of word 0.
pub const fn unpack_header(word: u64) -> (u64, usize, bool) {
    let length = (word & 0xff) as usize;
    let length = if length > text::BYTES { text::BYTES } else { length };
    (word >> 16 & 0xff, length, word & END_OF_LINE != 0)
}

/// What takes the messages of a line.
pub trait Sink {
    /// Takes one message: up to 56 bytes, and whether they end the line.
    fn put(&mut self, bytes: &[u8], end_of_line: bool) -> Result<(), Error>;
}

/// The log service.
#[derive(Debug)]
pub struct Service<'a, K> {
    /// The kernel.
    pub kernel: &'a K,
    /// How long a message waits to be taken.
    pub deadline: u64,
}

impl<K: Syscalls> Sink for Service<'_, K> {
    fn put(&mut self, bytes: &[u8], end_of_line: bool) -> Result<(), Error> {
        let mut words = Words::default();
        words[0] = header(TEXT, bytes.len(), end_of_line);
        text::pack(bytes, &mut words);
        slots::LOG.send(self.kernel, &words, self.deadline)
    }
}

/// The mailbox, for those who hold it.
#[derive(Debug)]
pub struct Mailbox<'a, K> {
    /// The kernel.
    pub kernel: &'a K,
    /// Ticks to wait while the mailbox is full.
    pub pause_ticks: u64,
}

impl<K: Syscalls> Mailbox<'_, K> {
    fn put_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let words = log_message(Origin::Process, bytes);
        // Two hundred pauses are far longer than Pluton takes for a full mailbox.
        for _ in 0..200 {
            match slots::MONITOR.send(self.kernel, &words, None) {
                Err(Error::Busy) => {
                    crate::clock::sleep_until(self.kernel, self.kernel.now() + self.pause_ticks);
                }
                done => return done,
            }
        }
        Err(Error::Busy)
    }
}

impl<K: Syscalls> Sink for Mailbox<'_, K> {
    fn put(&mut self, bytes: &[u8], end_of_line: bool) -> Result<(), Error> {
        if !bytes.is_empty() {
            self.put_bytes(bytes)?;
        }
        if end_of_line { self.put_bytes(b"\n") } else { Ok(()) }
    }
}

/// Collects a line and passes it on in messages.
struct Line<'a, S> {
    sink: &'a mut S,
    part: [u8; text::BYTES],
    filled: usize,
    written: usize,
    result: Result<(), Error>,
}

impl<S: Sink> Line<'_, S> {
    fn flush(&mut self, end_of_line: bool) {
        if self.result.is_ok() {
            self.result = self.sink.put(&self.part[..self.filled], end_of_line);
        }
        self.filled = 0;
    }
}

impl<S: Sink> fmt::Write for Line<'_, S> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        for byte in s.bytes() {
            if self.written == LINE_BYTES {
                return Ok(());
            }
            if self.filled == text::BYTES {
                self.flush(false);
            }
            // A line stays one line, whatever it was made of.
            self.part[self.filled] = if byte.is_ascii_control() { b' ' } else { byte };
            self.filled += 1;
            self.written += 1;
        }
        Ok(())
    }
}

/// Writes one line to a sink.
pub fn line(sink: &mut impl Sink, arguments: fmt::Arguments<'_>) -> Result<(), Error> {
    let mut line = Line { sink, part: [0; text::BYTES], filled: 0, written: 0, result: Ok(()) };
    // `Line` never fails; a `Display` that does leaves the line as far as it came.
    let _ = fmt::write(&mut line, arguments);
    line.flush(true);
    line.result
}

/// Writes one line to the log service; a line that can not be sent is lost.
pub fn to_service<K: Syscalls>(kernel: &K, clock: Clock, arguments: fmt::Arguments<'_>) {
    let deadline = clock.after(kernel, Duration::from_millis(250));
    let _ = line(&mut Service { kernel, deadline }, arguments);
}

/// Tells the log service the name of the client with this badge. Root task only.
pub fn tell_name<K: Syscalls>(
    kernel: &K,
    clock: Clock,
    badge: u64,
    name: &str,
) -> Result<(), Error> {
    let bytes = text::name_bytes(name);
    let mut words = [header(NAME, 0, false), badge, 0, 0, 0, 0, 0, 0];
    let chunks: &[[u8; 8]] = bytes.as_chunks().0;
    for (word, chunk) in words[2..5].iter_mut().zip(chunks) {
        *word = u64::from_le_bytes(*chunk);
    }
    let deadline = clock.after(kernel, Duration::from_secs(2));
    slots::LOG.send(kernel, &words, deadline)
}

/// The slot the log endpoint lies in, for tests and attacks.
pub const SLOT: Slot = slots::LOG.slot();

/// Writes a line to the log, as `println!` would: `log!(kernel, clock, "x={}", 1)`.
#[macro_export]
macro_rules! log {
    ($kernel:expr, $clock:expr, $($argument:tt)*) => {
        $crate::log::to_service($kernel, $clock, format_args!($($argument)*))
    };
}

#[cfg(test)]
mod tests {
    use super::{LINE_BYTES, Sink, line, unpack_header};
    use kernel_abi::Error;
    use std::vec::Vec;

    #[derive(Default)]
    struct Parts(Vec<(Vec<u8>, bool)>);
    impl Sink for Parts {
        fn put(&mut self, bytes: &[u8], end_of_line: bool) -> Result<(), Error> {
            self.0.push((bytes.to_vec(), end_of_line));
            Ok(())
        }
    }

    #[test]
    fn a_line_is_cut_into_messages_and_ends_once() {
        let mut parts = Parts::default();
        line(&mut parts, format_args!("{}", "x".repeat(57))).unwrap();
        let lengths: Vec<_> = parts.0.iter().map(|(bytes, end)| (bytes.len(), *end)).collect();
        assert_eq!(lengths, [(56, false), (1, true)]);
    }

    #[test]
    fn a_line_break_inside_can_not_start_another_line() {
        let mut parts = Parts::default();
        line(&mut parts, format_args!("a\n[kernel ] b\r\u{1b}[0m")).unwrap();
        assert_eq!(parts.0, [(b"a [kernel ] b  [0m".to_vec(), true)]);
    }

    #[test]
    fn a_long_line_is_cut() {
        let mut parts = Parts::default();
        line(&mut parts, format_args!("{}", "y".repeat(5_000))).unwrap();
        assert_eq!(parts.0.iter().map(|(bytes, _)| bytes.len()).sum::<usize>(), LINE_BYTES);
    }

    #[test]
    fn a_header_that_lies_about_its_length_is_cut() {
        assert_eq!(unpack_header(0xff | 1 << 8 | 1 << 16), (1, 56, true));
    }
}
