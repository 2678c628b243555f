//! Gives the linker scripts their addresses. They come from the board's memory map,
//! so no address is written twice.

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets the folder");
    let link = |binary: &str, symbols: &[(&str, u64)]| {
        println!("cargo:rustc-link-arg-bin={binary}=-T{folder}/{binary}.ld");
        for (name, value) in symbols {
            println!("cargo:rustc-link-arg-bin={binary}=--defsym={name}={value:#x}");
        }
        println!("cargo:rerun-if-changed={binary}.ld");
    };
    println!("cargo:rerun-if-changed=build.rs");
    link(
        "boot-rom",
        &[
            ("ROM_BASE", board::secure_flash::ROM),
            ("ROM_BYTES", board::secure_flash::ROM_BYTES),
            ("DATA_BASE", board::secure_ram::ROM_DATA),
            ("DATA_BYTES", board::secure_ram::ROM_DATA_BYTES),
        ],
    );
    link(
        "pluton-runtime",
        &[
            ("RUNTIME_BASE", board::secure_ram::RUNTIME),
            ("RUNTIME_BYTES", board::secure_ram::RUNTIME_BYTES),
        ],
    );
}
