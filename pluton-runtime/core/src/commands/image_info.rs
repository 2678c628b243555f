//! `ImageInfo`: what lies in a flash slot. Only what is signed is described, so the
//! header is verified each time; the body is verified when it is loaded.

use super::Request;
use crate::load;
use crate::machine::{Destination, Flash, Lines};
use crate::refusal::Refusal;
use crate::runtime::{Machine, Runtime};
use crate::verify;
use pluton_abi::command::{Error, ImageInfo, Message};

pub(super) fn serve<F: Flash, M: Destination, L: Lines>(
    runtime: &mut Runtime,
    machine: &mut Machine<F, M, L>,
    request: &Request<'_>,
    reply: &mut Message,
) -> Result<(), Error> {
    let slot = request.words[1];
    if slot >= runtime.layout.slots {
        return Err(Error::InvalidArgument);
    }
    let start = slot.saturating_mul(runtime.layout.slot_bytes);
    match load::header_page(&machine.flash, start, &mut runtime.header) {
        Err(Refusal::NoImage) => return Err(Error::NoImage),
        Err(_) => return Err(Error::ImageRefused),
        Ok(()) => {}
    }
    let image = verify::header(&runtime.header, &runtime.fuses).map_err(|_| Error::ImageRefused)?;
    let header = image.header();
    ImageInfo {
        image_type: header.image_type.number(),
        version: header.version,
        memory_pages: u64::from(header.memory_pages),
        component_id: header.component_id,
        name: header.name,
    }
    .write(reply);
    Ok(())
}
