//! Floating-point registers, switched only when somebody uses them.
//!
//! They belong to one thread, the *owner*. While another runs, `CR0.TS` makes their use
//! trap; the first use moves them. `CR4.OSXSAVE` stays off, so there are no registers
//! (AVX) beyond the 512 bytes that `fxsave` moves.

use core::arch::asm;
use kernel_abi::limits::THREADS;
use kernel_core::arena::{Id, Link};
use kernel_core::thread::Thread;
use x86_64::registers::control::{Cr0, Cr0Flags};

/// What `fxsave` stores.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
struct Registers([u64; 64]);

impl Registers {
    const ZERO: Self = Self([0; 64]);
    /// As a processor starts: all zero, every exception masked.
    const START: Self = {
        let mut words = [0; 64];
        words[0] = 0x37f;
        words[3] = 0x1f80;
        Self(words)
    };
}

/// Who owns the registers, and everybody else's.
pub(crate) struct FloatingPoint {
    owner: Link<Thread>,
    enabled: bool,
    saved: [Registers; THREADS],
}

impl FloatingPoint {
    pub(crate) const fn new() -> Self {
        Self { owner: Link::NONE, enabled: false, saved: [Registers::ZERO; THREADS] }
    }

    /// Lets a thread use the registers if it owns them, else makes its first use trap.
    pub(crate) fn switch(&mut self, thread: Id<Thread>) {
        let owns = self.owner.is(thread);
        if owns != self.enabled {
            self.enabled = owns;
            set_trap(!owns);
        }
    }

    /// The current thread used the registers without owning them.
    pub(crate) fn claim(&mut self, thread: Id<Thread>) {
        set_trap(false);
        self.enabled = true;
        if let Some(owner) = self.owner.get() {
            let registers = &mut self.saved[owner.index() & (THREADS - 1)];
            // SAFETY: stores exactly the 512 bytes of `registers`, which are aligned to
            // 16; access was enabled before.
            unsafe { asm!("fxsave64 [{}]", in(reg) registers, options(nostack)) };
        }
        let registers = &self.saved[thread.index() & (THREADS - 1)];
        // SAFETY: reads exactly the 512 bytes of `registers`, which `fxsave` or `reset`
        // wrote, so no reserved bit is set; no Rust code holds a value in these
        // registers (soft-float target).
        unsafe { asm!("fxrstor64 [{}]", in(reg) registers, options(nostack, readonly)) };
        self.owner = thread.link();
    }

    /// A new thread starts in this entry: its registers are those of a fresh processor.
    pub(crate) fn reset(&mut self, thread: Id<Thread>) {
        self.saved[thread.index() & (THREADS - 1)] = Registers::START;
        if self.owner.is(thread) {
            self.owner = Link::NONE;
            if self.enabled {
                self.enabled = false;
                set_trap(true);
            }
        }
    }
}

fn set_trap(trap: bool) {
    // SAFETY: changes only whether floating-point instructions trap; the kernel itself
    // is built without any.
    unsafe { Cr0::update(|flags| flags.set(Cr0Flags::TASK_SWITCHED, trap)) };
}
