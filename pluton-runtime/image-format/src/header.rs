//! The header as a value, and its two translations: from bytes and to bytes.

use crate::error::FormatError;
use crate::kind::ImageType;
use crate::layout as at;
use crate::segment::{Rights, Segment};
use crate::{HEADER_BYTES, MAX_SEGMENTS, NAME_BYTES, PAGE_BYTES, PUBLIC_KEY_BYTES};

/// An image's header. What is constant in the format is not repeated here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the image is.
    pub image_type: ImageType,
    /// Bytes behind the header: whole pages.
    pub body_bytes: u32,
    /// Pages of a loaded copy: header, body and zero-fill.
    pub memory_pages: u32,
    /// Version, for people and for updates.
    pub version: u32,
    /// Compared with the floor in the fuses: what is below is refused.
    pub security_version: u32,
    /// Which component this is a version of.
    pub component_id: [u8; 16],
    /// Which build this is: the first bytes of `body_sha256`.
    pub image_id: [u8; 16],
    /// Name, ASCII `a-z 0-9 -`, zero-padded.
    pub name: [u8; NAME_BYTES],
    /// SHA-256 of `public_key`.
    pub signer: [u8; 32],
    /// SHA-256 of the body.
    pub body_sha256: [u8; 32],
    /// Entry point: a virtual address; for the kernel, which starts with
    /// translation off, a physical one.
    pub entry: u64,
    /// Where the manifest begins in the file; 0 if there is none.
    pub manifest_offset: u32,
    /// Its bytes; the rest of their last page is zero.
    pub manifest_bytes: u32,
    /// How many of `segments` are there.
    pub segment_count: u32,
    /// The segments; those beyond `segment_count` are all zero.
    pub segments: [Segment; MAX_SEGMENTS],
    /// The signer's public key, uncompressed SEC1.
    pub public_key: [u8; PUBLIC_KEY_BYTES],
}

impl Header {
    /// The segments that are there.
    pub fn used_segments(&self) -> &[Segment] {
        self.segments.get(..self.segment_count as usize).unwrap_or(&self.segments)
    }

    /// The name without its padding; empty if it is not text.
    pub fn name_text(&self) -> &str {
        let end = self.name.iter().position(|&byte| byte == 0).unwrap_or(NAME_BYTES);
        self.name.get(..end).and_then(|name| core::str::from_utf8(name).ok()).unwrap_or("")
    }

    /// Pages that the manifest takes in the file.
    pub const fn manifest_pages(&self) -> u32 {
        self.manifest_bytes.div_ceil(PAGE_BYTES)
    }

    /// Pages of the body in the file.
    pub const fn body_pages(&self) -> u32 {
        self.body_bytes.div_ceil(PAGE_BYTES)
    }

    /// Bytes of the whole file.
    pub const fn total_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + self.body_bytes as u64
    }

    /// Writes the header. The signature's place is left zero: sign
    /// [`crate::signed_bytes`] of `out` and put `r || s` behind them.
    pub fn encode(&self, out: &mut [u8; HEADER_BYTES]) {
        out.fill(0);
        put(out, 0, &at::MAGIC);
        put(out, at::FORMAT_OFFSET, &at::FORMAT.to_le_bytes());
        put(out, at::IMAGE_TYPE, &self.image_type.number().to_le_bytes());
        put(out, at::HEADER_LENGTH, &(HEADER_BYTES as u32).to_le_bytes());
        put(out, at::BODY_LENGTH, &self.body_bytes.to_le_bytes());
        put(out, at::MEMORY_PAGES, &self.memory_pages.to_le_bytes());
        put(out, at::VERSION, &self.version.to_le_bytes());
        put(out, at::SECURITY_VERSION, &self.security_version.to_le_bytes());
        put(out, at::COMPONENT_ID, &self.component_id);
        put(out, at::IMAGE_ID, &self.image_id);
        put(out, at::NAME, &self.name);
        put(out, at::SIGNER, &self.signer);
        put(out, at::BODY_SHA256, &self.body_sha256);
        put(out, at::ENTRY, &self.entry.to_le_bytes());
        put(out, at::MANIFEST_OFFSET, &self.manifest_offset.to_le_bytes());
        put(out, at::MANIFEST_LENGTH, &self.manifest_bytes.to_le_bytes());
        put(out, at::SEGMENT_COUNT, &self.segment_count.to_le_bytes());
        for (index, segment) in self.segments.iter().enumerate() {
            let base = at::SEGMENTS + index * at::SEGMENT_LENGTH;
            put(out, base, &segment.file_offset.to_le_bytes());
            put(out, base + 4, &segment.file_bytes.to_le_bytes());
            put(out, base + 8, &segment.memory_bytes.to_le_bytes());
            put(out, base + 12, &segment.rights.bits().to_le_bytes());
            put(out, base + 16, &segment.virtual_address.to_le_bytes());
            put(out, base + 24, &segment.physical_address.to_le_bytes());
        }
        put(out, at::PUBLIC_KEY, &self.public_key);
    }

    /// Reads the fields; refuses what has no value of its type.
    pub(crate) fn decode(page: &[u8; HEADER_BYTES]) -> Result<Self, FormatError> {
        if take::<8>(page, 0) != at::MAGIC {
            return Err(FormatError::Magic);
        }
        let format = u16::from_le_bytes(take(page, at::FORMAT_OFFSET));
        if format != at::FORMAT {
            return Err(FormatError::Format { format });
        }
        let header_bytes = word(page, at::HEADER_LENGTH);
        if header_bytes as usize != HEADER_BYTES {
            return Err(FormatError::HeaderBytes { bytes: header_bytes });
        }
        let number = u16::from_le_bytes(take(page, at::IMAGE_TYPE));
        let Some(image_type) = ImageType::from_number(number) else {
            return Err(FormatError::ImageType { number });
        };
        if word(page, at::RESERVED) != 0 {
            return Err(FormatError::NotZero { offset: at::RESERVED });
        }
        let padding = page.get(at::FIELDS_END..at::SIGNED_BYTES).unwrap_or(&[]);
        if let Some(index) = padding.iter().position(|&byte| byte != 0) {
            return Err(FormatError::NotZero { offset: at::FIELDS_END + index });
        }
        let segment_count = word(page, at::SEGMENT_COUNT);
        if segment_count == 0 || segment_count as usize > MAX_SEGMENTS {
            return Err(FormatError::SegmentCount { count: segment_count });
        }
        let mut segments = [Segment::default(); MAX_SEGMENTS];
        for (index, segment) in segments.iter_mut().enumerate() {
            let base = at::SEGMENTS + index * at::SEGMENT_LENGTH;
            let bytes: [u8; at::SEGMENT_LENGTH] = take(page, base);
            if index >= segment_count as usize {
                if let Some(offset) = bytes.iter().position(|&byte| byte != 0) {
                    return Err(FormatError::NotZero { offset: base + offset });
                }
                continue;
            }
            let bits = word(page, base + 12);
            let Some(rights) = Rights::from_bits(bits) else {
                return Err(FormatError::SegmentRights { segment: index, bits });
            };
            *segment = Segment {
                file_offset: word(page, base),
                file_bytes: word(page, base + 4),
                memory_bytes: word(page, base + 8),
                rights,
                virtual_address: u64::from_le_bytes(take(page, base + 16)),
                physical_address: u64::from_le_bytes(take(page, base + 24)),
            };
        }
        Ok(Self {
            image_type,
            body_bytes: word(page, at::BODY_LENGTH),
            memory_pages: word(page, at::MEMORY_PAGES),
            version: word(page, at::VERSION),
            security_version: word(page, at::SECURITY_VERSION),
            component_id: take(page, at::COMPONENT_ID),
            image_id: take(page, at::IMAGE_ID),
            name: take(page, at::NAME),
            signer: take(page, at::SIGNER),
            body_sha256: take(page, at::BODY_SHA256),
            entry: u64::from_le_bytes(take(page, at::ENTRY)),
            manifest_offset: word(page, at::MANIFEST_OFFSET),
            manifest_bytes: word(page, at::MANIFEST_LENGTH),
            segment_count,
            segments,
            public_key: take(page, at::PUBLIC_KEY),
        })
    }
}

/// Reads `N` bytes. All offsets are constants of `layout`, inside the page.
fn take<const N: usize>(page: &[u8; HEADER_BYTES], offset: usize) -> [u8; N] {
    match page.get(offset..).and_then(|tail| tail.first_chunk()) {
        Some(bytes) => *bytes,
        None => [0; N],
    }
}

fn word(page: &[u8; HEADER_BYTES], offset: usize) -> u32 {
    u32::from_le_bytes(take(page, offset))
}

fn put(page: &mut [u8; HEADER_BYTES], offset: usize, bytes: &[u8]) {
    if let Some(place) = page.get_mut(offset..).and_then(|tail| tail.get_mut(..bytes.len())) {
        place.copy_from_slice(bytes);
    }
}
