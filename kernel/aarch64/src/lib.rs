//! How an AArch64 core at EL1 does what the kernel means.
//!
//! All that is `unsafe` about the kernel is here: the vectors, the page-table words,
//! the system registers, and the one static that holds the kernel's state. The kernel
//! has no device of its own: the interrupt controller and the timer are system
//! registers, everything else is asked of the security monitor.
//!
//! Reading order: [`start`] (from reset to the first process), [`vectors`] (in and out),
//! [`entry`] (what each exception does), [`context`], [`hardware`] (the machine trait),
//! [`floating_point`], [`monitor`] (calls to EL2), [`log`].
#![no_std]
#![cfg(target_arch = "aarch64")]

pub mod context;
pub mod entry;
pub mod floating_point;
pub mod hardware;
pub mod log;
pub mod monitor;
pub mod start;
pub mod vectors;
