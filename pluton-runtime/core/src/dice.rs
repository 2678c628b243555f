//! DICE: each layer's secret is derived from the layer below and from what this
//! layer is. Change one bit of the runtime and its identity changes; the layer above
//! never sees the secret below.
//!
//! The formulas are those of the Open Profile for DICE with SHA-256 and HKDF-SHA-256:
//! `CDI_attest = KDF(32, parent, H(code, config, authority, mode, hidden), "CDI_Attest")`
//! `CDI_seal   = KDF(32, parent, H(authority, mode, hidden), "CDI_Seal")`
//! with `KDF(length, secret, salt, info)` and 64-byte inputs, shorter ones padded
//! with zeros.

use crate::fuses::LifeCycle;
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

/// Bytes of a secret.
pub const SECRET_BYTES: usize = 32;
const INPUT_BYTES: usize = 64;

/// A secret that is wiped when it goes out of use. Never printed, never compared.
pub struct Secret(pub [u8; SECRET_BYTES]);

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The mode of a layer, as the profile numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// The device is not finished.
    NotConfigured = 0,
    /// In the field.
    Normal = 1,
    /// Under analysis.
    Debug = 2,
}

impl Mode {
    /// The mode of a device at this point of its life.
    pub const fn of(life_cycle: LifeCycle) -> Self {
        match life_cycle {
            LifeCycle::Blank | LifeCycle::Provisioned => Self::NotConfigured,
            LifeCycle::Complete => Self::Normal,
            LifeCycle::Returned => Self::Debug,
        }
    }
}

/// What a layer is.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Its measurement.
    pub code: &'a [u8; 32],
    /// How it is configured.
    pub config: &'a [u8; 32],
    /// Who vouches for it.
    pub authority: &'a [u8; 32],
    /// The device's mode.
    pub mode: Mode,
}

/// Derives the attestation secret of the layer that `inputs` describe.
pub fn attestation(parent: &Secret, inputs: &Inputs<'_>) -> Secret {
    let mut hash = Sha256::new();
    hash.update(padded(inputs.code));
    hash.update(padded(inputs.config));
    hash.update(padded(inputs.authority));
    hash.update([inputs.mode as u8]);
    hash.update([0; INPUT_BYTES]);
    derive(parent, &hash.finalize(), b"CDI_Attest")
}

/// Derives the sealing secret: the same for every version that one authority signs.
pub fn sealing(parent: &Secret, inputs: &Inputs<'_>) -> Secret {
    let mut hash = Sha256::new();
    hash.update(padded(inputs.authority));
    hash.update([inputs.mode as u8]);
    hash.update([0; INPUT_BYTES]);
    derive(parent, &hash.finalize(), b"CDI_Seal")
}

/// HKDF-SHA-256.
pub fn derive(parent: &Secret, salt: &[u8], info: &[u8]) -> Secret {
    let mut secret = Secret([0; SECRET_BYTES]);
    // 32 bytes are one block; HKDF refuses only more than 255.
    let expanded = Hkdf::<Sha256>::new(Some(salt), &parent.0).expand(info, &mut secret.0);
    debug_assert!(expanded.is_ok());
    secret
}

fn padded(value: &[u8; 32]) -> [u8; INPUT_BYTES] {
    let mut input = [0; INPUT_BYTES];
    input[..32].copy_from_slice(value);
    input
}
