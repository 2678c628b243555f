//! Starts a device in QEMU, with or without the dishwasher at its line, and stops it.
//!
//! Both are processes of their own in groups of their own: Ctrl-C reaches only this
//! program, which then ends them and still prints its summary. The console arrives
//! through a pipe and the terminal is never touched, so there is nothing to restore.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{device, flash};

/// Processor models that are supported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Cpu {
    /// The parity target for real boards.
    #[default]
    CortexA53,
    /// Everything that QEMU has.
    Max,
}

impl Cpu {
    /// As QEMU calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CortexA53 => "cortex-a53",
            Self::Max => "max",
        }
    }
}

/// What the device's time follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The time of this machine.
    Wall,
    /// The instructions executed, one a nanosecond.
    Instructions,
}

/// The dishwasher at the line.
#[derive(Clone, Debug)]
pub struct Dishwasher {
    /// The simulator.
    pub program: PathBuf,
    /// `normal` and so on; the simulator knows which there are.
    pub scenario: String,
    /// Whether it prints.
    pub verbose: bool,
}

/// A folder that goes away with its owner.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes a folder that nobody else can enter.
    pub fn new() -> Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // Short: the path of a socket has at most 107 bytes.
        let name = format!("bulkhead-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("creating {}", path.display()))?;
        Ok(Self(path))
    }
    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running device.
pub struct Machine {
    qemu: Child,
    dishwasher: Option<Child>,
    lines: Receiver<(Instant, String)>,
    scratch: Scratch,
}

/// What waiting for a line gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A line of the console, and when it came.
    Line(Instant, String),
    /// Nothing in that time.
    Silence,
    /// The machine is off.
    Ended,
}

impl Machine {
    /// Starts the device in this folder, at the speed of this machine.
    pub fn start(folder: &Path, cpu: Cpu, dishwasher: Option<&Dishwasher>) -> Result<Self> {
        Self::start_with(folder, cpu, dishwasher, Clock::Wall)
    }

    /// Starts the device in this folder with a choice of clock.
    pub fn start_with(
        folder: &Path,
        cpu: Cpu,
        dishwasher: Option<&Dishwasher>,
        clock: Clock,
    ) -> Result<Self> {
        let scratch = Scratch::new()?;
        let socket = scratch.path().join("sensor.sock");
        let mut qemu = Command::new("qemu-system-aarch64");
        qemu.args(["-machine", "virt,acpi=off,secure=on,virtualization=on,gic-version=3"]);
        qemu.args(["-cpu", cpu.name(), "-smp", "4", "-m", "4M"]);
        if clock == Clock::Instructions {
            qemu.args(["-icount", "shift=0"]);
        }
        qemu.args(["-display", "none", "-nodefaults", "-monitor", "none", "-no-reboot"]);
        for (unit, bank) in [flash::SECURE_FLASH, flash::FLASH].iter().enumerate() {
            let path = option_path(&folder.join(bank))?;
            qemu.args(["-drive", &format!("if=pflash,unit={unit},format=raw,file={path}")]);
        }
        let secret = option_path(&folder.join(device::UDS))?;
        let latch = board::ram::FUSE_LATCH;
        qemu.args(["-device", &format!("loader,file={secret},addr={latch:#x},force-raw=on")]);
        match dishwasher {
            None => qemu.args(["-serial", "null"]),
            Some(_) => {
                let socket = option_path(&socket)?;
                let line = format!("socket,id=sensor,path={socket},server=on,wait=off");
                qemu.args(["-chardev", &line, "-serial", "chardev:sensor"])
            }
        };
        qemu.args(["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]);
        let mut machine = Self::spawn(&mut qemu, scratch)
            .context("starting qemu-system-aarch64 (install it: apt-get install qemu-system-arm)")?;
        if let Some(dishwasher) = dishwasher {
            machine.dishwasher = Some(dishwasher.start(&socket, &machine.summary_path())?);
        }
        Ok(machine)
    }

    /// Starts a kernel for x86-64 with a root task, on a PC.
    pub fn start_x86_64(kernel: &Path, root_task: &Path) -> Result<Self> {
        let mut qemu = Command::new("qemu-system-x86_64");
        qemu.args(["-machine", "q35", "-cpu", "max", "-m", "16M"]);
        qemu.args(["-display", "none", "-nodefaults", "-monitor", "none", "-no-reboot"]);
        qemu.arg("-kernel").arg(kernel).arg("-initrd").arg(root_task);
        qemu.args(["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]);
        Self::spawn(&mut qemu, Scratch::new()?)
            .context("starting qemu-system-x86_64 (install it: apt-get install qemu-system-x86)")
    }

    fn spawn(qemu: &mut Command, scratch: Scratch) -> Result<Self> {
        let mut qemu = qemu
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let output = qemu.stdout.take().context("QEMU's output is piped")?;
        let lines = read_lines(BufReader::new(output));
        Ok(Self { qemu, dishwasher: None, lines, scratch })
    }

    /// Waits for the next line.
    pub fn next_line(&mut self, patience: Duration) -> Heard {
        match self.lines.recv_timeout(patience) {
            Ok((when, line)) => Heard::Line(when, line),
            Err(RecvTimeoutError::Timeout) => Heard::Silence,
            Err(RecvTimeoutError::Disconnected) => Heard::Ended,
        }
    }

    /// Stops everything; gives the simulator's summary, if there is one.
    pub fn stop(mut self) -> Option<serde_json::Value> {
        // The line closes with QEMU, and the simulator ends by itself.
        end(&mut self.qemu);
        if let Some(dishwasher) = &mut self.dishwasher {
            let patience = Instant::now() + Duration::from_secs(2);
            while matches!(dishwasher.try_wait(), Ok(None)) && Instant::now() < patience {
                std::thread::sleep(Duration::from_millis(10));
            }
            end(dishwasher);
        }
        let text = std::fs::read_to_string(self.summary_path()).ok()?;
        serde_json::from_str(&text).ok()
    }

    fn summary_path(&self) -> PathBuf {
        self.scratch.path().join("dishwasher.json")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        end(&mut self.qemu);
        if let Some(dishwasher) = &mut self.dishwasher {
            end(dishwasher);
        }
    }
}

impl Dishwasher {
    fn start(&self, socket: &Path, summary: &Path) -> Result<Child> {
        let mut command = Command::new(&self.program);
        command.arg(socket).arg("--scenario").arg(&self.scenario).arg("--json").arg(summary);
        if self.verbose {
            command.arg("--verbose");
        }
        command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting {}", self.program.display()))
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// A path inside a QEMU option, where a comma is written twice.
fn option_path(path: &Path) -> Result<String> {
    match path.to_str() {
        Some(text) => Ok(text.replace(',', ",,")),
        None => bail!("{} is not UTF-8: move it", path.display()),
    }
}

/// Lines arrive with their time; a thread waits for them so that nobody else must.
fn read_lines(mut reader: impl BufRead + Send + 'static) -> Receiver<(Instant, String)> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            match reader.read_until(b'\n', &mut bytes) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            if sender.send((Instant::now(), printable(&bytes))).is_err() {
                return;
            }
        }
    });
    receiver
}

/// A line as it may go to a terminal: a device must not drive that.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim_end_matches(['\r', '\n'])
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn console_lines_can_not_drive_the_terminal() {
        let lines = read_lines(&b"a\x1b[2J\r\nb\x07\xff\nrest"[..]);
        let lines: Vec<_> = lines.iter().map(|(_, line)| line).collect();
        assert_eq!(lines, ["a\u{fffd}[2J", "b\u{fffd}\u{fffd}", "rest"]);
    }

    #[test]
    fn commas_survive_qemu() {
        assert_eq!(option_path(Path::new("/a,b")).ok().as_deref(), Some("/a,,b"));
    }
}
