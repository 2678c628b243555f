//! Packs a program and its manifest into a signed image.
//!
//! The same inputs give the same bytes: nothing here asks for the time, and the
//! signature's nonce is derived from key and message (RFC 6979).

use anyhow::{Context, Result, bail};
use image_format::{
    HEADER_BYTES, Header, ImageType, MAX_SEGMENTS, NAME_BYTES, PAGE_BYTES, SIGNED_BYTES, Segment,
    parse,
};
use manifest::{ApplicationType, Manifest};
use p256::ecdsa::Signature;
use p256::ecdsa::signature::Signer;

use crate::elf::Program;
use crate::hash::sha256;
use crate::keys::Key;

/// What goes into an image.
pub struct Contents<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is.
    pub image_type: ImageType,
    /// Version, for people.
    pub version: u32,
    /// Version for the anti-rollback floor.
    pub security_version: u32,
    /// The program.
    pub program: &'a Program,
    /// The manifest, where the type has one.
    pub manifest: Option<&'a [u8]>,
}

/// Packs and signs.
pub fn pack(contents: &Contents<'_>, key: &Key) -> Result<Vec<u8>> {
    if key.role != contents.image_type.role() {
        bail!(
            "an image of type {} is signed by {}, this is the key of {}",
            contents.image_type,
            contents.image_type.role(),
            key.role
        );
    }
    let component_id = check_manifest(contents)?;
    let mut body = Vec::new();
    let manifest_bytes = contents.manifest.map_or(0, <[u8]>::len);
    append(&mut body, contents.manifest.unwrap_or_default());

    let mut segments = [Segment::default(); MAX_SEGMENTS];
    let mut zero_fill = 0;
    if contents.program.segments.len() > MAX_SEGMENTS {
        bail!("{} segments, at most {MAX_SEGMENTS}", contents.program.segments.len());
    }
    for (place, segment) in segments.iter_mut().zip(&contents.program.segments) {
        let fixed = contents.image_type.is_fixed();
        *place = Segment {
            file_offset: u32::try_from(HEADER_BYTES + body.len())?,
            file_bytes: u32::try_from(segment.bytes.len())?,
            memory_bytes: u32::try_from(segment.memory_bytes)?.next_multiple_of(PAGE_BYTES),
            rights: segment.rights,
            virtual_address: segment.virtual_address,
            physical_address: if fixed { segment.physical_address } else { 0 },
        };
        zero_fill += place.zero_fill_pages();
        append(&mut body, &segment.bytes);
    }
    let body_sha256 = sha256(&body);
    let mut name = [0; NAME_BYTES];
    name.get_mut(..contents.name.len())
        .with_context(|| format!("the name {:?} has more than {NAME_BYTES} letters", contents.name))?
        .copy_from_slice(contents.name.as_bytes());
    let header = Header {
        image_type: contents.image_type,
        body_bytes: u32::try_from(body.len())?,
        memory_pages: 1 + u32::try_from(body.len())? / PAGE_BYTES + zero_fill,
        version: contents.version,
        security_version: contents.security_version,
        component_id,
        image_id: *body_sha256.first_chunk().context("SHA-256 has more than 16 bytes")?,
        name,
        signer: key.id()?,
        body_sha256,
        entry: entry(contents)?,
        manifest_offset: if manifest_bytes == 0 { 0 } else { HEADER_BYTES as u32 },
        manifest_bytes: u32::try_from(manifest_bytes)?,
        segment_count: u32::try_from(contents.program.segments.len())?,
        segments,
        public_key: key.public()?,
    };
    header.check().map_err(|error| anyhow::anyhow!("{}: {error}", contents.name))?;
    let mut file = vec![0; HEADER_BYTES];
    header.encode(file.first_chunk_mut().context("a header's bytes")?);
    file.extend(body);
    sign(&mut file, key)?;
    Ok(file)
}

/// Signs an image anew: writes signer, public key and signature.
pub fn sign(file: &mut [u8], key: &Key) -> Result<()> {
    let mut header = parse(file).map_err(|error| anyhow::anyhow!("{error}"))?;
    (header.signer, header.public_key) = (key.id()?, key.public()?);
    let page = file.first_chunk_mut().context("parsed above")?;
    header.encode(page);
    let (signed, place) = page.split_at_mut(SIGNED_BYTES);
    let signature: Signature = key.signing.sign(signed);
    place.copy_from_slice(&signature.to_bytes());
    Ok(())
}

/// Appends bytes and fills up their last page.
fn append(body: &mut Vec<u8>, bytes: &[u8]) {
    body.extend_from_slice(bytes);
    body.resize(body.len().next_multiple_of(PAGE_BYTES as usize), 0);
}

/// Where it starts; a kernel starts with translation off, at the physical address,
/// which its ELF file may name itself.
fn entry(contents: &Contents<'_>) -> Result<u64> {
    let entry = contents.program.entry;
    if contents.image_type != ImageType::Kernel {
        return Ok(entry);
    }
    let inside = |start: u64, bytes: u64| entry.checked_sub(start).filter(|offset| *offset < bytes);
    contents
        .program
        .segments
        .iter()
        .find_map(|segment| {
            inside(segment.physical_address, segment.memory_bytes)
                .or_else(|| inside(segment.virtual_address, segment.memory_bytes))
                .map(|offset| segment.physical_address + offset)
        })
        .with_context(|| format!("entry {entry:#x} is in no segment"))
}

/// Checks the manifest against the type of the image; gives the component's id.
fn check_manifest(contents: &Contents<'_>) -> Result<[u8; 16]> {
    let wanted = matches!(
        contents.image_type,
        ImageType::Service | ImageType::Application | ImageType::RealTimeApplication
    );
    let Some(bytes) = contents.manifest else {
        if wanted {
            bail!("an image of type {} needs an app_manifest.json", contents.image_type);
        }
        let id = sha256(format!("bulkhead component {}", contents.name).as_bytes());
        return Ok(*id.first_chunk().context("SHA-256 has more than 16 bytes")?);
    };
    let manifest = Manifest::parse(bytes).map_err(|violations| {
        let rules: Vec<_> = violations.iter().map(|rule| format!("\n  {rule}")).collect();
        anyhow::anyhow!("the manifest of {} breaks these rules:{}", contents.name, rules.concat())
    })?;
    let real_time = manifest.application_type == ApplicationType::RealTimeCapable;
    if real_time != (contents.image_type == ImageType::RealTimeApplication) {
        bail!("ApplicationType and image type {} do not agree", contents.image_type);
    }
    if let Some(name) = manifest.unresolved().first() {
        bail!("the manifest names ${name}: give the board's file by --hardware");
    }
    Ok(manifest.component_id.0)
}
