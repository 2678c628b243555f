//! Attacks on the parser: every bit, every length, every field at its edges.

use image_format::{
    FormatError, HEADER_BYTES, Header, ImageType, MAX_SEGMENTS, Rights, SIGNED_BYTES, Segment,
    parse, signature, signed_bytes,
};
use proptest::prelude::*;

fn name(text: &str) -> [u8; 24] {
    let mut name = [0; 24];
    name[..text.len()].copy_from_slice(text.as_bytes());
    name
}

/// Header page, one page of manifest, two of code, one of data and two of zeros.
fn app() -> Header {
    let mut segments = [Segment::default(); MAX_SEGMENTS];
    segments[0] = Segment {
        file_offset: 8192,
        file_bytes: 5000,
        memory_bytes: 8192,
        rights: Rights::READ_EXECUTE,
        virtual_address: 0x1_0000,
        physical_address: 0,
    };
    segments[1] = Segment {
        file_offset: 16384,
        file_bytes: 100,
        memory_bytes: 12288,
        rights: Rights::READ_WRITE,
        virtual_address: 0x2_0000,
        physical_address: 0,
    };
    let mut public_key = [7; 65];
    public_key[0] = 4;
    Header {
        image_type: ImageType::Application,
        body_bytes: 4 * 4096,
        memory_pages: 7,
        version: 3,
        security_version: 2,
        component_id: [9; 16],
        image_id: [0xab; 16],
        name: name("dw100"),
        signer: [0x55; 32],
        body_sha256: [0xab; 32],
        entry: 0x1_0010,
        manifest_offset: 4096,
        manifest_bytes: 900,
        segment_count: 2,
        segments,
        public_key,
    }
}

/// Code at one physical place, linked at a virtual one.
fn kernel() -> Header {
    let mut header = app();
    header.image_type = ImageType::Kernel;
    header.manifest_offset = 0;
    header.manifest_bytes = 0;
    header.body_bytes = 3 * 4096;
    header.memory_pages = 6;
    header.segments[0].file_offset = 4096;
    header.segments[1].file_offset = 12288;
    header.segments[0].physical_address = 0x4004_0000;
    header.segments[1].physical_address = 0x4004_2000;
    header.entry = 0x4004_0000;
    header
}

fn page(header: &Header) -> [u8; HEADER_BYTES] {
    let mut page = [0; HEADER_BYTES];
    header.encode(&mut page);
    page[SIGNED_BYTES..].fill(0x77);
    page
}

fn refused(change: impl FnOnce(&mut Header)) -> FormatError {
    let mut header = app();
    change(&mut header);
    parse(&page(&header)).expect_err("a broken header was accepted")
}

#[test]
fn valid_headers_survive_the_round_trip() {
    for header in [app(), kernel()] {
        assert_eq!(parse(&page(&header)), Ok(header));
    }
    assert_eq!(app().name_text(), "dw100");
    assert_eq!(app().used_segments()[1].zero_fill_pages(), 2);
    assert_eq!(app().used_segments()[0].first_page(), 2);
}

#[test]
fn signature_and_signed_bytes_are_the_two_halves() {
    let page = page(&app());
    assert_eq!(signed_bytes(&page).len(), 4032);
    assert_eq!(signature(&page), [0x77; 64]);
    assert_eq!(signature(&page[..4095]), [0; 64]);
    assert_eq!(signed_bytes(b"short"), b"short");
}

#[test]
fn every_single_bit_matters() {
    for original in [app(), kernel()] {
        let valid = page(&original);
        for bit in 0..HEADER_BYTES * 8 {
            let mut flipped = valid;
            flipped[bit / 8] ^= 1 << (bit % 8);
            match parse(&flipped) {
                Err(_) => {}
                Ok(header) if bit / 8 < SIGNED_BYTES => {
                    assert_ne!(header, original, "bit {bit} of the signed part is ignored");
                    assert_ne!(signed_bytes(&flipped), signed_bytes(&valid));
                }
                Ok(_) => assert_ne!(signature(&flipped), signature(&valid), "bit {bit}"),
            }
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    let page = page(&app());
    for length in 0..HEADER_BYTES {
        assert_eq!(parse(&page[..length]), Err(FormatError::TooShort { bytes: length }));
    }
}

#[test]
fn each_rule_refuses_what_breaks_it() {
    use FormatError as E;
    assert!(matches!(refused(|h| h.name = name("")), E::Name));
    assert!(matches!(refused(|h| h.name = name("Upper")), E::Name));
    assert!(matches!(refused(|h| h.name = name("a\0b")), E::Name));
    assert!(matches!(refused(|h| h.name = [0xff; 24]), E::Name));
    assert!(matches!(refused(|h| h.image_id[15] ^= 1), E::ImageId));
    assert!(matches!(refused(|h| h.public_key[0] = 2), E::PublicKey));
    assert!(matches!(refused(|h| h.manifest_offset = 0), E::ManifestOffset { .. }));
    assert!(matches!(refused(|h| h.manifest_offset = 8192), E::ManifestOffset { .. }));
    assert!(matches!(refused(|h| h.manifest_bytes = 0), E::ManifestOffset { .. }));
    assert!(matches!(refused(|h| h.manifest_bytes = 4097), E::SegmentOffset { segment: 0, .. }));
    assert!(matches!(refused(|h| h.manifest_bytes = u32::MAX), E::SegmentOffset { .. }));
    assert!(matches!(refused(|h| h.segment_count = 0), E::SegmentCount { .. }));
    assert!(matches!(refused(|h| h.segment_count = 5), E::SegmentCount { .. }));
    assert!(matches!(refused(|h| h.segment_count = 1), E::NotZero { .. }));
    assert!(matches!(refused(|h| h.segment_count = 3), E::SegmentRights { segment: 2, .. }));
    assert!(matches!(refused(|h| h.body_bytes += 4096), E::BodyBytes { .. }));
    assert!(matches!(refused(|h| h.body_bytes -= 1), E::BodyBytes { .. }));
    assert!(matches!(refused(|h| h.body_bytes = u32::MAX), E::BodyBytes { .. }));
    assert!(matches!(refused(|h| h.memory_pages += 1), E::MemoryPages { .. }));
    assert!(matches!(refused(|h| h.memory_pages = 0), E::MemoryPages { .. }));
    assert!(matches!(refused(|h| h.entry = 0x1_2000), E::Entry { .. }));
    assert!(matches!(refused(|h| h.entry = 0x2_0000), E::Entry { .. }));
    assert!(matches!(refused(|h| h.entry = 0x1_0002), E::Entry { .. }));
    assert!(matches!(refused(|h| h.entry = u64::MAX), E::Entry { .. }));
}

#[test]
fn segments_can_not_lie() {
    use FormatError as E;
    let at = |index: usize, change: fn(&mut Segment)| refused(|h| change(&mut h.segments[index]));
    assert!(matches!(at(0, |s| s.file_offset += 4096), E::SegmentOffset { segment: 0, .. }));
    assert!(matches!(at(1, |s| s.file_offset -= 4096), E::SegmentOffset { segment: 1, .. }));
    assert!(matches!(at(0, |s| s.file_bytes = 8193), E::SegmentBytes { segment: 0, .. }));
    assert!(matches!(at(0, |s| s.memory_bytes = 12288), E::ZeroFillNotLast { segment: 0 }));
    assert!(matches!(at(1, |s| s.memory_bytes = 0), E::SegmentBytes { segment: 1, .. }));
    assert!(matches!(at(1, |s| s.memory_bytes += 1), E::SegmentBytes { segment: 1, .. }));
    assert!(matches!(at(1, |s| s.memory_bytes = 0xffff_f000), E::MemoryPages { .. }));
    assert!(matches!(at(1, |s| s.virtual_address += 1), E::VirtualAddress { segment: 1, .. }));
    assert!(matches!(at(1, |s| s.virtual_address = 0x1_1000), E::VirtualAddress { .. }));
    assert!(matches!(at(1, |s| s.virtual_address = !0xfff), E::VirtualAddress { .. }));
    assert!(matches!(at(0, |s| s.physical_address = 4096), E::PhysicalAddress { .. }));
}

#[test]
fn write_and_execute_never_meet() {
    for bits in 0..=64 {
        let mut page = page(&app());
        page[176 + 12..176 + 16].copy_from_slice(&u32::to_le_bytes(bits));
        let parsed = parse(&page);
        match bits {
            5 => assert!(parsed.is_ok()),
            1 | 3 => assert!(matches!(parsed, Err(FormatError::Entry { .. }))),
            _ => assert!(matches!(parsed, Err(FormatError::SegmentRights { segment: 0, .. }))),
        }
    }
}

#[test]
fn fixed_images_are_one_gapless_run() {
    let broken = |change: fn(&mut Header)| {
        let mut header = kernel();
        change(&mut header);
        parse(&page(&header)).expect_err("a broken kernel header was accepted")
    };
    use FormatError as E;
    assert!(matches!(
        broken(|h| h.segments[1].physical_address += 4096),
        E::PhysicalAddress { segment: 1, .. }
    ));
    assert!(matches!(broken(|h| h.segments[0].physical_address = 0), E::PhysicalAddress { .. }));
    assert!(matches!(broken(|h| h.entry = 0x1_0010), E::Entry { .. }));
    assert!(matches!(
        broken(|h| (h.manifest_offset, h.manifest_bytes) = (4096, 1)),
        E::ManifestNotAllowed { .. }
    ));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..5000)) {
        let _ = parse(&bytes);
        let _ = signature(&bytes);
        let _ = signed_bytes(&bytes);
    }

    #[test]
    fn what_is_accepted_encodes_to_itself(
        edits in proptest::collection::vec((0usize..376, any::<u8>()), 1..12),
        fixed in any::<bool>(),
    ) {
        let mut page = page(&if fixed { kernel() } else { app() });
        for (offset, value) in edits {
            page[offset] = value;
        }
        match parse(&page) {
            Ok(header) => {
                let mut again = [0; HEADER_BYTES];
                header.encode(&mut again);
                prop_assert_eq!(signed_bytes(&again), signed_bytes(&page));
                prop_assert!(header.check().is_ok());
                for segment in header.used_segments() {
                    prop_assert!(!(segment.rights.write() && segment.rights.execute()));
                }
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn extreme_words_never_panic(
        words in proptest::collection::vec((0usize..76, prop_oneof![
            Just(0u32), Just(1), Just(4095), Just(4096), Just(4097),
            Just(0x7fff_ffff), Just(0xffff_f000), Just(u32::MAX), any::<u32>(),
        ]), 1..8),
    ) {
        let mut page = page(&app());
        for (index, value) in words {
            page[index * 4..index * 4 + 4].copy_from_slice(&value.to_le_bytes());
        }
        let _ = parse(&page);
    }
}
