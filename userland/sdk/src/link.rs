//! For build scripts: how a program is linked. One script, no address written twice.

use std::println;

use crate::layout;

/// Prints the linker arguments of a program with a heap of so many bytes. Does
/// nothing when the program is built for a host, to run its tests.
pub fn program(heap_bytes: u64) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/app.ld");
    println!("cargo:rerun-if-changed={script}");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return;
    }
    println!("cargo:rustc-link-arg-bins=-T{script}");
    for (symbol, value) in [
        ("PROGRAM", layout::PROGRAM),
        ("PROGRAM_END", layout::PROGRAM_END),
        ("PAGE_BYTES", layout::PAGE_BYTES),
        ("HEAP_BYTES", heap_bytes),
    ] {
        println!("cargo:rustc-link-arg-bins=--defsym={symbol}={value}");
    }
    println!("cargo:rustc-link-arg-bins=-zmax-page-size={}", layout::PAGE_BYTES);
}
