//! The kernel's own suite, in the release build, on each processor it runs on.
//!
//! The suite is one source (`kernel/tests`) and runs as the root task. On the device's
//! processor it takes the root task's place in flash, below it the real monitor and
//! Pluton runtime; on x86-64 the kernel runs alone. It prints a line a case and counts;
//! the lines are counted here again, so that none of them can get lost.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::images::Image;
use crate::keys::Keys;
use crate::project::Project;
use crate::qemu::{Cpu, Heard, Machine, Scratch};
use crate::test::{Arch, Tally, fresh_device};
use crate::toolchain::{Toolchain, X86_64_TARGET, check};
use crate::{flash, store};

/// Longest time for the whole suite.
const PATIENCE: Duration = Duration::from_secs(180);

pub(super) fn run(project: &Project, tally: &mut Tally) -> Result<()> {
    let wanted = |arch| tally.arch.is_none_or(|chosen| chosen == arch);
    let (x86_64, aarch64) = (wanted(Arch::X86_64), wanted(Arch::Aarch64));
    if x86_64 {
        on_x86_64(project, tally)?;
    }
    if aarch64 {
        on_aarch64(project, tally)?;
    }
    Ok(())
}

fn on_x86_64(project: &Project, tally: &mut Tally) -> Result<()> {
    let mut cargo = Toolchain::from_environment().bare_build(project, X86_64_TARGET)?;
    cargo.args(["-p", "kernel-image-x86_64", "-p", "kernel-tests"]);
    check(&mut cargo, "building the kernel for x86-64 (rustup target add x86_64-unknown-none)")?;
    let binaries = project.target().join(X86_64_TARGET).join("device");
    let scratch = Scratch::new()?;
    let image = scratch.path().join("kernel-tests.img");
    std::fs::write(&image, packed(project, &binaries)?)?;
    let machine = Machine::start_x86_64(&binaries.join("kernel-x86_64"), &image)?;
    listen(machine, "x86_64", tally);
    Ok(())
}

fn on_aarch64(project: &Project, tally: &mut Tally) -> Result<()> {
    let mut cargo = Toolchain::from_environment().device_build(project)?;
    cargo.args(["-p", "kernel-tests"]);
    check(&mut cargo, "building the kernel's tests")?;
    let scratch = Scratch::new()?;
    let device = fresh_device(project, &scratch.path().join("device"))?;
    let suite = packed(project, &project.device_binaries())?;
    flash::write_image(device.folder(), root_task()?, &suite)?;
    for cpu in [Cpu::CortexA53, Cpu::Max] {
        let machine = Machine::start(device.folder(), cpu, None)?;
        listen(machine, &format!("aarch64 {}", cpu.name()), tally);
    }
    Ok(())
}

/// The suite as the root task's image.
fn packed(project: &Project, binaries: &Path) -> Result<Vec<u8>> {
    let path = binaries.join("kernel-tests");
    let elf = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    store::make(root_task()?, &elf, None, &Keys::load_or_create(&project.keys())?)
}

fn root_task() -> Result<&'static Image> {
    Image::in_slot(board::flash::ROOT_SLOT).context("the table has a root task")
}

/// Gives each case on the console to the tally.
fn listen(mut machine: Machine, on: &str, tally: &mut Tally) {
    let end = Instant::now() + PATIENCE;
    let (mut heard, mut told) = ((0, 0), None);
    let mut last = String::new();
    while let Some(rest) = end.checked_duration_since(Instant::now()) {
        let Heard::Line(_, line) = machine.next_line(rest) else { break };
        if let Some(name) = line.strip_prefix("ok ") {
            heard.0 += 1;
            tally.case(&format!("kernel: {on}: {name}"), Ok(()));
        } else if let Some((name, why)) =
            line.strip_prefix("FAILED ").and_then(|rest| rest.split_once(": "))
        {
            heard.1 += 1;
            tally.case(&format!("kernel: {on}: {name}"), Err(why.into()));
        } else if let Some(counts) = line.strip_prefix("suite done: ") {
            told = counted(counts);
            break;
        }
        last = line;
    }
    machine.stop();
    let result = match told {
        Some(told) if told == heard && told.0 > 0 => Ok(()),
        Some(told) => Err(format!("it counted {told:?} passed and failed, {heard:?} were heard")),
        None => Err(format!("it did not end; last line: {last}")),
    };
    tally.case(&format!("kernel: {on}: the suite ends"), result);
}

/// `N passed, N failed`.
fn counted(counts: &str) -> Option<(u64, u64)> {
    let (passed, failed) = counts.split_once(" passed, ")?;
    Some((passed.parse().ok()?, failed.strip_suffix(" failed")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn the_closing_line_is_read() {
        assert_eq!(counted("201 passed, 3 failed"), Some((201, 3)));
        assert_eq!(counted("201 passed"), None);
    }
}
