//! The memory map of the reference board: QEMU
//! `virt,secure=on,virtualization=on,gic-version=3 -smp 4 -m 4M`.
//!
//! Libraries know no addresses; the image crates, their linker scripts and the
//! host tools take every one of them from here. A port replaces this crate.
//! Addresses are physical, lengths are bytes unless a name says otherwise.
#![no_std]
#![forbid(unsafe_code)]

/// Bytes of a page, the unit of every memory firewall of the system.
pub const PAGE_BYTES: u64 = 4096;

/// Flash bank 0: visible to the secure world only.
pub mod secure_flash {
    /// First byte; every core starts here after reset.
    pub const BASE: u64 = 0x0000_0000;
    /// Bytes of the bank. QEMU wants an image file of just this size.
    pub const BYTES: u64 = 64 << 20;
    /// Bytes erased at once.
    pub const SECTOR_BYTES: u64 = 256 << 10;
    /// The boot ROM. Stands for mask ROM: nothing on the device writes it.
    pub const ROM: u64 = 0x0000_0000;
    /// Bytes kept for the boot ROM.
    pub const ROM_BYTES: u64 = SECTOR_BYTES;
    /// The fuse bank: write-once records (see `pluton-core::fuses`).
    pub const FUSES: u64 = 0x0004_0000;
    /// The signed Pluton runtime image.
    pub const PLUTON_RUNTIME: u64 = 0x0010_0000;
    /// Its backup copy.
    pub const PLUTON_RUNTIME_BACKUP: u64 = 0x0020_0000;
    /// Bytes of each Pluton runtime slot.
    pub const PLUTON_RUNTIME_BYTES: u64 = 1 << 20;
}

/// Flash bank 1: the images of the normal world, one a slot.
pub mod flash {
    /// First byte.
    pub const BASE: u64 = 0x0400_0000;
    /// Bytes of the bank. QEMU wants an image file of just this size.
    pub const BYTES: u64 = 64 << 20;
    /// Bytes of one slot.
    pub const SLOT_BYTES: u64 = 1 << 20;
    /// Number of slots.
    pub const SLOTS: u64 = 32;
    /// The slot of the security monitor.
    pub const MONITOR_SLOT: u64 = 0;
    /// The slot of the kernel.
    pub const KERNEL_SLOT: u64 = 1;
    /// The slot of the root task.
    pub const ROOT_SLOT: u64 = 2;
    /// The first slot of services and apps.
    pub const FIRST_PROGRAM_SLOT: u64 = 3;
}

/// Secure RAM: the Pluton runtime's own. 256 KiB of the board's 16 MiB are used.
pub mod secure_ram {
    /// First byte.
    pub const BASE: u64 = 0x0e00_0000;
    /// Bytes that Bulkhead uses.
    pub const BYTES: u64 = 256 << 10;
    /// Stack and data of the boot ROM; wiped before the runtime starts.
    pub const ROM_DATA: u64 = 0x0e00_0000;
    /// Bytes of the above.
    pub const ROM_DATA_BYTES: u64 = 40 << 10;
    /// What the boot ROM hands to the runtime (one page).
    pub const HANDOFF: u64 = ROM_DATA + ROM_DATA_BYTES;
    /// The Pluton runtime image is loaded here.
    pub const RUNTIME: u64 = HANDOFF + super::PAGE_BYTES;
    /// Bytes it may take, stacks and buffers included.
    pub const RUNTIME_BYTES: u64 = BASE + BYTES - RUNTIME;
}

/// RAM of the normal world.
pub mod ram {
    /// First byte. QEMU leaves the device tree here; the boot ROM takes its
    /// `rng-seed` and wipes it.
    pub const BASE: u64 = 0x4000_0000;
    /// Bytes.
    pub const BYTES: u64 = 4 << 20;
    /// The security monitor: image, data, tables and stacks.
    pub const MONITOR: u64 = 0x4000_0000;
    /// Bytes of the above.
    pub const MONITOR_BYTES: u64 = 128 << 10;
    /// What the Pluton runtime hands to the monitor (one page).
    pub const MONITOR_HANDOFF: u64 = 0x4002_0000;
    /// What the monitor hands to the kernel (one page).
    pub const KERNEL_BOOT_INFO: u64 = 0x4002_1000;
    /// The kernel: image, data and its arenas.
    pub const KERNEL: u64 = 0x4004_0000;
    /// Bytes kept for the kernel.
    pub const KERNEL_BYTES: u64 = 384 << 10;
    /// The root task's image; all RAM behind it is free.
    pub const ROOT: u64 = KERNEL + KERNEL_BYTES;
    /// The fuse latch: the board loads the unique device secret (32 bytes) here
    /// at reset, as fuse shadow registers would; the boot ROM wipes it.
    pub const FUSE_LATCH: u64 = BASE + BYTES - super::PAGE_BYTES;
}

/// Devices.
pub mod device {
    /// PL011, normal world: the sensor board's line.
    pub const UART: u64 = 0x0900_0000;
    /// Its interrupt, as the interrupt controller numbers it.
    pub const UART_INTERRUPT: u32 = 33;
    /// PL031 real-time clock.
    pub const RTC: u64 = 0x0901_0000;
    /// Its interrupt.
    pub const RTC_INTERRUPT: u32 = 34;
    /// PL061 GPIO, normal world.
    pub const GPIO: u64 = 0x0903_0000;
    /// Its interrupt.
    pub const GPIO_INTERRUPT: u32 = 39;
    /// PL011, secure world only: the console.
    pub const SECURE_UART: u64 = 0x0904_0000;
    /// PL061, secure world only: line 0 powers the board off, line 1 resets it.
    pub const SECURE_GPIO: u64 = 0x090b_0000;
    /// GICv3 distributor.
    pub const GIC_DISTRIBUTOR: u64 = 0x0800_0000;
    /// GICv3 redistributors, one per core.
    pub const GIC_REDISTRIBUTORS: u64 = 0x080a_0000;
    /// Bytes of one redistributor (two 64 KiB frames).
    pub const GIC_REDISTRIBUTOR_BYTES: u64 = 0x2_0000;
}

/// Cores and interrupts between them.
pub mod core {
    /// The core that runs the kernel.
    pub const APPLICATION: u64 = 0;
    /// The cores of real-time apps.
    pub const REAL_TIME: [u64; 2] = [1, 2];
    /// The core that runs the Pluton runtime.
    pub const PLUTON: u64 = 3;
    /// Number of cores.
    pub const COUNT: u64 = 4;
    /// Software interrupt (group 1, normal world): a mailbox reply is waiting.
    pub const MAILBOX_REPLY_INTERRUPT: u32 = 7;
    /// Software interrupt (group 0, secure): a mailbox request is waiting.
    pub const MAILBOX_REQUEST_INTERRUPT: u32 = 8;
    /// Software interrupt (group 0, secure): leave the boot ROM's waiting loop.
    pub const RELEASE_INTERRUPT: u32 = 9;
    /// Virtual timer, the kernel's.
    pub const KERNEL_TIMER_INTERRUPT: u32 = 27;
}
