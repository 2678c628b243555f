//! The manifest as a whole.

use alloc::string::String;
use alloc::vec::Vec;

use crate::capabilities::{Capabilities, Resource};
use crate::extension::Extension;
use crate::identifier::Identifier;
use crate::json::{Node, parse_manifest};
use crate::names::is_image_path;
use crate::reader::{Object, Report, text};
use crate::violation::Violation;

/// `ApplicationType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApplicationType {
    /// `Default`: a high-level app, a process on the application core.
    #[default]
    Default,
    /// `RealTimeCapable`: an app on a core of its own.
    RealTimeCapable,
    /// `Debugger`.
    Debugger,
}

/// A manifest that keeps every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// `Name`.
    pub name: String,
    /// `ComponentId`.
    pub component_id: Identifier,
    /// `EntryPoint`.
    pub entry_point: String,
    /// `CmdArgs`.
    pub command_arguments: Vec<String>,
    /// `ApplicationType`.
    pub application_type: ApplicationType,
    /// `Capabilities`.
    pub capabilities: Capabilities,
    /// `Bulkhead`.
    pub extension: Extension,
}

impl Manifest {
    /// Reads a manifest; on failure gives every broken rule, at least one.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Violation>> {
        let root = parse_manifest(bytes).map_err(|violation| alloc::vec![violation])?;
        let mut report = Report::default();
        match Self::read(root, &mut report) {
            Some(manifest) if report.0.is_empty() => Ok(manifest),
            _ => Err(report.0),
        }
    }

    fn read(root: Node, report: &mut Report) -> Option<Self> {
        let Node::Object(_) = root else {
            report.add("", None, "must be a JSON object");
            return None;
        };
        let mut object = Object::open("", root, report)?;
        match object.require("SchemaVersion", report) {
            None | Some(Node::Integer(1)) => {}
            Some(other) => report.add("SchemaVersion", Some(&other), "must be the number 1"),
        }
        let name = object.require("Name", report).and_then(|node| {
            let keeps = |text: &str| !text.trim().is_empty() && !text.chars().any(char::is_control);
            text("Name", &node, keeps, "must have a visible character and no control one", report)
        });
        let component_id = object.require("ComponentId", report).and_then(|node| {
            let keeps = |text: &str| Identifier::parse(text).is_some();
            Identifier::parse(&text("ComponentId", &node, keeps, Identifier::RULE, report)?)
        });
        let entry_point = object.require("EntryPoint", report).and_then(|node| {
            let rule = "must be an absolute path in the image, as /bin/app";
            text("EntryPoint", &node, is_image_path, rule, report)
        });
        let command_arguments = object.list("CmdArgs", report, |name, node, report| {
            let keeps = |text: &str| !text.contains('\0');
            // Equal arguments are allowed: the place makes them differ.
            Some((String::from(name), text(name, node, keeps, "must not contain NUL", report)?))
        });
        let application_type = application_type(&mut object, report);
        object.integer("MallocVersion", 1..=2, report);
        object.integer("TargetApplicationRuntimeVersion", 1..=i64::from(u32::MAX), report);
        if let Some(node) = object.take("TargetBetaApis", report) {
            text("TargetBetaApis", &node, |_| true, "", report);
        }
        let capabilities = object
            .require("Capabilities", report)
            .map(|node| Capabilities::read(node, application_type, report));
        let extension = object
            .take("Bulkhead", report)
            .map(|node| Extension::read(node, report))
            .unwrap_or_default();
        object.close(report);
        let (component_id, capabilities) = (component_id?, capabilities?);
        if capabilities.allowed_application_connections.contains(&component_id) {
            let key = "Capabilities.AllowedApplicationConnections";
            report.add(key, Some(&Node::Text(alloc::format!("{component_id}"))), "is this app");
        }
        Some(Self {
            name: name?,
            component_id,
            entry_point: entry_point?,
            command_arguments: command_arguments.into_iter().map(|(_, text)| text).collect(),
            application_type,
            capabilities,
            extension,
        })
    }

    /// Names behind a `$` that the packer should have replaced by numbers.
    pub fn unresolved(&self) -> Vec<&str> {
        let capabilities = &self.capabilities;
        let lists = [&capabilities.gpio, &capabilities.adc, &capabilities.pwm];
        let serial = capabilities.serial().into_iter().flat_map(|(_, units)| units);
        lists
            .into_iter()
            .flatten()
            .chain(serial)
            .filter_map(|resource| match resource {
                Resource::Constant(name) => Some(name.as_str()),
                Resource::Number(_) => None,
            })
            .collect()
    }
}

fn application_type(object: &mut Object<'_>, report: &mut Report) -> ApplicationType {
    let known = |text: &str| match text {
        "Default" => Some(ApplicationType::Default),
        "RealTimeCapable" => Some(ApplicationType::RealTimeCapable),
        "Debugger" => Some(ApplicationType::Debugger),
        _ => None,
    };
    let rule = "must be \"Default\", \"RealTimeCapable\" or \"Debugger\"";
    object
        .take("ApplicationType", report)
        .and_then(|node| text("ApplicationType", &node, |t| known(t).is_some(), rule, report))
        .and_then(|text| known(&text))
        .unwrap_or_default()
}
