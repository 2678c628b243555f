//! The root task: starts every other process from its signed image.
//!
//! The kernel gives it everything there is, and its work is to give that away in
//! the smallest pieces that do the job. It verifies no signature: it asks Pluton,
//! which writes a verified copy into memory that the root task names, and the
//! security monitor makes its code pages executable on Pluton's word alone. What
//! the root task decides is who gets which capability, by the manifest that was
//! signed together with the code ([`grant`]).
//!
//! A capability is a loan. So ending a process is deleting a few capabilities, and
//! everything it had comes back: memory, time, its endpoint's clients.
#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod grant;
pub mod load;
pub mod mailbox;
pub mod pages;
pub mod plan;
pub mod program;
pub mod root;
pub mod start;
pub mod supervise;
