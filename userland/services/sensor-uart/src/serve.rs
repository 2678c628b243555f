//! What the driver does on an interrupt and on a request.

use sdk::uart::{COUNTERS, Counters, READ, REFUSED, WRITE};
use sdk::{Words, text};

use crate::pl011::{self, Registers};
use crate::ring::Ring;

/// Most bytes taken from the device in one go, so that a line that never falls
/// silent does not keep the driver from its clients.
const GULP_BYTES: usize = 256;

/// The driver.
pub struct Driver<D> {
    device: D,
    ring: Ring,
    counters: Counters,
}

impl<D: Registers> Driver<D> {
    /// Sets the device up and takes it over.
    pub fn new(device: D) -> Self {
        pl011::set_up(&device);
        Self { device, ring: Ring::new(), counters: Counters::default() }
    }

    /// Takes what the device has received.
    pub fn drain(&mut self) {
        pl011::clear_interrupts(&self.device);
        for _ in 0..GULP_BYTES {
            match pl011::receive(&self.device) {
                None => break,
                Some(Err(())) => self.counters.line_errors += 1,
                Some(Ok(byte)) => {
                    self.counters.received += 1;
                    self.counters.overruns += u64::from(!self.ring.push(byte));
                }
            }
        }
    }

    /// Answers a request.
    pub fn answer(&mut self, request: &Words) -> Words {
        let mut reply = Words::default();
        match request[0] & 0xff {
            READ => {
                self.drain();
                let mut bytes = [0; text::BYTES];
                let mut length = 0;
                while length < bytes.len() {
                    let Some(byte) = self.ring.pop() else { break };
                    bytes[length] = byte;
                    length += 1;
                }
                reply[0] = length as u64;
                text::pack(&bytes[..length], &mut reply);
            }
            WRITE if (request[0] >> 8) <= text::BYTES as u64 => {
                let bytes = text::unpack(request);
                let bytes = &bytes[..(request[0] >> 8) as usize];
                let taken =
                    bytes.iter().take_while(|byte| pl011::send(&self.device, **byte)).count();
                self.counters.written += taken as u64;
                reply[0] = taken as u64;
            }
            COUNTERS => {
                let Counters { received, overruns, line_errors, written } = self.counters;
                reply[1..5].copy_from_slice(&[received, overruns, line_errors, written]);
            }
            _ => reply[0] = REFUSED,
        }
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::Driver;
    use crate::pl011::Registers;
    use crate::ring::RING_BYTES;
    use sdk::text;
    use sdk::uart::{COUNTERS, READ, REFUSED, WRITE};
    use std::cell::RefCell;
    use std::collections::VecDeque;

    /// A device with `room` left in its transmit FIFO.
    #[derive(Default)]
    struct Device {
        receive: RefCell<VecDeque<u32>>,
        sent: RefCell<Vec<u8>>,
        room: usize,
    }
    impl Registers for &Device {
        fn read(&self, offset: usize) -> u32 {
            match offset {
                0x00 => self.receive.borrow_mut().pop_front().unwrap(),
                0x18 => {
                    u32::from(self.receive.borrow().is_empty()) << 4
                        | u32::from(self.sent.borrow().len() >= self.room) << 5
                }
                _ => 0,
            }
        }
        fn write(&self, offset: usize, value: u32) {
            if offset == 0 {
                self.sent.borrow_mut().push(value as u8);
            }
        }
    }

    #[test]
    fn reads_in_order_and_counts_damage_and_overruns() {
        let device = Device::default();
        device.receive.borrow_mut().extend([0x41, 0x142, 0x43]);
        let mut driver = Driver::new(&device);
        let reply = driver.answer(&[READ, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(reply[0], 2);
        assert_eq!(&text::unpack(&reply)[..2], b"AC");
        device.receive.borrow_mut().extend((0..RING_BYTES as u32 + 10).map(|i| i & 0xff));
        for _ in 0..8 {
            driver.drain();
        }
        let reply = driver.answer(&[COUNTERS, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(reply[1..4], [2 + RING_BYTES as u64 + 10, 10, 1]);
    }

    #[test]
    fn writes_what_fits_and_says_so() {
        let device = Device { room: 3, ..Device::default() };
        let mut driver = Driver::new(&device);
        let mut request = [WRITE | 5 << 8, 0, 0, 0, 0, 0, 0, 0];
        text::pack(b"hello", &mut request);
        assert_eq!(driver.answer(&request)[0], 3);
        assert_eq!(*device.sent.borrow(), b"hel");
    }

    #[test]
    fn refuses_lengths_and_operations_that_are_none() {
        let device = Device { room: 100, ..Device::default() };
        let mut driver = Driver::new(&device);
        for word in [0, 4, 0xff, WRITE | 57 << 8, WRITE | 1 << 63] {
            assert_eq!(driver.answer(&[word, 0, 0, 0, 0, 0, 0, 0])[0], REFUSED, "{word:#x}");
        }
        assert!(device.sent.borrow().is_empty());
    }
}
