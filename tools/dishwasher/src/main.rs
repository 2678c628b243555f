//! The simulator as a program: a clock, a socket, and the machine between them.
#![forbid(unsafe_code)]

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use dishwasher::{Line, Machine, Random, Scenario};
use dishwasher_protocol::{Command, Decoder, Message};

/// Simulates the sensor board of the DW100 dishwasher at the end of a serial line.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Unix socket of the line; waited for if it is not there yet.
    socket: PathBuf,
    /// What goes wrong.
    #[arg(long, value_enum, default_value = "normal")]
    scenario: ScenarioName,
    /// Share of frames that the line damages, 0 to 1.
    #[arg(long, default_value_t = 0.04)]
    error_rate: f64,
    /// Seed of noise and damage: the same seed, the same readings.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Machine seconds in a second.
    #[arg(long, default_value_t = 40.0)]
    speed: f64,
    /// Frames sent each second.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rate: u32,
    /// Print readings and commands.
    #[arg(long)]
    verbose: bool,
    /// Write a summary here when the line closes.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ScenarioName {
    Normal,
    HeaterFault,
    DoorOpen,
    RinseEmpty,
}

impl From<ScenarioName> for Scenario {
    fn from(name: ScenarioName) -> Self {
        match name {
            ScenarioName::Normal => Self::Normal,
            ScenarioName::HeaterFault => Self::HeaterFault,
            ScenarioName::DoorOpen => Self::DoorOpen,
            ScenarioName::RinseEmpty => Self::RinseEmpty,
        }
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if !(0.0..=1.0).contains(&arguments.error_rate) {
        bail!("--error-rate {} must be between 0 and 1", arguments.error_rate);
    }
    if !(arguments.speed > 0.0 && arguments.speed <= 10_000.0) {
        bail!("--speed {} must be above 0 and at most 10000", arguments.speed);
    }
    let stream = connect(&arguments.socket)?;
    let commands = listen(stream.try_clone()?);
    let counts = serve(&arguments, stream, &commands);
    if let Some(path) = &arguments.json {
        std::fs::write(path, counts.to_json())
            .with_context(|| format!("writing the summary to {}", path.display()))?;
    }
    Ok(())
}

/// Connects; the other side may take some seconds to appear.
fn connect(path: &Path) -> Result<UnixStream> {
    let start = Instant::now();
    loop {
        match UnixStream::connect(path) {
            Ok(stream) => return Ok(stream),
            Err(error) if start.elapsed() > Duration::from_secs(20) => {
                return Err(error).with_context(|| {
                    format!("no line at {} after 20 seconds: is QEMU running?", path.display())
                });
            }
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

enum Heard {
    Command(Command),
    /// A frame that was damaged or made no sense.
    Bad,
}

/// Decodes what the app sends; the channel closes with the line.
fn listen(mut stream: UnixStream) -> mpsc::Receiver<Heard> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut decoder, mut buffer) = (Decoder::new(), [0; 256]);
        loop {
            let length = match stream.read(&mut buffer) {
                Ok(0) => return,
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return,
            };
            for byte in buffer.iter().take(length) {
                let heard = match decoder.push(*byte) {
                    None => continue,
                    Some(Ok(frame)) => match Message::from_frame(&frame) {
                        Ok(Message::Command(command)) => Heard::Command(command),
                        _ => Heard::Bad,
                    },
                    Some(Err(_)) => Heard::Bad,
                };
                if sender.send(heard).is_err() {
                    return;
                }
            }
        }
    });
    receiver
}

#[derive(Default)]
struct Counts {
    sent: u64,
    corrupted: u64,
    commands: u64,
    bad_commands: u64,
}

impl Counts {
    fn to_json(&self) -> String {
        format!(
            "{{\"frames_sent\": {}, \"frames_corrupted\": {}, \"commands_received\": {}, \
             \"commands_bad\": {}}}\n",
            self.sent, self.corrupted, self.commands, self.bad_commands
        )
    }
}

/// Runs until the line closes.
fn serve(
    arguments: &Arguments,
    mut stream: UnixStream,
    commands: &mpsc::Receiver<Heard>,
) -> Counts {
    let mut machine =
        Machine::new(Random::new(arguments.seed), Scenario::from(arguments.scenario));
    let mut line = Line::new(Random::new(!arguments.seed), arguments.error_rate);
    let mut counts = Counts::default();
    let tick = Duration::from_secs(1) / arguments.rate;
    let mut due = Instant::now();
    let mut sequence = 0u8;
    'line: loop {
        // Commands are obeyed when they come, readings leave by the clock.
        due += tick;
        while let Some(rest) = due.checked_duration_since(Instant::now()) {
            match commands.recv_timeout(rest) {
                Ok(Heard::Command(command)) => {
                    counts.commands += 1;
                    if arguments.verbose && !matches!(command, Command::Acknowledge { .. }) {
                        println!("dishwasher: {command:?}");
                    }
                    machine.obey(command);
                }
                Ok(Heard::Bad) => counts.bad_commands += 1,
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break 'line,
            }
        }
        machine.advance(tick.as_secs_f64() * arguments.speed);
        let reading = machine.read();
        if arguments.verbose {
            println!("dishwasher: {reading:?}");
        }
        let frame = Message::from(reading).to_frame(sequence);
        sequence = sequence.wrapping_add(1);
        if stream.write_all(&line.carry(frame.encode().as_bytes())).is_err() {
            break;
        }
    }
    (counts.sent, counts.corrupted) = (line.frames, line.corrupted);
    counts
}
