//! Counts what the kernel costs, in instructions, from inside.
//!
//! Run as the root task of a kernel built with feature `measure` under QEMU's
//! `-icount shift=0`, where the cycle counter counts instructions exactly. Each figure is
//! the difference of two counter reads less what the programs themselves execute in
//! between (the `svc`, the server's loop), so it is what runs from the first instruction
//! of the vector to the `eret`. Every operation is made [`RUNS`] times; the last figure
//! is printed, and a figure that did not repeat says so.
#![no_std]
#![no_main]

#[cfg(target_os = "none")]
mod children;
#[cfg(target_os = "none")]
mod kernel;
#[cfg(target_os = "none")]
mod measure;
#[cfg(target_os = "none")]
mod output;
#[cfg(target_os = "none")]
mod scene;

/// Times each operation is made.
pub const RUNS: usize = 8;

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(information: &core::panic::PanicInfo<'_>) -> ! {
    output::line(format_args!("bench failed: {information}"));
    kernel::stop()
}

#[cfg(target_os = "none")]
core::arch::global_asm!(".section .text.start, \"ax\"", ".global _start", "_start:", "b {main}", main = sym main);

#[cfg(target_os = "none")]
extern "C" fn main(info: &'static kernel_abi::boot::RootInfo) -> ! {
    let scene = scene::build(info);
    measure::all(&scene);
    output::line(format_args!("bench done"));
    kernel::stop()
}
