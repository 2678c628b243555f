//! The summary of a run: as data, and for people.

use serde::Serialize;

use crate::console::{Measurement, Telemetry};
use crate::qemu::Cpu;
use crate::refusal::Refusal;
use crate::summary::{Attempt, Pace, Process, Summary};

/// The summary as data. Keys are only ever added.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The processor.
    pub cpu: &'static str,
    /// How long the device ran.
    pub seconds: f64,
    /// Frames that the app took.
    pub frames_good: u64,
    /// Frames that the app rejected.
    pub frames_bad: u64,
    /// What the intruder tried.
    pub attempts: Vec<Attempt>,
    /// How many of them were refused or ended by a fault.
    pub attempts_refused: usize,
    /// How many there were.
    pub attempts_total: usize,
    /// RAM in use, everything included.
    pub ram_bytes: Option<u64>,
    /// RAM of the machine.
    pub ram_total_bytes: Option<u64>,
    /// The boot measurements.
    pub measurements: Vec<Measurement>,
    /// Memory of each process.
    pub processes: Vec<Process>,
    /// The dishwasher's telemetry.
    pub telemetry: TelemetryReport,
    /// What the simulator counted.
    pub simulator: Option<serde_json::Value>,
    /// The image that was refused, if one was.
    pub refused: Option<Refusal>,
    /// What was not well.
    pub failures: Vec<String>,
}

/// Telemetry in numbers.
#[derive(Clone, Debug, Serialize)]
pub struct TelemetryReport {
    /// Lines that came.
    pub lines: usize,
    /// Seconds between lines while nobody attacked.
    pub interval_alone: Option<Pace>,
    /// Seconds between lines while the intruder worked.
    pub interval_under_attack: Option<Pace>,
    /// The last line.
    pub last: Option<Telemetry>,
}

impl Report {
    /// Puts a summary into this form.
    pub fn new(
        summary: &Summary,
        cpu: Cpu,
        seconds: f64,
        simulator: Option<serde_json::Value>,
        failures: Vec<String>,
    ) -> Self {
        let last = summary.last.as_ref();
        Self {
            cpu: cpu.name(),
            seconds,
            frames_good: last.map_or(0, |last| last.frames_good),
            frames_bad: last.map_or(0, |last| last.frames_bad),
            attempts: summary.attempts.clone(),
            attempts_refused: summary.attempts_refused(),
            attempts_total: summary.attempts.len(),
            ram_bytes: summary.memory.map(|(used, _)| used),
            ram_total_bytes: summary.memory.map(|(_, total)| total),
            measurements: summary.measurements.clone(),
            processes: summary.processes.clone(),
            telemetry: TelemetryReport {
                lines: summary.telemetry_lines(),
                interval_alone: summary.pace_alone(),
                interval_under_attack: summary.pace_under_attack(),
                last: summary.last.clone(),
            },
            simulator,
            refused: summary.refused.clone(),
            failures,
        }
    }
}

/// Prints it for people.
pub fn print(report: &Report) {
    println!("\n=== {:.1} seconds on {} ===", report.seconds, report.cpu);
    if !report.measurements.is_empty() {
        println!("measured at boot:");
        for measurement in &report.measurements {
            println!(
                "  {:<17} version {} signer {} sha256 {}",
                measurement.name, measurement.version, measurement.signer, measurement.sha256
            );
        }
    }
    if !report.processes.is_empty() {
        println!("memory:");
        for process in &report.processes {
            println!("  {:<17} {:>6} KiB", process.name, process.memory_bytes >> 10);
        }
    }
    if let (Some(used), Some(total)) = (report.ram_bytes, report.ram_total_bytes) {
        println!("  {:<17} {:>6} KiB of {} KiB", "whole machine", used >> 10, total >> 10);
    }
    println!("frames: {} good, {} bad (rejected)", report.frames_good, report.frames_bad);
    println!(
        "intruder: {} attempts, {} refused",
        report.attempts_total, report.attempts_refused
    );
    println!("telemetry: {} lines", report.telemetry.lines);
    print_pace("alone", report.telemetry.interval_alone);
    print_pace("under attack", report.telemetry.interval_under_attack);
    for failure in &report.failures {
        println!("FAILED: {failure}");
    }
    if report.refused.is_none() && report.failures.is_empty() {
        println!("all well");
    }
}

fn print_pace(when: &str, pace: Option<Pace>) {
    if let Some(pace) = pace {
        println!(
            "  {when:<17} every {:.3} s (shortest {:.3}, longest {:.3}, {} intervals)",
            pace.median, pace.min, pace.max, pace.intervals
        );
    }
}
