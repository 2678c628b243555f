//! What an app is written with.
//!
//! A process can do nothing but name slots of its own capability table to the
//! kernel. This crate gives those slots types, so that the mistakes an honest
//! program makes do not compile; the kernel's own check is what a dishonest one
//! meets. Everything that calls the kernel is generic over [`Syscalls`], so app
//! code runs on a PC against [`fake::Fake`] as well as on the device.
//!
//! Unsafe code lives in two modules only: `syscall` (the one `svc`) and
//! `machine` (start code, device registers, memory windows, the heap).
#![cfg_attr(target_os = "none", no_std)]
#![deny(unsafe_code)]

mod cap;
mod clock;
#[cfg(not(target_os = "none"))]
pub mod fake;
mod ipc;
pub mod layout;
#[cfg(not(target_os = "none"))]
pub mod link;
pub mod log;
#[expect(unsafe_code, reason = "start code, device registers and windows touch memory by address")]
pub mod machine;
mod memory;
mod process;
pub mod slots;
pub mod start;
#[cfg(target_os = "none")]
#[expect(unsafe_code, reason = "the one place that enters the kernel")]
mod syscall;
mod syscall_trait;
pub mod text;
pub mod uart;

pub use cap::{
    Cap, Endpoint, Interrupt, Monitor, Notification, Process, Region, Schedule, Thread, copy,
    delete, inspect, move_capability, revoke,
};
pub use clock::Clock;
pub use ipc::{Received, Words};
pub use kernel_abi as abi;
pub use kernel_abi::{Error, Place, Rights, Slot, SystemCall};
pub use process::ProcessTerms;
pub use start::StartInfo;
#[cfg(target_os = "none")]
pub use syscall::Kernel;
pub use syscall_trait::{Registers, Syscalls};
