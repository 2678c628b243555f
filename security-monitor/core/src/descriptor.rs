//! Translation table descriptors (VMSAv8-64, 4 KiB granule) as pure functions, for
//! both stages, and the place of each address in a fixed set of tables.
//!
//! Both stages use the same seven-table shape: 4 GiB of addresses from level 1,
//! level 3 only below two windows (one of devices, one of RAM). What lies outside
//! the windows has no descriptor that could ever become valid.

use crate::memory::Access;

const VALID: u64 = 1;
/// At levels 1 and 2 a table, at level 3 a page.
const TABLE_OR_PAGE: u64 = 1 << 1;
const ACCESSED: u64 = 1 << 10;
const INNER_SHAREABLE: u64 = 0b11 << 8;

/// The memory attribute of normal memory: index 0 of `MAIR_EL2`.
pub const STAGE1_NORMAL: u64 = 0;
/// The memory attribute of devices: index 1 of `MAIR_EL2`.
pub const STAGE1_DEVICE: u64 = 1;
/// `MAIR_EL2` for these indices: write-back normal memory, Device-nGnRE.
pub const MEMORY_ATTRIBUTES: u64 = 0xff | 0x04 << 8;

/// A descriptor that points to the next table.
pub const fn table(address: u64) -> u64 {
    address | TABLE_OR_PAGE | VALID
}

const STAGE2_NORMAL: u64 = 0b1111 << 2;
const STAGE2_DEVICE: u64 = 0b0001 << 2;
const STAGE2_READ: u64 = 0b01 << 6;
const STAGE2_WRITE: u64 = 0b10 << 6;
/// `XN[1:0]`, bits 54:53. Bit 53 means something with `FEAT_XNX` only.
const EXECUTE_BOTH: u64 = 0b00 << 53;
const EXECUTE_EL0: u64 = 0b01 << 53;
const EXECUTE_NONE: u64 = 0b10 << 53;
const EXECUTE_EL1: u64 = 0b11 << 53;

/// A stage 2 page of RAM. With `separate` (`FEAT_XNX`) kernel text executes at EL1
/// only and program text at EL0 only; without it the core knows no such difference.
pub const fn stage2_page(address: u64, access: Access, separate: bool) -> u64 {
    let rights = match access {
        Access::None => return 0,
        Access::ReadOnly => STAGE2_READ | EXECUTE_NONE,
        Access::ReadWrite => STAGE2_READ | STAGE2_WRITE | EXECUTE_NONE,
        Access::ExecuteAsKernel if separate => STAGE2_READ | EXECUTE_EL1,
        Access::ExecuteAsProgram if separate => STAGE2_READ | EXECUTE_EL0,
        Access::ExecuteAsKernel | Access::ExecuteAsProgram => STAGE2_READ | EXECUTE_BOTH,
    };
    address | rights | STAGE2_NORMAL | INNER_SHAREABLE | ACCESSED | TABLE_OR_PAGE | VALID
}

/// A stage 2 page of a granted device.
pub const fn stage2_device(address: u64) -> u64 {
    let rights = STAGE2_READ | STAGE2_WRITE | EXECUTE_NONE;
    address | rights | STAGE2_DEVICE | ACCESSED | TABLE_OR_PAGE | VALID
}

/// What the monitor itself may do with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnAccess {
    /// Its instructions.
    Execute,
    /// Its constants, the handoff, what the kernel may not change either.
    ReadOnly,
    /// Its variables and the partition's memory.
    ReadWrite,
    /// Registers of a device.
    Device,
}

/// A stage 1 page of the monitor's own map (EL2).
pub const fn stage1_page(address: u64, access: OwnAccess) -> u64 {
    const RES1: u64 = 1 << 6;
    const READ_ONLY: u64 = 1 << 7;
    const EXECUTE_NEVER: u64 = 1 << 54;
    const NORMAL: u64 = STAGE1_NORMAL << 2 | INNER_SHAREABLE;
    let rights = match access {
        OwnAccess::Execute => READ_ONLY | NORMAL,
        OwnAccess::ReadOnly => READ_ONLY | EXECUTE_NEVER | NORMAL,
        OwnAccess::ReadWrite => EXECUTE_NEVER | NORMAL,
        OwnAccess::Device => EXECUTE_NEVER | STAGE1_DEVICE << 2,
    };
    address | rights | RES1 | ACCESSED | TABLE_OR_PAGE | VALID
}

/// Entries of a table.
pub const ENTRIES: usize = 512;
/// Bytes below one level 3 table.
pub const LEVEL3_BYTES: u64 = 2 << 20;
/// Number of level 3 tables: one of devices, two of RAM.
pub const LEVEL3_TABLES: usize = 3;

/// The addresses that the level 3 tables stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    bases: [u64; LEVEL3_TABLES],
}

impl Windows {
    /// A 2 MiB window of devices and a 4 MiB window of RAM, in different GiB of the
    /// lower 4 GiB.
    pub const fn new(device: u64, ram: u64) -> Option<Self> {
        let aligned = device.is_multiple_of(LEVEL3_BYTES) && ram.is_multiple_of(2 * LEVEL3_BYTES);
        let low = device < 4 << 30 && ram < 4 << 30;
        if aligned && low && device >> 30 != ram >> 30 {
            Some(Self {
                bases: [device, ram, ram + LEVEL3_BYTES],
            })
        } else {
            None
        }
    }
    /// The windows in the order of the level 3 tables.
    pub const fn bases(&self) -> &[u64; LEVEL3_TABLES] {
        &self.bases
    }
    /// The level 3 table and the entry of a page, if a window holds it.
    pub fn slot(&self, address: u64) -> Option<(usize, usize)> {
        let table = self.bases.iter().position(|base| {
            address
                .checked_sub(*base)
                .is_some_and(|offset| offset < LEVEL3_BYTES)
        })?;
        Some((table, (address >> 12) as usize % ENTRIES))
    }
}
