//! The kernel of the reference board: `kernel-aarch64`, linked where the board's map
//! says. Nothing else: a port to another board is another such crate.
#![no_std]
#![no_main]

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(information: &core::panic::PanicInfo<'_>) -> ! {
    kernel_aarch64::start::panic(information)
}

#[cfg(target_os = "none")]
use kernel_aarch64 as _;
