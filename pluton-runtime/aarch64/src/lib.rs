//! How an AArch64 core at EL3 does what the Pluton runtime means.
//!
//! This crate is the only place of the Pluton part, beside the start code of the two
//! images, that contains `unsafe`. Each module is one unit of audit: it owns one
//! device or one set of system registers, and its callers can not get it wrong.
//!
//! Two kinds of core run it. Core 3 is the Pluton core: it runs the boot ROM and the
//! runtime and never leaves EL3. The other cores have here their *gate*, the only
//! code at EL3 that the normal world can reach.
#![no_std]

#[macro_use]
mod registers;

pub mod cpu;
pub mod fatal;
pub mod gate;
pub mod gic;
mod lower;
pub mod mailbox;
pub mod memory;
pub mod power;
pub mod random;
pub mod translation;
pub mod uart;
