//! `bulkhead image`: pack, sign, show, verify.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use image_format::{Header, parse, signed_bytes};
use manifest::HardwareDefinition;
use serde_json::{Value, json};

use crate::command::ImageCommand;
use crate::elf::Program;
use crate::hash::{hex, sha256_hex};
use crate::keys::Keys;
use crate::pack::{Contents, pack, sign};
use crate::project::Project;
use crate::verify::verify;

/// Does it.
pub fn run(project: &Project, command: &ImageCommand) -> Result<()> {
    match command {
        ImageCommand::Pack {
            elf,
            output,
            kind,
            name,
            manifest,
            hardware,
            version,
            security_version,
        } => {
            let program = Program::parse(&read(elf)?)
                .with_context(|| format!("reading the program {}", elf.display()))?;
            let manifest = manifest.as_deref().map(|path| load_manifest(path, hardware.as_deref()));
            let manifest = manifest.transpose()?;
            let stem = elf.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let contents = Contents {
                name: name.as_deref().unwrap_or(stem),
                image_type: (*kind).into(),
                version: *version,
                security_version: *security_version,
                program: &program,
                manifest: manifest.as_deref(),
            };
            let keys = Keys::load_or_create(&project.keys())?;
            let bytes = pack(&contents, keys.for_role(contents.image_type.role()))?;
            write(output, &bytes)?;
            println!("packed {} ({} bytes)", output.display(), bytes.len());
        }
        ImageCommand::Sign { file } => {
            let mut bytes = read(file)?;
            let header = header(&bytes)?;
            let keys = Keys::load_or_create(&project.keys())?;
            sign(&mut bytes, keys.for_role(header.image_type.role()))?;
            write(file, &bytes)?;
            println!("signed {} by {}", file.display(), header.image_type.role());
        }
        ImageCommand::Show { file, json } => {
            let bytes = read(&locate(project, file))?;
            let shown = describe(&header(&bytes)?, &bytes);
            if *json {
                println!("{}", serde_json::to_string_pretty(&shown)?);
            } else {
                print(&shown);
            }
        }
        ImageCommand::Verify { file } => {
            let file = locate(project, file);
            let bytes = read(&file)?;
            let role = header(&bytes)?.image_type.role();
            let keys = Keys::load_or_create(&project.keys())?;
            let header = verify(&bytes, Some(&keys.for_role(role).id()?))
                .with_context(|| format!("{} does not verify", file.display()))?;
            println!("{} verifies: {}, signed by {role}", file.display(), header.name_text());
        }
    }
    Ok(())
}

/// A path, or the name of an image in the store.
fn locate(project: &Project, file: &Path) -> PathBuf {
    let stored = project.images().join(format!("{}.img", file.display()));
    if !file.is_file() && stored.is_file() { stored } else { file.to_path_buf() }
}

fn header(bytes: &[u8]) -> Result<Header> {
    parse(bytes).map_err(|error| anyhow::anyhow!("{error}"))
}

fn describe(header: &Header, bytes: &[u8]) -> Value {
    let segments: Vec<_> = header
        .used_segments()
        .iter()
        .map(|segment| {
            json!({
                "rights": segment.rights.to_string(),
                "virtual_address": format!("{:#x}", segment.virtual_address),
                "physical_address": format!("{:#x}", segment.physical_address),
                "file_bytes": segment.file_bytes,
                "memory_bytes": segment.memory_bytes,
            })
        })
        .collect();
    json!({
        "name": header.name_text(),
        "type": header.image_type.text(),
        "version": header.version,
        "security_version": header.security_version,
        "component_id": manifest::Identifier(header.component_id).to_string(),
        "image_id": hex(&header.image_id),
        "signer": hex(&header.signer),
        "signer_role": header.image_type.role().text(),
        "measurement": sha256_hex(signed_bytes(bytes)),
        "body_bytes": header.body_bytes,
        "memory_pages": header.memory_pages,
        "entry": format!("{:#x}", header.entry),
        "manifest_bytes": header.manifest_bytes,
        "segments": segments,
    })
}

fn print(shown: &Value) {
    for (key, value) in shown.as_object().into_iter().flatten() {
        match value {
            Value::Array(segments) => {
                for segment in segments {
                    let field = |key: &str| segment.get(key).map(plain).unwrap_or_default();
                    println!(
                        "segment {} at {} (physical {}), {} bytes, {} in memory",
                        field("rights"),
                        field("virtual_address"),
                        field("physical_address"),
                        field("file_bytes"),
                        field("memory_bytes"),
                    );
                }
            }
            value => println!("{key:<17} {}", plain(value)),
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), Into::into)
}

/// Reads a manifest and puts the values of a board in the place of its names.
fn load_manifest(path: &Path, hardware: Option<&Path>) -> Result<Vec<u8>> {
    let bytes = read(path)?;
    let Some(hardware) = hardware else { return Ok(bytes) };
    let definition = load_hardware(hardware, 0)?;
    let mut value: Value =
        serde_json::from_slice(&bytes).with_context(|| format!("in {}", path.display()))?;
    if let Some(capabilities) = value.get_mut("Capabilities") {
        replace(capabilities, &definition)?;
    }
    Ok(serde_json::to_vec_pretty(&value)?)
}

fn load_hardware(path: &Path, depth: usize) -> Result<HardwareDefinition> {
    if depth > 8 {
        bail!("{}: imports go deeper than 8 files, or in a circle", path.display());
    }
    let mut definition = HardwareDefinition::parse(&read(path)?).map_err(|violations| {
        let rules: Vec<_> = violations.iter().map(|rule| format!("\n  {rule}")).collect();
        anyhow::anyhow!("{} breaks these rules:{}", path.display(), rules.concat())
    })?;
    for import in std::mem::take(&mut definition.imports) {
        let path = path.parent().unwrap_or(Path::new(".")).join(import);
        definition.merge(load_hardware(&path, depth + 1)?);
    }
    Ok(definition)
}

fn replace(value: &mut Value, definition: &HardwareDefinition) -> Result<()> {
    match value {
        Value::String(text) => {
            if let Some(name) = text.strip_prefix('$') {
                let resolved = definition
                    .resolve(name)
                    .with_context(|| format!("${name} is not in the hardware definition"))?;
                *value = serde_json::from_str(&resolved)?;
            }
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| replace(item, definition))?,
        Value::Object(items) => {
            items.values_mut().try_for_each(|item| replace(item, definition))?;
        }
        _ => {}
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("reading {}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}
