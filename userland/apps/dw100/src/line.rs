//! Bytes in, readings out, and the count of what was good and what was not.

use dishwasher_protocol::{Decoder, Message, Reading};

/// The receiving side of the line.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pub(crate) decoder: Decoder,
    /// Frames that meant something.
    pub frames_good: u64,
    /// Frames and stretches of bytes that did not.
    pub frames_bad: u64,
    /// Sequence number of the last good frame.
    pub last_sequence: u8,
}

impl Line {
    /// Takes a byte; now and then it completes a reading.
    pub fn push(&mut self, byte: u8) -> Option<Reading> {
        let frame = match self.decoder.push(byte)? {
            Ok(frame) => frame,
            Err(_) => {
                self.frames_bad += 1;
                return None;
            }
        };
        match Message::from_frame(&frame) {
            Ok(Message::Reading(reading)) => {
                self.frames_good += 1;
                self.last_sequence = frame.sequence();
                Some(reading)
            }
            // A sound frame without meaning, or a command, which only the app sends.
            Ok(Message::Command(_)) | Err(_) => {
                self.frames_bad += 1;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Line;
    use dishwasher_protocol::{Command, Frame, Message, Reading};

    fn push(line: &mut Line, bytes: &[u8]) -> Vec<Reading> {
        bytes.iter().filter_map(|byte| line.push(*byte)).collect()
    }

    #[test]
    fn a_damaged_frame_is_counted_and_the_next_one_is_heard() {
        let mut line = Line::default();
        let reading = Reading::Turbidity { ntu: 120 };
        let good = Message::from(reading).to_frame(7).encode();
        let mut bad = good.as_bytes().to_vec();
        bad[4] ^= 0x10;
        assert_eq!(push(&mut line, &bad), []);
        assert_eq!(push(&mut line, good.as_bytes()), [reading]);
        assert_eq!((line.frames_good, line.last_sequence), (1, 7));
        assert!(line.frames_bad >= 1);
    }

    #[test]
    fn a_sound_frame_that_means_nothing_here_is_bad() {
        let mut line = Line::default();
        let unknown = Frame::new(0x77, 0, b"?").unwrap().encode();
        let echo = Message::from(Command::Heater { on: true }).to_frame(0).encode();
        let out_of_range = Frame::new(0x02, 0, &[101]).unwrap().encode();
        for frame in [unknown, echo, out_of_range] {
            assert_eq!(push(&mut line, frame.as_bytes()), []);
        }
        assert_eq!((line.frames_good, line.frames_bad), (0, 3));
    }
}
