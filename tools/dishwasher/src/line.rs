//! The line: what a motor next to an unshielded cable does to bytes.

use crate::random::Random;

/// One direction of a serial line.
#[derive(Clone, Debug)]
pub struct Line {
    random: Random,
    error_rate: f64,
    /// Frames handed over.
    pub frames: u64,
    /// Frames that did not arrive as they were sent.
    pub corrupted: u64,
}

impl Line {
    /// A line that damages this share (0 to 1) of the frames.
    pub fn new(random: Random, error_rate: f64) -> Self {
        Self { random, error_rate, frames: 0, corrupted: 0 }
    }

    /// What arrives of the bytes of one frame.
    pub fn carry(&mut self, frame: &[u8]) -> Vec<u8> {
        let mut bytes = frame.to_vec();
        self.frames += 1;
        if self.random.unit() < self.error_rate {
            self.damage(&mut bytes);
            self.corrupted += u64::from(bytes != frame);
        }
        bytes
    }

    fn damage(&mut self, bytes: &mut Vec<u8>) {
        let at = self.random.below(bytes.len());
        match self.random.below(4) {
            // One bit, twice as often as the others.
            0 | 1 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << self.random.below(8);
                }
            }
            2 => {
                if at < bytes.len() {
                    bytes.remove(at);
                }
            }
            _ => bytes.insert(at, self.random.draw() as u8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dishwasher_protocol::{Decoder, Message, Reading};

    #[test]
    fn a_clean_line_changes_nothing() {
        let mut line = Line::new(Random::new(1), 0.0);
        for length in 0..20 {
            let bytes = vec![7; length];
            assert_eq!(line.carry(&bytes), bytes);
        }
        assert_eq!((line.frames, line.corrupted), (20, 0));
    }

    #[test]
    fn damaged_frames_are_lost_and_all_others_arrive() {
        let mut line = Line::new(Random::new(2), 0.2);
        let (mut decoder, mut good, mut bad) = (Decoder::new(), 0, 0);
        for sequence in 0..5_000u64 {
            let reading = Reading::Turbidity { ntu: (sequence % 4_000) as u16 };
            let frame = Message::from(reading).to_frame(sequence as u8);
            for byte in line.carry(frame.encode().as_bytes()) {
                match decoder.push(byte) {
                    Some(Ok(_)) => good += 1,
                    Some(Err(_)) => bad += 1,
                    None => {}
                }
            }
        }
        assert!((800..1_200).contains(&line.corrupted), "{}", line.corrupted);
        // A byte inserted before the sync spoils no frame, so a few more arrive.
        assert!(good >= 5_000 - line.corrupted && good <= 5_000, "{good}");
        // Two damaged frames side by side can be one incident.
        assert!(bad > line.corrupted * 8 / 10 && bad <= line.corrupted, "{bad}");
    }

    #[test]
    fn the_same_seed_does_the_same_damage() {
        let mut lines = [0, 0].map(|_| Line::new(Random::new(3), 0.5));
        for _ in 0..100 {
            let [first, second] = &mut lines;
            assert_eq!(first.carry(b"same bytes"), second.carry(b"same bytes"));
        }
    }
}
