//! The kernel on a machine of plain data, so that its states can be looked at.
//!
//! `kernel-core` asks everything it needs of a machine through one trait. Here that
//! machine is a vector of pages, a clock that stands still until it is told to move,
//! and a translation cache that forgets nothing until it is flushed. Kernel and machine
//! together are one value, [`World`]: it can be cloned, compared by [`digest`], and
//! judged by [`invariants`], which say what must be true of *every* state, whatever
//! sequence of system calls led there.
//!
//! What stands on it: the tests of the semantics (`tests/`), random sequences of calls
//! ([`random`]), every sequence to a depth ([`explorer`]), and the fuzzer.
#![forbid(unsafe_code)]

pub mod digest;
pub mod explorer;
pub mod fuzzing;
pub mod invariants;
pub mod machine;
pub mod random;
pub mod scene;
pub mod world;

pub use machine::{ModelContext, ModelMachine};
pub use world::World;
