//! Links the program for the device; see `sdk::link`.

fn main() {
    sdk::link::program(0);
}
