//! Boot refusal: a device of its own for each case, with one thing wrong.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bulkhead_tests::boot::{Case, Damage, cases, is_halted};
use image_format::{Role, parse};

use crate::device::Device;
use crate::hash::random;
use crate::images::{IMAGES, Image, Place};
use crate::keys::{Key, Keys};
use crate::project::Project;
use crate::qemu::{Cpu, Heard, Machine, Scratch};
use crate::refusal::Refusal;
use crate::test::{Tally, fresh_device};
use crate::{flash, pack, store};

/// Longest time from reset to the refusal.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a halted machine is watched for signs of life.
const WATCH: Duration = Duration::from_millis(200);

pub(super) fn run(project: &Project, tally: &mut Tally) -> Result<()> {
    let keys = Keys::load_or_create(&project.keys())?;
    let scratch = Scratch::new()?;
    let device = fresh_device(project, &scratch.path().join("device"))?;
    for image in IMAGES.iter().filter(|image| image.place == Place::Rom) {
        tally.case(&format!("boot: {}: bit flipped in body", image.name), rom(&device, image));
    }
    for case in cases() {
        let name = format!("boot: {}: {}", case.image, case.damage.name());
        let result = refused(project, &keys, &device, &case);
        tally.case(&name, result.unwrap_or_else(|error| Err(format!("{error:#}"))));
    }
    Ok(())
}

/// The ROM is compared before the device gets power.
fn rom(device: &Device, image: &Image) -> Result<(), String> {
    let text = |error: anyhow::Error| format!("{error:#}");
    let rom = flash::read_image(device.folder(), image, 4096).map_err(text)?;
    let mut damaged = rom.clone();
    if let Some(byte) = damaged.get_mut(100) {
        *byte ^= 1;
    }
    // Only the first page is written; `write_image` would clear what is behind it.
    let patch = |bytes: &[u8]| flash::patch(device.folder(), image, bytes).map_err(text);
    patch(&damaged)?;
    let checked = device.check_rom();
    patch(&rom)?;
    device.check_rom().map_err(text)?;
    match checked.map_err(|error| error.downcast::<Refusal>()) {
        Err(Ok(refusal)) if refusal.stage == "silicon" && refusal.image == image.name => Ok(()),
        Err(Ok(refusal)) => Err(refusal.to_string()),
        Err(Err(error)) => Err(text(error)),
        Ok(()) => Err("not refused".into()),
    }
}

/// Damages one image in flash, boots, and puts it right again.
fn refused(
    project: &Project,
    keys: &Keys,
    device: &Device,
    case: &Case,
) -> Result<Result<(), String>> {
    let image = Image::named(case.image).with_context(|| format!("no image {}", case.image))?;
    let whole = store::read(project, image)?;
    flash::write_image(device.folder(), image, &damaged(&whole, keys, case)?)?;
    let lines = boot(device);
    flash::write_image(device.folder(), image, &whole)?;
    let lines = lines?;
    Ok(case.judge(&lines).map_err(|why| format!("{why}\n        {}", lines.join("\n        "))))
}

fn damaged(whole: &[u8], keys: &Keys, case: &Case) -> Result<Vec<u8>> {
    let mut file = whole.to_vec();
    if case.damage.apply(&mut file) {
        return Ok(file);
    }
    let header = parse(&file).map_err(|error| anyhow::anyhow!("{error}"))?;
    let role = header.image_type.role();
    match case.damage {
        Damage::WrongRole => {
            let other = match role {
                Role::OsVendor => &keys.manufacturer,
                Role::Manufacturer => &keys.os_vendor,
            };
            pack::sign(&mut file, other)?;
        }
        Damage::UnknownKey => {
            let signing = p256::ecdsa::SigningKey::from_slice(&random::<32>()?)
                .map_err(|error| anyhow::anyhow!("{error}"))?;
            pack::sign(&mut file, &Key { role, signing })?;
        }
        Damage::RolledBack => {
            let old = image_format::Header { security_version: 0, ..header };
            old.encode(file.first_chunk_mut().context("parsed above")?);
            pack::sign(&mut file, keys.for_role(role))?;
        }
        other => anyhow::bail!("{} did not change the image", other.name()),
    }
    Ok(file)
}

/// The console of a boot, up to the halt and a little further.
fn boot(device: &Device) -> Result<Vec<String>> {
    let mut machine = Machine::start(device.folder(), Cpu::default(), None)?;
    let mut end = Instant::now() + PATIENCE;
    let mut lines = Vec::new();
    while let Some(rest) = end.checked_duration_since(Instant::now()) {
        match machine.next_line(rest) {
            Heard::Line(_, line) => {
                if is_halted(&line) {
                    end = Instant::now() + WATCH;
                }
                // A machine that runs on would fill the time with telemetry.
                let runs = line.starts_with("dw100: ");
                lines.push(line);
                if runs {
                    break;
                }
            }
            Heard::Silence => {}
            Heard::Ended => break,
        }
    }
    machine.stop();
    Ok(lines)
}
