//! `Bulkhead`: what Azure Sphere's schema has no key for.
//!
//! It stands apart so that a manifest without it is a valid Azure Sphere manifest
//! and one with it differs in one place.

use alloc::string::String;
use alloc::vec::Vec;

use crate::json::Node;
use crate::names::is_endpoint;
use crate::reader::{Object, Report, text};
use crate::DEFAULT_RAM_KB;

/// The object `Bulkhead`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// `RamKB`: all RAM of the app in KiB, image, heap, stacks and tables included.
    pub ram_kb: u32,
    /// `CpuPermille`: share of the processor it is promised and held to.
    pub cpu_permille: Option<u32>,
    /// `Priority`: 0 (lowest) to 31; the root task grants no more than the image's
    /// type may have.
    pub priority: Option<u32>,
    /// `Endpoints`: endpoints of services that it calls.
    pub endpoints: Vec<String>,
    /// `Provides`: endpoints that it serves.
    pub provides: Vec<String>,
}

impl Default for Extension {
    fn default() -> Self {
        Self {
            ram_kb: DEFAULT_RAM_KB,
            cpu_permille: None,
            priority: None,
            endpoints: Vec::new(),
            provides: Vec::new(),
        }
    }
}

impl Extension {
    pub(crate) fn read(node: Node, report: &mut Report) -> Self {
        let Some(mut object) = Object::open("Bulkhead", node, report) else {
            return Self::default();
        };
        let endpoint = |name: &str, node: &Node, report: &mut Report| {
            let rule = "must be the name of an endpoint: 1 to 24 of a-z, 0-9 and '-'";
            text(name, node, is_endpoint, rule, report)
        };
        let narrow = |value: i64| u32::try_from(value).unwrap_or_default();
        let extension = Self {
            ram_kb: object.integer("RamKB", 16..=4_096, report).map_or(DEFAULT_RAM_KB, narrow),
            cpu_permille: object.integer("CpuPermille", 1..=1_000, report).map(narrow),
            priority: object.integer("Priority", 0..=31, report).map(narrow),
            endpoints: object.list("Endpoints", report, endpoint),
            provides: object.list("Provides", report, endpoint),
        };
        if let Some(own) = extension.endpoints.iter().find(|name| extension.provides.contains(name))
        {
            let own = Node::Text(own.clone());
            report.add("Bulkhead.Endpoints", Some(&own), "is provided by this very app");
        }
        object.close(report);
        extension
    }
}
