//! The line to the sensor board, as the UART driver offers it over its endpoint.
//!
//! | | word 0 | words 1..=7 | reply word 0 | reply words 1..=7 |
//! |---|---|---|---|---|
//! | read | [`READ`] | - | bytes | the bytes |
//! | write | [`WRITE`] \| bytes << 8 | the bytes | bytes taken | - |
//! | counters | [`COUNTERS`] | - | 0 | received, overruns, line errors, written |
//! | else | | | [`REFUSED`] | - |
//!
//! A read never waits: it returns what is there, maybe nothing.

use kernel_abi::Error;

use crate::cap::{Cap, Endpoint};
use crate::{Syscalls, Words, text};

/// Operation: read.
pub const READ: u64 = 1;
/// Operation: write.
pub const WRITE: u64 = 2;
/// Operation: read the counters.
pub const COUNTERS: u64 = 3;
/// Reply to what is none of these.
pub const REFUSED: u64 = u64::MAX;

/// What the driver counted since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bytes received.
    pub received: u64,
    /// Bytes lost because nobody read them in time.
    pub overruns: u64,
    /// Bytes the hardware marked as damaged.
    pub line_errors: u64,
    /// Bytes written.
    pub written: u64,
}

/// Reads up to 56 bytes into `buffer`; returns how many came.
pub fn read<K: Syscalls>(
    driver: Cap<Endpoint>,
    kernel: &K,
    buffer: &mut [u8; text::BYTES],
) -> Result<usize, Error> {
    let reply = driver.call(kernel, &[READ, 0, 0, 0, 0, 0, 0, 0])?;
    *buffer = text::unpack(&reply);
    count(reply[0], text::BYTES)
}

/// Writes as many bytes as the driver takes, at most 56; returns how many.
pub fn write<K: Syscalls>(driver: Cap<Endpoint>, kernel: &K, bytes: &[u8]) -> Result<usize, Error> {
    let length = bytes.len().min(text::BYTES);
    let mut words = Words::default();
    words[0] = WRITE | (length as u64) << 8;
    text::pack(&bytes[..length], &mut words);
    let reply = driver.call(kernel, &words)?;
    count(reply[0], length)
}

/// The driver's counters.
pub fn counters<K: Syscalls>(driver: Cap<Endpoint>, kernel: &K) -> Result<Counters, Error> {
    match driver.call(kernel, &[COUNTERS, 0, 0, 0, 0, 0, 0, 0])? {
        [0, received, overruns, line_errors, written, ..] => {
            Ok(Counters { received, overruns, line_errors, written })
        }
        _ => Err(Error::InvalidArgument),
    }
}

/// A count the other side told: believed only up to what is possible.
fn count(told: u64, most: usize) -> Result<usize, Error> {
    match usize::try_from(told) {
        Ok(count) if count <= most => Ok(count),
        _ => Err(Error::InvalidArgument),
    }
}

#[cfg(test)]
mod tests {
    use super::{READ, REFUSED, read, write};
    use crate::fake::Fake;
    use crate::{Error, Registers, SystemCall, slots};

    #[test]
    fn a_driver_that_lies_about_its_count_is_not_believed() {
        for told in [57, REFUSED] {
            let fake = Fake::new(move |_, registers: &mut Registers| registers.0[1] = told);
            let mut buffer = [0; 56];
            assert_eq!(read(slots::UART, &fake, &mut buffer), Err(Error::InvalidArgument));
        }
    }

    #[test]
    fn reading_asks_the_right_slot() {
        let fake = Fake::new(|_, registers: &mut Registers| {
            (registers.0[1], registers.0[2]) = (2, 0x4241);
        });
        let mut buffer = [0; 56];
        assert_eq!(read(slots::UART, &fake, &mut buffer), Ok(2));
        assert_eq!(&buffer[..2], b"AB");
        let (number, registers) = fake.calls()[0];
        assert_eq!(number, SystemCall::Call as u64);
        assert_eq!(registers.0[..2], [8, READ]);
        assert_eq!(write(slots::UART, &fake, b"xyz"), Ok(2));
    }
}
