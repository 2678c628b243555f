//! Passes the linker script, where the suite is linked for a device.

fn main() {
    let directory = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo:rerun-if-changed=link.ld");
    let is = |key: &str, value: &str| std::env::var(key).as_deref() == Ok(value);
    if is("CARGO_CFG_TARGET_OS", "none") {
        println!("cargo:rustc-link-arg-bins=-T{directory}/link.ld");
        if is("CARGO_CFG_TARGET_ARCH", "x86_64") {
            println!("cargo:rustc-link-arg-bins=--no-pie");
            println!("cargo:rustc-link-arg-bins=-znorelro");
        }
    }
}
