//! A thread's saved registers, as the vectors store and load them.
//!
//! | `kernel-abi` says | register |
//! |---|---|
//! | `x0..=x5` | `rdi rsi rdx r10 r8 r9` |
//! | `x6..=x9` | `r12 r13 r14 r15` |
//! | `x10` | `rax` (the call's number on the way in) |
//! | kept over a call | `rbx rbp rsp` |
//! | not kept | `rcx r11`, which `syscall` uses up |

use kernel_abi::limits::MESSAGE_WORDS;

/// Saved registers. The vectors know the offsets.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Context {
    /// `x0..=x10`.
    pub general: [u64; 11],
    /// `rcx`.
    pub rcx: u64,
    /// `rbx`.
    pub rbx: u64,
    /// `rbp`.
    pub rbp: u64,
    /// `r11`.
    pub r11: u64,
    /// `rsp`.
    pub stack: u64,
    /// `rip`.
    pub program_counter: u64,
    /// `rflags`: interrupts on, I/O privilege 0.
    pub flags: u64,
}
const _: () = assert!(core::mem::offset_of!(Context, rcx) == 88);
const _: () = assert!(core::mem::offset_of!(Context, stack) == 120);
const _: () = assert!(core::mem::offset_of!(Context, flags) == 136);

/// Flags of a thread that starts: interrupts on, and the bit that is always one.
const START_FLAGS: u64 = 1 << 9 | 1 << 1;

/// An address that `iretq` takes: the processor would fault in the kernel on one that
/// is no address at all, so such a one becomes the last byte below, where nothing can
/// be mapped, and the thread faults itself.
fn canonical(address: u64) -> u64 {
    let extended = ((address << 16) as i64 >> 16) as u64;
    if extended == address { address } else { 0x7fff_ffff_ffff }
}

impl kernel_core::Context for Context {
    const ZERO: Self = Self {
        general: [0; 11],
        rcx: 0,
        rbx: 0,
        rbp: 0,
        r11: 0,
        stack: 0,
        program_counter: 0,
        flags: 0,
    };

    fn new(entry: u64, stack: u64, argument: u64) -> Self {
        let mut context = Self {
            program_counter: canonical(entry),
            stack,
            flags: START_FLAGS,
            ..Self::ZERO
        };
        context.general[0] = argument;
        context
    }
    fn words(&self) -> [u64; MESSAGE_WORDS] {
        let [_, words @ .., _, _] = self.general;
        words
    }
    fn set_words(&mut self, words: &[u64; MESSAGE_WORDS]) {
        self.general[1..=MESSAGE_WORDS].copy_from_slice(words);
    }
    fn set_arguments(&mut self, arguments: &[u64; 10]) {
        self.general[..10].copy_from_slice(arguments);
    }
    fn set_status(&mut self, status: u64) {
        self.general[0] = status;
    }
    fn set_received(&mut self, badge: u64, info: u64) {
        self.general[9] = badge;
        self.general[10] = info;
    }
    fn program_counter(&self) -> u64 {
        self.program_counter
    }
    fn set_program_counter(&mut self, address: u64) {
        self.program_counter = canonical(address);
    }
    fn frame(&self) -> [u64; 3] {
        [0, self.stack, self.rbp]
    }
}
