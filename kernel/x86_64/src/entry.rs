//! What each exception does: fetch the state, ask the kernel, say what to run.
//!
//! The state is one static. It is only ever touched between an exception and the
//! return from it, on one processor, with interrupts masked throughout.

use crate::console::log;
use crate::context::Context;
use crate::hardware::Hardware;
use crate::interrupts::{FIRST_PIN, PINS, SPURIOUS, TIMER, local};
use crate::vectors::IDLE_VECTOR;
use core::arch::asm;
use core::cell::UnsafeCell;
use core::sync::atomic::Ordering;
use kernel_abi::Fault;
use kernel_abi::limits::MESSAGE_WORDS;
use kernel_core::{Context as _, Kernel, Outcome};
use x86_64::registers::control::Cr2;

/// The kernel and its machine.
pub(crate) struct State {
    pub(crate) kernel: Kernel<Hardware>,
    pub(crate) hardware: Hardware,
}

struct Shared(UnsafeCell<State>);
// SAFETY: one processor runs this image, and it touches the cell only in `state`, whose
// claim excludes two users at a time.
unsafe impl Sync for Shared {}

static STATE: Shared =
    Shared(UnsafeCell::new(State { kernel: Kernel::new(), hardware: Hardware::new() }));

/// The state, for the length of one exception.
///
/// # Safety
/// The caller is the only code between an exception (or the start) and the return from
/// it that calls this, and does not keep the reference beyond.
pub(crate) unsafe fn state() -> &'static mut State {
    // SAFETY: exceptions do not nest (interrupts stay masked in the kernel but at the
    // idle loop's `hlt`, whose stub does not come here) and there is one processor, so
    // by the caller's promise no other reference exists.
    unsafe { &mut *STATE.0.get() }
}

/// The context to run; waits for an interrupt while there is none.
fn run(state: &mut State) -> *const Context {
    while state.kernel.idle {
        IDLE_VECTOR.store(0, Ordering::Relaxed);
        // SAFETY: interrupts are open only for the `hlt`; the stub that takes one notes
        // its vector, masks them again and touches nothing else.
        unsafe { asm!("sti", "hlt", "cli", options(nostack)) };
        take_interrupt(state, IDLE_VECTOR.load(Ordering::Relaxed));
    }
    &raw const state.kernel.contexts[state.kernel.current]
}

fn take_interrupt(state: &mut State, vector: u64) {
    let State { kernel, hardware } = state;
    const PIN_0: u64 = FIRST_PIN as u64;
    const LAST_PIN: u64 = PIN_0 + PINS as u64 - 1;
    const CLOCK: u64 = TIMER as u64;
    const NOTHING: u64 = SPURIOUS as u64;
    let _ = match vector {
        PIN_0..=LAST_PIN => {
            let number = (vector - PIN_0) as u32;
            hardware.take_interrupt(number);
            kernel.interrupt(hardware, number)
        }
        CLOCK => {
            local::end_of_interrupt();
            kernel.timer(hardware)
        }
        0 | NOTHING => return,
        _ => {
            local::end_of_interrupt();
            return;
        }
    };
}

/// A system call. Everything is saved in the caller's context.
pub(crate) extern "C" fn system_call(number: u64) -> *const Context {
    // SAFETY: called by the vectors, once per exception.
    let state = unsafe { state() };
    let State { kernel, hardware } = &mut *state;
    let me = kernel.current;
    let mut arguments = [0; 10];
    arguments.copy_from_slice(&kernel.contexts[me].general[..10]);
    match kernel.system_call(hardware, number, &arguments) {
        Outcome::Return(status) => {
            let context = &mut kernel.contexts[me];
            context.general = [0; 11];
            context.general[0] = status;
        }
        Outcome::Switch => {}
        Outcome::Deliver { badge, info } => {
            let mut words = [0; MESSAGE_WORDS];
            words.copy_from_slice(&arguments[1..=MESSAGE_WORDS]);
            let context = &mut kernel.contexts[kernel.current];
            context.set_status(0);
            context.set_words(&words);
            context.set_received(badge, info);
        }
        Outcome::Again => {
            const INSTRUCTION_BYTES: u64 = 2;
            let context = &mut kernel.contexts[me];
            context.program_counter = context.program_counter.wrapping_sub(INSTRUCTION_BYTES);
            context.general[10] = number;
        }
    }
    run(state)
}

/// An exception or interrupt from a process. Everything is saved.
pub(crate) extern "C" fn exception(vector: u64, error: u64) -> *const Context {
    // SAFETY: called by the vectors, once per exception.
    let state = unsafe { state() };
    if vector >= 32 {
        take_interrupt(state, vector);
        return run(state);
    }
    let State { kernel, hardware } = &mut *state;
    let context = &mut kernel.contexts[kernel.current];
    const NO_FLOATING_POINT: u64 = 7;
    let (kind, address) = match vector {
        NO_FLOATING_POINT => {
            hardware.floating_point.claim(kernel.current);
            return run(state);
        }
        2 | 8 | 18 => {
            let at = context.program_counter;
            broken(vector, error, at, 0);
            return &raw const *context;
        }
        3 => {
            // The fault names the instruction, here as on other machines.
            context.program_counter = context.program_counter.wrapping_sub(1);
            (Fault::Breakpoint, 0)
        }
        1 => (Fault::Breakpoint, 0),
        6 | 13 => (Fault::UndefinedInstruction, 0),
        14 => (page_fault(error), Cr2::read_raw()),
        17 => (Fault::Alignment, 0),
        _ => (Fault::Other, 0),
    };
    let _ = kernel.fault(hardware, kind, address, vector << 32 | error);
    run(state)
}

fn page_fault(error: u64) -> Fault {
    const WRITE: u64 = 1 << 1;
    const FETCH: u64 = 1 << 4;
    if error & FETCH != 0 {
        Fault::Execute
    } else if error & WRITE != 0 {
        Fault::Write
    } else {
        Fault::Read
    }
}

/// An exception of the kernel itself.
pub(crate) extern "C" fn broken(vector: u64, error: u64, program_counter: u64, address: u64) {
    log!("fatal: exception {vector} in the kernel, error {error:#x} address {address:#x} at {program_counter:#x}");
    crate::hardware::stop(false);
}
