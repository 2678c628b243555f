//! The app manifest: its schema, and every rule it must keep.
//!
//! An app gets what its signed manifest asks for and nothing else, so the manifest
//! is where a device's owner reads what an app can do. The schema is Azure Sphere's
//! (`app_manifest.json`, SchemaVersion 1), so that existing manifests carry over;
//! what that schema lacks stands apart in one object, `Bulkhead`.
//!
//! Reading is strict: an unknown key, a doubled key or a value of the wrong type is
//! an error and never ignored, because a right that a reader overlooks is a right
//! given away. All broken rules are reported at once, each with key, value and rule.
//! The same code runs in the packer, which helps the author of the manifest, and in
//! the root task, which does not trust the packer.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod application;
mod capabilities;
mod conflicts;
mod extension;
mod hardware;
mod identifier;
mod json;
mod names;
mod reader;
mod violation;

pub use application::{ApplicationType, Manifest};
pub use capabilities::{Capabilities, Flags, PowerControl, Resource};
pub use conflicts::conflicts;
pub use extension::Extension;
pub use hardware::HardwareDefinition;
pub use identifier::Identifier;
pub use violation::Violation;

/// Most bytes of a manifest.
pub const MAX_MANIFEST_BYTES: usize = 16 << 10;
/// RAM of an app whose manifest does not say, in KiB.
pub const DEFAULT_RAM_KB: u32 = 256;
