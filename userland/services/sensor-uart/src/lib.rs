//! The driver that owns the sensor board's UART.
//!
//! It is the only process that can reach the registers, and bytes are all it deals
//! in: it knows nothing of frames. What a client sends it is bounds-checked, what
//! the line sends it is kept in a ring that overwrites nothing: bytes that come too
//! fast are counted and lost.
#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]

pub mod pl011;
pub mod ring;
pub mod serve;
