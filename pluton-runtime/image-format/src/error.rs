//! Why a header is refused, in words for whoever built the image.

use crate::kind::ImageType;
use core::fmt;

/// A rule of the format that an image breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are what the message prints")]
pub enum FormatError {
    /// Shorter than a header.
    TooShort { bytes: usize },
    /// Not an image at all.
    Magic,
    /// A format this reader does not know.
    Format { format: u16 },
    /// A header of another size.
    HeaderBytes { bytes: u32 },
    /// No such image type.
    ImageType { number: u16 },
    /// A byte that must be zero is not.
    NotZero { offset: usize },
    /// No segment, or too many.
    SegmentCount { count: u32 },
    /// Not R, RW or RX.
    SegmentRights { segment: usize, bits: u32 },
    /// A gap or an overlap in the file.
    SegmentOffset { segment: usize, offset: u32, expected: u64 },
    /// Sizes that do not fit each other.
    SegmentBytes { segment: usize, file: u32, memory: u32 },
    /// A segment behind one that is filled with zeros.
    ZeroFillNotLast { segment: usize },
    /// Not aligned, not ascending, or past the end of the address space.
    VirtualAddress { segment: usize, address: u64 },
    /// A fixed image with a gap, or a relocatable one with an address.
    PhysicalAddress { segment: usize, address: u64 },
    /// The body's size is not that of manifest and segments.
    BodyBytes { body: u32, used: u64 },
    /// The memory a loaded copy needs is stated wrong.
    MemoryPages { said: u32, needed: u64 },
    /// The entry point is not code.
    Entry { entry: u64 },
    /// The name is empty or not `a-z 0-9 -`.
    Name,
    /// The image id is not that of the body.
    ImageId,
    /// The public key is not an uncompressed point.
    PublicKey,
    /// The manifest is not where manifests are.
    ManifestOffset { offset: u32 },
    /// This type has no manifest.
    ManifestNotAllowed { image_type: ImageType },
}

impl fmt::Display for FormatError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooShort { bytes } => {
                write!(out, "{bytes} bytes are no header; a header has 4096, the file is cut off")
            }
            Self::Magic => out.write_str("does not begin with BULKHEAD: not a Bulkhead image"),
            Self::Format { format } => {
                write!(out, "format {format} is unknown, this reader knows format 1")
            }
            Self::HeaderBytes { bytes } => write!(out, "header_bytes is {bytes}, must be 4096"),
            Self::ImageType { number } => write!(out, "image_type {number} is none of 1 to 7"),
            Self::NotZero { offset } => {
                write!(out, "header byte {offset} is reserved and must be zero")
            }
            Self::SegmentCount { count } => write!(out, "segment_count is {count}, must be 1 to 4"),
            Self::SegmentRights { segment, bits } => write!(
                out,
                "segment {segment} has rights {bits:#x}, must be R (1), RW (3) or RX (5); \
                 writable and executable at once is never allowed"
            ),
            Self::SegmentOffset { segment, offset, expected } => write!(
                out,
                "segment {segment} begins at file byte {offset}, must follow its predecessor \
                 at {expected}"
            ),
            Self::SegmentBytes { segment, file, memory } => write!(
                out,
                "segment {segment} has {file} bytes in the file and {memory} in memory; memory \
                 must be whole pages, not zero and not less than the file"
            ),
            Self::ZeroFillNotLast { segment } => write!(
                out,
                "segment {segment} is filled up with zero pages but is not the last; link \
                 zero-initialised data last"
            ),
            Self::VirtualAddress { segment, address } => write!(
                out,
                "segment {segment} at virtual address {address:#x} is not page-aligned, not \
                 above its predecessor or past the end of the address space"
            ),
            Self::PhysicalAddress { segment, address } => write!(
                out,
                "segment {segment} has physical address {address:#x}; monitor, kernel and \
                 runtime need gapless page-aligned ones, all other images zero"
            ),
            Self::BodyBytes { body, used } => write!(
                out,
                "body_bytes is {body} but header, manifest and segments end at file byte {used}"
            ),
            Self::MemoryPages { said, needed } => write!(
                out,
                "memory_pages is {said}, header, body and zero-fill take {needed} (at most 65535)"
            ),
            Self::Entry { entry } => {
                write!(out, "entry {entry:#x} is not an instruction in an executable segment")
            }
            Self::Name => out.write_str("name must be 1 to 24 of a-z, 0-9 and -, zero-padded"),
            Self::ImageId => {
                out.write_str("image_id must be the first 16 bytes of the body's SHA-256")
            }
            Self::PublicKey => {
                out.write_str("public_key must be an uncompressed point (begin with 04)")
            }
            Self::ManifestOffset { offset } => write!(
                out,
                "manifest_offset is {offset}, must be 4096, or 0 where there is no manifest"
            ),
            Self::ManifestNotAllowed { image_type } => {
                write!(out, "an image of type {image_type} has no manifest")
            }
        }
    }
}

impl core::error::Error for FormatError {}
