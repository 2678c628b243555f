//! Adds up what the console said during a run, and says whether that was well.

use std::time::Instant;

use serde::Serialize;

use crate::console::{Event, Measurement, Outcome, Telemetry};
use crate::refusal::Refusal;

/// An attempt of the intruder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// Its number.
    pub number: u32,
    /// What was tried.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// Memory of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Process {
    /// Its name.
    pub name: String,
    /// All memory that is charged to it.
    pub memory_bytes: u64,
}

/// Everything heard.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The measurement log.
    pub measurements: Vec<Measurement>,
    /// Processes.
    pub processes: Vec<Process>,
    /// Attempts, in order.
    pub attempts: Vec<Attempt>,
    /// How many the intruder says it made.
    pub intruder_done: Option<u32>,
    /// RAM in use, and RAM there is.
    pub memory: Option<(u64, u64)>,
    /// The last telemetry.
    pub last: Option<Telemetry>,
    /// An image that was refused.
    pub refused: Option<Refusal>,
    /// A layer stopped.
    pub halted: bool,
    /// Lines of layers that could not go on.
    pub fatal: Vec<String>,
    telemetry: Vec<Instant>,
    intruder_began: Option<Instant>,
    intruder_ended: Option<Instant>,
}

/// Time between two telemetry lines, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pace {
    /// Number of intervals.
    pub intervals: usize,
    /// The shortest.
    pub min: f64,
    /// The one in the middle.
    pub median: f64,
    /// The longest.
    pub max: f64,
}

impl Summary {
    /// Takes the next event.
    pub fn add(&mut self, when: Instant, event: Event) {
        match event {
            Event::Refused(refusal) => self.refused = Some(refusal),
            Event::Halted { .. } => self.halted = true,
            Event::Fatal { line } => self.fatal.push(line),
            Event::Measured(measurement) => self.measurements.push(measurement),
            Event::Telemetry(telemetry) => {
                self.telemetry.push(when);
                self.last = Some(telemetry);
            }
            Event::Attempt { number, name, outcome } => {
                self.intruder_began.get_or_insert(when);
                self.intruder_ended = Some(when);
                match self.attempts.iter_mut().find(|attempt| attempt.number == number) {
                    // What succeeded once has succeeded, whatever is said later.
                    Some(known) if known.outcome == Outcome::Succeeded => {}
                    Some(known) => known.outcome = outcome,
                    None => self.attempts.push(Attempt { number, name, outcome }),
                }
            }
            Event::IntruderDone { attempts } => {
                self.intruder_ended = Some(when);
                self.intruder_done = Some(attempts);
            }
            Event::Fault { process } if process == "intruder" => {
                if let Some(attempt) = self.attempts.last_mut()
                    && attempt.outcome == Outcome::Trying
                {
                    attempt.outcome = Outcome::Faulted;
                }
            }
            Event::Fault { .. } => {}
            Event::ProcessMemory { process, pages } => {
                let memory_bytes = pages.saturating_mul(board::PAGE_BYTES);
                self.processes.retain(|known| known.name != process);
                self.processes.push(Process { name: process, memory_bytes });
            }
            Event::Memory { used_bytes, total_bytes } => {
                // The most that was ever in use; what the root task can not see is in
                // use by the layers below it.
                let below = board::ram::BYTES.saturating_sub(total_bytes);
                let most = self.memory.map_or(0, |(used, _)| used);
                let used_bytes = used_bytes.saturating_add(below).max(most);
                self.memory = Some((used_bytes, total_bytes.saturating_add(below)));
            }
        }
    }

    /// Attempts that were refused or ended by a fault.
    pub fn attempts_refused(&self) -> usize {
        let stopped = |a: &&Attempt| matches!(a.outcome, Outcome::Refused | Outcome::Faulted);
        self.attempts.iter().filter(stopped).count()
    }

    /// Number of telemetry lines.
    pub fn telemetry_lines(&self) -> usize {
        self.telemetry.len()
    }

    /// Pace while nobody attacked: before and after the intruder.
    pub fn pace_alone(&self) -> Option<Pace> {
        pace(self.intervals().filter(|(from, to)| !self.under_attack(*from, *to)))
    }

    /// Pace while the intruder worked.
    pub fn pace_under_attack(&self) -> Option<Pace> {
        pace(self.intervals().filter(|(from, to)| self.under_attack(*from, *to)))
    }

    fn intervals(&self) -> impl Iterator<Item = (Instant, Instant)> {
        self.telemetry.iter().copied().zip(self.telemetry.iter().copied().skip(1))
    }

    /// Whether any of an interval lies in the time of the attack.
    fn under_attack(&self, from: Instant, to: Instant) -> bool {
        match (self.intruder_began, self.intruder_ended) {
            (Some(began), Some(ended)) => from <= ended && to >= began,
            _ => false,
        }
    }

    /// What was not well; empty if all was.
    pub fn failures(&self, wants_telemetry: bool) -> Vec<String> {
        let mut failures = self.fatal.clone();
        for (index, attempt) in self.attempts.iter().enumerate() {
            let in_flight = self.intruder_done.is_none() && index + 1 == self.attempts.len();
            let what = match attempt.outcome {
                Outcome::Succeeded => "succeeded: a hole",
                // The run ended before the attempt did.
                Outcome::Trying if in_flight => continue,
                Outcome::Trying => "ended neither refused nor by a fault",
                Outcome::Refused | Outcome::Faulted => continue,
            };
            failures.push(format!("intruder attempt {:02} {}: {what}", attempt.number, attempt.name));
        }
        if let Some(said) = self.intruder_done
            && said as usize != self.attempts.len()
        {
            let heard = self.attempts.len();
            failures.push(format!("the intruder made {said} attempts, {heard} were seen"));
        }
        if let Some((used, total)) = self.memory
            && used > total.min(board::ram::BYTES)
        {
            failures.push(format!("{used} bytes of RAM in use, more than there are"));
        }
        if wants_telemetry && self.telemetry.is_empty() && self.refused.is_none() {
            failures.push("no telemetry line came".into());
        }
        failures
    }
}

fn pace(intervals: impl Iterator<Item = (Instant, Instant)>) -> Option<Pace> {
    let mut seconds: Vec<_> =
        intervals.map(|(from, to)| to.duration_since(from).as_secs_f64()).collect();
    seconds.sort_by(f64::total_cmp);
    Some(Pace {
        intervals: seconds.len(),
        min: *seconds.first()?,
        median: *seconds.get(seconds.len() / 2)?,
        max: *seconds.last()?,
    })
}
