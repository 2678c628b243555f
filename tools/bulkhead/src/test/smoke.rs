//! The whole machine, on both processors: it boots, washes, and holds the intruder.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::console::parse;
use crate::device::Device;
use crate::project::Project;
use crate::qemu::{Cpu, Dishwasher, Heard, Machine, Scratch};
use crate::summary::Summary;
use crate::test::{Tally, fresh_device};

/// Longest time until everything has been seen.
const PATIENCE: Duration = Duration::from_secs(60);
/// Attempts that the intruder makes at least.
const ATTEMPTS: usize = 20;

pub(super) fn run(project: &Project, tally: &mut Tally) -> Result<()> {
    let scratch = Scratch::new()?;
    let device = fresh_device(project, &scratch.path().join("device"))?;
    for cpu in [Cpu::CortexA53, Cpu::Max] {
        let (summary, lines) = watch(project, &device, cpu)?;
        let last = lines.last().cloned().unwrap_or_default();
        let mut case = |what: &str, holds: bool, told: String| {
            let name = format!("smoke: {}: {what}", cpu.name());
            tally.case(&name, if holds { Ok(()) } else { Err(told) });
        };
        case("boots and washes", summary.telemetry_lines() > 0, format!("last line: {last}"));
        let (good, bad) =
            summary.last.as_ref().map_or((0, 0), |last| (last.frames_good, last.frames_bad));
        case("takes good frames", good > 0, format!("{good} good"));
        case("rejects damaged frames", bad > 0, format!("{bad} bad"));
        let (made, refused) = (summary.attempts.len(), summary.attempts_refused());
        let held = made >= ATTEMPTS && refused == made && summary.intruder_done.is_some();
        case("holds the intruder", held, format!("{refused} of {made} attempts refused"));
        let failures = summary.failures(true);
        case("nothing else is wrong", failures.is_empty(), failures.join("; "));
        let fits = summary.memory.is_some_and(|(used, _)| used <= board::ram::BYTES);
        case("fits its RAM", fits, format!("{:?}", summary.memory));
    }
    Ok(())
}

/// Runs until all that is wanted has been seen, or for as long as there is patience.
fn watch(project: &Project, device: &Device, cpu: Cpu) -> Result<(Summary, Vec<String>)> {
    let dishwasher = Dishwasher {
        program: project.target().join("debug/dishwasher"),
        scenario: "normal".into(),
        verbose: false,
    };
    let mut machine = Machine::start(device.folder(), cpu, Some(&dishwasher))?;
    let end = Instant::now() + PATIENCE;
    let (mut summary, mut lines) = (Summary::default(), Vec::new());
    while let Some(rest) = end.checked_duration_since(Instant::now()) {
        let Heard::Line(when, line) = machine.next_line(rest) else { break };
        if let Some(event) = parse(&line) {
            summary.add(when, event);
        }
        lines.push(line);
        let frames = summary.last.as_ref().is_some_and(|last| last.frames_bad > 0);
        let complete = frames && summary.memory.is_some() && summary.intruder_done.is_some();
        if complete || summary.halted {
            break;
        }
    }
    machine.stop();
    Ok((summary, lines))
}
