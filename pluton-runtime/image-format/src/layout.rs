//! Where each field lies. All numbers are little-endian; nothing here is computed
//! twice, the decoder and the encoder both take their offsets from this file.

/// Bytes of a page.
pub const PAGE_BYTES: u32 = 4096;
/// Bytes of a header, signature included.
pub const HEADER_BYTES: usize = 4096;
/// Bytes of the header that are signed and measured.
pub const SIGNED_BYTES: usize = 4032;
/// Bytes of an ECDSA P-256 signature, `r || s`.
pub const SIGNATURE_BYTES: usize = 64;
/// Bytes of an uncompressed SEC1 P-256 public key.
pub const PUBLIC_KEY_BYTES: usize = 65;
/// Bytes of a name, zero padding included.
pub const NAME_BYTES: usize = 24;
/// Most segments of an image.
pub const MAX_SEGMENTS: usize = 4;
/// Most pages of a loaded copy: page numbers within an image are 16 bits wide.
pub const MAX_MEMORY_PAGES: u32 = 0xffff;
/// The first bytes of every image.
pub const MAGIC: [u8; 8] = *b"BULKHEAD";
/// The version of this format.
pub const FORMAT: u16 = 1;

pub(crate) const IMAGE_TYPE: usize = 10;
pub(crate) const FORMAT_OFFSET: usize = 8;
pub(crate) const HEADER_LENGTH: usize = 12;
pub(crate) const BODY_LENGTH: usize = 16;
pub(crate) const MEMORY_PAGES: usize = 20;
pub(crate) const VERSION: usize = 24;
pub(crate) const SECURITY_VERSION: usize = 28;
pub(crate) const COMPONENT_ID: usize = 32;
pub(crate) const IMAGE_ID: usize = 48;
pub(crate) const NAME: usize = 64;
pub(crate) const SIGNER: usize = 88;
pub(crate) const BODY_SHA256: usize = 120;
pub(crate) const ENTRY: usize = 152;
pub(crate) const MANIFEST_OFFSET: usize = 160;
pub(crate) const MANIFEST_LENGTH: usize = 164;
pub(crate) const SEGMENT_COUNT: usize = 168;
pub(crate) const RESERVED: usize = 172;
pub(crate) const SEGMENTS: usize = 176;
pub(crate) const SEGMENT_LENGTH: usize = 32;
pub(crate) const PUBLIC_KEY: usize = SEGMENTS + MAX_SEGMENTS * SEGMENT_LENGTH;
pub(crate) const FIELDS_END: usize = PUBLIC_KEY + PUBLIC_KEY_BYTES;

const _: () = assert!(PUBLIC_KEY == 304);
const _: () = assert!(FIELDS_END <= SIGNED_BYTES);
const _: () = assert!(SIGNED_BYTES + SIGNATURE_BYTES == HEADER_BYTES);
const _: () = assert!(HEADER_BYTES == PAGE_BYTES as usize);
const _: () = assert!(SEGMENT_COUNT + 4 == RESERVED && RESERVED + 4 == SEGMENTS);
