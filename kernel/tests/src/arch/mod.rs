//! What differs between processors: the system-call instruction, instructions that
//! fault, floating-point registers, the clock, and one device that can interrupt.
//!
//! Faults are provoked by functions written in assembly whose *first* instruction
//! faults, so the program counter that must be reported is the function's address, and
//! the one to go on at is that plus the instruction's length.
#![allow(unsafe_code, reason = "this module is the suite's only contact with the hardware")]

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::*;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::*;

use kernel_abi::boot::{ROOT_INFO, RootInfo};

/// Makes a function of each instruction, and a table of all of them.
macro_rules! privileged_instructions {
    ($($name:literal $symbol:ident $instruction:literal,)*) => {
        unsafe extern "C" { $(fn $symbol();)* }
        /// Instructions that a process may not execute.
        pub(crate) static PRIVILEGED: &[(&str, unsafe extern "C" fn())] = &[$(($name, $symbol)),*];
        $(core::arch::global_asm!(
            concat!(".global ", stringify!($symbol)),
            concat!(stringify!($symbol), ":"),
            $instruction,
            "ret"
        );)*
    };
}
pub(crate) use privileged_instructions;

/// What a system call returned: `x0`, `x1..=x8`, `x9`, `x10`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u64,
    pub(crate) words: [u64; 8],
    pub(crate) badge: u64,
    pub(crate) info: u64,
}

unsafe extern "C" {
    static suite_text: u8;
    static suite_rodata: u8;
    static suite_data: u8;
    fn probe_read(address: u64) -> u64;
    fn probe_write(address: u64, value: u64);
    fn probe_jump(address: u64);
    fn probe_undefined();
    fn probe_breakpoint();
    fn residue_entry();
    fn agent_entry();
}

/// Addresses of the suite's segments: text, constants, data.
pub(crate) fn segments() -> [u64; 3] {
    [(&raw const suite_text) as u64, (&raw const suite_rodata) as u64, (&raw const suite_data) as u64]
}

/// A function that faults at its first instruction.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Probe {
    Read = 0,
    Write = 1,
    Jump = 2,
    Undefined = 3,
    Breakpoint = 4,
}

impl Probe {
    /// Its address.
    pub(crate) fn address(self) -> u64 {
        match self {
            Self::Read => probe_read as *const () as u64,
            Self::Write => probe_write as *const () as u64,
            Self::Jump => probe_jump as *const () as u64,
            Self::Undefined => probe_undefined as *const () as u64,
            Self::Breakpoint => probe_breakpoint as *const () as u64,
        }
    }
    /// Bytes of its first instruction.
    pub(crate) fn bytes(self) -> u64 {
        PROBE_BYTES[self as usize]
    }
}

/// Runs a probe. Returns what a read yields.
pub(crate) fn probe(which: u64, address: u64, value: u64) -> u64 {
    // SAFETY: each function does what its name says, in this process; the children that
    // run them own nothing that an access could harm, and a fault is what is wanted.
    unsafe {
        match which {
            0 => return probe_read(address),
            1 => probe_write(address, value),
            2 => probe_jump(address),
            3 => probe_undefined(),
            _ => probe_breakpoint(),
        }
    }
    0
}

/// Runs the privileged instruction of this index.
pub(crate) fn privileged(index: u64) {
    if let Some((_, function)) = PRIVILEGED.get(index as usize) {
        // SAFETY: one instruction that the processor refuses to a process.
        unsafe { function() };
    }
}

/// Address of an agent's entry.
pub(crate) fn agent_address() -> u64 {
    agent_entry as *const () as u64
}

/// Address of the entry that adds up what a fresh thread finds in its registers.
pub(crate) fn residue_address() -> u64 {
    residue_entry as *const () as u64
}

/// Reads a word of memory shared with another process.
pub(crate) fn load(address: u64) -> u64 {
    // SAFETY: callers name pages that the suite mapped; others may write them meanwhile,
    // hence volatile.
    unsafe { (address as *const u64).read_volatile() }
}
/// Writes a word of memory shared with another process.
pub(crate) fn store(address: u64, value: u64) {
    // SAFETY: as for `load`; no Rust object lies there.
    unsafe { (address as *mut u64).write_volatile(value) }
}
/// Reads a device register.
pub(crate) fn load_register(address: u64) -> u32 {
    // SAFETY: a device region that the caller mapped at this address.
    unsafe { (address as *const u32).read_volatile() }
}
/// Writes a device register.
pub(crate) fn store_register(address: u64, value: u32) {
    // SAFETY: as for `load_register`.
    unsafe { (address as *mut u32).write_volatile(value) }
}

/// The page the kernel left for the root task.
pub(crate) fn root_info() -> RootInfo {
    // SAFETY: the kernel maps it there before the root task runs; plain words.
    unsafe { (ROOT_INFO as *const RootInfo).read_volatile() }
}
