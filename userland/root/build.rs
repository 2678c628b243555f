//! Links the program for the device; see `sdk::link`. The heap holds one manifest
//! at a time, as text and as a value.

fn main() {
    sdk::link::program(64 << 10);
}
