//! From an ELF file to a signed image, and every way in which it must be refused.

mod common;
mod elf_file;

use bulkhead::elf::Program;
use bulkhead::pack::{Contents, pack, sign};
use bulkhead::verify::verify;
use common::keys;
use elf_file::{LOAD, R, RW, RX, Segment, elf, elf_of, load, usual};
use image_format::{ImageType, Role, parse};

const MANIFEST: &[u8] = br#"{"SchemaVersion": 1, "Name": "Test",
    "ComponentId": "25025d2c-66da-4448-bae1-ac26fcdd3627", "EntryPoint": "/bin/app",
    "CmdArgs": [], "Capabilities": {}}"#;

fn contents<'a>(
    program: &'a Program,
    image_type: ImageType,
    manifest: Option<&'a [u8]>,
) -> Contents<'a> {
    Contents { name: "test", image_type, version: 7, security_version: 2, program, manifest }
}

fn refusal(file: &[u8]) -> String {
    format!("{:#}", Program::parse(file).unwrap_err())
}

#[test]
fn an_app_is_packed_as_the_format_says() {
    let (_scratch, keys) = keys();
    let program = Program::parse(&elf(0x10004, &usual())).unwrap();
    let contents = contents(&program, ImageType::Application, Some(MANIFEST));
    let file = pack(&contents, &keys.manufacturer).unwrap();
    let header = verify(&file, Some(&keys.manufacturer.id().unwrap())).unwrap();
    // Header, manifest, two of text, one of constants, one of data; two of zeros.
    assert_eq!((file.len(), header.memory_pages), (6 * 4096, 8));
    assert_eq!((header.version, header.security_version), (7, 2));
    assert_eq!(header.component_id[..4], [0x25, 0x02, 0x5d, 0x2c]);
    assert_eq!(header.manifest_bytes as usize, MANIFEST.len());
    assert_eq!(&file[4096..4096 + MANIFEST.len()], MANIFEST);
    assert_eq!(file[2 * 4096..2 * 4096 + 5000], [0x11; 5000]);
    assert_eq!(file[2 * 4096 + 5000], 0);
    assert_eq!(file[4 * 4096], 0x22);
    assert_eq!(header.segments[2].memory_bytes, 3 * 4096);
    assert!(header.segments.iter().all(|segment| segment.physical_address == 0));
}

#[test]
fn packing_twice_gives_the_same_bytes() {
    let (_scratch, keys) = keys();
    let program = Program::parse(&elf(0x10000, &usual())).unwrap();
    let contents = contents(&program, ImageType::RootTask, None);
    let first = pack(&contents, &keys.os_vendor).unwrap();
    assert_eq!(first, pack(&contents, &keys.os_vendor).unwrap());
    let mut again = first.clone();
    sign(&mut again, &keys.os_vendor).unwrap();
    assert_eq!(first, again);
}

#[test]
fn a_kernel_is_entered_at_its_physical_address() {
    let (_scratch, keys) = keys();
    let segments = [Segment { virtual_address: 0xffff_0000_0000_0000, ..load(RX, 0x4004_0000, 8, 4096) }];
    for entry in [0xffff_0000_0000_0004, 0x4004_0004] {
        let program = Program::parse(&elf(entry, &segments)).unwrap();
        let file = pack(&contents(&program, ImageType::Kernel, None), &keys.os_vendor).unwrap();
        let header = parse(&file).unwrap();
        assert_eq!((header.entry, header.segments[0].physical_address), (0x4004_0004, 0x4004_0000));
    }
}

#[test]
fn each_authority_signs_its_own() {
    let (_scratch, keys) = keys();
    let program = Program::parse(&elf(0x10000, &usual())).unwrap();
    let contents = contents(&program, ImageType::Application, Some(MANIFEST));
    let error = pack(&contents, &keys.os_vendor).unwrap_err().to_string();
    assert_eq!(error, "an image of type application is signed by manufacturer, this is the key of os-vendor");
}

#[test]
fn damaged_images_do_not_verify() {
    let (_scratch, keys) = keys();
    let program = Program::parse(&elf(0x10000, &usual())).unwrap();
    let file = pack(&contents(&program, ImageType::RootTask, None), &keys.os_vendor).unwrap();
    let id = keys.os_vendor.id().unwrap();
    for place in (0..4096).step_by(8).chain((4096..file.len()).step_by(511)) {
        let mut damaged = file.clone();
        damaged[place] ^= 0x40;
        assert!(verify(&damaged, Some(&id)).is_err(), "byte {place}");
    }
    let other = keys.manufacturer.id().unwrap();
    assert!(verify(&file, Some(&other)).unwrap_err().to_string().contains("not the os-vendor key"));
    assert!(verify(&file[..file.len() - 1], Some(&id)).is_err());
}

#[test]
fn manifests_must_fit_the_image() {
    let (_scratch, keys) = keys();
    let program = Program::parse(&elf(0x10000, &usual())).unwrap();
    let error = |image_type: ImageType, manifest: Option<&[u8]>| {
        let key = keys.for_role(image_type.role());
        format!("{:#}", pack(&contents(&program, image_type, manifest), key).unwrap_err())
    };
    assert!(error(ImageType::Service, None).contains("needs an app_manifest.json"));
    assert!(error(ImageType::Application, Some(b"{}")).contains("\n  Name is missing and required"));
    assert!(error(ImageType::RealTimeApplication, Some(MANIFEST)).contains("do not agree"));
    assert!(error(ImageType::Kernel, Some(MANIFEST)).contains("has no manifest"));
    let named = String::from_utf8_lossy(MANIFEST).replace("{}", "{\"Gpio\": [\"$LED\"]}");
    assert!(error(ImageType::Application, Some(named.as_bytes())).contains("$LED"));
    assert_eq!(ImageType::Application.role(), Role::Manufacturer);
}

#[test]
fn programs_that_break_a_rule_are_refused() {
    let entry = 0x10000;
    for (file, expected) in [
        (vec![1, 2, 3], "not a 64-bit little-endian ELF file"),
        (elf_of(40, 2, entry, &usual()), "machine 40 is neither AArch64 nor x86-64"),
        (elf_of(183, 3, entry, &usual()), "link without -pie"),
        (elf(entry, &[]), "no segment to load"),
        (elf(entry, &[load(7, 0x10000, 1, 4096)]), "never W and X at once"),
        (elf(entry, &[load(1, 0x10000, 1, 4096)]), "only R, RW and RX"),
        (elf(entry, &[load(RX, 0x10010, 1, 4096)]), "is not page-aligned"),
        (elf(entry, &[load(RX, 0x10000, 1, 4097), load(R, 0x11000, 1, 1)]), "lies over"),
        (elf(entry, &[load(RX, 0x10000, 9, 8)]), "more bytes in the file than in memory"),
        (elf(entry, &[Segment { kind: 2, ..load(R, 0x10000, 1, 1) }]), "link statically"),
        (elf(entry, &(0..5).map(|n| load(R, n << 12, 1, 1)).collect::<Vec<_>>()), "at most 4"),
    ] {
        let told = refusal(&file);
        assert!(told.contains(expected), "{told} / {expected}");
    }
    let mut cut = elf(entry, &usual());
    cut.truncate(300);
    assert!(refusal(&cut).contains("points behind the file"));
    let other = Segment { kind: LOAD + 3, ..load(7, 1, 1, 1) };
    assert!(Program::parse(&elf(entry, &[other, load(RX, 0x10000, 4, 4)])).is_ok());
}

#[test]
fn entries_and_zero_pages_are_checked_before_signing() {
    let (_scratch, keys) = keys();
    let error = |entry, segments: &[Segment]| {
        let program = Program::parse(&elf(entry, segments)).unwrap();
        pack(&contents(&program, ImageType::RootTask, None), &keys.os_vendor).unwrap_err().to_string()
    };
    assert!(error(0x13000, &usual()).contains("entry 0x13000"));
    let swapped = [load(RX, 0x10000, 4, 4096), load(RW, 0x11000, 0, 8192), load(R, 0x13000, 1, 1)];
    assert!(error(0x10000, &swapped).contains("link zero-initialised data last"));
}

#[test]
fn a_rom_is_cut_out_of_its_elf() {
    let data = Segment { physical_address: 0x2000, ..load(RW, 0x0e00_0000, 16, 4096) };
    let rom = Program::rom(&elf(0, &[load(RX, 0, 100, 100), data]), 0, 0x40000).unwrap();
    assert_eq!((rom.len(), rom[99], rom[100], rom[0x2000]), (0x2010, 0x11, 0, 0x22));
    assert!(Program::rom(&elf(4, &[load(RX, 0, 100, 100)]), 0, 0x40000).is_err());
    assert!(Program::rom(&elf(0, &[load(RX, 0x3fff0, 100, 100)]), 0, 0x40000).is_err());
}
