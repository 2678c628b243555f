//! What crosses the boundary of the security monitor: one definition of every number.
//!
//! The kernel (EL1) calls with `HVC`, function in `x0`, arguments in `x1..`; the
//! monitor answers a [`hvc::Status`] in `x0`. What is not listed is refused.
#![no_std]
#![forbid(unsafe_code)]

pub mod boot_info;
pub mod hvc;
