//! Passes the linker script and the board's addresses to the linker.

fn main() {
    let directory = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo:rerun-if-changed=link.ld");
    println!("cargo:rustc-link-arg-bins=-T{directory}/link.ld");
    println!("cargo:rustc-link-arg-bins=--defsym=KERNEL_PHYSICAL={:#x}", board::ram::KERNEL);
    println!("cargo:rustc-link-arg-bins=--defsym=KERNEL_BYTES={:#x}", board::ram::KERNEL_BYTES);
    println!("cargo:rustc-link-arg-bins=-znostart-stop-gc");
}
