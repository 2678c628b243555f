//! A thread's saved registers, as the vectors store and load them.

use kernel_abi::limits::MESSAGE_WORDS;

/// Saved registers. The vectors know the offsets.
#[derive(Clone, Debug)]
#[repr(C, align(512))]
pub struct Context {
    /// `x0..=x30`.
    pub general: [u64; 31],
    /// `SP_EL0`.
    pub stack: u64,
    /// `ELR_EL1`.
    pub program_counter: u64,
    /// `SPSR_EL1`: always EL0, AArch64, interrupts on.
    pub status: u64,
    /// `TPIDR_EL0`.
    pub thread_pointer: u64,
}
const _: () = assert!(core::mem::offset_of!(Context, stack) == 248);
const _: () = assert!(core::mem::offset_of!(Context, program_counter) == 256);
const _: () = assert!(core::mem::offset_of!(Context, thread_pointer) == 272);

impl Context {
    /// The arguments of a system call (`x0..=x9`), as the vectors saved them.
    #[inline(always)]
    pub(crate) fn arguments(&self) -> [u64; 10] {
        let [a, b, c, d, e, f, g, h, i, j, ..] = self.general;
        [a, b, c, d, e, f, g, h, i, j]
    }
}

impl kernel_core::Context for Context {
    const ZERO: Self =
        Self { general: [0; 31], stack: 0, program_counter: 0, status: 0, thread_pointer: 0 };

    fn new(entry: u64, stack: u64, argument: u64) -> Self {
        let mut context = Self { program_counter: entry, stack, ..Self::ZERO };
        context.general[0] = argument;
        context
    }
    // Word by word: at this size the compiler would call `memcpy`.
    #[inline(always)]
    fn words(&self) -> [u64; MESSAGE_WORDS] {
        let [_, a, b, c, d, e, f, g, h, ..] = self.general;
        [a, b, c, d, e, f, g, h]
    }
    #[inline(always)]
    fn set_words(&mut self, words: &[u64; MESSAGE_WORDS]) {
        let [_, a, b, c, d, e, f, g, h, ..] = &mut self.general;
        [*a, *b, *c, *d, *e, *f, *g, *h] = *words;
    }
    fn set_arguments(&mut self, arguments: &[u64; 10]) {
        self.general[..10].copy_from_slice(arguments);
    }
    #[inline(always)]
    fn set_status(&mut self, status: u64) {
        self.general[0] = status;
    }
    #[inline(always)]
    fn set_result(&mut self, result: u64) {
        self.general[0] = 0;
        self.general[1] = result;
    }
    #[inline(always)]
    fn set_received(&mut self, badge: u64, info: u64) {
        self.general[9] = badge;
        self.general[10] = info;
    }
    fn program_counter(&self) -> u64 {
        self.program_counter
    }
    fn set_program_counter(&mut self, address: u64) {
        self.program_counter = address;
    }
    fn frame(&self) -> [u64; 3] {
        [self.general[30], self.stack, self.general[29]]
    }
}
