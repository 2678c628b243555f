//! What a port owes: addresses only, given by the image crate.

use monitor_core::layout::{Layout, Region};

/// A board as the monitor needs to know it.
#[derive(Clone, Copy, Debug)]
pub struct Board {
    /// RAM, devices and interrupts.
    pub layout: Layout,
    /// The distributor of the interrupt controller (GICv3).
    pub distributor: Region,
    /// The redistributor of the core that runs the kernel.
    pub redistributor: Region,
    /// The monitor's own instructions.
    pub text: Region,
    /// The monitor's own constants.
    pub read_only: Region,
    /// The monitor's own variables and tables.
    pub data: Region,
    /// The monitor's own stack. The page below it is not mapped.
    pub stack: Region,
}
