//! Takes keys out of an object one by one and notes what is wrong with each.
//!
//! Whatever has not been taken when the object is closed is a key that the schema
//! does not have. So forgetting a key in the code refuses it, and never lets it by.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Display;

use crate::json::Node;
use crate::violation::Violation;

/// Everything found wrong so far.
#[derive(Default)]
pub(crate) struct Report(pub(crate) Vec<Violation>);

impl Report {
    pub(crate) fn add(&mut self, key: impl Into<String>, value: Option<&Node>, rule: impl Display) {
        self.0.push(Violation {
            key: key.into(),
            value: value.map(|value| format!("{value}")).unwrap_or_default(),
            rule: format!("{rule}"),
        });
    }
}

/// An object being read.
pub(crate) struct Object<'a> {
    path: &'a str,
    rest: Vec<(String, Node)>,
}

impl<'a> Object<'a> {
    /// Opens an object; reports and gives `None` for anything else.
    pub(crate) fn open(path: &'a str, node: Node, report: &mut Report) -> Option<Self> {
        match node {
            Node::Object(rest) => Some(Self { path, rest }),
            other => {
                report.add(path, Some(&other), "must be an object");
                None
            }
        }
    }

    /// The full name of a key.
    pub(crate) fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) }
    }

    /// Takes a key that may be missing; one that stands there twice is reported.
    pub(crate) fn take(&mut self, key: &str, report: &mut Report) -> Option<Node> {
        let mut found = None;
        while let Some(at) = self.rest.iter().position(|(name, _)| name == key) {
            let (_, node) = self.rest.remove(at);
            if found.is_some() {
                report.add(self.name(key), Some(&node), "stands there twice");
            }
            found.get_or_insert(node);
        }
        found
    }

    /// Takes a key that must be there.
    pub(crate) fn require(&mut self, key: &str, report: &mut Report) -> Option<Node> {
        let node = self.take(key, report);
        if node.is_none() {
            report.add(self.name(key), None, "is missing and required");
        }
        node
    }

    /// Takes an integer within bounds.
    pub(crate) fn integer(
        &mut self,
        key: &str,
        bounds: core::ops::RangeInclusive<i64>,
        report: &mut Report,
    ) -> Option<i64> {
        let node = self.take(key, report)?;
        integer(&self.name(key), &node, bounds, report)
    }

    /// Takes a truth value; missing is false.
    pub(crate) fn flag(&mut self, key: &str, report: &mut Report) -> bool {
        match self.take(key, report) {
            None => false,
            Some(Node::Bool(value)) => value,
            Some(other) => {
                report.add(self.name(key), Some(&other), "must be true or false");
                false
            }
        }
    }

    /// Takes a list, empty if missing, and reads each item by `read`.
    pub(crate) fn list<T: PartialEq>(
        &mut self,
        key: &str,
        report: &mut Report,
        read: impl FnMut(&str, &Node, &mut Report) -> Option<T>,
    ) -> Vec<T> {
        let name = self.name(key);
        self.take(key, report).map(|node| list(&name, node, report, read)).unwrap_or_default()
    }

    /// Takes every key that is not among these.
    pub(crate) fn take_others(&mut self, known: &[&str]) -> Vec<(String, Node)> {
        self.rest.extract_if(.., |(key, _)| !known.contains(&key.as_str())).collect()
    }

    /// Closes the object: what is left is not in the schema.
    pub(crate) fn close(self, report: &mut Report) {
        for (key, node) in &self.rest {
            report.add(self.name(key), Some(node), "is not a key of this schema");
        }
    }
}

/// Reads a list without doubles.
pub(crate) fn list<T: PartialEq>(
    name: &str,
    node: Node,
    report: &mut Report,
    mut read: impl FnMut(&str, &Node, &mut Report) -> Option<T>,
) -> Vec<T> {
    let Node::List(items) = node else {
        report.add(name, Some(&node), "must be an array");
        return Vec::new();
    };
    let mut values = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = format!("{name}[{index}]");
        let Some(value) = read(&place, item, report) else { continue };
        if values.contains(&value) {
            report.add(place, Some(item), "stands in the list twice");
        } else {
            values.push(value);
        }
    }
    values
}

/// Reads an integer within bounds.
pub(crate) fn integer(
    name: &str,
    node: &Node,
    bounds: core::ops::RangeInclusive<i64>,
    report: &mut Report,
) -> Option<i64> {
    match node {
        Node::Integer(value) if bounds.contains(value) => Some(*value),
        Node::Integer(_) => {
            let rule = format!("must be {} to {}", bounds.start(), bounds.end());
            report.add(name, Some(node), rule);
            None
        }
        _ => {
            report.add(name, Some(node), "must be an integer");
            None
        }
    }
}

/// Reads a string that keeps a rule.
pub(crate) fn text(
    name: &str,
    node: &Node,
    keeps: impl Fn(&str) -> bool,
    rule: &str,
    report: &mut Report,
) -> Option<String> {
    match node {
        Node::Text(value) if keeps(value) => Some(value.clone()),
        Node::Text(_) => {
            report.add(name, Some(node), rule);
            None
        }
        _ => {
            report.add(name, Some(node), "must be a string");
            None
        }
    }
}
