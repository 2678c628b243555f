//! What this crate asks of the hardware, and where things lie. The library knows no
//! address: the image crate fills in a [`Layout`] from the board's memory map.

/// A flash bank, read only.
pub trait Flash {
    /// Fills `out` from byte `offset` of the bank on; false if any of it lies outside.
    #[must_use]
    fn read(&self, offset: u64, out: &mut [u8]) -> bool;
}

/// Memory that images are copied to, by physical address. Implementations refuse
/// what is not in the window they were made for.
pub trait Destination {
    /// Writes `bytes` at `physical`; false if any of it lies outside.
    #[must_use]
    fn write(&mut self, physical: u64, bytes: &[u8]) -> bool;
    /// Zeroes `bytes` bytes from `physical` on; false if any of them lies outside.
    #[must_use]
    fn zero(&mut self, physical: u64, bytes: u64) -> bool;
    /// Makes what was written visible to cores that run without caches, and to
    /// instruction fetch.
    fn publish(&mut self, physical: u64, bytes: u64);
}

/// Where finished lines go.
pub trait Lines {
    /// Prints text as it is; a line ends with `\n`.
    fn print(&mut self, text: &str);
}

/// A run of physical addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First byte.
    pub base: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Range {
    /// Whether `bytes` bytes from `base` on all lie inside. Never overflows.
    #[must_use]
    pub const fn contains(self, base: u64, bytes: u64) -> bool {
        base >= self.base
            && base - self.base <= self.bytes
            && bytes <= self.bytes - (base - self.base)
    }
}

/// Where the images of the normal world lie and go.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Bytes of a flash slot.
    pub slot_bytes: u64,
    /// Number of slots.
    pub slots: u64,
    /// The security monitor's slot.
    pub monitor_slot: u64,
    /// The kernel's slot.
    pub kernel_slot: u64,
    /// The root task's slot.
    pub root_slot: u64,
    /// The first slot of services and apps; all later ones are, too.
    pub first_program_slot: u64,
    /// The normal world's RAM.
    pub ram: Range,
    /// Where the security monitor may be linked.
    pub monitor: Range,
    /// Where the kernel may be linked.
    pub kernel: Range,
    /// Where the root task goes, and behind it whatever is loaded later.
    pub programs: Range,
}
