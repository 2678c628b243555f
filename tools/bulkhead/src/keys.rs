//! Development keys: one for each authority, made on first use, never in the repository.
//!
//! They are what a real vendor would keep in a hardware module. PKCS#8 in PEM, so
//! that other tools can read them too.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result, bail};
use image_format::{PUBLIC_KEY_BYTES, Role};
use p256::ecdsa::SigningKey;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};

use crate::hash::{random, sha256};

/// A key of one authority.
pub struct Key {
    /// Whose it is.
    pub role: Role,
    /// The private key.
    pub signing: SigningKey,
}

impl Key {
    /// The public key, uncompressed SEC1.
    pub fn public(&self) -> Result<[u8; PUBLIC_KEY_BYTES]> {
        let point = self.signing.verifying_key().to_sec1_point(false);
        point.as_bytes().try_into().context("a P-256 key has 65 bytes")
    }
    /// SHA-256 of the public key, as the fuses hold it.
    pub fn id(&self) -> Result<[u8; 32]> {
        Ok(sha256(&self.public()?))
    }
}

/// The keys of both authorities.
pub struct Keys {
    /// Signs the operating system.
    pub os_vendor: Key,
    /// Signs apps.
    pub manufacturer: Key,
}

impl Keys {
    /// Reads the keys in a folder and makes those that are missing.
    pub fn load_or_create(folder: &Path) -> Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .with_context(|| format!("creating {}", folder.display()))?;
        Ok(Self {
            os_vendor: load_or_create(folder, Role::OsVendor)?,
            manufacturer: load_or_create(folder, Role::Manufacturer)?,
        })
    }
    /// The key that may sign for a role.
    pub fn for_role(&self, role: Role) -> &Key {
        match role {
            Role::OsVendor => &self.os_vendor,
            Role::Manufacturer => &self.manufacturer,
        }
    }
}

fn load_or_create(folder: &Path, role: Role) -> Result<Key> {
    let path = folder.join(format!("{role}.pem"));
    if !path.exists() {
        create(&path).with_context(|| format!("making the {role} key {}", path.display()))?;
        eprintln!("bulkhead: made a development key for {role}: {}", path.display());
    }
    load(&path, role)
}

/// Reads a key; one that others can read is refused.
pub fn load(path: &Path, role: Role) -> Result<Key> {
    let mode = fs::metadata(path).with_context(|| format!("reading {}", path.display()))?;
    if mode.permissions().mode() & 0o077 != 0 {
        bail!("{} can be read by others: chmod 600 it, or make a new key", path.display());
    }
    let text = fs::read_to_string(path)?;
    let signing = SigningKey::from_pkcs8_pem(&text)
        .map_err(|error| anyhow::anyhow!("{} is no P-256 key: {error}", path.display()))?;
    Ok(Key { role, signing })
}

fn create(path: &Path) -> Result<()> {
    // Nearly every 32 bytes are a key; zero and a few values at the top are not.
    let signing = loop {
        if let Ok(key) = SigningKey::from_slice(&random::<32>()?) {
            break key;
        }
    };
    let pem = signing.to_pkcs8_pem(LineEnding::LF).map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(pem.as_bytes())?;
    Ok(())
}
