//! What an image is, and whose key may sign it: the operating system's vendor and
//! the product's manufacturer are two authorities, and neither key opens the
//! other's doors.

use core::fmt;

/// What an image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum ImageType {
    /// The Pluton runtime, verified by the boot ROM.
    PlutonRuntime = 1,
    /// The security monitor.
    SecurityMonitor = 2,
    /// The kernel.
    Kernel = 3,
    /// The root task.
    RootTask = 4,
    /// A service of the operating system.
    Service = 5,
    /// An app of the manufacturer.
    Application = 6,
    /// A real-time app of the manufacturer, for a core of its own.
    RealTimeApplication = 7,
}

impl ImageType {
    /// Every type.
    pub const ALL: [Self; 7] = [
        Self::PlutonRuntime,
        Self::SecurityMonitor,
        Self::Kernel,
        Self::RootTask,
        Self::Service,
        Self::Application,
        Self::RealTimeApplication,
    ];

    /// The type of this number, if there is one.
    pub const fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            1 => Self::PlutonRuntime,
            2 => Self::SecurityMonitor,
            3 => Self::Kernel,
            4 => Self::RootTask,
            5 => Self::Service,
            6 => Self::Application,
            7 => Self::RealTimeApplication,
            _ => return None,
        })
    }

    /// Its number.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// Who must have signed it.
    pub const fn role(self) -> Role {
        match self {
            Self::PlutonRuntime
            | Self::SecurityMonitor
            | Self::Kernel
            | Self::RootTask
            | Self::Service => Role::OsVendor,
            Self::Application | Self::RealTimeApplication => Role::Manufacturer,
        }
    }

    /// Whether it is linked at physical addresses and copied there without its header.
    pub const fn is_fixed(self) -> bool {
        matches!(self, Self::PlutonRuntime | Self::SecurityMonitor | Self::Kernel)
    }

    /// Its name, as the console and the tools print it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::PlutonRuntime => "pluton-runtime",
            Self::SecurityMonitor => "security-monitor",
            Self::Kernel => "kernel",
            Self::RootTask => "root-task",
            Self::Service => "service",
            Self::Application => "application",
            Self::RealTimeApplication => "real-time-application",
        }
    }
}

impl fmt::Display for ImageType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}

/// An authority that signs images. The fuses hold the hash of each one's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Signs everything up to and including services.
    OsVendor,
    /// Signs apps.
    Manufacturer,
}

impl Role {
    /// Its name, as the console and the tools print it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::OsVendor => "os-vendor",
            Self::Manufacturer => "manufacturer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}
