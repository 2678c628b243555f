//! The rules between fields. Sums are taken in 64 bits over 32-bit fields, or
//! checked, so that no size can wrap round to a small one.

use crate::error::FormatError;
use crate::header::Header;
use crate::kind::ImageType;
use crate::{HEADER_BYTES, MAX_MEMORY_PAGES, PAGE_BYTES, Segment};

const PAGE: u64 = PAGE_BYTES as u64;

impl Header {
    /// Checks every rule that [`crate::parse`] checks on a decoded header. The
    /// packager asks it before it signs.
    pub fn check(&self) -> Result<(), FormatError> {
        self.check_identity()?;
        let body_start = self.check_manifest()?;
        let file_end = self.check_segments(body_start)?;
        if file_end != self.total_bytes() {
            return Err(FormatError::BodyBytes { body: self.body_bytes, used: file_end });
        }
        self.check_physical()?;
        let zero_fill: u64 =
            self.used_segments().iter().map(|segment| u64::from(segment.zero_fill_pages())).sum();
        let pages = 1 + u64::from(self.body_pages()) + zero_fill;
        if u64::from(self.memory_pages) != pages || pages > u64::from(MAX_MEMORY_PAGES) {
            return Err(FormatError::MemoryPages { said: self.memory_pages, needed: pages });
        }
        self.check_entry()
    }

    fn check_identity(&self) -> Result<(), FormatError> {
        let text = self.name_text();
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let padded = self.name.iter().skip(text.len()).all(|&byte| byte == 0);
        if text.is_empty() || !padded || !text.bytes().all(allowed) {
            return Err(FormatError::Name);
        }
        if self.body_sha256.first_chunk() != Some(&self.image_id) {
            return Err(FormatError::ImageId);
        }
        if self.public_key.first() != Some(&4) {
            return Err(FormatError::PublicKey);
        }
        Ok(())
    }

    /// Checks the manifest; answers where the first segment begins.
    fn check_manifest(&self) -> Result<u64, FormatError> {
        let expected = if self.manifest_bytes == 0 { 0 } else { HEADER_BYTES as u32 };
        if self.manifest_offset != expected {
            return Err(FormatError::ManifestOffset { offset: self.manifest_offset });
        }
        if self.image_type.is_fixed() && self.manifest_bytes != 0 {
            return Err(FormatError::ManifestNotAllowed { image_type: self.image_type });
        }
        Ok(HEADER_BYTES as u64 + u64::from(self.manifest_pages()) * PAGE)
    }

    /// Checks that segments follow one another in the file and ascend in the address
    /// space; answers where the last one ends in the file.
    fn check_segments(&self, body_start: u64) -> Result<u64, FormatError> {
        let mut file_end = body_start;
        let mut virtual_end = 0;
        let mut zero_filled = None;
        for (index, segment) in self.used_segments().iter().enumerate() {
            if let Some(earlier) = zero_filled {
                return Err(FormatError::ZeroFillNotLast { segment: earlier });
            }
            if u64::from(segment.file_offset) != file_end {
                return Err(FormatError::SegmentOffset {
                    segment: index,
                    offset: segment.file_offset,
                    expected: file_end,
                });
            }
            let aligned = segment.memory_bytes.is_multiple_of(PAGE_BYTES);
            if segment.memory_bytes == 0 || !aligned || segment.memory_bytes < segment.file_bytes {
                return Err(FormatError::SegmentBytes {
                    segment: index,
                    file: segment.file_bytes,
                    memory: segment.memory_bytes,
                });
            }
            if segment.zero_fill_pages() != 0 {
                zero_filled = Some(index);
            }
            file_end += u64::from(segment.file_pages()) * PAGE;
            let address = segment.virtual_address;
            let end = address.checked_add(u64::from(segment.memory_bytes));
            match end {
                Some(end) if address.is_multiple_of(PAGE) && address >= virtual_end => {
                    virtual_end = end;
                }
                _ => return Err(FormatError::VirtualAddress { segment: index, address }),
            }
        }
        Ok(file_end)
    }

    /// Checks that an image linked at physical addresses is one gapless run, and
    /// that any other names none.
    fn check_physical(&self) -> Result<(), FormatError> {
        let mut next = None;
        for (index, segment) in self.used_segments().iter().enumerate() {
            let address = segment.physical_address;
            let bad = FormatError::PhysicalAddress { segment: index, address };
            if !self.image_type.is_fixed() {
                if address != 0 {
                    return Err(bad);
                }
                continue;
            }
            let gapless = next.is_none_or(|next| next == address);
            if address == 0 || !address.is_multiple_of(PAGE) || !gapless {
                return Err(bad);
            }
            next = address.checked_add(u64::from(segment.memory_bytes));
            if next.is_none() {
                return Err(bad);
            }
        }
        Ok(())
    }

    fn check_entry(&self) -> Result<(), FormatError> {
        let start = |segment: &Segment| match self.image_type {
            ImageType::Kernel => segment.physical_address,
            _ => segment.virtual_address,
        };
        let inside = self.used_segments().iter().any(|segment| {
            segment.rights.execute()
                && self.entry >= start(segment)
                && self.entry - start(segment) < u64::from(segment.memory_bytes)
        });
        if !inside || !self.entry.is_multiple_of(4) {
            return Err(FormatError::Entry { entry: self.entry });
        }
        Ok(())
    }
}
