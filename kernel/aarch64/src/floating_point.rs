//! Floating-point registers, switched only when somebody uses them.
//!
//! They belong to one thread, the *owner*. While another runs, access traps; the first
//! use moves them. So threads that do not compute in floating point pay nothing, and
//! no thread ever sees another's.

use core::arch::asm;
use kernel_abi::limits::THREADS;
use kernel_core::arena::{Id, Link};
use kernel_core::thread::Thread;

/// `V0..=V31`, `FPCR`, `FPSR`.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
struct Registers {
    vectors: [u128; 32],
    control: u64,
    status: u64,
}

/// Who owns the registers, and everybody else's.
pub(crate) struct FloatingPoint {
    owner: Link<Thread>,
    enabled: bool,
    saved: [Registers; THREADS],
}

/// `CPACR_EL1.FPEN`: no trap.
const ENABLED: u64 = 0b11 << 20;

impl FloatingPoint {
    pub(crate) const fn new() -> Self {
        Self {
            owner: Link::NONE,
            enabled: false,
            saved: [Registers { vectors: [0; 32], control: 0, status: 0 }; THREADS],
        }
    }

    /// Lets a thread use the registers if it owns them, else makes its first use trap.
    #[inline(always)]
    pub(crate) fn switch(&mut self, thread: Id<Thread>) {
        let owns = self.owner.is(thread);
        if owns != self.enabled {
            self.enabled = owns;
            set_access(if owns { ENABLED } else { 0 });
        }
    }

    /// The current thread used the registers without owning them.
    pub(crate) fn claim(&mut self, thread: Id<Thread>) {
        set_access(ENABLED);
        self.enabled = true;
        if let Some(owner) = self.owner.get() {
            save(&mut self.saved[owner.index() & (THREADS - 1)]);
        }
        load(&self.saved[thread.index() & (THREADS - 1)]);
        self.owner = thread.link();
    }

    /// A new thread starts in this entry: its registers are zero.
    pub(crate) fn reset(&mut self, thread: Id<Thread>) {
        self.saved[thread.index() & (THREADS - 1)] =
            Registers { vectors: [0; 32], control: 0, status: 0 };
        if self.owner.is(thread) {
            self.owner = Link::NONE;
        }
    }
}

fn set_access(value: u64) {
    // SAFETY: CPACR_EL1 only decides whether floating-point instructions trap; the
    // kernel itself is built without any.
    unsafe { asm!("msr cpacr_el1, {}", "isb", in(reg) value, options(nostack)) };
}

fn save(registers: &mut Registers) {
    // SAFETY: stores exactly the 528 bytes of `registers`; access was enabled before.
    unsafe {
        asm!(
            ".arch_extension fp",
            ".arch_extension simd",
            "stp q0, q1, [{0}, #0]", "stp q2, q3, [{0}, #32]",
            "stp q4, q5, [{0}, #64]", "stp q6, q7, [{0}, #96]",
            "stp q8, q9, [{0}, #128]", "stp q10, q11, [{0}, #160]",
            "stp q12, q13, [{0}, #192]", "stp q14, q15, [{0}, #224]",
            "stp q16, q17, [{0}, #256]", "stp q18, q19, [{0}, #288]",
            "stp q20, q21, [{0}, #320]", "stp q22, q23, [{0}, #352]",
            "stp q24, q25, [{0}, #384]", "stp q26, q27, [{0}, #416]",
            "stp q28, q29, [{0}, #448]", "stp q30, q31, [{0}, #480]",
            "mrs {1}, fpcr", "mrs {2}, fpsr",
            "add {0}, {0}, #512", "stp {1}, {2}, [{0}]",
            inout(reg) registers as *mut Registers => _, out(reg) _, out(reg) _,
            options(nostack)
        );
    }
}

fn load(registers: &Registers) {
    // SAFETY: reads exactly the 528 bytes of `registers`; access was enabled before, and
    // no Rust code holds a value in these registers (soft-float target).
    unsafe {
        asm!(
            ".arch_extension fp",
            ".arch_extension simd",
            "ldp q0, q1, [{0}, #0]", "ldp q2, q3, [{0}, #32]",
            "ldp q4, q5, [{0}, #64]", "ldp q6, q7, [{0}, #96]",
            "ldp q8, q9, [{0}, #128]", "ldp q10, q11, [{0}, #160]",
            "ldp q12, q13, [{0}, #192]", "ldp q14, q15, [{0}, #224]",
            "ldp q16, q17, [{0}, #256]", "ldp q18, q19, [{0}, #288]",
            "ldp q20, q21, [{0}, #320]", "ldp q22, q23, [{0}, #352]",
            "ldp q24, q25, [{0}, #384]", "ldp q26, q27, [{0}, #416]",
            "ldp q28, q29, [{0}, #448]", "ldp q30, q31, [{0}, #480]",
            "add {0}, {0}, #512", "ldp {1}, {2}, [{0}]",
            "msr fpcr, {1}", "msr fpsr, {2}",
            inout(reg) registers as *const Registers => _, out(reg) _, out(reg) _,
            options(nostack, readonly)
        );
    }
}
