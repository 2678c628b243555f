//! The kernel for x86-64: `kernel-x86_64`, linked as `qemu-system-x86_64 -kernel`
//! loads it. On other targets the program is empty.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(all(target_os = "none", target_arch = "x86_64"))]
#[panic_handler]
fn panic(information: &core::panic::PanicInfo<'_>) -> ! {
    kernel_x86_64::start::panic(information)
}

#[cfg(all(target_os = "none", not(target_arch = "x86_64")))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[cfg(not(target_os = "none"))]
fn main() {}
