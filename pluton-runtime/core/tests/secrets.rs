//! Derivation, random numbers, handoff: against values computed elsewhere.

mod common;

use common::*;
use image_format::{HEADER_BYTES, ImageType};
use pluton_core::dice::{self, Inputs, Mode, Secret};
use pluton_core::fuses::{FUSE_BYTES, FuseError, Fuses, LifeCycle};
use pluton_core::handoff::{HANDOFF_BYTES, RomHandoff};
use pluton_core::load::{CHUNK_BYTES, Chunk};
use pluton_core::machine::Range;
use pluton_core::random::Generator;
use pluton_core::refusal::Refusal;
use pluton_core::rom::{self, Buffers, Places};
use pluton_core::text::Hex;
use pluton_core::verify;

fn bytes(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

/// Values from another implementation of HKDF (Python's `cryptography`).
#[test]
fn dice_gives_known_answers() {
    let device = Secret(std::array::from_fn(|index| index as u8));
    let inputs =
        Inputs { code: &[1; 32], config: &[2; 32], authority: &[3; 32], mode: Mode::Normal };
    assert_eq!(
        Hex(&dice::attestation(&device, &inputs).0).to_string(),
        "2f9c6cfd152ae08bf16d6c1e65aecbd965534437489dec8ea1db21d1591f82be"
    );
    assert_eq!(
        Hex(&dice::sealing(&device, &inputs).0).to_string(),
        "fc1d8fcda73a0781773137ae88cf5992b7dc5f9b330f46eb2ff06a2839f228bb"
    );
}

#[test]
fn the_sealing_secret_outlives_an_update_and_the_attestation_secret_does_not() {
    let device = Secret([7; 32]);
    let of = |code: &[u8; 32], authority: &[u8; 32], mode| {
        let inputs = Inputs { code, config: &[0; 32], authority, mode };
        (dice::attestation(&device, &inputs).0, dice::sealing(&device, &inputs).0)
    };
    let now = of(&[1; 32], &[3; 32], Mode::Normal);
    let updated = of(&[2; 32], &[3; 32], Mode::Normal);
    assert!(now.0 != updated.0 && now.1 == updated.1);
    let resigned = of(&[1; 32], &[4; 32], Mode::Normal);
    let debugged = of(&[1; 32], &[3; 32], Mode::Debug);
    for other in [resigned, debugged] {
        assert!(now.0 != other.0 && now.1 != other.1);
    }
}

/// NIST CAVP, HMAC_DRBG, SHA-256, no prediction resistance, first vector.
#[test]
fn the_generator_gives_the_known_answer() {
    let seed = bytes(
        "ca851911349384bffe89de1cbdc46e6831e44d34a4fb935ee285dd14b71a7488\
         659ba96c601dc69fc902940805ec0ca8",
    );
    let mut generator = Generator::new(&seed, b"").unwrap();
    let mut out = [0; 128];
    assert!(generator.fill(&mut out));
    assert!(generator.fill(&mut out));
    assert_eq!(
        Hex(&out).to_string(),
        "e528e9abf2dece54d47c7e75e5fe302149f817ea9fb4bee6f4199697d04d5b89\
         d54fbb978a15b5c443c9ec21036d2460b6f73ebad0dc2aba6e624abf07745bc1\
         07694bb7547bb0995f70de25d6b29e2d3011bb19d27676c07162c8b5ccde0668\
         961df86803482cb37ed6d5c0bb8d50cf1f50d476aa0458bdaba806f48be9dcb8"
    );
}

#[test]
fn a_generator_needs_entropy() {
    for seed in [&[][..], &[1; 31], &[0; 32], &[0; 64], &[0xff; 32]] {
        assert!(Generator::new(seed, b"personal").is_none());
    }
    let mut one = [0; 8];
    let mut other = [0; 8];
    assert!(Generator::new(&[1; 32], b"device one").unwrap().fill(&mut one));
    assert!(Generator::new(&[1; 32], b"device two").unwrap().fill(&mut other));
    assert_ne!(one, other);
}

#[test]
fn every_byte_of_the_fuses_matters() {
    let record = fuse_record();
    let good = Fuses::decode(&record).unwrap();
    assert_eq!((good.life_cycle, good.floor(ImageType::Kernel)), (LifeCycle::Complete, 2));
    for index in 0..FUSE_BYTES {
        for flip in [0x01, 0x80] {
            let mut changed = record;
            changed[index] ^= flip;
            assert_ne!(Fuses::decode(&changed).as_ref(), Ok(&good), "byte {index}");
        }
    }
    assert_eq!(Fuses::decode(&[0xff; FUSE_BYTES]), Err(FuseError::Unwritten));
    assert_eq!(Fuses::decode(&[0; FUSE_BYTES]), Err(FuseError::Unwritten));
    let mut same = record;
    same.copy_within(16..48, 48);
    assert_eq!(Fuses::decode(&same), Err(FuseError::SameKeys));
    for (state, error) in
        [(1, FuseError::Blank), (0, FuseError::LifeCycle(0)), (5, FuseError::LifeCycle(5))]
    {
        let mut changed = record;
        changed[12] = state;
        assert_eq!(Fuses::decode(&changed), Err(error));
    }
}

const RUNTIME: Range = Range { base: 0x0e00_0000, bytes: 64 << 10 };
const PLACES: Places = Places { slot: SLOT, slot_bytes: SLOT, runtime: RUNTIME };

fn start(image: Vec<u8>) -> (Result<verify::Verified, Refusal>, FakeRam) {
    let flash = flash_of(&[(1, image)]);
    let mut memory = FakeRam::new(RUNTIME);
    let mut buffers = Buffers { header: [0; HEADER_BYTES], chunk: Chunk([0; CHUNK_BYTES]) };
    (rom::load_runtime(&flash, &mut memory, &fuses(), &PLACES, &mut buffers), memory)
}

#[test]
fn the_rom_lets_one_thing_run() {
    let runtime = |physical| image(ImageType::PlutonRuntime, "pluton-runtime", physical, OS_VENDOR);
    let good = runtime(RUNTIME.base);
    let (loaded, memory) = start(good.clone());
    assert_eq!(loaded.unwrap().measurement(), &measurement_of(&good));
    assert_eq!(memory.at(RUNTIME.base, 8192), &good[4096..]);
    for physical in [RUNTIME.base + 4096, RUNTIME.base - 4096, 0x4000_0000] {
        assert_eq!(start(runtime(physical)).0, Err(Refusal::Placement));
    }
    let monitor = image(ImageType::SecurityMonitor, "monitor", RUNTIME.base, OS_VENDOR);
    let found = ImageType::SecurityMonitor;
    assert_eq!(start(monitor).0, Err(Refusal::Type { found }));
    let entry = image_with(ImageType::PlutonRuntime, "rt", RUNTIME.base, OS_VENDOR, |header| {
        header.entry += 4;
    });
    assert_eq!(start(entry).0, Err(Refusal::Placement));
    let mut bad = good;
    bad[5000] ^= 1;
    let (result, memory) = start(bad);
    assert_eq!(result, Err(Refusal::BodyHash));
    assert!(memory.at(RUNTIME.base, 12288).iter().all(|&byte| byte == 0));
    assert_eq!(start(vec![0xff; 4096]).0, Err(Refusal::NoImage));
}

#[test]
fn the_handoff_survives_the_page_and_holds_no_device_secret() {
    let (image, _) = start(image(ImageType::PlutonRuntime, "rt", RUNTIME.base, OS_VENDOR));
    let image = image.unwrap();
    let device = Secret([0x42; 32]);
    let handoff = rom::hand_off(&device, Secret([9; 32]), &fuses(), &image).unwrap();
    let mut page = [0xcc; HANDOFF_BYTES];
    handoff.encode(&mut page);
    let read = RomHandoff::decode(&page).unwrap();
    assert_eq!(read.attestation.0, handoff.attestation.0);
    assert_eq!(read.sealing.0, handoff.sealing.0);
    assert_eq!(read.seed.0, [9; 32]);
    assert_eq!(read.runtime, handoff.runtime);
    assert!(!page.windows(32).any(|window| window == device.0));
    assert!(RomHandoff::decode(&[0; HANDOFF_BYTES]).is_none());
    for blank in [0, 0xff] {
        let result = rom::hand_off(&Secret([blank; 32]), Secret([9; 32]), &fuses(), &image);
        assert_eq!(result.err(), Some(Refusal::NoDeviceSecret));
    }
}
