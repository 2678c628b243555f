//! The command line: what can be asked for, and with which words.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::qemu::Cpu;
use crate::test::{Arch, SUITES};

/// Bulkhead: a device whose every layer doubts the layer above it.
///
/// Exit codes: 0 done, 1 error or a failed test, 2 wrong usage, 3 the device refused
/// to boot.
#[derive(Parser)]
#[command(name = "bulkhead", bin_name = "./bulkhead", version)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Build the tools and everything that runs on the device.
    Build,
    /// Boot the device with the dishwasher at its serial line.
    Run(Run),
    /// Run the tests; closes with `N passed, N failed`.
    Test {
        /// Only this ring.
        #[arg(value_parser = SUITES.map(|suite| suite.name))]
        ring: Option<String>,
        /// How deep the explorer goes: seconds at 3, minutes at 4, hours beyond.
        #[arg(long, value_name = "LEVELS")]
        depth: Option<u32>,
        /// The processor that the kernel's suite runs on [default: each].
        #[arg(long, value_enum)]
        arch: Option<Arch>,
    },
    /// Count instructions of the kernel's operations, beside seL4's.
    Bench {
        /// What is measured.
        #[arg(value_parser = ["kernel"])]
        what: String,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Measure bytes, lines, RAM and unsafe code against budgets.toml.
    Sizes {
        /// Print as JSON.
        #[arg(long)]
        json: bool,
        /// The device to boot for measuring its RAM.
        #[arg(long, value_name = "DIR")]
        device: Option<PathBuf>,
    },
    /// Pack, sign, show and verify images.
    #[command(subcommand)]
    Image(ImageCommand),
    /// Make, show and reset virtual devices.
    #[command(subcommand)]
    Device(DeviceCommand),
}

/// `run`.
#[derive(Args)]
pub struct Run {
    /// End after this long; without it, on Ctrl-C.
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    pub seconds: Option<f64>,
    /// Write the summary as JSON, too.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// The processor.
    #[arg(long, value_enum, default_value = "cortex-a53")]
    pub cpu: Cpu,
    /// The device's folder [default: .device/default].
    #[arg(long, value_name = "DIR")]
    pub device: Option<PathBuf>,
    /// What goes wrong with the dishwasher.
    #[arg(long, default_value = "normal",
          value_parser = ["normal", "heater-fault", "door-open", "rinse-empty"])]
    pub scenario: String,
    /// Print what the simulated dishwasher sends and obeys.
    #[arg(long)]
    pub verbose: bool,
}

/// `image`.
#[derive(Subcommand)]
pub enum ImageCommand {
    /// Pack a program and its manifest into a signed image.
    Pack {
        /// The linked program, an ELF file.
        elf: PathBuf,
        /// Where to write the image.
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
        /// What it is.
        #[arg(long = "type", value_enum)]
        kind: Kind,
        /// Its name [default: the program's].
        #[arg(long)]
        name: Option<String>,
        /// Its manifest; services and apps need one.
        #[arg(long, value_name = "FILE")]
        manifest: Option<PathBuf>,
        /// Hardware definition that gives the manifest's $NAMEs their values.
        #[arg(long, value_name = "FILE")]
        hardware: Option<PathBuf>,
        /// Version, for people.
        #[arg(long, default_value_t = 1)]
        version: u32,
        /// Version that a device's anti-rollback floor is compared with.
        #[arg(long, default_value_t = 1)]
        security_version: u32,
    },
    /// Sign an image anew, in place, with this project's key for its type.
    Sign {
        /// The image.
        file: PathBuf,
    },
    /// Show what an image's header says.
    Show {
        /// The image: a file, or a name such as `kernel`.
        file: PathBuf,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Verify format, body, signature and signer of an image.
    Verify {
        /// The image: a file, or a name such as `kernel`.
        file: PathBuf,
    },
}

/// `device`.
#[derive(Subcommand)]
pub enum DeviceCommand {
    /// Make a device: fresh secret, fuses, signed images in flash.
    Create(DeviceFolder),
    /// Show what a device is and holds.
    Show {
        /// Which one.
        #[command(flatten)]
        folder: DeviceFolder,
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Throw a device away and make a new one in its place.
    Reset(DeviceFolder),
}

/// Which device.
#[derive(Args)]
pub struct DeviceFolder {
    /// Its folder [default: .device/default].
    #[arg(long, value_name = "DIR")]
    pub device: Option<PathBuf>,
}

/// Image types by name.
#[derive(Clone, Copy, ValueEnum)]
#[expect(missing_docs, reason = "the names are those of image_format::ImageType")]
pub enum Kind {
    PlutonRuntime,
    SecurityMonitor,
    Kernel,
    RootTask,
    Service,
    Application,
    RealTimeApplication,
}

impl From<Kind> for image_format::ImageType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::PlutonRuntime => Self::PlutonRuntime,
            Kind::SecurityMonitor => Self::SecurityMonitor,
            Kind::Kernel => Self::Kernel,
            Kind::RootTask => Self::RootTask,
            Kind::Service => Self::Service,
            Kind::Application => Self::Application,
            Kind::RealTimeApplication => Self::RealTimeApplication,
        }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 1e6 => Ok(seconds),
        _ => Err("must be a number of seconds above 0".into()),
    }
}
