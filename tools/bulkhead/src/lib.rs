//! The command line of Bulkhead: builds, signs, makes devices, runs and tests them.
//!
//! What the device checks is written in the device; what stands here makes the
//! things it checks, starts it, and reads what it says. None of it is trusted by the
//! device: an image that this program packs wrongly is refused like any other.
#![forbid(unsafe_code)]

pub mod bench;
pub mod budget;
pub mod build;
pub mod command;
pub mod console;
pub mod device;
pub mod elf;
pub mod flash;
pub mod fuses;
pub mod hash;
pub mod image;
pub mod images;
pub mod keys;
pub mod line_count;
pub mod pack;
pub mod project;
pub mod qemu;
pub mod refusal;
pub mod report;
pub mod run;
pub mod sizes;
pub mod source;
pub mod store;
pub mod summary;
pub mod test;
pub mod toolchain;
pub mod verify;
