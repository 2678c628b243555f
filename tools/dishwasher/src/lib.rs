//! A dishwasher's sensor board, simulated over a serial line.
//!
//! The device under QEMU drives a real UART; what sits at the other end should be
//! as awkward as a machine is. So the board here has physics of its own (water heats
//! only while the heater is on and works), noise on every reading, a line that
//! damages bytes, and scenarios in which something breaks. It runs from a seed, so
//! that a run that showed a fault can be run again.
#![forbid(unsafe_code)]

mod line;
mod machine;
mod random;

pub use line::Line;
pub use machine::{Machine, Scenario};
pub use random::Random;
