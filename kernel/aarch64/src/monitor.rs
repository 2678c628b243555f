//! Calls to the security monitor at EL2.

use core::arch::asm;
use kernel_abi::Error;
use monitor_abi::hvc;

/// `HVC` with nine registers in and out (SMC Calling Convention 1.2).
fn hypervisor_call(registers: &mut [u64; 9]) {
    let [x0, x1, x2, x3, x4, x5, x6, x7, x8] = *registers;
    let (y0, y1, y2, y3, y4, y5, y6, y7, y8);
    // SAFETY: the monitor keeps every register but x0..=x17, and no memory of the kernel
    // changes but what its own specification says of the call made.
    unsafe {
        asm!(
            "hvc #0",
            inout("x0") x0 => y0, inout("x1") x1 => y1, inout("x2") x2 => y2,
            inout("x3") x3 => y3, inout("x4") x4 => y4, inout("x5") x5 => y5,
            inout("x6") x6 => y6, inout("x7") x7 => y7, inout("x8") x8 => y8,
            out("x9") _, out("x10") _, out("x11") _, out("x12") _, out("x13") _,
            out("x14") _, out("x15") _, out("x16") _, out("x17") _,
            options(nostack)
        );
    }
    *registers = [y0, y1, y2, y3, y4, y5, y6, y7, y8];
}

fn check(status: u64) -> Result<(), Error> {
    const BUSY: u64 = hvc::Status::Busy as u64;
    const EMPTY: u64 = hvc::Status::Empty as u64;
    match status {
        0 => Ok(()),
        BUSY => Err(Error::Busy),
        EMPTY => Err(Error::WouldBlock),
        _ => Err(Error::MonitorRefused),
    }
}

/// A call without results.
pub(crate) fn call(function: u64, first: u64, second: u64) -> Result<(), Error> {
    let mut registers = [function, first, second, 0, 0, 0, 0, 0, 0];
    hypervisor_call(&mut registers);
    check(registers[0])
}

/// Sends a mailbox message.
pub(crate) fn mailbox_send(words: &[u64; 8]) -> Result<(), Error> {
    let mut registers = [0; 9];
    registers[0] = hvc::MAILBOX_SEND;
    registers[1..].copy_from_slice(words);
    hypervisor_call(&mut registers);
    check(registers[0])
}

/// Takes a mailbox reply.
pub(crate) fn mailbox_receive() -> Result<[u64; 8], Error> {
    let mut registers = [hvc::MAILBOX_RECEIVE, 0, 0, 0, 0, 0, 0, 0, 0];
    hypervisor_call(&mut registers);
    check(registers[0])?;
    let mut words = [0; 8];
    words.copy_from_slice(&registers[1..]);
    Ok(words)
}

/// Stops the machine.
pub(crate) fn system_stop(reset: bool) {
    let function = if reset { hvc::SYSTEM_RESET } else { hvc::SYSTEM_OFF };
    let _ = call(function, 0, 0);
}
