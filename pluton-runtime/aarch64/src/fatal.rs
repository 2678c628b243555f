//! The end: one line that says what happened, then nothing runs on this core.
//!
//! Core 3 only. A fault of a gate is told by the gate to core 3, which prints it.

use crate::cpu;
use crate::uart::Uart;
use core::arch::global_asm;
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};
use pluton_core::console::{PLUTON, ROM};

static IN_ROM: AtomicBool = AtomicBool::new(false);

/// Says that it is the boot ROM that speaks. All else is the runtime.
pub fn speak_as_rom() {
    IN_ROM.store(true, Ordering::Relaxed);
}

/// Prints a line of this stage.
pub fn say(text: fmt::Arguments<'_>) {
    let stage = if IN_ROM.load(Ordering::Relaxed) { ROM } else { PLUTON };
    // SAFETY: the board has a PL011 here; it is mapped as a device whenever
    // translation is on, and only core 3 comes here.
    let mut uart = unsafe { Uart::new(board::device::SECURE_UART) };
    // The UART never fails.
    let _ = writeln!(uart, "{stage}{text}");
}

/// Prints the line, says that this is the end, and stops.
pub fn halt(text: fmt::Arguments<'_>) -> ! {
    say(text);
    say(format_args!("halted"));
    cpu::halt()
}

#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    if cpu::core_number() as u64 != board::core::PLUTON {
        crate::gate::report_fault(0, 0, 0);
    }
    match info.location() {
        Some(place) => {
            let file = place.file().rsplit('/').next().unwrap_or("");
            halt(format_args!("fatal: internal error in {file} line {}", place.line()))
        }
        None => halt(format_args!("fatal: internal error")),
    }
}

extern "C" fn exception(vector: u64) -> ! {
    halt(format_args!(
        "fatal: exception {vector:#x} esr={:#x} elr={:#x} far={:#x}",
        read_register!("esr_el3"),
        read_register!("elr_el3"),
        read_register!("far_el3"),
    ))
}

// Sixteen entries, all of them the end. Interrupts are masked while core 3 runs. The
// stack starts anew: it may be the very thing that ran out, and nothing returns.
global_asm!(
    ".pushsection .text.fatal_vectors, \"ax\"",
    ".balign 2048",
    ".global fatal_vectors",
    "fatal_vectors:",
    ".set entry, 0",
    ".rept 16",
    ".balign 128",
    "mov x0, #entry",
    "adrp x1, __stack_top",
    "add x1, x1, :lo12:__stack_top",
    "mov sp, x1",
    "b {exception}",
    ".set entry, entry + 0x80",
    ".endr",
    ".popsection",
    exception = sym exception,
);
