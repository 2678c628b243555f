//! The sizes of the kernel's fixed arenas. Nothing is allocated after boot, so
//! these numbers are all the memory the kernel ever uses.

/// Processes.
pub const PROCESSES: usize = 32;
/// Capability slots of each process; slot 0 is always empty.
pub const SLOTS_PER_PROCESS: usize = 128;
/// Threads.
pub const THREADS: usize = 64;
/// Endpoints.
pub const ENDPOINTS: usize = 64;
/// Notifications.
pub const NOTIFICATIONS: usize = 64;
/// Memory and device regions.
pub const REGIONS: usize = 256;
/// Schedules.
pub const SCHEDULES: usize = 64;
/// Interrupts.
pub const INTERRUPTS: usize = 32;
/// Priorities; 0 is the lowest.
pub const PRIORITIES: usize = 32;

/// Levels of derivation: a capability may be lent on this often. It bounds the steps
/// to the innermost loan, and so the time one step of a revocation takes.
pub const DERIVATION_DEPTH: u16 = 32;

/// Bytes of a page.
pub const PAGE_BYTES: u64 = 4096;
/// Bits of a user address.
pub const USER_ADDRESS_BITS: u32 = 30;
/// Words a message carries in registers.
pub const MESSAGE_WORDS: usize = 8;
/// Words a message buffer page carries beyond those in registers.
pub const BUFFER_WORDS: usize = 120;
/// Lowest address a process can map; the pages below stay empty to catch null pointers.
pub const USER_BASE: u64 = 0x1_0000;
