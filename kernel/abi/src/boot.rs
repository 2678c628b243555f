//! What the root task finds when it starts: the only authority there is.
//!
//! It starts at its image's entry point with `x0` = the address of a read-only
//! [`RootInfo`] page, and the stack pointer at [`ROOT_STACK_TOP`].

use crate::Slot;

/// Its own process, all rights.
pub const OWN_PROCESS: Slot = Slot(1);
/// Its first thread.
pub const OWN_THREAD: Slot = Slot(2);
/// The schedule it runs on.
pub const OWN_SCHEDULE: Slot = Slot(3);
/// The region of all free RAM.
pub const FREE_RAM: Slot = Slot(4);
/// The right to call the security monitor.
pub const MONITOR: Slot = Slot(5);
/// The first device region or interrupt; [`RootInfo`] says which is where.
pub const FIRST_DEVICE: Slot = Slot(8);
/// The first slot that is empty at boot.
pub const FIRST_FREE: Slot = Slot(48);

/// Address of the [`RootInfo`] page.
pub const ROOT_INFO: u64 = 0x1_0000;
/// One past the root task's stack, which is [`ROOT_STACK_PAGES`] long.
pub const ROOT_STACK_TOP: u64 = 0x3f_e000;
/// Pages of the root task's stack.
pub const ROOT_STACK_PAGES: u64 = 8;
/// Address of the first thread's message buffer page.
pub const ROOT_BUFFER: u64 = 0x3f_f000;

/// "BULKROOT".
pub const ROOT_INFO_MAGIC: u64 = u64::from_le_bytes(*b"BULKROOT");
/// Most devices.
pub const MAX_DEVICES: usize = 16;

/// A device as the root task is given it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct RootDevice {
    /// 1 UART (PL011), 2 real-time clock (PL031), 3 GPIO (PL061), 4 mailbox; 0 ends the list.
    pub kind: u64,
    /// Slot of its region, 0 for none.
    pub region: u64,
    /// Slot of its interrupt, 0 for none.
    pub interrupt: u64,
}

/// The page at [`ROOT_INFO`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct RootInfo {
    /// [`ROOT_INFO_MAGIC`].
    pub magic: u64,
    /// Pages of [`FREE_RAM`].
    pub free_pages: u64,
    /// Bytes of RAM of the whole board.
    pub ram_bytes: u64,
    /// Ticks of the clock a second.
    pub ticks_per_second: u64,
    /// A fresh random number for each boot.
    pub boot_seed: u64,
    /// Devices, the used ones first.
    pub devices: [RootDevice; MAX_DEVICES],
}
const _: () = assert!(size_of::<RootInfo>() <= 4096);
