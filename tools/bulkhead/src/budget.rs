//! The budgets, `budgets.toml`: one number a line, and what is measured against it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Serialize;

/// One budget, kept or not.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// Its key in the file.
    pub budget: String,
    /// What was measured.
    pub used: u64,
    /// What is allowed.
    pub limit: u64,
    /// Whether it is kept.
    pub kept: bool,
}

/// Reads the file: `key = number` lines and comments, and nothing else of TOML.
pub fn read(path: &Path) -> Result<BTreeMap<String, u64>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    parse(&text).with_context(|| format!("in {}", path.display()))
}

fn parse(text: &str) -> Result<BTreeMap<String, u64>> {
    let mut budgets = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let (key, value) = line
            .split_once('=')
            .with_context(|| format!("line {}: expected `key = number`", index + 1))?;
        let value = value.trim().replace('_', "");
        let value =
            value.parse().with_context(|| format!("line {}: {value:?} is no number", index + 1))?;
        if budgets.insert(key.trim().to_string(), value).is_some() {
            bail!("line {}: {} stands there twice", index + 1, key.trim());
        }
    }
    Ok(budgets)
}

/// Compares what was measured. A budget that nothing is measured against, and a
/// measure without a budget, are mistakes in the file.
pub fn judge(budgets: &BTreeMap<String, u64>, measured: &[(&str, u64)]) -> Result<Vec<Verdict>> {
    for key in budgets.keys() {
        if !measured.iter().any(|(known, _)| known == key) {
            bail!("budget {key} is not one that is measured");
        }
    }
    measured
        .iter()
        .map(|(key, used)| {
            let limit = *budgets.get(*key).with_context(|| format!("no budget for {key}"))?;
            Ok(Verdict { budget: (*key).into(), used: *used, limit, kept: *used <= limit })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_kept_up_to_the_limit() {
        let budgets = parse("# all\nkernel = 32_768 # bytes\nram = 4\n").unwrap();
        let verdicts = judge(&budgets, &[("kernel", 32_768), ("ram", 5)]).unwrap();
        assert_eq!(verdicts.iter().map(|v| v.kept).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn mistakes_in_the_file_are_told() {
        for text in ["kernel", "kernel = many", "a = 1\na = 2", "[table]"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(judge(&parse("a = 1").unwrap(), &[]).is_err());
        assert!(judge(&parse("").unwrap(), &[("a", 1)]).is_err());
    }
}
