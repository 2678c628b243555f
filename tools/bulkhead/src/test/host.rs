//! The first ring: everything that runs on this machine.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::images::IMAGES;
use crate::project::Project;
use crate::test::Tally;
use crate::toolchain::Toolchain;

pub(super) fn run(project: &Project, tally: &mut Tally) -> Result<()> {
    // No documentation tests: there are none, and Debian's Rust comes without rustdoc.
    cargo_test(project, tally, &["--lib", "--bins", "--tests"])?;
    // Programs of userland are no default members, since they build for the device
    // only; their logic is a library and is tested here.
    let mut arguments = vec!["--lib"];
    let programs = IMAGES.iter().filter(|image| image.image_type.is_some_and(|t| !t.is_fixed()));
    for image in programs {
        arguments.extend(["-p", image.package]);
    }
    cargo_test(project, tally, &arguments)
}

fn cargo_test(project: &Project, tally: &mut Tally, arguments: &[&str]) -> Result<()> {
    let mut cargo = Toolchain::from_environment().host(project);
    cargo.args(["test", "--no-fail-fast"]).args(arguments).stdout(Stdio::piped());
    let mut child = cargo.spawn().context("starting cargo test")?;
    let output = child.stdout.take().context("cargo's output is piped")?;
    let (mut passed, mut failed) = (0, 0);
    for line in BufReader::new(output).lines() {
        let line = line.context("reading from cargo test")?;
        let empty = match result(&line) {
            Some((good, bad)) => {
                (passed, failed) = (passed + good, failed + bad);
                good + bad == 0
            }
            None => line.is_empty(),
        };
        // Quiet about each test that went well.
        if !empty && !line.ends_with("... ok") && !line.starts_with("running ") {
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
