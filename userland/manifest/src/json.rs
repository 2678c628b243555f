//! JSON as it stands in the file: doubled keys are kept, so that they can be refused.
//!
//! Two readers that disagree on which of two equal keys counts would disagree on
//! what an app may do; and a file nested a thousand deep would only be a way to
//! the end of somebody's stack.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::violation::Violation;
use crate::MAX_MANIFEST_BYTES;

/// Deepest nesting that any schema here needs, and some.
const MAX_DEPTH: usize = 8;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Integer(i64),
    /// A number that is no 64-bit integer, as text.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// Reads a whole file.
pub(crate) fn parse(bytes: &[u8], max_bytes: usize) -> Result<Node, Violation> {
    let fail = |rule| Violation { key: String::new(), value: String::new(), rule };
    if bytes.len() > max_bytes {
        return Err(fail(format!("has {} bytes; at most {max_bytes} are allowed", bytes.len())));
    }
    if depth(bytes) > MAX_DEPTH {
        return Err(fail(format!("is nested deeper than {MAX_DEPTH} levels")));
    }
    let text = core::str::from_utf8(bytes)
        .map_err(|error| fail(format!("is not UTF-8 from byte {} on", error.valid_up_to())))?;
    // Editors on other systems put a byte order mark there.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|error| fail(format!("is not JSON: {error}")))
}

/// [`parse`] for a manifest.
pub(crate) fn parse_manifest(bytes: &[u8]) -> Result<Node, Violation> {
    parse(bytes, MAX_MANIFEST_BYTES)
}

/// Counts open brackets outside strings before anything recurses.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest, mut inside, mut escaped) = (0usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b'[' | b'{' if !inside => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !inside => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

impl fmt::Display for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Bool(value) => write!(formatter, "{value}"),
            Self::Integer(value) => write!(formatter, "{value}"),
            Self::Number(text) => formatter.write_str(text),
            // Shown to people: shortened, and without control characters.
            Self::Text(text) if text.chars().count() > 64 => {
                write!(formatter, "{:?}...", text.chars().take(61).collect::<String>())
            }
            Self::Text(text) => write!(formatter, "{text:?}"),
            Self::List(items) => write!(formatter, "[{} items]", items.len()),
            Self::Object(items) => write!(formatter, "{{{} keys}}", items.len()),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Integer(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(i64::try_from(value).map_or_else(|_| Node::Number(value.to_string()), Node::Integer))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }
    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_string()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(item) = items.next_entry()? {
            object.push(item);
        }
        Ok(Node::Object(object))
    }
}
