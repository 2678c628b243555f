//! The boot ROM: chooses a copy of the runtime that this device lets run, puts it
//! into secure RAM and derives the runtime's secrets from the device's.

use crate::dice::{self, Inputs, Mode, Secret};
use crate::fuses::{FUSE_BYTES, Fuses};
use crate::handoff::RomHandoff;
use crate::load::{self, Chunk};
use crate::machine::{Destination, Flash, Range};
use crate::measurement::Entry;
use crate::refusal::Refusal;
use crate::verify::{self, Verified};
use image_format::{HEADER_BYTES, ImageType};
use sha2::{Digest, Sha256};

/// The buffers that the ROM works in.
pub struct Buffers {
    /// A header.
    pub header: [u8; HEADER_BYTES],
    /// A piece of a body.
    pub chunk: Chunk,
}

/// Where the ROM finds things.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// Offset of a copy's slot.
    pub slot: u64,
    /// Bytes of a slot.
    pub slot_bytes: u64,
    /// Secure RAM kept for the runtime; its first byte is also its entry point.
    pub runtime: Range,
}

/// Reads the fuses.
pub fn fuses(flash: &impl Flash, at: u64) -> Result<Fuses, Refusal> {
    let mut record = [0xff; FUSE_BYTES];
    match flash.read(at, &mut record) {
        true => Ok(Fuses::decode(&record)?),
        false => Err(Refusal::Flash),
    }
}

/// Verifies the copy of the runtime at `places.slot` and loads it.
pub fn load_runtime(
    flash: &impl Flash,
    memory: &mut impl Destination,
    fuses: &Fuses,
    places: &Places,
    buffers: &mut Buffers,
) -> Result<Verified, Refusal> {
    load::header_page(flash, places.slot, &mut buffers.header)?;
    let image = verify::header(&buffers.header, fuses)?;
    let header = image.header();
    if header.image_type != ImageType::PlutonRuntime {
        return Err(Refusal::Type { found: header.image_type });
    }
    if header.total_bytes() > places.slot_bytes {
        return Err(Refusal::Flash);
    }
    let bytes: u64 =
        header.used_segments().iter().map(|segment| u64::from(segment.memory_bytes)).sum();
    let start = header.segments[0].physical_address;
    let executable = header.segments[0].rights.execute();
    let base = places.runtime.base;
    if start != base || header.entry != base || !executable || bytes > places.runtime.bytes {
        return Err(Refusal::Placement);
    }
    load::copy(flash, places.slot, &image, None, (memory, base, bytes), &mut buffers.chunk)?;
    Ok(image)
}

/// Derives what the runtime gets. The device secret must hold something.
pub fn hand_off(
    device_secret: &Secret,
    seed: Secret,
    fuses: &Fuses,
    image: &Verified,
) -> Result<RomHandoff, Refusal> {
    let blank = |value: u8| device_secret.0.iter().all(|&byte| byte == value);
    if blank(0) || blank(0xff) {
        return Err(Refusal::NoDeviceSecret);
    }
    let header = image.header();
    let mut config = Sha256::new();
    config.update(header.component_id);
    config.update(header.version.to_le_bytes());
    config.update(header.security_version.to_le_bytes());
    let config: [u8; 32] = config.finalize().into();
    let inputs = Inputs {
        code: image.measurement(),
        config: &config,
        authority: &header.signer,
        mode: Mode::of(fuses.life_cycle),
    };
    Ok(RomHandoff {
        attestation: dice::attestation(device_secret, &inputs),
        sealing: dice::sealing(device_secret, &inputs),
        seed,
        runtime: Entry::of(image),
    })
}
