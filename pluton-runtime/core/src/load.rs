//! Reading a body exactly once: each chunk is fetched from flash into secure RAM,
//! hashed there and copied out from there. Whoever can change the flash between a
//! check and a use changes nothing, because there is no second fetch.

use crate::machine::{Destination, Flash};
use crate::refusal::Refusal;
use crate::verify::Verified;
use image_format::HEADER_BYTES;
use sha2::{Digest, Sha256};

/// Bytes of a chunk.
pub const CHUNK_BYTES: usize = 4096;

/// The secure memory that a chunk passes through.
#[derive(Debug)]
pub struct Chunk(pub [u8; CHUNK_BYTES]);

/// Reads the header page at `slot` and tells an erased slot from a filled one.
pub fn header_page(
    flash: &impl Flash,
    slot: u64,
    page: &mut [u8; HEADER_BYTES],
) -> Result<(), Refusal> {
    if !flash.read(slot, page) {
        return Err(Refusal::Flash);
    }
    if page.iter().all(|&byte| byte == 0xff) || page.iter().all(|&byte| byte == 0) {
        return Err(Refusal::NoImage);
    }
    Ok(())
}

/// Reads the whole body, giving each chunk with its offset in the body to `take`,
/// and compares its hash at the end. On an error the caller must undo what `take`
/// did: until the end nothing is known about the chunks.
fn body(
    flash: &impl Flash,
    slot: u64,
    image: &Verified,
    chunk: &mut Chunk,
    mut take: impl FnMut(u64, &[u8]) -> bool,
) -> Result<(), Refusal> {
    let mut hash = Sha256::new();
    for index in 0..u64::from(image.header().body_pages()) {
        let offset = index * CHUNK_BYTES as u64;
        let place = slot.checked_add(HEADER_BYTES as u64 + offset).ok_or(Refusal::Flash)?;
        if !flash.read(place, &mut chunk.0) {
            return Err(Refusal::Flash);
        }
        hash.update(&chunk.0[..]);
        if !take(offset, &chunk.0) {
            return Err(Refusal::Placement);
        }
    }
    match <[u8; 32]>::from(hash.finalize()) == image.header().body_sha256 {
        true => Ok(()),
        false => Err(Refusal::BodyHash),
    }
}

/// Checks the body without keeping it.
pub fn check(
    flash: &impl Flash,
    slot: u64,
    slot_bytes: u64,
    image: &Verified,
    chunk: &mut Chunk,
) -> Result<(), Refusal> {
    if image.header().total_bytes() > slot_bytes {
        return Err(Refusal::Flash);
    }
    body(flash, slot, image, chunk, |_, _| true)
}

/// Copies the body to `physical` and zeroes what follows, up to `bytes` in all. A
/// header page, where given, goes first. If the body is not the one that was
/// signed, the whole destination is zeroed again.
pub fn copy(
    flash: &impl Flash,
    slot: u64,
    image: &Verified,
    header: Option<&[u8; HEADER_BYTES]>,
    target: (&mut impl Destination, u64, u64),
    chunk: &mut Chunk,
) -> Result<(), Refusal> {
    let (memory, physical, bytes) = target;
    let front = header.map_or(0, |page| page.len() as u64);
    let copied = front + u64::from(image.header().body_pages()) * CHUNK_BYTES as u64;
    let rest = bytes.checked_sub(copied).ok_or(Refusal::Placement)?;
    physical.checked_add(bytes).ok_or(Refusal::Placement)?;
    let mut done = match header {
        Some(page) if !memory.write(physical, page) => Err(Refusal::Placement),
        _ => body(flash, slot, image, chunk, |offset, bytes| {
            memory.write(physical + front + offset, bytes)
        }),
    };
    if done.is_ok() && !memory.zero(physical + copied, rest) {
        done = Err(Refusal::Placement);
    }
    if done.is_err() {
        // Outside the window it fails again, and then nothing was written.
        let _ = memory.zero(physical, bytes);
    }
    memory.publish(physical, bytes);
    done
}
