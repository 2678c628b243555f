//! Where things lie. The front door says where the project is; everything else
//! follows from that, so that the program can be started from any folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The project's folders.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// Finds the project: `BULKHEAD_ROOT`, or the nearest folder above this one.
    pub fn find() -> Result<Self> {
        if let Some(root) = std::env::var_os("BULKHEAD_ROOT") {
            return Ok(Self { root: PathBuf::from(root) });
        }
        let here = std::env::current_dir().context("finding the working directory")?;
        for folder in here.ancestors() {
            if folder.join("tools/bulkhead/Cargo.toml").is_file() {
                return Ok(Self { root: folder.to_path_buf() });
            }
        }
        bail!("no Bulkhead project at or above {}: change into it", here.display());
    }

    /// A project at a known place.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    /// The top folder.
    pub fn root(&self) -> &Path {
        &self.root
    }
    /// Cargo's output.
    pub fn target(&self) -> PathBuf {
        match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => self.root.join(folder),
            None => self.root.join("target"),
        }
    }
    /// ELF files for the device.
    pub fn device_binaries(&self) -> PathBuf {
        self.target().join(crate::toolchain::DEVICE_TARGET).join("device")
    }
    /// Signed images.
    pub fn images(&self) -> PathBuf {
        self.target().join("images")
    }
    /// Development keys.
    pub fn keys(&self) -> PathBuf {
        self.root.join(".keys")
    }
    /// The device used when none is named.
    pub fn default_device(&self) -> PathBuf {
        self.root.join(".device/default")
    }
    /// The budgets.
    pub fn budgets(&self) -> PathBuf {
        self.root.join("budgets.toml")
    }
}
