//! Lines of Rust, and `unsafe`, of each part of the tree.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::source::{Counted, count};

/// A part of the tree.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Part {
    /// The folder.
    pub part: String,
    /// Lines of code without comments, blank lines and tests.
    pub lines: u64,
    /// Lines of tests inside the source files.
    pub test_lines: u64,
    /// Files with `unsafe`, and how often.
    pub unsafe_modules: Vec<UnsafeModule>,
}

/// A file with `unsafe` in it.
#[derive(Clone, Debug, Serialize)]
pub struct UnsafeModule {
    /// The file, from the project's top folder.
    pub file: String,
    /// How often the word stands there as code.
    pub count: usize,
}

impl Part {
    /// How often `unsafe` stands in this part.
    pub fn unsafe_count(&self) -> usize {
        self.unsafe_modules.iter().map(|module| module.count).sum()
    }
}

/// The parts, in the order of trust: name, folder, and folders in it that are parts of
/// their own. What is new in a folder counts until it is taken out here.
const PARTS: [(&str, &[&str], &[&str]); 7] = [
    ("pluton-runtime", &["pluton-runtime"], &[]),
    ("security-monitor", &["security-monitor"], &[]),
    ("kernel", &["kernel"], &["bench", "image-x86_64", "model", "tests", "x86_64"]),
    ("kernel on x86_64", &["kernel/x86_64", "kernel/image-x86_64"], &[]),
    ("kernel's tests", &["kernel/bench", "kernel/model", "kernel/tests/src"], &[]),
    ("userland", &["userland"], &[]),
    ("tools", &["tools", "tests/src"], &[]),
];

/// Counts all parts.
pub fn parts(root: &Path) -> Result<Vec<Part>> {
    PARTS.iter().map(|(name, folders, apart)| count_part(root, name, folders, apart)).collect()
}

fn count_part(root: &Path, name: &str, folders: &[&str], apart: &[&str]) -> Result<Part> {
    let mut part = Part { part: name.into(), ..Part::default() };
    let mut take = |file: &str, counted: &Counted| {
        part.lines += counted.code_lines;
        part.test_lines += counted.test_lines;
        if !counted.unsafe_lines.is_empty() {
            let count = counted.unsafe_lines.len();
            part.unsafe_modules.push(UnsafeModule { file: file.into(), count });
        }
    };
    for folder in folders.iter().map(|folder| root.join(folder)).filter(|folder| folder.is_dir()) {
        walk(root, &folder, apart, &mut take)?;
    }
    Ok(part)
}

/// Walks source folders in a fixed order; folders of tests are not source.
fn walk(
    root: &Path,
    folder: &Path,
    apart: &[&str],
    take: &mut impl FnMut(&str, &Counted),
) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry?.path());
    }
    paths.sort();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if path.is_dir() {
            let is_source = !matches!(&*name, "tests" | "fuzz" | "benches" | "doc" | "target");
            if is_source && !name.starts_with('.') && !apart.contains(&&*name) {
                walk(root, &path, &[], take)?;
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("reading {}", path.display()))?;
            let shown = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
            take(&shown, &count(&text));
        }
    }
    Ok(())
}
