//! Builds everything: tools for this machine, images for the device.

use anyhow::Result;

use crate::images::IMAGES;
use crate::project::Project;
use crate::toolchain::{Toolchain, check};

/// Builds tools and device programs.
pub fn build(project: &Project) -> Result<()> {
    let toolchain = Toolchain::from_environment();
    let mut host = toolchain.host(project);
    host.args(["build", "--quiet", "-p", "bulkhead", "-p", "dishwasher"]);
    check(&mut host, "building the tools")?;
    build_device(project)
}

/// Builds the device's programs.
pub fn build_device(project: &Project) -> Result<()> {
    let mut device = Toolchain::from_environment().device_build(project)?;
    let mut packages: Vec<_> = IMAGES.iter().map(|image| image.package).collect();
    packages.dedup();
    for package in packages {
        device.args(["-p", package]);
    }
    check(&mut device, "building the device's images")
}
