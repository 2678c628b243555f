//! `bulkhead test`: the rings of tests, from seconds to whole devices.
//!
//! A suite is a row in a table. It gives each of its cases to the tally, which
//! prints a line for it and keeps the count.

mod boot;
mod explore;
mod host;
mod kernel;
mod smoke;

use std::path::Path;

use anyhow::Result;

use crate::project::Project;

/// A suite.
pub struct Suite {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it tests.
    pub about: &'static str,
    /// Whether it needs the device's images built.
    needs_device: bool,
    /// Whether it runs only when named: its cases of time follow this machine's clock,
    /// and one that is busy with something else can fail them.
    only_by_name: bool,
    run: fn(&Project, &mut Tally) -> Result<()>,
}

/// All suites, the fast ones first. A new ring is a new row.
pub const SUITES: [Suite; 5] = [
    Suite { name: "host", about: "unit and property tests", needs_device: false, only_by_name: false, run: host::run },
    Suite {
        name: "explore",
        about: "every sequence of system calls to a depth",
        needs_device: false,
        only_by_name: false,
        run: explore::run,
    },
    Suite {
        name: "kernel",
        about: "the kernel's promises, on each processor",
        needs_device: true,
        only_by_name: true,
        run: kernel::run,
    },
    Suite {
        name: "boot",
        about: "damaged images are refused by the right stage",
        needs_device: true,
        only_by_name: false,
        run: boot::run,
    },
    Suite {
        name: "smoke",
        about: "the device boots, the dishwasher washes, the intruder fails",
        needs_device: true,
        only_by_name: false,
        run: smoke::run,
    },
];

/// Cases so far.
#[derive(Debug, Default)]
pub struct Tally {
    passed: u64,
    failed: u64,
    /// How deep the explorer goes, if told.
    depth: Option<u32>,
    /// The processor that the kernel's suite is to run on, if not all.
    arch: Option<Arch>,
}

/// A processor that the kernel runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Arch {
    /// The device's.
    #[value(name = "aarch64")]
    Aarch64,
    /// The second port's.
    #[value(name = "x86_64")]
    X86_64,
}

impl Tally {
    /// Notes one case.
    pub fn case(&mut self, name: &str, result: Result<(), String>) {
        match result {
            Ok(()) => {
                self.passed += 1;
                println!("pass  {name}");
            }
            Err(why) => {
                self.failed += 1;
                println!("FAIL  {name}: {why}");
            }
        }
    }
    /// Notes many cases that another program has run and listed.
    pub fn cases(&mut self, passed: u64, failed: u64) {
        self.passed += passed;
        self.failed += failed;
    }
}

/// Runs the suite of this name, or all; gives whether all cases passed.
pub fn run(project: &Project, name: Option<&str>, depth: Option<u32>, arch: Option<Arch>) -> Result<bool> {
    let chosen: Vec<_> =
        SUITES.iter().filter(|suite| name.map_or(!suite.only_by_name, |name| suite.name == name)).collect();
    let mut tally = Tally { depth, arch, ..Tally::default() };
    if chosen.iter().any(|suite| suite.needs_device) {
        crate::build::build(project)?;
    }
    for suite in chosen {
        println!("=== {}: {}", suite.name, suite.about);
        if let Err(error) = (suite.run)(project, &mut tally) {
            tally.case(suite.name, Err(format!("{error:#}")));
        }
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(tally.failed == 0 && tally.passed > 0)
}

/// A device of its own for a test, in this folder.
pub(crate) fn fresh_device(project: &Project, folder: &Path) -> Result<crate::device::Device> {
    let keys = crate::keys::Keys::load_or_create(&project.keys())?;
    crate::store::refresh(project, &keys)?;
    let mut device = crate::device::Device::create(folder, &keys)?;
    device.update(project)?;
    Ok(device)
}
