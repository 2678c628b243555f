//! Hands the board's addresses to the linker script, so that none is written twice.

fn main() {
    let directory = env!("CARGO_MANIFEST_DIR");
    println!("cargo:rerun-if-changed=link.ld");
    println!("cargo:rustc-link-arg-bins=-T{directory}/link.ld");
    println!(
        "cargo:rustc-link-arg-bins=--defsym=MONITOR_BASE={:#x}",
        board::ram::MONITOR
    );
    println!(
        "cargo:rustc-link-arg-bins=--defsym=MONITOR_BYTES={:#x}",
        board::ram::MONITOR_BYTES
    );
}
