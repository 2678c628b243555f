//! What the Pluton runtime means: boot, measurement, identity, mailbox.
//!
//! Nothing here touches hardware. The boot ROM and the runtime give these functions
//! bytes and small traits ([`machine`]); tests on the host give them fakes. Every
//! function whose input comes from outside (flash, fuses, device tree, mailbox)
//! answers an error for what it does not like; none panics.
#![no_std]
#![forbid(unsafe_code)]

pub mod boot;
pub mod commands;
pub mod console;
pub mod device_tree;
pub mod dice;
pub mod fuses;
pub mod handoff;
pub mod load;
pub mod machine;
pub mod measurement;
pub mod random;
pub mod refusal;
pub mod ring;
pub mod rom;
pub mod runtime;
pub mod text;
pub mod verify;
