//! Verifies an image as the device would, before it goes there.

use anyhow::{Context, Result, bail};
use image_format::{HEADER_BYTES, Header, parse, signature, signed_bytes};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};

use crate::hash::{hex, sha256};

/// Checks everything that can be checked without a device: format, body, signature,
/// and, where a key id is given, that it is that key.
pub fn verify(file: &[u8], key_id: Option<&[u8; 32]>) -> Result<Header> {
    let header = parse(file).map_err(|error| anyhow::anyhow!("{error}"))?;
    let body = file.get(HEADER_BYTES..).unwrap_or_default();
    if body.len() != header.body_bytes as usize {
        bail!("the header says {} bytes of body, the file has {}", header.body_bytes, body.len());
    }
    if sha256(body) != header.body_sha256 {
        bail!("the body's SHA-256 is not the one in the header");
    }
    if sha256(&header.public_key) != header.signer {
        bail!("the public key in the header is not that of the signer it names");
    }
    let key = VerifyingKey::from_sec1_bytes(&header.public_key)
        .ok()
        .context("the public key is no point of P-256")?;
    let signature = Signature::from_slice(&signature(file)).ok().context("no valid signature")?;
    key.verify(signed_bytes(file), &signature).ok().context("the signature does not verify")?;
    if let Some(expected) = key_id
        && header.signer != *expected
    {
        bail!(
            "signed by {}, which is not the {} key {}",
            hex(header.signer.get(..8).unwrap_or_default()),
            header.image_type.role(),
            hex(expected.get(..8).unwrap_or_default())
        );
    }
    Ok(header)
}
