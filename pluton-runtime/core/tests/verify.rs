//! Headers and bodies: every bit, every role, every floor.

mod common;

use common::*;
use image_format::{HEADER_BYTES, ImageType};
use pluton_core::load::{self, CHUNK_BYTES, Chunk};
use pluton_core::refusal::Refusal;
use pluton_core::verify;
use std::cell::Cell;

fn page(image: &[u8]) -> &[u8; HEADER_BYTES] {
    image.first_chunk().unwrap()
}

#[test]
fn each_type_needs_its_role() {
    for image_type in ImageType::ALL {
        let needed = image_type.role();
        for signer in [OS_VENDOR, MANUFACTURER, STRANGER] {
            let image = image(image_type, "any", 0x4000_0000, signer);
            let result = verify::header(page(&image), &fuses());
            match signer {
                STRANGER => assert_eq!(result, Err(Refusal::UnknownKey { needed })),
                _ if key_id(signer) == *fuses().key(needed) => {
                    assert_eq!(result.unwrap().measurement(), &measurement_of(&image));
                }
                _ => assert_eq!(result, Err(Refusal::Role { needed })),
            }
        }
    }
}

#[test]
fn no_single_bit_of_a_header_can_be_changed() {
    let image = image(ImageType::Service, "log", 0, OS_VENDOR);
    assert!(verify::header(page(&image), &fuses()).is_ok());
    // What the format refuses, its own tests prove for every bit; of the rest, a sample.
    let parsed = |bit: &usize| {
        let mut flipped = *page(&image);
        flipped[bit / 8] ^= 1 << (bit % 8);
        image_format::parse(&flipped).is_ok().then_some((*bit, flipped))
    };
    let accepted: Vec<_> = (0..HEADER_BYTES * 8).filter_map(|bit| parsed(&bit)).collect();
    assert!(accepted.len() > 1000);
    for (bit, flipped) in accepted.iter().step_by(31) {
        assert!(verify::header(flipped, &fuses()).is_err(), "bit {bit}");
    }
}

#[test]
fn the_signature_must_be_a_signature() {
    let image = image(ImageType::Service, "log", 0, OS_VENDOR);
    let order = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    for half in [[0; 32], [0xff; 32], order] {
        for place in [4032, 4064] {
            let mut forged = *page(&image);
            forged[place..place + 32].copy_from_slice(&half);
            let refused = verify::header(&forged, &fuses());
            assert!(matches!(refused, Err(Refusal::Signature { .. })));
        }
    }
}

#[test]
fn a_signer_must_own_its_key() {
    let image = image_with(ImageType::Service, "log", 0, STRANGER, |header| {
        header.signer = key_id(OS_VENDOR);
    });
    assert_eq!(verify::header(page(&image), &fuses()), Err(Refusal::SignerMismatch));
}

#[test]
fn the_floor_is_the_lowest_that_runs() {
    for (version, runs) in [(0, false), (1, false), (2, true), (3, true), (u32::MAX, true)] {
        let image = image_with(ImageType::Kernel, "kernel", 0x4000_0000, OS_VENDOR, |header| {
            header.security_version = version;
        });
        let result = verify::header(page(&image), &fuses());
        assert_eq!(result.is_ok(), runs);
        if !runs {
            assert_eq!(result, Err(Refusal::SecurityVersion { version, floor: 2 }));
        }
    }
}

/// Flash that answers something else from the second fetch of a place on.
struct Changing {
    first: FakeFlash,
    fetched: Vec<Cell<u8>>,
}
impl pluton_core::machine::Flash for Changing {
    fn read(&self, offset: u64, out: &mut [u8]) -> bool {
        let read = self.first.read(offset, out);
        let count = &self.fetched[offset as usize / 4096];
        if count.get() > 0 {
            out.fill(0xee);
        }
        count.set(count.get() + 1);
        read
    }
}

#[test]
fn a_body_is_fetched_once_and_what_was_hashed_is_what_is_copied() {
    let image = image(ImageType::Service, "log", 0, OS_VENDOR);
    let verified = verify::header(page(&image), &fuses()).unwrap();
    let flash = Changing {
        first: flash_of(&[(3, image.clone())]),
        fetched: vec![Cell::new(0); (SLOT * LAYOUT.slots) as usize / 4096],
    };
    let mut memory = FakeRam::new(RAM);
    let mut chunk = Chunk([0; CHUNK_BYTES]);
    let target = (&mut memory, PROGRAMS, 5 * 4096);
    load::copy(&flash, 3 * SLOT, &verified, Some(page(&image)), target, &mut chunk).unwrap();
    assert_eq!(memory.at(PROGRAMS, image.len()), image);
    assert!(memory.at(PROGRAMS + image.len() as u64, 2 * 4096).iter().all(|&byte| byte == 0));
    assert_eq!(memory.at(PROGRAMS + 5 * 4096, 1), [0xaa], "one byte too far");
}

#[test]
fn nothing_of_a_bad_body_stays() {
    let good = image(ImageType::Service, "log", 0, OS_VENDOR);
    let verified = verify::header(page(&good), &fuses()).unwrap();
    for at in [4096, 8191, 8192, 12287] {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        let flash = flash_of(&[(3, bad.clone())]);
        let mut memory = FakeRam::new(RAM);
        let mut chunk = Chunk([0; CHUNK_BYTES]);
        let target = (&mut memory, PROGRAMS, 4 * 4096);
        let result = load::copy(&flash, 3 * SLOT, &verified, Some(page(&bad)), target, &mut chunk);
        assert_eq!(result, Err(Refusal::BodyHash));
        assert!(memory.at(PROGRAMS, 4 * 4096).iter().all(|&byte| byte == 0));
    }
}
