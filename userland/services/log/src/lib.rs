//! The log service: one line of text at a time, marked with its writer.
//!
//! Every process may write, so this is the one place where a hostile app and an
//! honest one meet. It promises three things: a line shows who wrote it (the badge
//! is the kernel's word, not the writer's), lines never mix, and no writer can
//! crowd out another ([`bucket`]).
#![cfg_attr(target_os = "none", no_std)]
#![forbid(unsafe_code)]

pub mod book;
pub mod bucket;
