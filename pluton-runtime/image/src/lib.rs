//! The boot ROM and the Pluton runtime as they lie in secure memory.
#![no_std]
#![forbid(unsafe_code)]
