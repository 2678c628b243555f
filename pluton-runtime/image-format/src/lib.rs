//! The signed image format that every layer reads.
//!
//! The boot ROM, the Pluton runtime, the root task and the host's packager all look
//! at the same bytes. Two readers that disagree by one rule are a hole, so there is
//! one reader, here, and it knows every rule that needs no cryptography.
//!
//! A file is a header of one page and a body of whole pages. The signature covers
//! the first [`SIGNED_BYTES`] of the header; the header binds the body by its
//! SHA-256. Every bit of the header means something or must be zero, so no
//! two headers that differ can be taken for the same image.
#![no_std]
#![forbid(unsafe_code)]

mod check;
mod error;
mod header;
mod kind;
mod layout;
mod segment;

pub use error::FormatError;
pub use header::Header;
pub use kind::{ImageType, Role};
pub use layout::{
    FORMAT, HEADER_BYTES, MAGIC, MAX_MEMORY_PAGES, MAX_SEGMENTS, NAME_BYTES, PAGE_BYTES,
    PUBLIC_KEY_BYTES, SIGNATURE_BYTES, SIGNED_BYTES,
};
pub use segment::{Rights, Segment};

/// Reads and checks the header at the start of `bytes`.
///
/// Everything is checked that can be known without cryptography and without the
/// body. What is left to the caller: `signer` against the public key, the
/// signature over [`signed_bytes`], and the body against `body_sha256`.
pub fn parse(bytes: &[u8]) -> Result<Header, FormatError> {
    let Some(page) = bytes.first_chunk::<HEADER_BYTES>() else {
        return Err(FormatError::TooShort { bytes: bytes.len() });
    };
    let header = Header::decode(page)?;
    header.check()?;
    Ok(header)
}

/// The bytes that the signature covers, and whose SHA-256 is the image's measurement.
/// Of an input shorter than that, all of it.
pub fn signed_bytes(bytes: &[u8]) -> &[u8] {
    bytes.get(..SIGNED_BYTES).unwrap_or(bytes)
}

/// The signature, `r || s`. Of an input shorter than a header, zeros: no signature.
pub fn signature(bytes: &[u8]) -> [u8; SIGNATURE_BYTES] {
    match bytes.get(SIGNED_BYTES..).and_then(|tail| tail.first_chunk()) {
        Some(signature) => *signature,
        None => [0; SIGNATURE_BYTES],
    }
}
