//! What the boot ROM leaves for the runtime, in one page of secure RAM: the
//! runtime's own secrets and its own measurement. Never the unique device secret.
//! The runtime reads it once and wipes it.

use crate::dice::{SECRET_BYTES, Secret};
use crate::measurement::Entry;
use image_format::{ImageType, NAME_BYTES};

/// Bytes used of the page.
pub const HANDOFF_BYTES: usize = 256;
const MAGIC: [u8; 8] = *b"BULKHROM";

/// The content.
pub struct RomHandoff {
    /// The runtime's attestation secret.
    pub attestation: Secret,
    /// The runtime's sealing secret.
    pub sealing: Secret,
    /// The board's seed for random numbers; all zeros when there was none.
    pub seed: Secret,
    /// The runtime, as the ROM measured it.
    pub runtime: Entry,
}

impl RomHandoff {
    /// Writes the page's first bytes.
    pub fn encode(&self, out: &mut [u8; HANDOFF_BYTES]) {
        out.fill(0);
        let runtime = &self.runtime;
        let parts: [&[u8]; 9] = [
            &MAGIC,
            &self.attestation.0,
            &self.sealing.0,
            &self.seed.0,
            &runtime.sha256,
            &runtime.signer,
            &runtime.name,
            &runtime.version.to_le_bytes(),
            &runtime.security_version.to_le_bytes(),
        ];
        for (place, byte) in out.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
    }

    /// Reads it back; nothing if it is not there.
    pub fn decode(page: &[u8; HANDOFF_BYTES]) -> Option<Self> {
        let mut rest = &page[..];
        if take::<8>(&mut rest)? != MAGIC {
            return None;
        }
        let attestation = Secret(take::<SECRET_BYTES>(&mut rest)?);
        let sealing = Secret(take::<SECRET_BYTES>(&mut rest)?);
        let seed = Secret(take::<SECRET_BYTES>(&mut rest)?);
        let sha256 = take(&mut rest)?;
        let signer = take(&mut rest)?;
        let name = take::<NAME_BYTES>(&mut rest)?;
        let version = u32::from_le_bytes(take(&mut rest)?);
        let security_version = u32::from_le_bytes(take(&mut rest)?);
        let image_type = ImageType::PlutonRuntime;
        let runtime = Entry { image_type, version, security_version, name, signer, sha256 };
        Some(Self { attestation, sealing, seed, runtime })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (part, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*part)
}
