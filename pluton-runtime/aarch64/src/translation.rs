//! EL3's own memory map: identity, and never writable and executable at once. What a
//! region list does not name is not mapped; so are the guard pages below stacks.
//!
//! Tables are plain arrays, filled by safe code; only turning translation on is not
//! safe. 4 KiB granule, 32 bits of address, so the first table has four entries.

use core::arch::naked_asm;

const PAGE: u64 = 4096;
const SHIFTS: [u32; 3] = [30, 21, 12];
const ADDRESS: u64 = 0xffff_f000;

/// What a region is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Registers.
    Device,
    /// Flash in its read mode, never executed.
    Flash,
    /// Flash that is executed in place.
    FlashCode,
    /// Instructions in secure RAM.
    Code,
    /// Constants in secure RAM.
    Constants,
    /// Data in secure RAM.
    Data,
    /// The normal world's RAM.
    NormalRam,
}

/// A run of pages.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    /// First byte.
    pub base: u64,
    /// Bytes.
    pub bytes: u64,
    /// What it is.
    pub kind: Kind,
}

/// A region does not fit the tables. Found when an image is first started, or never.
#[derive(Clone, Copy, Debug)]
pub struct DoesNotFit;

/// One table.
#[derive(Clone, Copy)]
#[repr(C, align(4096))]
struct Table([u64; 512]);

/// The first table.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct First([u64; 4]);

/// All tables, `N` of them below the first.
#[repr(C)]
pub struct Tables<const N: usize> {
    pool: [Table; N],
    first: First,
    used: usize,
}

const VALID: u64 = 1;
const NOT_A_BLOCK: u64 = 2;
const NON_SECURE: u64 = 1 << 5;
const RESERVED_ONE: u64 = 1 << 6;
const READ_ONLY: u64 = 1 << 7;
const INNER_SHAREABLE: u64 = 3 << 8;
const ACCESSED: u64 = 1 << 10;
const EXECUTE_NEVER: u64 = 1 << 54;

/// Attribute 0: device nGnRE; 1: normal write-back; 2: normal not cached.
const MEMORY_ATTRIBUTES: u64 = 0x44_ff_04;
const fn attribute(index: u64) -> u64 {
    index << 2
}

const fn bits(kind: Kind) -> u64 {
    let common = VALID | RESERVED_ONE | ACCESSED | INNER_SHAREABLE;
    common
        | match kind {
            Kind::Device => attribute(0) | EXECUTE_NEVER,
            Kind::Flash => attribute(2) | READ_ONLY | EXECUTE_NEVER,
            Kind::FlashCode => attribute(2) | READ_ONLY,
            Kind::Code => attribute(1) | READ_ONLY,
            Kind::Constants => attribute(1) | READ_ONLY | EXECUTE_NEVER,
            Kind::Data => attribute(1) | EXECUTE_NEVER,
            Kind::NormalRam => attribute(1) | EXECUTE_NEVER | NON_SECURE,
        }
}

const fn never_both(kind: Kind) -> bool {
    bits(kind) & (READ_ONLY | EXECUTE_NEVER) != 0
}
const _: () = assert!(
    never_both(Kind::Device)
        && never_both(Kind::Flash)
        && never_both(Kind::FlashCode)
        && never_both(Kind::Code)
        && never_both(Kind::Constants)
        && never_both(Kind::Data)
        && never_both(Kind::NormalRam)
);

impl<const N: usize> Tables<N> {
    /// Tables that map nothing.
    pub const fn new() -> Self {
        Self { pool: [const { Table([0; 512]) }; N], first: First([0; 4]), used: 0 }
    }

    /// Maps a region, by the largest blocks that fit.
    pub fn map(&mut self, region: Region) -> Result<(), DoesNotFit> {
        let Region { base, bytes, kind } = region;
        let end = base.checked_add(bytes).ok_or(DoesNotFit)?;
        if !base.is_multiple_of(PAGE) || !end.is_multiple_of(PAGE) {
            return Err(DoesNotFit);
        }
        let mut at = base;
        while at < end {
            let fits = |shift: &&u32| {
                let block = 1u64 << **shift;
                at.is_multiple_of(block) && end - at >= block
            };
            let shift = *SHIFTS.iter().find(fits).ok_or(DoesNotFit)?;
            let page = if shift == 12 { NOT_A_BLOCK } else { 0 };
            let entry = self.entry(at, shift)?;
            if *entry != 0 {
                return Err(DoesNotFit);
            }
            *entry = at | bits(kind) | page;
            at += 1 << shift;
        }
        Ok(())
    }

    /// The entry for `address` in the table whose entries span `1 << shift` bytes.
    /// Tables on the way are added.
    fn entry(&mut self, address: u64, shift: u32) -> Result<&mut u64, DoesNotFit> {
        let mut table = None;
        for level in SHIFTS {
            let index = (address >> level & 0x1ff) as usize;
            if level == shift {
                return self.place(table, index);
            }
            let pool = self.pool.as_ptr() as u64;
            let free = self.used;
            let entry = self.place(table, index)?;
            let next = match *entry {
                0 => {
                    *entry = (pool + free as u64 * PAGE) | VALID | NOT_A_BLOCK;
                    self.used = free.saturating_add(1);
                    free
                }
                entry if entry & NOT_A_BLOCK != 0 => ((entry & ADDRESS) - pool) as usize / 4096,
                _ => return Err(DoesNotFit),
            };
            table = Some(next);
        }
        Err(DoesNotFit)
    }

    /// One entry of the first table or of one of the pool.
    fn place(&mut self, table: Option<usize>, index: usize) -> Result<&mut u64, DoesNotFit> {
        match table {
            None => self.first.0.get_mut(index),
            Some(table) => self.pool.get_mut(table).and_then(|table| table.0.get_mut(index)),
        }
        .ok_or(DoesNotFit)
    }

    /// Address of the first table, for [`enable`].
    pub fn first_table(&'static self) -> u64 {
        &raw const self.first as u64
    }
}

impl<const N: usize> Default for Tables<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// 32 bits of address, cached inner-shareable walks, 4 KiB granule; bits 31 and 23
/// are always one.
const CONTROL: u64 = 1 << 31 | 1 << 23 | 3 << 12 | 1 << 10 | 1 << 8 | 32;

/// System control without translation: the bits that are always one, and
/// instruction cache.
pub const SYSTEM_CONTROL_OFF: u64 = 0x30c5_0830 | 1 << 12;
/// With translation, caches, alignment checks, stack alignment checks, and "writable
/// implies execute never" as a second lock.
pub const SYSTEM_CONTROL_ON: u64 = SYSTEM_CONTROL_OFF | 1 << 19 | 1 << 3 | 1 << 2 | 1 << 1 | 1;

/// Turns translation on for this core. Uses no stack, so that a core may call it
/// before it writes any memory.
///
/// # Safety
/// `first_table` is the first table of [`Tables`] that stay as they are for good and
/// map, to itself, all that this core is using.
#[unsafe(naked)]
pub unsafe extern "C" fn enable(first_table: u64) {
    naked_asm!(
        "ldr x1, ={attributes}",
        "msr mair_el3, x1",
        "ldr x1, ={control}",
        "msr tcr_el3, x1",
        "msr ttbr0_el3, x0",
        "tlbi alle3",
        "dsb sy",
        "isb",
        "ldr x1, ={on}",
        "msr sctlr_el3, x1",
        "isb",
        "ret",
        attributes = const MEMORY_ATTRIBUTES,
        control = const CONTROL,
        on = const SYSTEM_CONTROL_ON,
    )
}
