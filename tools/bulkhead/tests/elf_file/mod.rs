//! A small ELF file made by hand, so that every rule of the reader can be broken.

/// A segment of the file.
#[derive(Clone, Copy)]
pub(crate) struct Segment {
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    pub(crate) virtual_address: u64,
    pub(crate) physical_address: u64,
    pub(crate) file_bytes: u64,
    pub(crate) memory_bytes: u64,
}

pub(crate) const R: u32 = 4;
pub(crate) const RW: u32 = 6;
pub(crate) const RX: u32 = 5;
pub(crate) const LOAD: u32 = 1;

pub(crate) fn load(flags: u32, address: u64, file_bytes: u64, memory_bytes: u64) -> Segment {
    let (virtual_address, physical_address) = (address, address);
    Segment { kind: LOAD, flags, virtual_address, physical_address, file_bytes, memory_bytes }
}

/// Text, constants and data as a linker script of this project lays them out.
pub(crate) fn usual() -> Vec<Segment> {
    vec![
        load(RX, 0x10000, 5000, 8192),
        load(R, 0x12000, 100, 4096),
        load(RW, 0x13000, 10, 3 * 4096),
    ]
}

pub(crate) fn elf(entry: u64, segments: &[Segment]) -> Vec<u8> {
    elf_of(183, 2, entry, segments)
}

pub(crate) fn elf_of(machine: u16, kind: u16, entry: u64, segments: &[Segment]) -> Vec<u8> {
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    file.extend(kind.to_le_bytes());
    file.extend(machine.to_le_bytes());
    file.extend(1u32.to_le_bytes());
    file.extend(entry.to_le_bytes());
    file.extend(64u64.to_le_bytes());
    file.extend(0u64.to_le_bytes());
    file.extend(0u32.to_le_bytes());
    for half in [64, 56, segments.len() as u16, 64, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    let mut offset = 64 + 56 * segments.len() as u64;
    let mut contents = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        file.extend(segment.kind.to_le_bytes());
        file.extend(segment.flags.to_le_bytes());
        for word in [
            offset,
            segment.virtual_address,
            segment.physical_address,
            segment.file_bytes,
            segment.memory_bytes,
            4096,
        ] {
            file.extend(word.to_le_bytes());
        }
        offset += segment.file_bytes;
        contents.resize(contents.len() + segment.file_bytes as usize, 0x11 * (index as u8 + 1));
    }
    file.extend(contents);
    file
}
