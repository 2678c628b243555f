//! The boot: every image that lies in flash is verified and logged before any of
//! them runs. One that does not verify stops everything, because a device whose
//! flash was tampered with does not get to choose what is left out.

use crate::load;
use crate::machine::{Destination, Flash, Layout, Lines};
use crate::measurement::Entry;
use crate::refusal::Refusal;
use crate::runtime::{ImageName, Machine, Refused, Runtime};
use crate::verify::{self, Verified};
use image_format::{HEADER_BYTES, Header, ImageType, PAGE_BYTES};
use pluton_abi::command::MAX_SEGMENTS;
use pluton_abi::handoff::{
    LoadedProgram, MONITOR_HANDOFF_MAGIC, MONITOR_HANDOFF_VERSION, MonitorHandoff, Segment,
};
use sha2::{Digest, Sha256};

const PAGE: u64 = PAGE_BYTES as u64;

/// Verifies, logs and loads; answers what the monitor must know.
pub fn boot<F: Flash, M: Destination, L: Lines>(
    runtime: &mut Runtime,
    machine: &mut Machine<F, M, L>,
) -> Result<MonitorHandoff, Refused> {
    if let Some(own) = runtime.measurements.entry(0) {
        machine.say(format_args!("{own}"));
    }
    let layout = runtime.layout;
    let mut fixed =
        [(layout.monitor_slot, None), (layout.kernel_slot, None), (layout.root_slot, None)];
    for slot in 0..layout.slots {
        let Some(image) = examine(runtime, machine, slot)? else {
            continue;
        };
        let entry = Entry::of(&image);
        if !runtime.measurements.append(entry) {
            return Err(refused(&image, Refusal::LogFull));
        }
        machine.say(format_args!("{entry}"));
        if let Some(place) = fixed.iter_mut().find(|place| place.0 == slot) {
            place.1 = Some(image);
        }
    }
    let [(_, monitor), (_, kernel), (_, root)] = &fixed;
    let missing = |name| Refused { image: ImageName::Expected(name), reason: Refusal::NoImage };
    let monitor = monitor.as_ref().ok_or(missing("security-monitor"))?;
    let kernel = kernel.as_ref().ok_or(missing("kernel"))?;
    let root = root.as_ref().ok_or(missing("root-task"))?;
    Ok(MonitorHandoff {
        magic: MONITOR_HANDOFF_MAGIC,
        version: MONITOR_HANDOFF_VERSION,
        ram_base: layout.ram.base,
        ram_bytes: layout.ram.bytes,
        monitor: load_fixed(runtime, machine, monitor, layout.monitor_slot)?,
        kernel: load_fixed(runtime, machine, kernel, layout.kernel_slot)?,
        root: load_root(runtime, machine, root)?,
        boot_seed: runtime.random_number().unwrap_or(0),
    })
}

fn refused(image: &Verified, reason: Refusal) -> Refused {
    Refused { image: ImageName::Stated(image.header().name), reason }
}

/// The name to blame: what the header says, if it is one at all.
pub(crate) fn stated(page: &[u8; HEADER_BYTES], otherwise: ImageName) -> ImageName {
    image_format::parse(page).map_or(otherwise, |header| ImageName::Stated(header.name))
}

/// What may lie in a slot.
fn belongs(runtime: &Runtime, slot: u64, found: ImageType) -> bool {
    let layout = &runtime.layout;
    match found {
        ImageType::PlutonRuntime => false,
        ImageType::SecurityMonitor => slot == layout.monitor_slot,
        ImageType::Kernel => slot == layout.kernel_slot,
        ImageType::RootTask => slot == layout.root_slot,
        ImageType::Service | ImageType::Application | ImageType::RealTimeApplication => {
            slot >= layout.first_program_slot
        }
    }
}

/// Whether an image goes where there is room for it.
fn fits(layout: &Layout, header: &Header) -> bool {
    let window = match header.image_type {
        ImageType::SecurityMonitor => layout.monitor,
        ImageType::Kernel => layout.kernel,
        _ => return u64::from(header.memory_pages) * PAGE <= layout.programs.bytes,
    };
    window.contains(header.segments[0].physical_address, fixed_bytes(header))
}

/// Bytes of memory of an image that is loaded without its header.
fn fixed_bytes(header: &Header) -> u64 {
    header.used_segments().iter().map(|segment| u64::from(segment.memory_bytes)).sum()
}

/// Verifies the image in a slot, body included; nothing if the slot is empty.
fn examine<F: Flash, M: Destination, L: Lines>(
    runtime: &mut Runtime,
    machine: &Machine<F, M, L>,
    slot: u64,
) -> Result<Option<Verified>, Refused> {
    let layout = runtime.layout;
    let otherwise = match slot {
        slot if slot == layout.monitor_slot => ImageName::Expected("security-monitor"),
        slot if slot == layout.kernel_slot => ImageName::Expected("kernel"),
        slot if slot == layout.root_slot => ImageName::Expected("root-task"),
        slot => ImageName::Slot(slot),
    };
    let start = slot.saturating_mul(layout.slot_bytes);
    match load::header_page(&machine.flash, start, &mut runtime.header) {
        Err(Refusal::NoImage) => return Ok(None),
        Err(reason) => return Err(Refused { image: otherwise, reason }),
        Ok(()) => {}
    }
    let name = stated(&runtime.header, otherwise);
    let blame = |reason| Refused { image: name, reason };
    let image = verify::header(&runtime.header, &runtime.fuses).map_err(blame)?;
    let found = image.header().image_type;
    if !belongs(runtime, slot, found) {
        return Err(blame(Refusal::Type { found }));
    }
    if !fits(&layout, image.header()) {
        return Err(blame(Refusal::Placement));
    }
    load::check(&machine.flash, start, layout.slot_bytes, &image, &mut runtime.chunk)
        .map_err(blame)?;
    Ok(Some(image))
}

/// Loads an image that is linked at physical addresses; its header stays behind.
fn load_fixed<F: Flash, M: Destination, L: Lines>(
    runtime: &mut Runtime,
    machine: &mut Machine<F, M, L>,
    image: &Verified,
    slot: u64,
) -> Result<LoadedProgram, Refused> {
    let header = image.header();
    let physical = header.segments[0].physical_address;
    let bytes = fixed_bytes(header);
    let start = slot.saturating_mul(runtime.layout.slot_bytes);
    let target = (&mut machine.memory, physical, bytes);
    load::copy(&machine.flash, start, image, None, target, &mut runtime.chunk)
        .map_err(|reason| refused(image, reason))?;
    let segments = segments(image, |segment| segment.physical_address);
    Ok(LoadedProgram { physical, pages: bytes / PAGE, entry: header.entry, segments })
}

/// Loads the root task, header first, to the start of the programs' memory.
fn load_root<F: Flash, M: Destination, L: Lines>(
    runtime: &mut Runtime,
    machine: &mut Machine<F, M, L>,
    image: &Verified,
) -> Result<LoadedProgram, Refused> {
    let blame = |reason| refused(image, reason);
    let layout = runtime.layout;
    let physical = layout.programs.base;
    let pages = u64::from(image.header().memory_pages);
    let start = layout.root_slot.saturating_mul(layout.slot_bytes);
    load::header_page(&machine.flash, start, &mut runtime.header).map_err(blame)?;
    let measured = Sha256::digest(image_format::signed_bytes(&runtime.header));
    if <[u8; 32]>::from(measured) != *image.measurement() {
        return Err(blame(Refusal::Changed));
    }
    let target = (&mut machine.memory, physical, pages * PAGE);
    let page = Some(&runtime.header);
    load::copy(&machine.flash, start, image, page, target, &mut runtime.chunk).map_err(blame)?;
    let segments = segments(image, |segment| physical + u64::from(segment.first_page()) * PAGE);
    Ok(LoadedProgram { physical, pages, entry: image.header().entry, segments })
}

fn segments(
    image: &Verified,
    physical: impl Fn(&image_format::Segment) -> u64,
) -> [Segment; MAX_SEGMENTS] {
    let mut segments = [Segment::default(); MAX_SEGMENTS];
    for (place, segment) in segments.iter_mut().zip(image.header().used_segments()) {
        *place = Segment {
            physical: physical(segment),
            virtual_address: segment.virtual_address,
            pages: u64::from(segment.memory_pages()),
            rights: u64::from(segment.rights.bits()),
        };
    }
    segments
}
const _: () = assert!(MAX_SEGMENTS == image_format::MAX_SEGMENTS);
