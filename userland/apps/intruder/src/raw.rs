//! The attacks that need unsafe code: loads and stores at addresses that are not the
//! app's, jumps to what is not code, instructions that are not the app's to use.
//!
//! What makes them sound is what they attack: none of them is let through. Should
//! one be, the app says so and stops, whatever it has broken.

use core::arch::asm;
use core::sync::atomic::{AtomicU32, Ordering};

/// A page of data that nothing else lies in.
#[repr(align(4096))]
struct Scratch([AtomicU32; 1024]);
static SCRATCH: Scratch = Scratch([const { AtomicU32::new(0) }; 1024]);

/// `ret`.
const RETURN: u32 = 0xd65f_03c0;

/// The address of the app's data page, which is all of its data.
pub(crate) fn scratch_address() -> u64 {
    SCRATCH.0.as_ptr() as u64
}

/// Loads.
pub(crate) fn read(address: u64) {
    // SAFETY: the address is not mapped, so the load faults and the process ends here.
    unsafe { asm!("ldr {0:w}, [{1}]", out(reg) _, in(reg) address, options(nostack, readonly)) };
}

/// Stores.
pub(crate) fn write(address: u64) {
    // SAFETY: the address is not mapped writable, so the store faults and the process
    // ends here.
    unsafe { asm!("str wzr, [{0}]", in(reg) address, options(nostack)) };
}

/// Jumps, and comes back if there is a `ret`.
pub(crate) fn execute(address: u64) {
    // SAFETY: the address is not mapped executable, so the fetch faults and the process
    // ends here. Were it let through, it would meet the `ret` put there, or anything.
    unsafe { asm!("blr {0}", in(reg) address, out("x30") _, clobber_abi("C")) };
}

/// Puts code into data and jumps there.
pub(crate) fn execute_data() {
    SCRATCH.0[0].store(RETURN, Ordering::Relaxed);
    execute(scratch_address());
}

/// Puts code onto the stack and jumps there.
pub(crate) fn execute_stack() {
    let code = [AtomicU32::new(RETURN), AtomicU32::new(RETURN)];
    code[1].store(RETURN, Ordering::Relaxed);
    execute(code.as_ptr() as u64);
}

macro_rules! instructions {
    ($($name:ident $text:literal)*) => {$(
        #[doc = concat!("`", $text, "`.")]
        pub(crate) fn $name() {
            // SAFETY: the instruction is undefined or trapped at EL0, so it faults and
            // the process ends here. The registers it might change are declared.
            unsafe { asm!($text, inout("x0") 0u64 => _, clobber_abi("C")) };
        }
    )*};
}
instructions! {
    mask_interrupts "msr daifset, #15"
    read_table_base "mrs x0, ttbr1_el1"
    write_table_base "msr ttbr0_el1, x0"
    flush_translations "tlbi vmalle1"
    program_timer "msr cntv_ctl_el0, x0"
    end_interrupt "msr S3_0_C12_C12_1, x0"
    hypervisor_call "hvc #0"
    secure_monitor_call "smc #0"
    exception_return "eret"
}

/// System calls far beyond the highest number; returns their statuses.
pub(crate) fn far_system_calls() -> [u64; 6] {
    macro_rules! far {
        ($($number:literal)*) => {[$({
            let status: u64;
            // SAFETY: a system call that does not exist changes x0..x18 at most, all
            // declared, and no memory of this process.
            unsafe {
                asm!(concat!("svc #", $number), inout("x0") 6u64 => status, clobber_abi("C"));
            }
            status
        },)*]};
    }
    far!(64 255 256 4095 32768 65535)
}
