//! The images of a device, in one table: what is built, what it is, where it goes.

use board::{flash, secure_flash};
use image_format::ImageType;

/// Where an image is stored on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Mask ROM, at the start of secure flash. Not signed: it is what checks others.
    Rom,
    /// The Pluton runtime's slot in secure flash.
    SecureFlash,
    /// A slot of normal flash.
    Slot(u64),
}

/// One image.
#[derive(Clone, Copy, Debug)]
pub struct Image {
    /// Name, also of the binary.
    pub name: &'static str,
    /// The crate that builds it.
    pub package: &'static str,
    /// What it is; `None` for the boot ROM, which has no header.
    pub image_type: Option<ImageType>,
    /// Where it goes.
    pub place: Place,
    /// Its manifest, from the project's top folder.
    pub manifest: Option<&'static str>,
}

/// All images, in the order of trust.
pub const IMAGES: [Image; 9] = [
    Image {
        name: "boot-rom",
        package: "pluton-image",
        image_type: None,
        place: Place::Rom,
        manifest: None,
    },
    Image {
        name: "pluton-runtime",
        package: "pluton-image",
        image_type: Some(ImageType::PlutonRuntime),
        place: Place::SecureFlash,
        manifest: None,
    },
    Image {
        name: "security-monitor",
        package: "monitor-image",
        image_type: Some(ImageType::SecurityMonitor),
        place: Place::Slot(flash::MONITOR_SLOT),
        manifest: None,
    },
    Image {
        name: "kernel",
        package: "kernel-image",
        image_type: Some(ImageType::Kernel),
        place: Place::Slot(flash::KERNEL_SLOT),
        manifest: None,
    },
    Image {
        name: "root-task",
        package: "root-task",
        image_type: Some(ImageType::RootTask),
        place: Place::Slot(flash::ROOT_SLOT),
        manifest: None,
    },
    Image {
        name: "log-service",
        package: "log-service",
        image_type: Some(ImageType::Service),
        place: Place::Slot(flash::FIRST_PROGRAM_SLOT),
        manifest: Some("userland/services/log/app_manifest.json"),
    },
    Image {
        name: "sensor-uart",
        package: "sensor-uart",
        image_type: Some(ImageType::Service),
        place: Place::Slot(flash::FIRST_PROGRAM_SLOT + 1),
        manifest: Some("userland/services/sensor-uart/app_manifest.json"),
    },
    Image {
        name: "dw100",
        package: "dw100",
        image_type: Some(ImageType::Application),
        place: Place::Slot(flash::FIRST_PROGRAM_SLOT + 2),
        manifest: Some("userland/apps/dw100/app_manifest.json"),
    },
    Image {
        name: "intruder",
        package: "intruder",
        image_type: Some(ImageType::Application),
        place: Place::Slot(flash::FIRST_PROGRAM_SLOT + 3),
        manifest: Some("userland/apps/intruder/app_manifest.json"),
    },
];

impl Image {
    /// The image of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        IMAGES.iter().find(|image| image.name == name)
    }
    /// The image of this slot of normal flash.
    pub fn in_slot(slot: u64) -> Option<&'static Self> {
        IMAGES.iter().find(|image| image.place == Place::Slot(slot))
    }
    /// Bytes that its place has.
    pub fn capacity(&self) -> u64 {
        match self.place {
            Place::Rom => secure_flash::ROM_BYTES,
            Place::SecureFlash => secure_flash::PLUTON_RUNTIME_BYTES,
            Place::Slot(_) => flash::SLOT_BYTES,
        }
    }
    /// Where it begins in its flash file.
    pub fn offset(&self) -> u64 {
        match self.place {
            Place::Rom => secure_flash::ROM - secure_flash::BASE,
            Place::SecureFlash => secure_flash::PLUTON_RUNTIME - secure_flash::BASE,
            Place::Slot(slot) => slot * flash::SLOT_BYTES,
        }
    }
    /// Whether it lies in secure flash.
    pub fn is_secure(&self) -> bool {
        !matches!(self.place, Place::Slot(_))
    }
    /// The stage that checks it: the layer before it.
    pub fn checked_by(&self) -> &'static str {
        match self.place {
            Place::Rom => "silicon",
            Place::SecureFlash => "rom",
            Place::Slot(_) => "pluton",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_do_not_overlap() {
        for (index, image) in IMAGES.iter().enumerate() {
            for other in IMAGES.iter().take(index) {
                let apart = image.is_secure() != other.is_secure()
                    || image.offset() + image.capacity() <= other.offset()
                    || other.offset() + other.capacity() <= image.offset();
                assert!(apart, "{} lies over {}", image.name, other.name);
            }
        }
    }
}
