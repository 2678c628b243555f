//! Who owns which interrupt. The table is made once from the partition's devices;
//! a number that is not in it can be neither enabled nor disabled by the kernel.

use monitor_abi::boot_info::MAX_DEVICES;

use crate::layout::Layout;

/// Most interrupts a partition owns: one a device, and the timer.
const MAX_INTERRUPTS: usize = MAX_DEVICES + 1;

/// The partition's interrupts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interrupts {
    owned: [Option<u32>; MAX_INTERRUPTS],
}

impl Interrupts {
    /// The interrupts of the layout's devices, and the timer's.
    pub fn new(layout: &Layout) -> Self {
        let mut owned = [None; MAX_INTERRUPTS];
        let of_devices = layout.devices.iter().filter(|device| device.kind != 0);
        let of_devices = of_devices.filter_map(|device| u32::try_from(device.interrupt).ok());
        let all = of_devices
            .filter(|interrupt| *interrupt != 0)
            .chain([layout.timer_interrupt]);
        for (entry, interrupt) in owned.iter_mut().zip(all) {
            *entry = Some(interrupt);
        }
        Self { owned }
    }
    /// The interrupt of this number, if the partition owns it.
    pub fn find(&self, number: u64) -> Option<u32> {
        self.iter()
            .find(|interrupt| u64::from(*interrupt) == number)
    }
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.owned.iter().flatten().copied()
    }
}
