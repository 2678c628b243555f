//! The gate: all that runs at EL3 on the normal world's cores.
//!
//! It takes a call from EL2, moves eight words, and returns. It follows no pointer
//! of the caller's, keeps no state of its own, and has no loop whose length a caller
//! chooses. A call from EL1, which only comes if a monitor forgot to trap it, gets
//! `NotSupported`. What else reaches EL3 from below is thrown back as the undefined
//! instruction that it is there.

use crate::lower;
use crate::mailbox::{self, GATES, MAILBOXES};
use crate::power::Order;
use crate::{cpu, gic};
use core::arch::global_asm;
use pluton_abi::command::{MESSAGE_WORDS, Origin, RequestHeader};
use pluton_abi::smc::{MAILBOX_RECEIVE, MAILBOX_SEND, SYSTEM_OFF, SYSTEM_RESET, Status};

/// The caller's registers `x0` to `x30`, saved by the vector and restored from here.
#[repr(C)]
struct Frame {
    registers: [u64; 32],
}
const _: () = assert!(size_of::<Frame>() == 256);

const CLASS_SMC32: u64 = 0x13;
const CLASS_SMC64: u64 = 0x17;

/// Starts the monitor on this core.
pub extern "C" fn start(core: u64) -> ! {
    gic::set_up_core(core);
    gic::acknowledge_doorbells();
    lower::prepare();
    lower::enter(mailbox::monitor_entry(), board::ram::MONITOR_HANDOFF)
}

extern "C" fn from_below(frame: &mut Frame) {
    match read_register!("esr_el3") >> 26 & 0x3f {
        CLASS_SMC64 => {
            let status = match lower::came_from_el2() {
                true => call(&mut frame.registers),
                false => Status::NotSupported,
            };
            frame.registers[0] = status as u64;
        }
        CLASS_SMC32 => frame.registers[0] = Status::NotSupported as u64,
        _ => lower::throw_undefined(),
    }
}

fn call(registers: &mut [u64; 32]) -> Status {
    let core = cpu::core_number();
    let Some(mailbox) = MAILBOXES.get(core) else {
        return Status::NotSupported;
    };
    let [function, ..] = *registers;
    match function {
        MAILBOX_SEND => {
            let [_, rest @ ..] = registers;
            let Some(message) = rest.first_chunk::<MESSAGE_WORDS>() else {
                return Status::NotSupported;
            };
            let origin = RequestHeader::unpack(message[0]).origin;
            if Origin::from_number(origin) == Origin::Unknown {
                return Status::Denied;
            }
            if !mailbox.requests.put(message) {
                return Status::Busy;
            }
            gic::ring_pluton();
            Status::Success
        }
        MAILBOX_RECEIVE => {
            let Some(message) = mailbox.replies.take() else {
                return Status::Empty;
            };
            for (register, word) in registers.iter_mut().skip(1).zip(message) {
                *register = word;
            }
            // A request may have waited for room among the replies.
            if mailbox.requests.waiting() != 0 {
                gic::ring_pluton();
            }
            Status::Success
        }
        SYSTEM_OFF => stop(Order::Off),
        SYSTEM_RESET => stop(Order::Reset),
        _ => Status::NotSupported,
    }
}

/// The Pluton core carries the order out, after it has printed what is waiting.
fn stop(order: Order) -> ! {
    mailbox::give_order(order);
    gic::ring_pluton();
    cpu::halt()
}

/// A secure interrupt: a doorbell that came too late to matter.
extern "C" fn secure_interrupt() {
    gic::acknowledge_doorbells();
}

extern "C" fn fault() -> ! {
    report_fault(read_register!("esr_el3"), read_register!("elr_el3"), read_register!("far_el3"))
}

/// Tells the Pluton core that this gate is broken, and stops.
pub(crate) fn report_fault(syndrome: u64, place: u64, address: u64) -> ! {
    let core = cpu::core_number();
    if core < GATES {
        mailbox::set_fault(core as u64, syndrome, place, address);
        gic::ring_pluton();
    }
    cpu::halt()
}

// Save, call, restore. The target has no floating point, so x0..x30 are all the
// registers that the code in between can touch.
global_asm!(
    ".pushsection .text.gate_vectors, \"ax\"",
    ".macro gate_save",
    "sub sp, sp, #256",
    "stp x0, x1, [sp, #0]",
    "stp x2, x3, [sp, #16]",
    "stp x4, x5, [sp, #32]",
    "stp x6, x7, [sp, #48]",
    "stp x8, x9, [sp, #64]",
    "stp x10, x11, [sp, #80]",
    "stp x12, x13, [sp, #96]",
    "stp x14, x15, [sp, #112]",
    "stp x16, x17, [sp, #128]",
    "stp x18, x19, [sp, #144]",
    "stp x20, x21, [sp, #160]",
    "stp x22, x23, [sp, #176]",
    "stp x24, x25, [sp, #192]",
    "stp x26, x27, [sp, #208]",
    "stp x28, x29, [sp, #224]",
    "stp x30, xzr, [sp, #240]",
    ".endm",
    ".balign 2048",
    ".global gate_vectors",
    "gate_vectors:",
    ".rept 8",
    ".balign 128",
    "b {fault}",
    ".endr",
    ".rept 2",
    ".balign 128",
    "gate_save",
    "b gate_from_below",
    ".balign 128",
    "b {fault}",
    ".balign 128",
    "gate_save",
    "b gate_secure_interrupt",
    ".balign 128",
    "b {fault}",
    ".endr",
    "gate_from_below:",
    "mov x0, sp",
    "bl {from_below}",
    "b gate_return",
    "gate_secure_interrupt:",
    "bl {secure_interrupt}",
    "gate_return:",
    "ldp x0, x1, [sp, #0]",
    "ldp x2, x3, [sp, #16]",
    "ldp x4, x5, [sp, #32]",
    "ldp x6, x7, [sp, #48]",
    "ldp x8, x9, [sp, #64]",
    "ldp x10, x11, [sp, #80]",
    "ldp x12, x13, [sp, #96]",
    "ldp x14, x15, [sp, #112]",
    "ldp x16, x17, [sp, #128]",
    "ldp x18, x19, [sp, #144]",
    "ldp x20, x21, [sp, #160]",
    "ldp x22, x23, [sp, #176]",
    "ldp x24, x25, [sp, #192]",
    "ldp x26, x27, [sp, #208]",
    "ldp x28, x29, [sp, #224]",
    "ldr x30, [sp, #240]",
    "add sp, sp, #256",
    "eret",
    ".popsection",
    fault = sym fault,
    from_below = sym from_below,
    secure_interrupt = sym secure_interrupt,
);
