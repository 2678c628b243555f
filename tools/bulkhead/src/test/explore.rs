//! The explorer: every sequence of system calls to a depth, every rule in every state.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::project::Project;
use crate::test::Tally;
use crate::toolchain::Toolchain;

/// Depth when none is told: seconds, for every run of the tests.
const QUICK_DEPTH: u32 = 3;

pub(super) fn run(project: &Project, tally: &mut Tally) -> Result<()> {
    let depth = tally.depth.unwrap_or(QUICK_DEPTH);
    let mut cargo = Toolchain::from_environment().host(project);
    cargo.args(["run", "--release", "--quiet", "-p", "kernel-model", "--bin", "explore", "--"]);
    cargo.args(["--depth", &depth.to_string()]).stdout(Stdio::piped());
    let mut child = cargo.spawn().context("starting the explorer")?;
    let output = child.stdout.take().context("its output is piped")?;
    let mut last = String::new();
    for line in BufReader::new(output).lines() {
        last = line.context("reading from the explorer")?;
        println!("{last}");
    }
    let well = child.wait().context("waiting for the explorer")?.success();
    tally.case(&format!("explore: depth {depth}"), if well { Ok(()) } else { Err(last) });
    Ok(())
}
