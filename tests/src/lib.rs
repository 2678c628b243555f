//! Tests that need a whole device: what is done to it, and what it must say.
//!
//! A case is a value and a judge is a function of console lines, so both are tested
//! here without a device. Starting QEMU is the business of `./bulkhead test`.
#![forbid(unsafe_code)]

pub mod boot;
