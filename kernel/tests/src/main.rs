//! The kernel's test suite: one source for every processor.
//!
//! It runs as the root task, so it holds every capability there is and can set up any
//! situation. What it can not do itself, because it would not survive it, it has done by
//! *agents*: child processes that run the same code and do what a page shared with them
//! says ([`agent`]). An agent that provokes faults is a victim, one that forges is
//! hostile; both are supervised, and what is reported of them is compared.
//!
//! Every case starts with nothing but what the kernel gives the root task, and ends by
//! deleting all that it made ([`stand`]); that nothing is lost by this is a case too.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod agent;
#[cfg(target_os = "none")]
mod arch;
#[cfg(target_os = "none")]
mod call;
#[cfg(target_os = "none")]
mod cases;
#[cfg(target_os = "none")]
mod child;
#[cfg(target_os = "none")]
mod log;
#[cfg(target_os = "none")]
mod stand;
#[cfg(target_os = "none")]
mod suite;
#[cfg(target_os = "none")]
mod verdict;

#[cfg(not(target_os = "none"))]
fn main() {}
