//! `bench kernel`: what the kernel's operations cost, in instructions, beside seL4.
//!
//! A device of its own gets a kernel that lets programs read the cycle counter, and a
//! root task that measures (`kernel/bench`). Under `-icount shift=0` that counter counts
//! instructions exactly, so a figure is the same on every machine. seL4's figures were
//! measured the same way (kernel 1326364b, non-MCS, GCC 12.2 -O2, cortex-a53).

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::images::Image;
use crate::keys::Keys;
use crate::project::Project;
use crate::qemu::{Clock, Cpu, Heard, Machine, Scratch};
use crate::toolchain::{Toolchain, check};
use crate::{build, flash, store, test};

/// Longest time for all measurements.
const PATIENCE: Duration = Duration::from_secs(120);

/// An operation: its name on the console, what it is, seL4's figure, the goal.
type Operation = (&'static str, &'static str, Option<u64>, Option<u64>);

const OPERATIONS: [Operation; 11] = [
    ("call_reply_0", "call + reply, other process, 0 words", Some(405), Some(200)),
    ("call_reply_4", "call + reply, other process, 4 words", Some(452), Some(210)),
    ("call_reply_8", "call + reply, other process, 8 words", Some(1390), Some(230)),
    ("signal_no_waiter", "signal, nobody waits", Some(333), Some(110)),
    ("signal_to_higher", "signal to a waiter of higher priority", Some(496), Some(220)),
    ("interrupt_to_handler", "interrupt to the handler's first instruction", Some(330), Some(165)),
    ("fault_undefined", "undefined instruction to the supervisor", Some(511), Some(250)),
    ("fault_read", "page fault to the supervisor", Some(511), Some(250)),
    ("cheapest_call", "cheapest system call", Some(264), Some(60)),
    ("map_unmap", "map + unmap one page", Some(1046), Some(500)),
    ("copy_delete", "copy + delete a capability", Some(1274), None),
];

/// One line of the table.
#[derive(Debug, Serialize)]
pub struct Figure {
    /// Name.
    pub name: &'static str,
    /// What it is.
    pub operation: &'static str,
    /// Instructions, from the vector's first to the `eret`.
    pub instructions: u64,
    /// Whether the last runs all gave this figure.
    pub steady: bool,
    /// seL4's.
    pub sel4_instructions: Option<u64>,
    /// Ours divided by seL4's.
    pub ratio: Option<f64>,
    /// What it should be at most.
    pub goal: Option<u64>,
}

/// Measures the kernel and prints the table.
pub fn kernel(project: &Project, json: bool) -> Result<()> {
    let figures = measure(project)?;
    if json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
        return Ok(());
    }
    println!("{:<46} {:>6} {:>6} {:>6} {:>6}", "instructions", "ours", "seL4", "ratio", "goal");
    for figure in &figures {
        let number = |value: Option<u64>| value.map_or("-".into(), |value| value.to_string());
        let ratio = figure.ratio.map_or("-".into(), |ratio| format!("{ratio:.2}"));
        let over = figure.goal.is_some_and(|goal| figure.instructions > goal);
        println!(
            "{:<46} {:>6} {:>6} {:>6} {:>6}{}{}",
            figure.operation,
            figure.instructions,
            number(figure.sel4_instructions),
            ratio,
            number(figure.goal),
            if over { "  above the goal" } else { "" },
            if figure.steady { "" } else { "  not steady" },
        );
    }
    Ok(())
}

fn measure(project: &Project) -> Result<Vec<Figure>> {
    build::build(project)?;
    let binaries = build_measured(project)?;
    let keys = Keys::load_or_create(&project.keys())?;
    let scratch = Scratch::new()?;
    let device = test::fresh_device(project, &scratch.path().join("device"))?;
    for (slot, binary) in
        [(board::flash::KERNEL_SLOT, "kernel"), (board::flash::ROOT_SLOT, "kernel-bench")]
    {
        let image = Image::in_slot(slot).context("the table has a kernel and a root task")?;
        let bytes = store::make(image, &std::fs::read(binaries.join(binary))?, None, &keys)?;
        flash::write_image(device.folder(), image, &bytes)?;
    }
    let lines = run(device.folder())?;
    OPERATIONS.iter().map(|operation| figure(operation, &lines)).collect()
}

/// Builds the measured kernel and its root task apart from what `run` boots.
fn build_measured(project: &Project) -> Result<std::path::PathBuf> {
    let target = project.target().join("bench");
    let mut cargo = Toolchain::from_environment().device_build(project)?;
    cargo.env("CARGO_TARGET_DIR", &target);
    cargo.args(["-p", "kernel-image", "-p", "kernel-bench", "--features", "kernel-image/measure"]);
    check(&mut cargo, "building the measured kernel")?;
    Ok(target.join(crate::toolchain::DEVICE_TARGET).join("device"))
}

fn run(folder: &std::path::Path) -> Result<Vec<String>> {
    let mut machine = Machine::start_with(folder, Cpu::CortexA53, None, Clock::Instructions)?;
    let end = Instant::now() + PATIENCE;
    let mut lines = Vec::new();
    while let Some(rest) = end.checked_duration_since(Instant::now()) {
        match machine.next_line(rest) {
            Heard::Line(_, line) => {
                let line = line.trim_start().to_owned();
                let done = line.contains("bench done");
                lines.push(line);
                if done {
                    machine.stop();
                    return Ok(lines);
                }
            }
            Heard::Silence => {}
            Heard::Ended => break,
        }
    }
    bail!("the measurements did not end; the console said:\n{}", lines.join("\n"))
}

fn figure(&(name, operation, sel4, goal): &Operation, lines: &[String]) -> Result<Figure> {
    let start = format!("bench {name} instructions=");
    let rest = lines
        .iter()
        .find_map(|line| line.split_once(start.as_str()).map(|(_, rest)| rest))
        .with_context(|| format!("the console has no line for {name}"))?;
    let (number, steady) = rest.split_once(" steady=").context("a line without `steady`")?;
    let instructions: u64 = number.parse().with_context(|| format!("not a number: {number}"))?;
    Ok(Figure {
        name,
        operation,
        instructions,
        steady: steady.trim() == "true",
        sel4_instructions: sel4,
        ratio: sel4.map(|sel4| instructions as f64 / sel4 as f64),
        goal,
    })
}
