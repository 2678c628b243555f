//! What each exception does: fetch the state, ask the kernel, say what to run.
//!
//! The state is one static. It is only ever touched between an exception and the
//! return from it, on one core, with interrupts masked throughout.

use crate::context::Context;
use crate::hardware::Hardware;
use crate::log::{Part, log};
use core::cell::UnsafeCell;
use kernel_abi::{Error, Fault};
use kernel_core::arena::Id;
use kernel_core::ipc::Words;
use kernel_core::notify::Notification;
use kernel_core::{Kernel, Outcome};

/// The kernel and its machine.
pub(crate) struct State {
    pub(crate) kernel: Kernel<Hardware>,
    pub(crate) hardware: Hardware,
}

struct Shared(UnsafeCell<State>);
// SAFETY: only the application core runs this image, and it touches the cell only in
// `state`, whose claim excludes two users at a time.
unsafe impl Sync for Shared {}

static STATE: Shared =
    Shared(UnsafeCell::new(State { kernel: Kernel::new(), hardware: Hardware::new() }));

/// The state, for the length of one exception.
///
/// # Safety
/// The caller is the only code between an exception (or the start) and the return from
/// it that calls this, and does not keep the reference beyond.
#[inline(always)]
pub(crate) unsafe fn state() -> &'static mut State {
    // SAFETY: exceptions do not nest (interrupts stay masked at EL1) and there is one
    // core, so by the caller's promise no other reference exists.
    unsafe { &mut *STATE.0.get() }
}

/// What the vectors do next.
#[repr(C)]
pub(crate) struct Exit {
    /// Context to load, with bit 0 set if the caller's message goes along; null to return
    /// to the caller with the status.
    context: *const Context,
    /// Status, or the badge of the message.
    value: u64,
}

#[inline(always)]
fn exit(state: &mut State, outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Return(status) => Exit { context: core::ptr::null(), value: status },
        Outcome::Deliver { badge, .. } => deliver(state, badge),
        Outcome::Switch => Exit { context: run(state), value: 0 },
        Outcome::Again => {
            crate::hardware::repeat_instruction();
            Exit { context: run(state), value: 0 }
        }
    }
}

/// The context to run; waits for an interrupt while there is none.
#[inline(always)]
fn run(state: &mut State) -> *const Context {
    if state.kernel.idle {
        idle(state);
    }
    current(state)
}

#[inline(always)]
fn current(state: &State) -> *const Context {
    &raw const state.kernel.contexts[state.kernel.current]
}

#[cold]
fn idle(state: &mut State) {
    while state.kernel.idle {
        crate::hardware::wait_for_interrupt();
        take_interrupt(state);
    }
}

#[inline(always)]
fn take_interrupt(state: &mut State) {
    let State { kernel, hardware } = state;
    let Some(number) = hardware.take_interrupt() else { return };
    let _ = if number == crate::hardware::TIMER_INTERRUPT {
        kernel.timer(hardware)
    } else {
        kernel.interrupt(hardware, number)
    };
}

/// The caller's message goes along to the current thread.
#[inline(always)]
fn deliver(state: &State, badge: u64) -> Exit {
    Exit { context: current(state).map_addr(|address| address | 1), value: badge }
}

/// The vectors keep the message on the stack.
pub(crate) extern "C" fn call(descriptor: u64, message: &Words) -> Exit {
    // SAFETY: called by the vectors, once per exception.
    let state = unsafe { state() };
    match state.kernel.call_shortly(&mut state.hardware, descriptor) {
        Some(badge) => deliver(state, badge),
        None => call_in_general(descriptor, message),
    }
}

/// Apart, so that the function above needs no stack.
#[cold]
#[inline(never)]
extern "C" fn call_in_general(descriptor: u64, message: &Words) -> Exit {
    // SAFETY: the last thing `call` does.
    let state = unsafe { state() };
    let outcome = state.kernel.call(&mut state.hardware, descriptor, message);
    exit(state, outcome)
}

/// The vectors keep the message on the stack.
pub(crate) extern "C" fn reply_receive(descriptor: u64, message: &Words) -> Exit {
    // SAFETY: called by the vectors, once per exception.
    let state = unsafe { state() };
    match state.kernel.reply_receive_shortly(&mut state.hardware, descriptor) {
        Some(()) => deliver(state, 0),
        None => reply_receive_in_general(descriptor, message),
    }
}

/// Apart, so that the function above needs no stack.
#[cold]
#[inline(never)]
extern "C" fn reply_receive_in_general(descriptor: u64, message: &Words) -> Exit {
    // SAFETY: the last thing `reply_receive` does.
    let state = unsafe { state() };
    let outcome = state.kernel.reply_receive(&mut state.hardware, descriptor, message);
    exit(state, outcome)
}

pub(crate) extern "C" fn signal(slot: u64) -> Exit {
    // SAFETY: called by the vectors, once per exception.
    let state = unsafe { state() };
    match state.kernel.signal_shortly(slot) {
        Ok(status) => Exit { context: core::ptr::null(), value: status },
        Err(signalled) => signal_waiter(signalled),
    }
}

/// Apart, so that the function above needs no stack.
#[inline(never)]
fn signal_waiter(signalled: (Id<Notification>, u64)) -> Exit {
    // SAFETY: the last thing `signal` does.
    let state = unsafe { state() };
    let outcome = state.kernel.signal_waiter(&mut state.hardware, signalled);
    exit(state, outcome)
}

/// Every other system call. The vectors saved `x0..=x9` in the caller's context.
pub(crate) extern "C" fn general(number: u64) -> Exit {
    // SAFETY: called by the vectors, once per exception.
    let state = unsafe { state() };
    let arguments = state.kernel.contexts[state.kernel.current].arguments();
    let outcome = state.kernel.system_call(&mut state.hardware, number, &arguments);
    exit(state, outcome)
}

/// An interrupt from EL0; everything is saved.
pub(crate) extern "C" fn interrupt() -> *const Context {
    // SAFETY: called by the vectors, once per exception.
    let state = unsafe { state() };
    take_interrupt(state);
    run(state)
}

/// A synchronous exception from EL0 that is no system call; everything is saved.
pub(crate) extern "C" fn fault(syndrome: u64, address: u64) -> *const Context {
    // SAFETY: called by the vectors, once per exception.
    let state = unsafe { state() };
    let State { kernel, hardware } = state;
    let class = syndrome >> 26 & 0x3f;
    const FLOATING_POINT: u64 = 0x07;
    const SYSTEM_CALL: u64 = 0x15;
    if class == FLOATING_POINT {
        hardware.floating_point.claim(kernel.current);
        return run(state);
    }
    if class == SYSTEM_CALL {
        kernel.contexts[kernel.current].general[0] = Error::UnknownCall as u64;
        return run(state);
    }
    // FAR_EL1 belongs to aborts and program-counter alignment only.
    let address = if matches!(class, 0x20 | 0x22 | 0x24) { address } else { 0 };
    let kind = classify(class, syndrome);
    let outcome = kernel.fault(hardware, kind, address, syndrome);
    debug_assert_eq!(outcome, Outcome::Switch);
    run(state)
}

/// `ESR_EL1.EC` and `ISS`, Arm ARM D17.2.37.
fn classify(class: u64, syndrome: u64) -> Fault {
    const EXTERNAL_ABORT: u64 = 0x10;
    const ALIGNMENT: u64 = 0x21;
    match class {
        0x20 | 0x24 if syndrome & 0x3f == EXTERNAL_ABORT => Fault::Firewall,
        0x24 if syndrome & 0x3f == ALIGNMENT => Fault::Alignment,
        0x20 => Fault::Execute,
        0x24 if syndrome >> 6 & 1 == 1 => Fault::Write,
        0x24 => Fault::Read,
        0x22 | 0x26 => Fault::Alignment,
        0x3c => Fault::Breakpoint,
        0x00 | 0x01 | 0x0e | 0x18 | 0x1a => Fault::UndefinedInstruction,
        _ => Fault::Other,
    }
}

/// A system error while EL0 ran: the thread that ran is told, and maybe stopped.
pub(crate) extern "C" fn serror() -> *const Context {
    // SAFETY: called by the vectors, once per exception.
    let state = unsafe { state() };
    let _ = state.kernel.fault(&mut state.hardware, Fault::Firewall, 0, 0);
    run(state)
}

/// An exception of the kernel itself.
pub(crate) extern "C" fn broken(syndrome: u64, address: u64, program_counter: u64) {
    log(&[
        Part::Text("fatal: exception in the kernel, syndrome "),
        Part::Address(syndrome),
        Part::Text(" address "),
        Part::Address(address),
        Part::Text(" at "),
        Part::Address(program_counter),
    ]);
    crate::monitor::system_stop(false);
}
