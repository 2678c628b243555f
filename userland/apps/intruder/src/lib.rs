//! An app that tries what it may not do.
//!
//! A promise that nobody attacks is a hope. This app has an almost empty manifest
//! and a table of attacks, each of which would break one promise of the layers below
//! if it were let through. It runs beside the dishwasher on every `./bulkhead run`,
//! so that a hole does not wait for a test run to be found.
//!
//! Three kinds: those the kernel answers with an error ([`refused`]), those that try
//! to use something up ([`exhaust`]), and those that end in a fault (`faulting`).
//! A fault ends the process; the root task starts it anew, and the restart count in
//! its start info says which one is next.
#![cfg_attr(target_os = "none", no_std)]
#![deny(unsafe_code)]

pub mod attempt;
pub mod exhaust;
#[cfg(target_os = "none")]
pub mod faulting;
#[cfg(target_os = "none")]
#[expect(unsafe_code, reason = "an attack on memory can not be written in safe code")]
mod raw;
pub mod refused;
