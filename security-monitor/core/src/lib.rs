//! What the security monitor means: partitions, stage 2, policy.
//!
//! Everything here is a value and a pure transition on it. The machine is reached
//! through one trait, [`machine::Machine`], so that a host test can be the machine
//! below *and* the hostile kernel above. Nothing here allocates, and no input of
//! the kernel's makes it panic.
#![no_std]
#![forbid(unsafe_code)]

pub mod boot_info;
pub mod descriptor;
pub mod handoff;
pub mod interrupts;
pub mod layout;
pub mod machine;
pub mod mailbox;
pub mod memory;
pub mod monitor;
pub mod trap;
