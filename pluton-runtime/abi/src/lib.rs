//! What crosses the boundary of the Pluton runtime: one definition of every number.
//!
//! Below it lies the *gate*: the only code at EL3 on the normal world's cores. It
//! forwards a fixed-size message and takes back a fixed-size reply; it knows no
//! command. The commands are the runtime's, one mailbox for each core.
#![no_std]
#![forbid(unsafe_code)]

pub mod command;
pub mod handoff;
pub mod smc;
