//! `bulkhead sizes`: how big it has become, against the budgets.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use board::secure_ram;
use image_format::{ImageType, PAGE_BYTES, parse as parse_image};
use serde::Serialize;

use crate::budget::{self, Verdict};
use crate::console::{Event, parse};
use crate::elf::Sections;
use crate::images::{IMAGES, Image};
use crate::line_count::{Part, parts};
use crate::project::Project;
use crate::qemu::{Cpu, Heard, Machine};
use crate::run::prepare;
use crate::store;
use crate::summary::Summary;

/// Bytes of one image.
#[derive(Clone, Debug, Serialize)]
pub struct ImageSize {
    /// Its name.
    pub name: &'static str,
    /// Bytes by kind.
    #[serde(flatten)]
    pub sections: Sections,
    /// Bytes of the signed image, or of the ROM.
    pub image_bytes: u64,
}

/// Everything measured.
#[derive(Clone, Debug, Serialize)]
pub struct Sizes {
    /// The images.
    pub images: Vec<ImageSize>,
    /// The parts of the tree.
    pub parts: Vec<Part>,
    /// Secure RAM that is in use.
    pub secure_ram_bytes: u64,
    /// RAM that the running device uses, everything included.
    pub device_ram_bytes: u64,
    /// Against the budgets.
    pub budgets: Vec<Verdict>,
    /// Whether all are kept.
    pub within_budgets: bool,
}

/// Measures; builds and boots the device for that.
pub fn measure(project: &Project, device: &Path) -> Result<Sizes> {
    let device = prepare(project, device)?;
    let mut images = Vec::new();
    for image in &IMAGES {
        let path = project.device_binaries().join(image.name);
        let elf = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        let sections = Sections::of(&elf).with_context(|| format!("in {}", path.display()))?;
        images.push(ImageSize {
            name: image.name,
            sections,
            image_bytes: store::read(project, image)?.len() as u64,
        });
    }
    let parts = parts(project.root())?;
    let secure_ram_bytes = secure_ram(project)?;
    let device_ram_bytes = device_ram(device.folder())?;
    let size = |name: &str| images.iter().find(|image| image.name == name);
    let lines = |name: &str| parts.iter().find(|part| part.part == name).map_or(0, |p| p.lines);
    let monitor = size("security-monitor").map_or(0, |image| image.sections.stored);
    let kernel = size("kernel").map_or(0, |image| image.sections.text);
    let measured = [
        ("security_monitor_bytes", monitor),
        ("kernel_text_bytes", kernel),
        ("kernel_and_monitor_lines", lines("kernel") + lines("security-monitor")),
        ("secure_ram_bytes", secure_ram_bytes),
        ("device_ram_bytes", device_ram_bytes),
    ];
    let budgets = budget::judge(&budget::read(&project.budgets())?, &measured)?;
    let within_budgets = budgets.iter().all(|verdict| verdict.kept);
    Ok(Sizes { images, parts, secure_ram_bytes, device_ram_bytes, budgets, within_budgets })
}

/// What lies in front of the runtime, and the runtime as it is loaded.
fn secure_ram(project: &Project) -> Result<u64> {
    let runtime = IMAGES
        .iter()
        .find(|image| image.image_type == Some(ImageType::PlutonRuntime))
        .context("there is a Pluton runtime")?;
    let bytes = store::read(project, runtime)?;
    let header = parse_image(&bytes).map_err(|error| anyhow::anyhow!("{}: {error}", runtime.name))?;
    // The header page is not loaded.
    let pages = u64::from(header.memory_pages.saturating_sub(1));
    Ok(secure_ram::RUNTIME - secure_ram::BASE + pages * u64::from(PAGE_BYTES))
}

/// Boots until the root task has started everything and says what is in use.
fn device_ram(folder: &Path) -> Result<u64> {
    let mut machine = Machine::start(folder, Cpu::default(), None)?;
    let end = Instant::now() + Duration::from_secs(30);
    let (mut summary, mut last) = (Summary::default(), String::new());
    let used = loop {
        let Some(rest) = end.checked_duration_since(Instant::now()) else {
            bail!("the device did not tell its memory within 30 seconds; its last line: {last}");
        };
        match machine.next_line(rest) {
            Heard::Line(when, line) => {
                match parse(&line) {
                    Some(Event::Refused(refusal)) => return Err(refusal.into()),
                    Some(event) => summary.add(when, event),
                    None => {}
                }
                if let Some((used, _)) = summary.memory {
                    break used;
                }
                last = line;
            }
            Heard::Ended => bail!("the device went off before it told its memory; last: {last}"),
            Heard::Silence => {}
        }
    };
    machine.stop();
    Ok(used)
}

/// Prints it for people.
pub fn print(sizes: &Sizes) {
    println!("{:<17} {:>8} {:>8} {:>8} {:>8} {:>9}", "image", "text", "rodata", "data", "bss", "in flash");
    for image in &sizes.images {
        let s = image.sections;
        println!(
            "{:<17} {:>8} {:>8} {:>8} {:>8} {:>9}",
            image.name, s.text, s.rodata, s.data, s.bss, image.image_bytes
        );
    }
    println!("\n{:<17} {:>8} {:>8} {:>8}", "part", "lines", "tests", "unsafe");
    for part in &sizes.parts {
        println!("{:<17} {:>8} {:>8} {:>8}", part.part, part.lines, part.test_lines, part.unsafe_count());
    }
    println!("\nunsafe by module");
    for module in sizes.parts.iter().flat_map(|part| &part.unsafe_modules) {
        println!("{:>6}  {}", module.count, module.file);
    }
    println!("\n{:<26} {:>9} {:>9}", "budget", "used", "limit");
    for verdict in &sizes.budgets {
        let mark = if verdict.kept { "kept" } else { "EXCEEDED" };
        println!("{:<26} {:>9} {:>9}  {mark}", verdict.budget, verdict.used, verdict.limit);
    }
    // For comparison: what the seed's own root of trust takes.
    let bytes = |name: &str| sizes.images.iter().find(|i| i.name == name).map_or(0, |i| i.sections.stored);
    println!(
        "\nPluton runtime + ROM: {} + {} bytes (MT3620: 26860 + 16384), cryptography included",
        bytes("pluton-runtime"),
        bytes("boot-rom")
    );
}

/// The image of this name; for callers that have it from a user.
pub fn image(name: &str) -> Result<&'static Image> {
    Image::named(name).with_context(|| {
        let known: Vec<_> = IMAGES.iter().map(|image| image.name).collect();
        format!("no image {name:?}; there are {}", known.join(", "))
    })
}
