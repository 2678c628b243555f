//! Hardware definitions: which pin or controller a `$NAME` stands for on a board.
//!
//! With them the same app builds for several boards. The packer puts the raw values
//! in; a device never sees a name.

use alloc::string::String;
use alloc::vec::Vec;

use crate::json::{Node, parse};
use crate::reader::{Object, Report, text};
use crate::violation::Violation;

/// Most steps from a name over other names to a value.
const MAX_MAPPINGS: usize = 8;
/// Most bytes of a file: real ones list every pin of a chip.
const MAX_BYTES: usize = 256 << 10;

#[derive(Clone, Debug, PartialEq)]
enum Meaning {
    Value(Node),
    Mapping(String),
}

/// The peripherals of a board, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HardwareDefinition {
    names: Vec<(String, Meaning)>,
    /// Files it is based on, relative to it; to be read and merged by the caller.
    pub imports: Vec<String>,
}

impl HardwareDefinition {
    /// Reads a definition; on failure gives every broken rule, at least one.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Violation>> {
        let root = parse(bytes, MAX_BYTES).map_err(|violation| alloc::vec![violation])?;
        let mut report = Report::default();
        let definition = Self::read(root, &mut report);
        match definition {
            Some(definition) if report.0.is_empty() => Ok(definition),
            _ => Err(report.0),
        }
    }

    fn read(root: Node, report: &mut Report) -> Option<Self> {
        let mut object = Object::open("", root, report)?;
        let metadata = object.require("Metadata", report)?;
        let mut metadata = Object::open("Metadata", metadata, report)?;
        match metadata.require("Type", report) {
            Some(Node::Text(text)) if text == "Azure Sphere Hardware Definition" => {}
            other => report.add(
                "Metadata.Type",
                other.as_ref(),
                "must be \"Azure Sphere Hardware Definition\"",
            ),
        }
        match metadata.require("Version", report) {
            Some(Node::Integer(1)) => {}
            other => report.add("Metadata.Version", other.as_ref(), "must be the number 1"),
        }
        metadata.close(report);
        // Free text for people.
        object.take("Description", report);
        object.take("$schema", report);
        let mut definition = Self::default();
        let import = "Imports";
        definition.imports = object.list(import, report, |name, node, report| {
            text(name, node, |text| !text.is_empty(), "must not be empty", report)
        });
        if let Some(Node::List(items)) = object.take("Peripherals", report) {
            for (index, item) in items.into_iter().enumerate() {
                let path = alloc::format!("Peripherals[{index}]");
                if let Some(peripheral) = peripheral(&path, item, report) {
                    if definition.names.iter().any(|(name, _)| *name == peripheral.0) {
                        let value = Node::Text(peripheral.0.clone());
                        report.add(path, Some(&value), "is defined twice");
                    }
                    definition.names.push(peripheral);
                }
            }
        }
        object.close(report);
        Some(definition)
    }

    /// Adds the names of an imported definition behind the own ones.
    pub fn merge(&mut self, imported: Self) {
        self.names.extend(imported.names);
    }

    /// What a name (without `$`) stands for, as JSON: `4` or `"ISU0"`.
    pub fn resolve(&self, name: &str) -> Option<String> {
        let mut name = name;
        for _ in 0..MAX_MAPPINGS {
            match self.names.iter().find(|(known, _)| known == name)? {
                (_, Meaning::Value(value)) => return Some(alloc::format!("{value}")),
                (_, Meaning::Mapping(other)) => name = other,
            }
        }
        None
    }
}

fn peripheral(path: &str, node: Node, report: &mut Report) -> Option<(String, Meaning)> {
    let mut object = Object::open(path, node, report)?;
    let mut word = |key: &str, required: bool, report: &mut Report| {
        let node = if required { object.require(key, report) } else { object.take(key, report) };
        let name = object.name(key);
        text(&name, &node?, |text| !text.is_empty(), "must not be empty", report)
    };
    let name = word("Name", true, report);
    word("Type", true, report);
    let mapping = word("Mapping", false, report);
    object.take("Comment", report);
    object.take("MainCoreHeaderValue", report);
    let value = object.take("AppManifestValue", report);
    object.close(report);
    let meaning = match (mapping, value) {
        (Some(mapping), None) => Meaning::Mapping(mapping),
        (None, Some(value @ (Node::Integer(_) | Node::Text(_)))) => Meaning::Value(value),
        _ => {
            report.add(path, None, "needs either Mapping or AppManifestValue (number or string)");
            return None;
        }
    };
    Some((name?, meaning))
}
