//! What crosses the boundary of the kernel: one definition of every number.
//!
//! A process reaches the kernel by one instruction and names everything it wants
//! by a *slot* of its own capability table. There is no other name in the system.
#![no_std]
#![forbid(unsafe_code)]

pub mod boot;
pub mod call;
pub mod error;
pub mod fault;
pub mod limits;
pub mod message;
pub mod place;
pub mod rights;
pub mod status;

pub use call::SystemCall;
pub use error::Error;
pub use fault::Fault;
pub use place::{Place, Slot};
pub use rights::Rights;
