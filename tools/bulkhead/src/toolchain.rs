//! Cargo, in either of two worlds, with the same flags every time.
//!
//! With rustup the standard library for the device comes ready made. A distribution
//! ships none, only its source, so there it is built along. Which world it is has
//! been found out by the front door and arrives in the environment.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::project::Project;

/// The device's target.
pub const DEVICE_TARGET: &str = "aarch64-unknown-none-softfloat";
/// The target of the kernel's other port, which its test suite runs on.
pub const X86_64_TARGET: &str = "x86_64-unknown-none";

/// How to build.
#[derive(Clone, Debug)]
pub struct Toolchain {
    cargo: String,
    rustc: Option<String>,
    linker: Option<String>,
    builds_standard_library: bool,
}

impl Toolchain {
    /// What the front door found; plain `cargo` if it was not used.
    pub fn from_environment() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            cargo: variable("BULKHEAD_CARGO").unwrap_or_else(|| "cargo".into()),
            rustc: variable("BULKHEAD_RUSTC"),
            linker: variable("BULKHEAD_LINKER"),
            builds_standard_library: variable("BULKHEAD_BUILD_STD").is_some(),
        }
    }

    /// A cargo command for this machine.
    pub fn host(&self, project: &Project) -> Command {
        let mut command = Command::new(&self.cargo);
        command.current_dir(project.root()).env("CARGO_TARGET_DIR", project.target());
        // A standing report about other people's crates is no news to anyone here.
        command.env("CARGO_FUTURE_INCOMPAT_REPORT_FREQUENCY", "never");
        if let Some(rustc) = &self.rustc {
            command.env("RUSTC", rustc);
        }
        command
    }

    /// A cargo command that builds for the device. Paths of this machine are mapped
    /// away, so that the same source gives the same bytes everywhere.
    pub fn device_build(&self, project: &Project) -> Result<Command> {
        self.bare_build(project, DEVICE_TARGET)
    }

    /// A cargo command that builds as for the device, for this target.
    pub fn bare_build(&self, project: &Project, target: &str) -> Result<Command> {
        let mut command = self.host(project);
        command.args(["build", "--profile", "device", "--target", target]);
        if self.builds_standard_library {
            command.env("RUSTC_BOOTSTRAP", "1");
            command.arg("-Zbuild-std=core,alloc,compiler_builtins");
            command.arg("-Zbuild-std-features=compiler-builtins-mem");
        }
        if let Some(linker) = &self.linker {
            let name = target.to_uppercase().replace('-', "_");
            command.env(format!("CARGO_TARGET_{name}_LINKER"), linker);
        }
        let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
        let flags = [remap(project.root(), "/bulkhead"), remap(&cargo_home()?, "/cargo")];
        // This form keeps paths with blanks in one piece.
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        command.env_remove("RUSTFLAGS");
        Ok(command)
    }
}

fn cargo_home() -> Result<std::path::PathBuf> {
    if let Some(home) = std::env::var_os("CARGO_HOME") {
        return Ok(home.into());
    }
    let home = std::env::var_os("HOME").context("neither CARGO_HOME nor HOME is set")?;
    Ok(Path::new(&home).join(".cargo"))
}

/// Runs a command; its output goes to the screen.
pub fn check(command: &mut Command, what: &str) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("starting {program} ({what})"))?;
    if !status.success() {
        bail!("{what} failed ({program}: {status}); see the messages above");
    }
    Ok(())
}
