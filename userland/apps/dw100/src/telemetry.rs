//! The line that is logged once a second.

use core::fmt;
use core::time::Duration;

use crate::board::Board;
use crate::controller::Phase;
use crate::line::Line;

/// A telemetry line.
#[derive(Clone, Copy, Debug)]
pub struct Telemetry<'a> {
    /// Time since the app started.
    pub since_start: Duration,
    /// What the app is doing.
    pub phase: Phase,
    /// The board.
    pub board: &'a Board,
    /// The line.
    pub line: &'a Line,
}

impl fmt::Display for Telemetry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, tenths) =
            (self.since_start.as_secs(), self.since_start.subsec_millis() / 100);
        let centidegrees = i32::from(self.board.water_centidegrees.unwrap_or(0));
        let sign = if centidegrees < 0 { "-" } else { "" };
        let (whole, hundredths) = (centidegrees.abs() / 100, centidegrees.abs() % 100);
        let door = self.board.door.map_or("unknown", |door| door.name());
        write!(
            f,
            "telemetry seconds={seconds}.{tenths} phase={} water_c={sign}{whole}.{hundredths:02} \
             turbidity_ntu={} rinse_percent={} door={door} frames_good={} frames_bad={}",
            self.phase.name(),
            self.board.turbidity_ntu.unwrap_or(0),
            self.board.rinse_percent.unwrap_or(0),
            self.line.frames_good,
            self.line.frames_bad,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Telemetry;
    use crate::board::Board;
    use crate::controller::Phase;
    use crate::line::Line;
    use core::time::Duration;
    use dishwasher_protocol::{Door, Reading};

    #[test]
    fn is_what_the_host_reads() {
        let mut board = Board::default();
        for reading in [
            Reading::WaterTemperature { centidegrees: 4_325 },
            Reading::Turbidity { ntu: 120 },
            Reading::RinseAid { percent: 80 },
            Reading::Door(Door::Closed),
        ] {
            board.take(reading, Duration::ZERO);
        }
        let line = Line { frames_good: 12, frames_bad: 1, ..Line::default() };
        let since_start = Duration::from_millis(12_345);
        let text =
            Telemetry { since_start, phase: Phase::Wash, board: &board, line: &line }.to_string();
        assert_eq!(
            text,
            "telemetry seconds=12.3 phase=wash water_c=43.25 turbidity_ntu=120 rinse_percent=80 \
             door=closed frames_good=12 frames_bad=1"
        );
        assert!(text.len() < sdk::log::LINE_BYTES - 40, "room for counters to grow");
    }

    #[test]
    fn below_zero_reads_as_below_zero() {
        let board = Board { water_centidegrees: Some(-5), ..Board::default() };
        let line = Line::default();
        let since_start = Duration::ZERO;
        let text = Telemetry { since_start, phase: Phase::Idle, board: &board, line: &line };
        assert!(text.to_string().contains(" water_c=-0.05 "));
    }
}
