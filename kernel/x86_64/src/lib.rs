//! How an x86-64 processor does what the kernel means: the second proof that the
//! kernel is portable.
//!
//! There is no security monitor and no Pluton here, so this port owns what those would:
//! it programs the interrupt controllers itself, and of the mailbox it knows one
//! command, the console's. Everything else of the kernel is the same code.
//!
//! Reading order: [`start`] (from the boot loader to the first process), [`memory`]
//! (what is mapped, and the page-table words), [`vectors`] (in and out), [`entry`] (what
//! each of them does), [`context`], [`hardware`] (the machine trait), [`interrupts`]
//! (the two APICs), [`clock`], [`floating_point`], [`segments`] (descriptor tables),
//! [`console`].
#![no_std]
#![cfg(all(target_arch = "x86_64", target_os = "none"))]

pub mod clock;
pub mod console;
pub mod context;
pub mod entry;
pub mod floating_point;
pub mod hardware;
pub mod interrupts;
pub mod memory;
pub mod segments;
pub mod start;
pub mod vectors;
