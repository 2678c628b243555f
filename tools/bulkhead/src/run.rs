//! `bulkhead run`: the device and the dishwasher, live, and what came of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::console::{Event, parse};
use crate::device::Device;
use crate::images::IMAGES;
use crate::keys::Keys;
use crate::project::Project;
use crate::qemu::{Cpu, Dishwasher, Heard, Machine};
use crate::refusal::Refusal;
use crate::report::{Report, print};
use crate::summary::Summary;
use crate::{build, hash, store};

/// What to run.
pub struct Options {
    /// How long; for ever if not said.
    pub seconds: Option<f64>,
    /// Where to write the summary as data.
    pub json: Option<PathBuf>,
    /// The processor.
    pub cpu: Cpu,
    /// The device's folder.
    pub device: PathBuf,
    /// The dishwasher's scenario.
    pub scenario: String,
    /// Whether the simulator prints, too.
    pub verbose: bool,
}

/// Builds, prepares and runs; gives whether all was well.
pub fn run(project: &Project, options: &Options) -> Result<bool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    // From here on Ctrl-C asks for the end instead of being it.
    ctrlc::set_handler(move || flag.store(true, Ordering::SeqCst))
        .context("installing the handler for Ctrl-C")?;
    build::build(project)?;
    let device = match prepare(project, &options.device) {
        Ok(device) => device,
        Err(error) => match error.downcast::<Refusal>() {
            Ok(refusal) => return refuse(options, refusal),
            Err(error) => return Err(error),
        },
    };
    if interrupted.load(Ordering::SeqCst) {
        return Ok(false);
    }
    let dishwasher = Dishwasher {
        program: project.target().join("debug/dishwasher"),
        scenario: options.scenario.clone(),
        verbose: options.verbose,
    };
    let mut machine = Machine::start(device.folder(), options.cpu, Some(&dishwasher))?;
    let start = Instant::now();
    let mut summary = Summary::default();
    let limit = options.seconds.map(|seconds| start + Duration::from_secs_f64(seconds));
    // After a refusal only the halt is waited for.
    let mut patience = None;
    loop {
        let over = |end: Option<Instant>| end.is_some_and(|end| Instant::now() >= end);
        if interrupted.load(Ordering::SeqCst) || over(limit) || over(patience) {
            break;
        }
        match machine.next_line(Duration::from_millis(50)) {
            Heard::Line(when, line) => {
                println!("{line}");
                let Some(event) = parse(&line) else { continue };
                if matches!(event, Event::Refused(_)) {
                    patience = Some(Instant::now() + Duration::from_secs(1));
                }
                summary.add(when, event);
                if summary.halted {
                    break;
                }
            }
            Heard::Silence => {}
            Heard::Ended => {
                summary.fatal.push("the machine went off by itself".into());
                break;
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let simulator = machine.stop();
    if summary.halted && summary.refused.is_none() {
        summary.fatal.push("a layer halted without a refusal".into());
    }
    let mut failures = summary.failures(options.seconds.is_some());
    failures.extend(check_measurements(project, &summary)?);
    let report = Report::new(&summary, options.cpu, seconds, simulator, failures);
    finish(options, &report)?;
    match summary.refused {
        Some(refusal) => Err(refusal.into()),
        None => Ok(report.failures.is_empty()),
    }
}

/// Packs, makes the device if there is none, installs what changed, checks the ROM.
pub fn prepare(project: &Project, folder: &std::path::Path) -> Result<Device> {
    let keys = Keys::load_or_create(&project.keys())?;
    store::refresh(project, &keys)?;
    let mut device = Device::open_or_create(folder, &keys)?;
    let updated = device.update(project)?;
    if !updated.is_empty() {
        eprintln!("bulkhead: installed {}", updated.join(", "));
    }
    device.check_rom()?;
    Ok(device)
}

/// The measurement log must name what was packed.
fn check_measurements(project: &Project, summary: &Summary) -> Result<Vec<String>> {
    let mut failures = Vec::new();
    for measurement in &summary.measurements {
        let Some(image) = IMAGES.iter().find(|image| image.name == measurement.name) else {
            failures.push(format!("measured {}, which is no image", measurement.name));
            continue;
        };
        let bytes = store::read(project, image)?;
        let expected = hash::sha256_hex(image_format::signed_bytes(&bytes));
        if expected != measurement.sha256 {
            failures.push(format!("{} was measured as {}, packed as {expected}", image.name, measurement.sha256));
        }
    }
    Ok(failures)
}

/// The silicon refused: nothing ran, but the summary is still data.
fn refuse(options: &Options, refusal: Refusal) -> Result<bool> {
    let mut summary = Summary::default();
    summary.refused = Some(refusal.clone());
    finish(options, &Report::new(&summary, options.cpu, 0.0, None, Vec::new()))?;
    Err(refusal.into())
}

fn finish(options: &Options, report: &Report) -> Result<()> {
    print(report);
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(report)? + "\n";
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}
