//! Reads the ELF files that the linker makes, and believes little of them.
//!
//! A linker script with a slip gives an image that is writable where it is
//! executable, or lies where it should not. Here is the first place to see that, and
//! the message can still name the linker script.

use anyhow::{Context, Result, bail};
use image_format::{MAX_SEGMENTS, PAGE_BYTES, Rights};
use object::LittleEndian as Le;
use object::elf;
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};

/// A segment to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadSegment {
    /// Its rights.
    pub rights: Rights,
    /// Where it is linked.
    pub virtual_address: u64,
    /// Where it is stored or loaded.
    pub physical_address: u64,
    /// What the file has of it.
    pub bytes: Vec<u8>,
    /// Bytes in memory.
    pub memory_bytes: u64,
}

/// A program as the linker left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The entry point, a virtual address.
    pub entry: u64,
    /// Segments, by virtual address.
    pub segments: Vec<LoadSegment>,
}

/// Bytes of a program by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sections {
    /// Instructions, without the zeros that fill up their last page.
    pub text: u64,
    /// Instructions of section `.boot`, which run once, counted likewise.
    pub boot: u64,
    /// Constants.
    pub rodata: u64,
    /// Initialised data.
    pub data: u64,
    /// Zero-initialised data, stacks included.
    pub bss: u64,
    /// Bytes that are stored: all but zero-initialised data, whole pages.
    pub stored: u64,
}

fn open(bytes: &[u8]) -> Result<ElfFile64<'_, Le>> {
    let file = ElfFile64::<Le>::parse(bytes).context("not a 64-bit little-endian ELF file")?;
    let header = file.elf_header();
    // The kernel's test suite is packed for x86-64, too.
    if !matches!(header.e_machine(Le), elf::EM_AARCH64 | elf::EM_X86_64) {
        bail!("ELF machine {} is neither AArch64 nor x86-64", header.e_machine(Le));
    }
    if header.e_type(Le) != elf::ET_EXEC {
        bail!("ELF type {} is not a linked program (2); link without -pie", header.e_type(Le));
    }
    Ok(file)
}

impl Program {
    /// Reads and checks the segments of a program whose pages are protected.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let program = Self::parse_any(bytes)?;
        let mut end = 0;
        for (index, segment) in program.segments.iter().enumerate() {
            let address = segment.virtual_address;
            if !address.is_multiple_of(PAGE_BYTES.into()) {
                bail!("segment {index} at {address:#x} is not page-aligned: align it by linker script");
            }
            if address < end {
                bail!("segment {index} at {address:#x} lies over its predecessor");
            }
            end = address
                .checked_add(segment.memory_bytes.next_multiple_of(PAGE_BYTES.into()))
                .with_context(|| format!("segment {index} leaves the address space"))?;
        }
        if program.segments.len() > MAX_SEGMENTS {
            bail!("{} segments to load, at most {MAX_SEGMENTS}", program.segments.len());
        }
        Ok(program)
    }

    /// Reads the segments, wherever they lie.
    fn parse_any(bytes: &[u8]) -> Result<Self> {
        let file = open(bytes)?;
        let mut segments = Vec::new();
        for (index, header) in file.elf_program_headers().iter().enumerate() {
            match header.p_type(Le) {
                elf::PT_INTERP | elf::PT_DYNAMIC => {
                    bail!("program header {index} asks for a dynamic loader; link statically");
                }
                elf::PT_LOAD => {}
                _ => continue,
            }
            if header.p_memsz(Le) == 0 {
                continue;
            }
            let flags = header.p_flags(Le);
            let bits = u32::from(flags & elf::PF_R != 0)
                | u32::from(flags & elf::PF_W != 0) << 1
                | u32::from(flags & elf::PF_X != 0) << 2;
            let Some(rights) = Rights::from_bits(bits) else {
                bail!(
                    "program header {index} has rights {bits:#b} (XWR): only R, RW and RX are \
                     allowed, never W and X at once; set FLAGS in the linker script's PHDRS"
                );
            };
            let data = header
                .data(Le, bytes)
                .map_err(|()| anyhow::anyhow!("program header {index} points behind the file"))?;
            if header.p_memsz(Le) < data.len() as u64 {
                bail!("program header {index} has more bytes in the file than in memory");
            }
            segments.push(LoadSegment {
                rights,
                virtual_address: header.p_vaddr(Le),
                physical_address: header.p_paddr(Le),
                bytes: data.to_vec(),
                memory_bytes: header.p_memsz(Le),
            });
        }
        if segments.is_empty() {
            bail!("no segment to load");
        }
        segments.sort_by_key(|segment| segment.virtual_address);
        Ok(Self { entry: file.elf_header().e_entry(Le), segments })
    }

    /// The bytes of a ROM: everything that is stored within `base..base + capacity`.
    pub fn rom(bytes: &[u8], base: u64, capacity: u64) -> Result<Vec<u8>> {
        let program = Self::parse_any(bytes)?;
        if program.entry != base {
            bail!("the ROM's entry is {:#x}, cores start at {base:#x}", program.entry);
        }
        let mut rom = Vec::new();
        for segment in program.segments.iter().filter(|segment| !segment.bytes.is_empty()) {
            let start = segment.physical_address.checked_sub(base);
            let end = start.and_then(|start| start.checked_add(segment.bytes.len() as u64));
            let (Some(start), Some(end)) = (start, end.filter(|end| *end <= capacity)) else {
                bail!(
                    "a segment at {:#x} of {} bytes is outside the ROM ({capacity} bytes)",
                    segment.physical_address,
                    segment.bytes.len()
                );
            };
            let (start, end) = (usize::try_from(start)?, usize::try_from(end)?);
            rom.resize(rom.len().max(end), 0);
            rom.get_mut(start..end).context("inside by the line above")?.copy_from_slice(&segment.bytes);
        }
        Ok(rom)
    }
}

impl Sections {
    /// Adds up the sections of a program.
    pub fn of(bytes: &[u8]) -> Result<Self> {
        use object::read::elf::SectionHeader;
        let file = open(bytes)?;
        let mut sums = Self::default();
        let table = file.elf_section_table();
        for section in table.iter() {
            let flags = section.sh_flags(Le);
            if flags & u64::from(elf::SHF_ALLOC) == 0 {
                continue;
            }
            let size = section.sh_size(Le);
            if section.sh_type(Le) == elf::SHT_NOBITS {
                sums.bss += size;
                continue;
            }
            sums.stored += size;
            if flags & u64::from(elf::SHF_EXECINSTR) != 0 {
                let code = section.data(Le, bytes).context("a section points behind the file")?;
                let used = code.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                let name = table.section_name(Le, section).context("a section has no name")?;
                let sum = if name == b".boot" { &mut sums.boot } else { &mut sums.text };
                *sum += used.next_multiple_of(4) as u64;
            } else if flags & u64::from(elf::SHF_WRITE) != 0 {
                sums.data += size;
            } else {
                sums.rodata += size;
            }
        }
        Ok(sums)
    }
}
