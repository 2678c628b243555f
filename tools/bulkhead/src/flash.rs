//! The two flash banks: sparse files of just the size that QEMU wants.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use anyhow::{Context, Result, bail};
use board::{flash, secure_flash};

use crate::images::Image;

/// Name of the file of bank 0 in a device's folder.
pub const SECURE_FLASH: &str = "secure-flash.img";
/// Name of the file of bank 1.
pub const FLASH: &str = "flash.img";

/// The file that holds an image.
pub fn bank(image: &Image) -> &'static str {
    if image.is_secure() { SECURE_FLASH } else { FLASH }
}

/// Makes both banks, empty.
pub fn create(folder: &Path) -> Result<()> {
    for (name, bytes) in [(SECURE_FLASH, secure_flash::BYTES), (FLASH, flash::BYTES)] {
        let path = folder.join(name);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("creating {}", path.display()))?;
        file.set_len(bytes)?;
    }
    Ok(())
}

/// Writes an image into its place and clears what was there behind it.
pub fn write_image(folder: &Path, image: &Image, bytes: &[u8]) -> Result<()> {
    if bytes.len() as u64 > image.capacity() {
        bail!(
            "{} has {} bytes, its place in flash {}",
            image.name,
            bytes.len(),
            image.capacity()
        );
    }
    let file = open(folder, bank(image))?;
    let mut previous = vec![0; usize::try_from(image.capacity())?];
    file.read_exact_at(&mut previous, image.offset())?;
    let used = previous.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len().max(used), 0);
    file.write_all_at(&padded, image.offset()).context("writing flash")
}

/// Overwrites the first bytes of an image's place and leaves the rest.
pub fn patch(folder: &Path, image: &Image, bytes: &[u8]) -> Result<()> {
    open(folder, bank(image))?.write_all_at(bytes, image.offset()).context("writing flash")
}

/// Reads the first bytes of an image's place.
pub fn read_image(folder: &Path, image: &Image, bytes: usize) -> Result<Vec<u8>> {
    let mut buffer = vec![0; bytes.min(usize::try_from(image.capacity())?)];
    open(folder, bank(image))?.read_exact_at(&mut buffer, image.offset()).context("reading flash")?;
    Ok(buffer)
}

/// Writes the fuse record.
pub fn write_fuses(folder: &Path, record: &[u8]) -> Result<()> {
    let offset = secure_flash::FUSES - secure_flash::BASE;
    open(folder, SECURE_FLASH)?.write_all_at(record, offset).context("writing the fuses")
}

fn open(folder: &Path, name: &str) -> Result<File> {
    let path = folder.join(name);
    OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .with_context(|| format!("opening {}", path.display()))
}
