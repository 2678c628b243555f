//! Regions: pages to carve, map and take back.

use kernel_abi::{Error, Place, Rights, SystemCall};

use crate::Syscalls;
use crate::cap::{Cap, Region};

impl Cap<Region> {
    /// Carves `pages` from page `first` on as a region of its own.
    pub fn carve<K: Syscalls>(
        self,
        kernel: &K,
        destination: Cap<Region>,
        first: u64,
        pages: u64,
    ) -> Result<(), Error> {
        let arguments = [self.word(), destination.word(), first, pages];
        kernel.call(SystemCall::RegionCarve, arguments).map(drop)
    }
    /// Says that the region holds code, or that it no longer does.
    pub fn set_code<K: Syscalls>(self, kernel: &K, code: bool) -> Result<(), Error> {
        kernel.call(SystemCall::RegionSetCode, [self.word(), code.into()]).map(drop)
    }
    /// Maps it into the own address space.
    pub fn map<K: Syscalls>(self, kernel: &K, address: u64, rights: Rights) -> Result<(), Error> {
        map(kernel, self.place(), address, rights)
    }
    /// Undoes the mapping.
    pub fn unmap<K: Syscalls>(self, kernel: &K) -> Result<(), Error> {
        kernel.call(SystemCall::Unmap, [self.word()]).map(drop)
    }
    /// Changes the rights of the mapping.
    pub fn protect<K: Syscalls>(self, kernel: &K, rights: Rights) -> Result<(), Error> {
        kernel.call(SystemCall::Protect, [self.word(), rights.bits()]).map(drop)
    }
}

/// Maps a region into the process whose table holds it.
pub(crate) fn map<K: Syscalls>(
    kernel: &K,
    region: Place,
    address: u64,
    rights: Rights,
) -> Result<(), Error> {
    kernel.call(SystemCall::Map, [region.0.into(), address, rights.bits()]).map(drop)
}
