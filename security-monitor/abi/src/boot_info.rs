//! What the monitor leaves for the kernel, in one page that stage 2 makes read-only.
//!
//! The kernel starts at EL1, MMU off, `x0` = physical address of this page. All
//! fields are 64-bit, so the layout has no padding on any target.

/// "BULKHKRN".
pub const KERNEL_BOOT_INFO_MAGIC: u64 = u64::from_le_bytes(*b"BULKHKRN");
/// The layout below.
pub const KERNEL_BOOT_INFO_VERSION: u64 = 1;
/// Most devices a partition is granted.
pub const MAX_DEVICES: usize = 16;
/// Most segments a program has.
pub const MAX_SEGMENTS: usize = 4;

/// A run of pages of the root task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Segment {
    /// Physical address of the first page.
    pub physical: u64,
    /// Virtual address it is linked at.
    pub virtual_address: u64,
    /// Pages; 0 for a segment that is not there.
    pub pages: u64,
    /// 1 read, 2 write, 4 execute.
    pub rights: u64,
}

/// A device of this partition. Stage 2 maps its pages; nothing else is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Device {
    /// Physical address of its registers; 0 pages for an interrupt without registers.
    pub physical: u64,
    /// Pages.
    pub pages: u64,
    /// Its interrupt, as the interrupt controller numbers it; 0 for none.
    pub interrupt: u64,
    /// A `DeviceKind` as a number; 0 ends the list.
    pub kind: u64,
}

/// What a [`Device`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum DeviceKind {
    /// PL011 UART.
    Uart = 1,
    /// PL031 real-time clock.
    Rtc = 2,
    /// PL061 GPIO.
    Gpio = 3,
    /// The mailbox: an interrupt only, raised when a reply waits.
    Mailbox = 4,
}

/// The page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct KernelBootInfo {
    /// [`KERNEL_BOOT_INFO_MAGIC`].
    pub magic: u64,
    /// [`KERNEL_BOOT_INFO_VERSION`].
    pub version: u64,
    /// First byte of all RAM that stage 2 lets the kernel see.
    pub ram_base: u64,
    /// Its bytes.
    pub ram_bytes: u64,
    /// Physical address of the first byte of RAM that holds nothing.
    pub free_base: u64,
    /// Its bytes. Zero-filled.
    pub free_bytes: u64,
    /// Physical address of the root task's loaded image (header page first).
    pub root_physical: u64,
    /// Its pages.
    pub root_pages: u64,
    /// Its entry point, a virtual address.
    pub root_entry: u64,
    /// Its segments, linked at the virtual addresses named.
    pub root_segments: [Segment; MAX_SEGMENTS],
    /// Devices, the used ones first.
    pub devices: [Device; MAX_DEVICES],
    /// A fresh random number for each boot.
    pub boot_seed: u64,
}
const _: () = assert!(size_of::<KernelBootInfo>() <= 4096);
