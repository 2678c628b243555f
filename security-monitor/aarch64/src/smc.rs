//! Calls to the gate at EL3: the monitor's only way to anything below it.

use core::arch::asm;

use pluton_abi::command::Message;
use pluton_abi::smc::{self, Status};

/// `x0..=x8` in and out.
fn call(registers: &mut [u64; 9]) {
    let [x0, x1, x2, x3, x4, x5, x6, x7, x8] = registers;
    // SAFETY: a fast call of the SMC Calling Convention changes x0..x17 only, all of
    // them named here; the gate writes no memory of the normal world's.
    unsafe {
        asm!(
            "smc #0",
            inout("x0") *x0, inout("x1") *x1, inout("x2") *x2,
            inout("x3") *x3, inout("x4") *x4, inout("x5") *x5,
            inout("x6") *x6, inout("x7") *x7, inout("x8") *x8,
            lateout("x9") _, lateout("x10") _, lateout("x11") _,
            lateout("x12") _, lateout("x13") _, lateout("x14") _,
            lateout("x15") _, lateout("x16") _, lateout("x17") _,
            options(nostack),
        );
    }
}

fn status(word: u64) -> Status {
    const SUCCESS: u64 = Status::Success as u64;
    const BUSY: u64 = Status::Busy as u64;
    const EMPTY: u64 = Status::Empty as u64;
    const DENIED: u64 = Status::Denied as u64;
    match word {
        SUCCESS => Status::Success,
        BUSY => Status::Busy,
        EMPTY => Status::Empty,
        DENIED => Status::Denied,
        _ => Status::NotSupported,
    }
}

/// Puts a message into this core's mailbox.
pub(crate) fn send(message: &Message) -> Status {
    let mut registers = [0; 9];
    registers[0] = smc::MAILBOX_SEND;
    registers[1..].copy_from_slice(message);
    call(&mut registers);
    status(registers[0])
}

/// Takes the oldest reply, if there is one.
pub(crate) fn receive() -> Option<Message> {
    let mut registers = [0; 9];
    registers[0] = smc::MAILBOX_RECEIVE;
    call(&mut registers);
    let [word, message @ ..] = registers;
    (status(word) == Status::Success).then_some(message)
}

/// Powers the board off.
pub(crate) fn system_off() {
    call(&mut [smc::SYSTEM_OFF, 0, 0, 0, 0, 0, 0, 0, 0]);
}

/// Resets the board.
pub(crate) fn system_reset() {
    call(&mut [smc::SYSTEM_RESET, 0, 0, 0, 0, 0, 0, 0, 0]);
}
