//! `ImageLoad`: verify, measure and load a service or an app.
//!
//! The caller names a destination; the runtime writes nowhere but into the part of
//! normal RAM that is for programs, and all of the destination it was given. Whether
//! those pages are the caller's to give is for the monitor to know.

use super::Request;
use crate::boot::stated;
use crate::load;
use crate::machine::{Destination, Flash, Lines};
use crate::measurement::Entry;
use crate::refusal::Refusal;
use crate::runtime::{ImageName, Machine, Refused, Runtime};
use crate::verify::{self, Verified};
use image_format::{ImageType, PAGE_BYTES};
use pluton_abi::command::{Error, LoadedImage, LoadedSegment, MAX_SEGMENTS, Message};

const PAGE: u64 = PAGE_BYTES as u64;

pub(super) fn serve<F: Flash, M: Destination, L: Lines>(
    runtime: &mut Runtime,
    machine: &mut Machine<F, M, L>,
    request: &Request<'_>,
    reply: &mut Message,
) -> Result<(), Error> {
    let [_, slot, physical, pages, ..] = *request.words;
    let layout = runtime.layout;
    if slot < layout.first_program_slot || slot >= layout.slots {
        return Err(Error::InvalidArgument);
    }
    let bytes = pages.checked_mul(PAGE).ok_or(Error::BadDestination)?;
    if bytes == 0 || !physical.is_multiple_of(PAGE) || !layout.programs.contains(physical, bytes) {
        return Err(Error::BadDestination);
    }
    let start = slot.saturating_mul(layout.slot_bytes);
    match load::header_page(&machine.flash, start, &mut runtime.header) {
        Err(Refusal::NoImage) => return Err(Error::NoImage),
        Err(_) => return Err(Error::ImageRefused),
        Ok(()) => {}
    }
    let name = stated(&runtime.header, ImageName::Slot(slot));
    let result = load_program(runtime, machine, start, (physical, bytes));
    let image = match result {
        Ok(image) => image,
        Err(Failure::Destination) => return Err(Error::BadDestination),
        Err(Failure::Image(reason)) => {
            machine.say(format_args!("{}", Refused { image: name, reason }));
            return Err(Error::ImageRefused);
        }
    };
    loaded(&image).write(reply);
    Ok(())
}

/// Whose fault it was.
enum Failure {
    Destination,
    Image(Refusal),
}

fn load_program<F: Flash, M: Destination, L: Lines>(
    runtime: &mut Runtime,
    machine: &mut Machine<F, M, L>,
    start: u64,
    (physical, bytes): (u64, u64),
) -> Result<Verified, Failure> {
    let image = verify::header(&runtime.header, &runtime.fuses).map_err(Failure::Image)?;
    let header = image.header();
    match header.image_type {
        ImageType::Service | ImageType::Application => {}
        found => return Err(Failure::Image(Refusal::Type { found })),
    }
    if header.total_bytes() > runtime.layout.slot_bytes {
        return Err(Failure::Image(Refusal::Flash));
    }
    if bytes < u64::from(header.memory_pages) * PAGE {
        return Err(Failure::Destination);
    }
    let target = (&mut machine.memory, physical, bytes);
    let page = Some(&runtime.header);
    load::copy(&machine.flash, start, &image, page, target, &mut runtime.chunk)
        .map_err(Failure::Image)?;
    // What was exchanged since the boot is logged before anyone learns where it is.
    if !runtime.measurements.contains(image.measurement()) {
        let entry = Entry::of(&image);
        if !runtime.measurements.append(entry) {
            let _ = machine.memory.zero(physical, bytes);
            machine.memory.publish(physical, bytes);
            return Err(Failure::Image(Refusal::LogFull));
        }
        machine.say(format_args!("{entry}"));
    }
    Ok(image)
}

/// Page numbers fit: `image_format` allows at most 65535 pages.
fn loaded(image: &Verified) -> LoadedImage {
    let mut segments = [LoadedSegment::default(); MAX_SEGMENTS];
    for (place, segment) in segments.iter_mut().zip(image.header().used_segments()) {
        *place = LoadedSegment {
            first_page: segment.first_page() as u16,
            pages: segment.memory_pages() as u16,
            rights: segment.rights.bits() as u8,
        };
    }
    LoadedImage { entry: image.header().entry, segments }
}
