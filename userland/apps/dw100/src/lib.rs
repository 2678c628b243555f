//! The DW100 dishwasher.
//!
//! The app believes nothing that comes off the line until a checksum vouches for
//! it, heats nothing it can not see is safe to heat, and says once a second what it
//! knows. It owns one endpoint to the UART's driver and one to the log, so the worst
//! it can do, were it taken over, is to wash badly.
//!
//! The logic is here, without a kernel in sight, and is tested on a PC; `main.rs`
//! only moves bytes.
#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]

pub mod board;
pub mod controller;
pub mod event;
pub mod line;
pub mod telemetry;
