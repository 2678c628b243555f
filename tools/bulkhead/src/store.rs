//! The store of signed images, `target/images`.
//!
//! An image is packed when its program, manifest or key changed, and otherwise left
//! alone. That is not only thrift: if the store repaired every image on each run,
//! nobody could see the device refuse a damaged one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use manifest::{Manifest, conflicts};

use crate::elf::Program;
use crate::hash::sha256_hex;
use crate::images::{IMAGES, Image, Place};
use crate::keys::Keys;
use crate::pack::{Contents, pack};
use crate::project::Project;
use crate::refusal::Refusal;

/// Changes when the packer does, so that old images are packed again.
const PACKER: &str = "bulkhead packer 1";

/// Version and security version of what this tree builds.
const VERSION: u32 = 1;
const SECURITY_VERSION: u32 = 1;

/// Packs what changed; gives the names of those packed.
pub fn refresh(project: &Project, keys: &Keys) -> Result<Vec<&'static str>> {
    let folder = project.images();
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    check_conflicts(project)?;
    let mut packed = Vec::new();
    for image in &IMAGES {
        let elf_path = project.device_binaries().join(image.name);
        let elf = fs::read(&elf_path)
            .with_context(|| format!("{} is not built: {}", image.name, elf_path.display()))?;
        let manifest = match image.manifest {
            Some(path) => {
                let path = project.root().join(path);
                let text = fs::read(&path);
                Some(text.with_context(|| format!("reading {}", path.display()))?)
            }
            None => None,
        };
        let inputs = input_stamp(image, &elf, manifest.as_deref(), keys)?;
        let path = image_path(&folder, image);
        let stamp = Stamp::read(&folder, image);
        if path.exists() && stamp.is_some_and(|stamp| stamp.inputs == inputs) {
            continue;
        }
        let bytes = make(image, &elf, manifest.as_deref(), keys)
            .with_context(|| format!("packing {}", image.name))?;
        fs::write(&path, &bytes).with_context(|| format!("writing {}", path.display()))?;
        Stamp { inputs, output: sha256_hex(&bytes) }.write(&folder, image)?;
        packed.push(image.name);
    }
    Ok(packed)
}

/// The stored bytes of an image. The boot ROM carries no signature that the device
/// could check, so here it is compared with what was packed.
pub fn read(project: &Project, image: &Image) -> Result<Vec<u8>> {
    let folder = project.images();
    let path = image_path(&folder, image);
    let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    if image.place == Place::Rom {
        let stamp = Stamp::read(&folder, image).context("the boot ROM has no stamp")?;
        if sha256_hex(&bytes) != stamp.output {
            return Err(Refusal {
                stage: image.checked_by().into(),
                image: image.name.into(),
                reason: format!("{} is not the ROM that was built", path.display()),
            }
            .into());
        }
    }
    Ok(bytes)
}

fn image_path(folder: &Path, image: &Image) -> PathBuf {
    folder.join(format!("{}.img", image.name))
}

/// Makes the stored bytes of an image from a program, which need not be the one the
/// table of images names.
pub(crate) fn make(image: &Image, elf: &[u8], manifest: Option<&[u8]>, keys: &Keys) -> Result<Vec<u8>> {
    let Some(image_type) = image.image_type else {
        return Program::rom(elf, board::secure_flash::ROM, image.capacity());
    };
    let program = Program::parse(elf)?;
    let contents = Contents {
        name: image.name,
        image_type,
        version: VERSION,
        security_version: SECURITY_VERSION,
        program: &program,
        manifest,
    };
    let bytes = pack(&contents, keys.for_role(image_type.role()))?;
    if bytes.len() as u64 > image.capacity() {
        bail!("{} bytes do not fit its place in flash ({})", bytes.len(), image.capacity());
    }
    Ok(bytes)
}

fn input_stamp(
    image: &Image,
    elf: &[u8],
    manifest: Option<&[u8]>,
    keys: &Keys,
) -> Result<String> {
    let mut parts = vec![PACKER.to_string(), image.name.into(), sha256_hex(elf)];
    parts.push(format!("{:?} {VERSION} {SECURITY_VERSION}", image.image_type));
    parts.push(manifest.map(sha256_hex).unwrap_or_default());
    if let Some(image_type) = image.image_type {
        parts.push(crate::hash::hex(&keys.for_role(image_type.role()).id()?));
    }
    Ok(sha256_hex(parts.join("\n").as_bytes()))
}

/// Apps that want the same resource are refused as a set. Services are not asked:
/// a driver and the app that it serves name the same unit.
fn check_conflicts(project: &Project) -> Result<()> {
    let mut apps = Vec::new();
    for image in IMAGES.iter().filter(|image| {
        image.image_type.is_some_and(|kind| kind.role() == image_format::Role::Manufacturer)
    }) {
        let Some(path) = image.manifest else { continue };
        let path = project.root().join(path);
        let text = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        // Broken rules within one manifest are reported by the packer.
        apps.extend(Manifest::parse(&text));
    }
    let found = conflicts(&apps);
    if !found.is_empty() {
        let rules: Vec<_> = found.iter().map(|rule| format!("\n  {rule}")).collect();
        bail!("the manifests of these apps do not go together:{}", rules.concat());
    }
    Ok(())
}

/// What an image was made from, and what came out.
struct Stamp {
    inputs: String,
    output: String,
}

impl Stamp {
    fn path(folder: &Path, image: &Image) -> PathBuf {
        folder.join(format!("{}.stamp", image.name))
    }
    fn read(folder: &Path, image: &Image) -> Option<Self> {
        let text = fs::read_to_string(Self::path(folder, image)).ok()?;
        let (inputs, output) = text.trim_end().split_once('\n')?;
        Some(Self { inputs: inputs.into(), output: output.into() })
    }
    fn write(&self, folder: &Path, image: &Image) -> Result<()> {
        let path = Self::path(folder, image);
        fs::write(&path, format!("{}\n{}\n", self.inputs, self.output))
            .with_context(|| format!("writing {}", path.display()))
    }
}
