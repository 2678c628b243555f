//! Tests that need a whole device.
#![no_std]
#![forbid(unsafe_code)]
