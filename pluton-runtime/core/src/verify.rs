//! Who signed a header, and whether this device lets them.
//!
//! A [`Verified`] can only be made by [`header`]: holding one is the proof that
//! signature, role and security version were checked. The body is bound by its hash
//! and checked where it is read ([`crate::load`]).

use crate::fuses::Fuses;
use crate::refusal::Refusal;
use image_format::{HEADER_BYTES, Header, Role};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

/// A header whose signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    header: Header,
    measurement: [u8; 32],
}

impl Verified {
    /// The header.
    pub const fn header(&self) -> &Header {
        &self.header
    }
    /// SHA-256 of the signed bytes: what the image is, in one number.
    pub const fn measurement(&self) -> &[u8; 32] {
        &self.measurement
    }
}

/// Checks a header page: format, signer, role, signature, security version.
pub fn header(page: &[u8; HEADER_BYTES], fuses: &Fuses) -> Result<Verified, Refusal> {
    let header = image_format::parse(page)?;
    let role = header.image_type.role();
    let signer: [u8; 32] = Sha256::digest(header.public_key).into();
    if signer != header.signer {
        return Err(Refusal::SignerMismatch);
    }
    if signer != *fuses.key(role) {
        let other = match role {
            Role::OsVendor => Role::Manufacturer,
            Role::Manufacturer => Role::OsVendor,
        };
        return Err(match signer == *fuses.key(other) {
            true => Refusal::Role { needed: role },
            false => Refusal::UnknownKey { needed: role },
        });
    }
    let measurement: [u8; 32] = Sha256::digest(image_format::signed_bytes(page)).into();
    let refused = Refusal::Signature { role };
    let key = VerifyingKey::from_sec1_bytes(&header.public_key).map_err(|_| refused)?;
    let signature = Signature::from_slice(&image_format::signature(page)).map_err(|_| refused)?;
    key.verify_prehash(&measurement, &signature).map_err(|_| refused)?;
    let floor = fuses.floor(header.image_type);
    if header.security_version < floor {
        return Err(Refusal::SecurityVersion { version: header.security_version, floor });
    }
    Ok(Verified { header, measurement })
}
