//! The one place that enters the kernel.
//!
//! The number of a call is the immediate of `svc`, which no register can supply;
//! so there is a table of `svc` instructions, one for every number the kernel may
//! ever list, and a call jumps into it.

use core::arch::{asm, global_asm};

use kernel_abi::{Error, call::CALL_NUMBERS};

use crate::{Registers, Syscalls};

global_asm!(
    ".pushsection .text.sdk_svc_table, \"ax\"",
    ".balign 8",
    ".global sdk_svc_table",
    "sdk_svc_table:",
    ".irp number, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "svc #\\number",
    "ret",
    ".endr",
    ".irp number, 32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63",
    "svc #\\number",
    "ret",
    ".endr",
    ".popsection",
);
const _: () = assert!(CALL_NUMBERS == 64, "the table above lists 64 numbers");

unsafe extern "C" {
    /// The table of entries above, 8 bytes each. Not callable from Rust.
    static sdk_svc_table: [[u32; 2]; CALL_NUMBERS as usize];
}

/// The kernel this program runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kernel;

impl Syscalls for Kernel {
    #[inline(never)]
    fn raw(&self, number: u64, registers: &mut Registers) {
        let x = &mut registers.0;
        if number >= CALL_NUMBERS {
            x[0] = Error::UnknownCall as u64;
            return;
        }
        // SAFETY: `number` was checked to lie within the table.
        let entry = unsafe { (&raw const sdk_svc_table).cast::<[u32; 2]>().add(number as usize) };
        // SAFETY: `entry` is an `svc` followed by `ret`. The kernel changes x0..x18
        // and flags, all declared here, and keeps the rest; `blr` changes x30, declared.
        // The kernel reads and writes this process's memory only in its message buffer
        // page, which no Rust object lies in.
        unsafe {
            asm!(
                "blr {entry}",
                entry = in(reg) entry,
                inout("x0") x[0], inout("x1") x[1], inout("x2") x[2], inout("x3") x[3],
                inout("x4") x[4], inout("x5") x[5], inout("x6") x[6], inout("x7") x[7],
                inout("x8") x[8], inout("x9") x[9], inout("x10") x[10],
                out("x11") _, out("x12") _, out("x13") _, out("x14") _, out("x15") _,
                out("x16") _, out("x17") _, out("x18") _, out("x30") _,
            );
        }
    }

    fn now(&self) -> u64 {
        let ticks: u64;
        // SAFETY: reads the virtual counter, which the kernel lets EL0 read; `isb`
        // keeps the read from being made early. No memory is touched.
        unsafe { asm!("isb", "mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
        ticks
    }
}
