//! Where things lie in the address space of every program.
//!
//! All of it is inside one 2 MiB block, so a process needs two pages of tables.
//!
//! | from | what |
//! |---|---|
//! | [`PROGRAM`] | text, constants, data, heap: as linked |
//! | [`DEVICES`] | device registers, for drivers |
//! | below [`STACK_TOP`] | stack, growing down to an unmapped page |
//! | [`START_INFO`] | [`crate::StartInfo`], read-only |
//! | [`MESSAGE_BUFFER`] | page for long messages, for those who want one |

/// Bytes of a page.
pub const PAGE_BYTES: u64 = kernel_abi::limits::PAGE_BYTES;
/// First byte of a program.
pub const PROGRAM: u64 = 0x0020_0000;
/// One past the last byte of a program.
pub const PROGRAM_END: u64 = DEVICES;
/// First byte of the window for device registers.
pub const DEVICES: u64 = 0x003d_0000;
/// One past the window for device registers.
pub const DEVICES_END: u64 = 0x003e_0000;
/// One past the stack.
pub const STACK_TOP: u64 = 0x003f_e000;
/// The start-info page.
pub const START_INFO: u64 = 0x003f_e000;
/// The page for long messages.
pub const MESSAGE_BUFFER: u64 = 0x003f_f000;
/// Most pages a stack may have: what lies between the devices and [`STACK_TOP`],
/// less one page that stays unmapped and so catches an overflow.
pub const STACK_PAGES_MAX: u64 = (STACK_TOP - DEVICES_END) / PAGE_BYTES - 1;
/// Pages of tables a process needs: the root table and one for the block.
pub const TABLE_PAGES: u64 = 2;

const BLOCK: u64 = 2 << 20;
const _: () = assert!(PROGRAM / BLOCK == MESSAGE_BUFFER / BLOCK);
const _: () = assert!(STACK_TOP == kernel_abi::boot::ROOT_STACK_TOP);
const _: () = assert!(MESSAGE_BUFFER == kernel_abi::boot::ROOT_BUFFER);
