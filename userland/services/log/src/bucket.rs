//! A token bucket for each writer: bursts are fine, floods are not.
//!
//! A dropped line costs the log almost nothing, so a writer that floods gets its
//! share of lines and the rest is counted.

/// Lines that may come at once.
pub const BURST_LINES: u64 = 20;
/// Lines a second in the long run.
pub const LINES_PER_SECOND: u64 = 20;

/// Lines a writer may still write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Tokens, in units of a line divided by the ticks of a second.
    level: u64,
    /// When the level was right.
    at: u64,
    ticks_per_second: u64,
}

impl Bucket {
    /// A full bucket.
    pub const fn full(now: u64, ticks_per_second: u64) -> Self {
        let ticks_per_second = if ticks_per_second == 0 { 1 } else { ticks_per_second };
        Self { level: BURST_LINES.saturating_mul(ticks_per_second), at: now, ticks_per_second }
    }
    /// Takes a line's token, if there is one.
    pub fn take(&mut self, now: u64) -> bool {
        let most = BURST_LINES.saturating_mul(self.ticks_per_second);
        let gained = now.saturating_sub(self.at).saturating_mul(LINES_PER_SECOND);
        self.level = self.level.saturating_add(gained).min(most);
        self.at = self.at.max(now);
        match self.level.checked_sub(self.ticks_per_second) {
            Some(rest) => {
                self.level = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BURST_LINES, Bucket, LINES_PER_SECOND};

    const SECOND: u64 = 62_500_000;

    fn taken(bucket: &mut Bucket, now: u64, tries: u64) -> u64 {
        (0..tries).filter(|_| bucket.take(now)).count() as u64
    }

    #[test]
    fn a_burst_passes_and_a_flood_is_held_to_the_rate() {
        let mut bucket = Bucket::full(0, SECOND);
        assert_eq!(taken(&mut bucket, 0, 1_000), BURST_LINES);
        assert_eq!(taken(&mut bucket, SECOND, 1_000), LINES_PER_SECOND);
        assert_eq!(taken(&mut bucket, SECOND, 1_000), 0);
        // A flood at a fine grain gains no more than one at a coarse grain.
        let sum: u64 =
            (1..=1_000).map(|ms| taken(&mut bucket, SECOND + ms * SECOND / 1_000, 5)).sum();
        assert_eq!(sum, LINES_PER_SECOND);
    }

    #[test]
    fn a_long_silence_fills_it_no_further_than_full() {
        let mut bucket = Bucket::full(0, SECOND);
        assert_eq!(taken(&mut bucket, u64::MAX, 1_000), BURST_LINES);
        // A clock that goes back gains nothing and breaks nothing.
        assert_eq!(taken(&mut bucket, 0, 10), 0);
    }
}
