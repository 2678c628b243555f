//! The device's folder: what is installed when, and what is left alone.

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use bulkhead::device::{Device, UDS};
use bulkhead::flash::{FLASH, SECURE_FLASH, read_image};
use bulkhead::images::Image;
use bulkhead::refusal::Refusal;
use bulkhead::{fuses, keys};
use common::keys;
use image_format::Role;

#[test]
fn a_new_device_has_secrets_that_only_the_owner_reads() {
    let (scratch, keys) = keys();
    let folder = scratch.path().join("device");
    let device = Device::create(&folder, &keys).unwrap();
    for file in [UDS, SECURE_FLASH, FLASH] {
        let mode = fs::metadata(folder.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let flash = fs::metadata(folder.join(FLASH)).unwrap();
    assert_eq!(flash.len(), 64 << 20);
    assert!(flash.blocks() * 512 < 1 << 20, "flash is not sparse");
    let fuses = fs::read(folder.join(SECURE_FLASH)).unwrap()[0x40000..0x40100].to_vec();
    assert_eq!(&fuses[..8], b"BULKFUSE");
    assert_eq!(fuses[16..48], keys.os_vendor.id().unwrap());
    assert_eq!(fuses[48..80], keys.manufacturer.id().unwrap());
    assert_eq!(bulkhead::hash::hex(&fuses[80..96]), device.record().serial);
    assert!(fuses[128..].iter().all(|byte| *byte == 0xff));

    let other = Device::create(&scratch.path().join("other"), &keys).unwrap();
    assert_ne!(other.record().serial, device.record().serial);
    let secret = |device: &Device| fs::read(device.folder().join(UDS)).unwrap();
    assert_ne!(secret(&other), secret(&device));
    assert!(Device::create(&folder, &keys).is_err(), "must not overwrite a device");
}

#[test]
fn flash_that_was_changed_is_not_healed() {
    let (scratch, keys) = keys();
    let folder = scratch.path().join("device");
    let mut device = Device::create(&folder, &keys).unwrap();
    let image = Image::named("kernel").unwrap();
    assert!(device.install(image, &[7; 9000]).unwrap());
    assert!(!device.install(image, &[7; 9000]).unwrap());
    bulkhead::flash::patch(&folder, image, &[6]).unwrap();
    let mut device = Device::open(&folder).unwrap();
    assert!(!device.install(image, &[7; 9000]).unwrap());
    assert_eq!(read_image(&folder, image, 2).unwrap(), [6, 7]);
    // Another image is installed, and nothing of the longer one is left behind it.
    assert!(device.install(image, &[8; 10]).unwrap());
    assert_eq!(read_image(&folder, image, 9000).unwrap()[9..12], [8, 0, 0]);
}

#[test]
fn a_changed_rom_is_refused_by_the_silicon() {
    let (scratch, keys) = keys();
    let folder = scratch.path().join("device");
    let mut device = Device::create(&folder, &keys).unwrap();
    let rom = Image::named("boot-rom").unwrap();
    assert!(device.check_rom().is_err(), "no ROM yet");
    device.install(rom, &[1; 500]).unwrap();
    device.check_rom().unwrap();
    bulkhead::flash::patch(&folder, rom, &[0]).unwrap();
    let refusal = device.check_rom().unwrap_err().downcast::<Refusal>().unwrap();
    assert_eq!((&*refusal.stage, &*refusal.image), ("silicon", "boot-rom"));
}

#[test]
fn only_a_device_is_removed() {
    let (scratch, keys) = keys();
    let folder = scratch.path().join("device");
    assert!(Device::remove(scratch.path()).is_err());
    Device::create(&folder, &keys).unwrap();
    Device::remove(&folder).unwrap();
    assert!(!folder.exists());
}

#[test]
fn keys_are_made_once_and_kept_private() {
    let (scratch, first) = keys();
    let folder = scratch.path().join("keys");
    let again = keys::Keys::load_or_create(&folder).unwrap();
    assert_eq!(again.os_vendor.id().unwrap(), first.os_vendor.id().unwrap());
    assert_ne!(first.os_vendor.id().unwrap(), first.manufacturer.id().unwrap());
    let path = folder.join("os-vendor.pem");
    let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    mode(0o644);
    let error = keys::load(&path, Role::OsVendor).err().unwrap().to_string();
    assert!(error.contains("chmod 600"), "{error}");
    mode(0o600);
    fs::write(&path, "no key").unwrap();
    assert!(keys::load(&path, Role::OsVendor).is_err());
    assert_eq!(fuses::record(&first, [0; 16]).unwrap().len(), fuses::FUSE_BYTES);
}
