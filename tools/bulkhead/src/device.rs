//! A virtual device is a folder: fuses and flash, its secret, and a note of what was
//! installed.
//!
//! Images are written only when the store holds others than the note says. So a
//! flash that somebody has changed stays changed, and it is the device that notices.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::fuses;
use crate::hash::{random, sha256_hex};
use crate::images::{IMAGES, Image, Place};
use crate::keys::Keys;
use crate::project::Project;
use crate::refusal::Refusal;
use crate::{flash, store};

const RECORD: &str = "device.json";
/// Name of the file with the unique device secret.
pub const UDS: &str = "uds.bin";

/// A device.
pub struct Device {
    folder: PathBuf,
    record: Record,
}

/// What `device.json` holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Serial number, hexadecimal.
    pub serial: String,
    /// SHA-256 of the OS vendor's public key that the fuses hold.
    pub os_vendor_key_sha256: String,
    /// SHA-256 of the manufacturer's public key that the fuses hold.
    pub manufacturer_key_sha256: String,
    /// Images as they were installed.
    pub images: Vec<Installed>,
}

/// An installed image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    /// Its name.
    pub name: String,
    /// Flash file that holds it.
    pub bank: String,
    /// Where in that file.
    pub offset: u64,
    /// Its bytes.
    pub bytes: u64,
    /// SHA-256 of all of them.
    pub sha256: String,
}

impl Device {
    /// Opens a device.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(RECORD);
        let text = fs::read_to_string(&path).with_context(|| {
            format!("no device in {} (make one: ./bulkhead device create)", folder.display())
        })?;
        let record = serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged", path.display()))?;
        Ok(Self { folder: folder.to_path_buf(), record })
    }

    /// Makes a device: fresh secret, fresh serial, fuses that trust these keys.
    pub fn create(folder: &Path, keys: &Keys) -> Result<Self> {
        if folder.exists() && fs::read_dir(folder)?.next().is_some() {
            bail!("{} is not empty (a device already? ./bulkhead device reset)", folder.display());
        }
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .with_context(|| format!("creating {}", folder.display()))?;
        flash::create(folder)?;
        let serial = fuses::new_serial()?;
        flash::write_fuses(folder, &fuses::record(keys, serial)?)?;
        let secret: [u8; 32] = random()?;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(folder.join(UDS))?;
        file.write_all(&secret)?;
        let record = Record {
            serial: fuses::serial_text(&serial),
            os_vendor_key_sha256: crate::hash::hex(&keys.os_vendor.id()?),
            manufacturer_key_sha256: crate::hash::hex(&keys.manufacturer.id()?),
            images: Vec::new(),
        };
        let device = Self { folder: folder.to_path_buf(), record };
        device.save()?;
        Ok(device)
    }

    /// Opens a device, or makes it.
    pub fn open_or_create(folder: &Path, keys: &Keys) -> Result<Self> {
        if folder.join(RECORD).exists() {
            return Self::open(folder);
        }
        let device = Self::create(folder, keys)?;
        eprintln!("bulkhead: made the device {} in {}", device.record.serial, folder.display());
        Ok(device)
    }

    /// Removes a device. Only a folder that is one.
    pub fn remove(folder: &Path) -> Result<()> {
        Self::open(folder)?;
        fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
    /// Its record.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Installs the images of the store that differ from those noted; gives their names.
    pub fn update(&mut self, project: &Project) -> Result<Vec<&'static str>> {
        let mut updated = Vec::new();
        for image in &IMAGES {
            let bytes = store::read(project, image)?;
            if self.install(image, &bytes)? {
                updated.push(image.name);
            }
        }
        Ok(updated)
    }

    /// Installs one image unless the note says that it is there.
    pub fn install(&mut self, image: &Image, bytes: &[u8]) -> Result<bool> {
        let installed = Installed {
            name: image.name.into(),
            bank: flash::bank(image).into(),
            offset: image.offset(),
            bytes: bytes.len() as u64,
            sha256: sha256_hex(bytes),
        };
        if self.record.images.contains(&installed) {
            return Ok(false);
        }
        flash::write_image(&self.folder, image, bytes)?;
        self.record.images.retain(|known| known.name != installed.name);
        self.record.images.push(installed);
        self.save()?;
        Ok(true)
    }

    /// Mask ROM can not change: compares it with the note, as it left the factory.
    pub fn check_rom(&self) -> Result<()> {
        for image in IMAGES.iter().filter(|image| image.place == Place::Rom) {
            let noted = self.record.images.iter().find(|known| known.name == image.name);
            let noted = noted.with_context(|| format!("{} is not installed", image.name))?;
            let stored =
                flash::read_image(&self.folder, image, usize::try_from(noted.bytes)?)?;
            if sha256_hex(&stored) != noted.sha256 {
                return Err(Refusal {
                    stage: image.checked_by().into(),
                    image: image.name.into(),
                    reason: "the ROM in secure-flash.img is not the one that was installed".into(),
                }
                .into());
            }
        }
        Ok(())
    }

    fn save(&self) -> Result<()> {
        let path = self.folder.join(RECORD);
        let text = serde_json::to_string_pretty(&self.record)?;
        // Written beside and moved over, so that a crash leaves one or the other.
        let fresh = self.folder.join("device.json.new");
        fs::write(&fresh, text + "\n")?;
        fs::rename(&fresh, &path).with_context(|| format!("writing {}", path.display()))
    }
}
