//! How an AArch64 core at EL2 does what the security monitor means.
//!
//! The only `unsafe` of the monitor is here and in the image's entry. The monitor
//! is a loop on one stack: it runs the kernel until the kernel traps, looks at the
//! trap, and runs it again. So all its state is one local variable, and the only
//! statics are the two sets of translation tables.
#![no_std]

pub mod board;
mod cache;
mod gic;
mod hardware;
mod log;
pub mod run;
mod smc;
mod start;
mod system;
mod tables;
