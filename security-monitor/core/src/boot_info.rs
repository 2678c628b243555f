//! What the kernel is told: the part of the handoff that is its own, and the
//! devices that stage 2 maps for it.

use monitor_abi::boot_info::{
    KERNEL_BOOT_INFO_MAGIC, KERNEL_BOOT_INFO_VERSION, KernelBootInfo, MAX_SEGMENTS, Segment,
};

use crate::handoff::Verified;

/// Builds the page for the kernel.
pub fn build(verified: &Verified) -> KernelBootInfo {
    let (handoff, layout) = (verified.handoff(), verified.layout());
    let mut root_segments = [Segment::default(); MAX_SEGMENTS];
    for (to, from) in root_segments.iter_mut().zip(&handoff.root.segments) {
        if from.pages != 0 {
            *to = Segment {
                physical: from.physical,
                virtual_address: from.virtual_address,
                pages: from.pages,
                rights: from.rights,
            };
        }
    }
    let partition = verified.partition();
    let free_base = verified.root().end();
    KernelBootInfo {
        magic: KERNEL_BOOT_INFO_MAGIC,
        version: KERNEL_BOOT_INFO_VERSION,
        ram_base: partition.base(),
        ram_bytes: partition.bytes(),
        free_base,
        free_bytes: partition.end().saturating_sub(free_base),
        root_physical: handoff.root.physical,
        root_pages: handoff.root.pages,
        root_entry: handoff.root.entry,
        root_segments,
        devices: layout.devices,
        boot_seed: handoff.boot_seed,
    }
}
