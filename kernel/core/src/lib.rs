//! What the kernel means: its whole state as one plain value.
//!
//! A microkernel is a state machine. Here the state is an ordinary struct of fixed
//! arenas ([`Kernel`]) and every event (a system call, a fault, an interrupt) is an
//! ordinary method on it. Nothing in this crate touches hardware: what it needs of a
//! machine is one trait ([`machine::Machine`]), so the code that runs on the device
//! also runs on a host, where the state can be cloned, compared and searched.
//!
//! Reading order: [`arena`] and [`capability`] (what there is and how it is named),
//! [`thread`], [`endpoint`], [`schedule`], [`region`], [`process`] (the objects), then
//! what happens to them: [`ipc`], [`waiting`], [`notify`], [`run_queue`], [`scheduling`], [`mapping`], [`create`],
//! [`delete`], [`fault`], and at last [`system_call`], the only way in.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod arena;
pub mod boot;
pub mod buffer;
pub mod capability;
pub mod create;
pub mod delete;
pub mod endpoint;
pub mod fault;
pub mod interrupt;
pub mod ipc;
pub mod kernel;
pub mod machine;
pub mod mapping;
pub mod monitor;
pub mod notify;
pub mod process;
pub mod queue;
pub mod region;
pub mod run_queue;
pub mod schedule;
pub mod scheduling;
pub mod system_call;
pub mod table;
pub mod thread;
pub mod timer;
pub mod waiting;

pub use kernel::Kernel;
pub use machine::{Context, Machine};

/// What a system call leaves for the machine to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// Go back to the caller with this status; nothing else changed for it.
    Return(u64),
    /// Run [`Kernel::current`] from its saved context (it may be the caller), or idle.
    Switch,
    /// Run [`Kernel::current`] with the message in the caller's registers (`x1..=x8`)
    /// carried over into its own, status 0, this badge and this received descriptor. The
    /// rest comes from its saved context.
    Deliver {
        /// For `x9`.
        badge: u64,
        /// For `x10`.
        info: u64,
    },
    /// An interrupt is waiting: take it, then do the same call again.
    Again,
}

impl From<Result<(), kernel_abi::Error>> for Outcome {
    #[inline(always)]
    fn from(result: Result<(), kernel_abi::Error>) -> Self {
        Self::Return(match result {
            Ok(()) => 0,
            Err(error) => error as u64,
        })
    }
}
