//! Fakes of the machine, and a small signer of images.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

use image_format::{HEADER_BYTES, Header, ImageType, MAX_SEGMENTS, Rights, SIGNED_BYTES, Segment};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::{Signature, SigningKey};
use pluton_core::dice::Secret;
use pluton_core::fuses::{FUSE_BYTES, Fuses};
use pluton_core::machine::{Destination, Flash, Layout, Lines, Range};
use pluton_core::measurement::Entry;
use pluton_core::runtime::{Machine, Runtime};
use sha2::{Digest, Sha256};

pub(crate) const SLOT: u64 = 64 << 10;
pub(crate) const RAM: Range = Range { base: 0x4000_0000, bytes: 256 << 10 };
pub(crate) const PROGRAMS: u64 = RAM.base + (64 << 10);
pub(crate) const LAYOUT: Layout = Layout {
    slot_bytes: SLOT,
    slots: 8,
    monitor_slot: 0,
    kernel_slot: 1,
    root_slot: 2,
    first_program_slot: 3,
    ram: RAM,
    monitor: Range { base: RAM.base, bytes: 32 << 10 },
    kernel: Range { base: RAM.base + (32 << 10), bytes: 32 << 10 },
    programs: Range { base: PROGRAMS, bytes: RAM.bytes - (64 << 10) },
};

pub(crate) struct FakeFlash(pub(crate) Vec<u8>);
impl Flash for FakeFlash {
    fn read(&self, offset: u64, out: &mut [u8]) -> bool {
        let from = usize::try_from(offset).unwrap();
        match self.0.get(from..).and_then(|tail| tail.get(..out.len())) {
            Some(bytes) => out.copy_from_slice(bytes),
            None => return false,
        }
        true
    }
}

pub(crate) struct FakeRam {
    pub(crate) range: Range,
    pub(crate) bytes: Vec<u8>,
}
impl FakeRam {
    pub(crate) fn new(range: Range) -> Self {
        Self { range, bytes: vec![0xaa; range.bytes as usize] }
    }
    pub(crate) fn at(&self, physical: u64, bytes: usize) -> &[u8] {
        &self.bytes[(physical - self.range.base) as usize..][..bytes]
    }
}
impl Destination for FakeRam {
    fn write(&mut self, physical: u64, bytes: &[u8]) -> bool {
        let inside = self.range.contains(physical, bytes.len() as u64);
        if inside {
            let from = (physical - self.range.base) as usize;
            self.bytes[from..from + bytes.len()].copy_from_slice(bytes);
        }
        inside
    }
    fn zero(&mut self, physical: u64, bytes: u64) -> bool {
        let inside = self.range.contains(physical, bytes);
        if inside {
            let from = (physical - self.range.base) as usize;
            self.bytes[from..from + bytes as usize].fill(0);
        }
        inside
    }
    fn publish(&mut self, _: u64, _: u64) {}
}

#[derive(Default)]
pub(crate) struct FakeLines(pub(crate) String);
impl Lines for FakeLines {
    fn print(&mut self, text: &str) {
        self.0.push_str(text);
    }
}

pub(crate) type FakeMachine = Machine<FakeFlash, FakeRam, FakeLines>;

pub(crate) fn key(role: u8) -> SigningKey {
    SigningKey::from_slice(&[role; 32]).unwrap()
}
pub(crate) const OS_VENDOR: u8 = 1;
pub(crate) const MANUFACTURER: u8 = 2;
pub(crate) const STRANGER: u8 = 3;

pub(crate) fn public_key(role: u8) -> [u8; 65] {
    key(role).verifying_key().to_sec1_point(false).as_bytes().try_into().unwrap()
}

pub(crate) fn key_id(role: u8) -> [u8; 32] {
    Sha256::digest(public_key(role)).into()
}

pub(crate) fn fuse_record() -> [u8; FUSE_BYTES] {
    let mut record = [0xff; FUSE_BYTES];
    record[..8].copy_from_slice(b"BULKFUSE");
    record[8..12].copy_from_slice(&1u32.to_le_bytes());
    record[12..16].copy_from_slice(&3u32.to_le_bytes());
    record[16..48].copy_from_slice(&key_id(OS_VENDOR));
    record[48..80].copy_from_slice(&key_id(MANUFACTURER));
    record[80..96].copy_from_slice(b"serial-number-16");
    for index in 0..8 {
        record[96 + index * 4..100 + index * 4].copy_from_slice(&2u32.to_le_bytes());
    }
    record
}

pub(crate) fn fuses() -> Fuses {
    Fuses::decode(&fuse_record()).unwrap()
}

/// An image: one page of code, one byte of data, one page of zeros; signed.
pub(crate) fn image(image_type: ImageType, name: &str, physical: u64, signer: u8) -> Vec<u8> {
    image_with(image_type, name, physical, signer, |_| {})
}

pub(crate) fn image_with(
    image_type: ImageType,
    name: &str,
    physical: u64,
    signer: u8,
    change: impl FnOnce(&mut Header),
) -> Vec<u8> {
    let mut body = vec![0; 8192];
    body[..4096].fill(image_type.number() as u8 | 0x80);
    body[4096] = 0x77;
    let body_sha256: [u8; 32] = Sha256::digest(&body).into();
    let fixed = image_type.is_fixed();
    let virtual_address = if fixed { physical } else { 0x10_0000 };
    let mut segments = [Segment::default(); MAX_SEGMENTS];
    segments[0] = Segment {
        file_offset: 4096,
        file_bytes: 4096,
        memory_bytes: 4096,
        rights: Rights::READ_EXECUTE,
        virtual_address,
        physical_address: if fixed { physical } else { 0 },
    };
    segments[1] = Segment {
        file_offset: 8192,
        file_bytes: 1,
        memory_bytes: 8192,
        rights: Rights::READ_WRITE,
        virtual_address: virtual_address + 4096,
        physical_address: if fixed { physical + 4096 } else { 0 },
    };
    let mut padded = [0; 24];
    padded[..name.len()].copy_from_slice(name.as_bytes());
    let mut header = Header {
        image_type,
        body_bytes: 8192,
        memory_pages: 4,
        version: 7,
        security_version: 2,
        component_id: [5; 16],
        image_id: *body_sha256.first_chunk().unwrap(),
        name: padded,
        signer: key_id(signer),
        body_sha256,
        entry: virtual_address,
        manifest_offset: 0,
        manifest_bytes: 0,
        segment_count: 2,
        segments,
        public_key: public_key(signer),
    };
    change(&mut header);
    let mut page = [0; HEADER_BYTES];
    header.encode(&mut page);
    let digest = Sha256::digest(&page[..SIGNED_BYTES]);
    let signature: Signature = key(signer).sign_prehash(&digest).unwrap();
    page[SIGNED_BYTES..].copy_from_slice(&signature.to_bytes());
    [&page[..], &body].concat()
}

pub(crate) fn measurement_of(image: &[u8]) -> [u8; 32] {
    Sha256::digest(&image[..SIGNED_BYTES]).into()
}

/// Monitor, kernel, root, a service and an app, each in its slot.
pub(crate) fn images() -> Vec<(u64, Vec<u8>)> {
    vec![
        (0, image(ImageType::SecurityMonitor, "monitor", LAYOUT.monitor.base, OS_VENDOR)),
        (1, image(ImageType::Kernel, "kernel", LAYOUT.kernel.base, OS_VENDOR)),
        (2, image(ImageType::RootTask, "root", 0, OS_VENDOR)),
        (3, image(ImageType::Service, "log", 0, OS_VENDOR)),
        (5, image(ImageType::Application, "dw100", 0, MANUFACTURER)),
    ]
}

pub(crate) fn flash_of(images: &[(u64, Vec<u8>)]) -> FakeFlash {
    let mut flash = vec![0xff; (SLOT * LAYOUT.slots) as usize];
    for (slot, image) in images {
        let from = (slot * SLOT) as usize;
        flash[from..from + image.len()].copy_from_slice(image);
    }
    FakeFlash(flash)
}

pub(crate) fn machine(images: &[(u64, Vec<u8>)]) -> FakeMachine {
    Machine { flash: flash_of(images), memory: FakeRam::new(RAM), lines: FakeLines::default() }
}

pub(crate) fn own_entry() -> Entry {
    Entry {
        image_type: ImageType::PlutonRuntime,
        version: 1,
        security_version: 1,
        name: *b"pluton-runtime\0\0\0\0\0\0\0\0\0\0",
        signer: key_id(OS_VENDOR),
        sha256: [0x11; 32],
    }
}

pub(crate) fn runtime_with(board_seed: u8) -> Runtime {
    let secret = |byte| Secret([byte; 32]);
    Runtime::new(fuses(), LAYOUT, own_entry(), &secret(9), &secret(board_seed), &secret(0))
}

pub(crate) fn runtime() -> Runtime {
    runtime_with(0x5a)
}
