//! The first ring: everything that runs on this machine.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::project::Project;
use crate::test::Tally;
use crate::toolchain::Toolchain;

pub(super) fn run(project: &Project, tally: &mut Tally) -> Result<()> {
    let mut cargo = Toolchain::from_environment().host(project);
    cargo.args(["test", "--no-fail-fast"]).stdout(Stdio::piped());
    let mut child = cargo.spawn().context("starting cargo test")?;
    let output = child.stdout.take().context("cargo's output is piped")?;
    let (mut passed, mut failed) = (0, 0);
    for line in BufReader::new(output).lines() {
        let line = line.context("reading from cargo test")?;
        if let Some((good, bad)) = result(&line) {
            (passed, failed) = (passed + good, failed + bad);
        }
        // Quiet about what went well: one line for each file is in cargo's other output.
        if !line.ends_with("... ok") && !line.is_empty() && !line.starts_with("running ") {
            println!("{line}");
        }
    }
    tally.cases(passed, failed);
    let status = child.wait().context("waiting for cargo test")?;
    if !status.success() && failed == 0 {
        tally.case("cargo test", Err(format!("{status}; see above")));
    }
    Ok(())
}

/// `test result: ok. 3 passed; 0 failed; ...`
fn result(line: &str) -> Option<(u64, u64)> {
    let counts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let mut numbers = counts.split("; ").map(|count| count.split_once(' '));
    let passed = numbers.next()??;
    let failed = numbers.next()??;
    match (passed.1, failed.1) {
        ("passed", "failed") => Some((passed.0.parse().ok()?, failed.0.parse().ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::result;

    #[test]
    fn cargos_result_lines_are_read() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(result(line), Some((12, 3)));
        assert_eq!(result("test a ... ok"), None);
    }
}
