//! From a flash slot to a verified copy in memory, and what its header says.

use alloc::vec;
use core::fmt;

use image_format::{FormatError, HEADER_BYTES, Header, PAGE_BYTES};
use manifest::Manifest;
use pluton_abi::command::{Command, LoadedImage};
use sdk::abi::boot::FREE_RAM;
use sdk::machine::Window;
use sdk::{Cap, Error, Region, Rights, Syscalls};

use crate::grant::{Grants, grants};
use crate::mailbox::Failure;
use crate::plan::{Misplaced, Plan, segments};
use crate::program::Program;
use crate::root::Root;

/// Where the root task maps what it reads and writes of others: the block below its
/// own, whose page table the start-info page has paid for.
pub(crate) const WINDOW: u64 = 0x0010_0000;
const FREE: Cap<Region> = Cap::at(FREE_RAM);

/// Why a program is not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotStarted {
    /// The kernel refused a step.
    Kernel(&'static str, Error),
    /// Pluton refused the image, or did not answer.
    Pluton(Failure),
    /// Not enough RAM in a row.
    NoMemory(u64),
    /// The header, as loaded, breaks the format.
    Format(FormatError),
    /// It does not fit into the address space.
    Misplaced(Misplaced),
    /// Loader and header disagree.
    Disagree(&'static str),
    /// There is no manifest, or it breaks a rule.
    Manifest(alloc::string::String),
    /// It asks for what there is not.
    NotToBeHad(&'static str),
    /// It needs more RAM than its manifest allows.
    OverQuota {
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        allowed: u64,
    },
}

impl fmt::Display for NotStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel(step, error) => write!(f, "{step}: {}", error.text()),
            Self::Pluton(failure) => failure.fmt(f),
            Self::NoMemory(pages) => write!(f, "no {pages} free pages in a row"),
            Self::Format(error) => error.fmt(f),
            Self::Misplaced(misplaced) => misplaced.fmt(f),
            Self::Disagree(what) => write!(f, "Pluton and the header disagree on the {what}"),
            Self::Manifest(text) => write!(f, "its manifest: {text}"),
            Self::NotToBeHad(what) => write!(f, "its manifest asks for {what}, which there is not"),
            Self::OverQuota { needed, allowed } => write!(
                f,
                "it needs {} KiB of RAM and its manifest allows {}: raise Bulkhead.RamKB",
                needed >> 10,
                allowed >> 10
            ),
        }
    }
}

/// Names the step that failed.
pub(crate) fn step(name: &'static str) -> impl Fn(Error) -> NotStarted {
    move |error| NotStarted::Kernel(name, error)
}

/// A verified copy in memory.
pub(crate) struct Loaded {
    pub(crate) plan: Plan,
    pub(crate) header: Header,
    pub(crate) grants: Grants,
}

impl<K: Syscalls> Root<'_, K> {
    /// Takes memory for a program, lets Pluton load it there, reads what it says.
    pub(crate) fn load(&mut self, program: &mut Program) -> Result<Loaded, NotStarted> {
        let plan = Plan::new(program.image_pages).ok_or(NotStarted::Disagree("size"))?;
        let pages = plan.pages();
        let extent = self.pages.take(pages).ok_or(NotStarted::NoMemory(pages))?;
        program.extent = Some(extent);
        FREE.carve(self.kernel, program.memory(), extent.first, extent.pages)
            .map_err(step("carve memory"))?;
        program
            .memory()
            .carve(self.kernel, program.image(), plan.image.first, plan.image.pages)
            .map_err(step("carve the image"))?;
        let reply = self
            .mailbox
            .ask(Command::ImageLoad, program.flash_slot, Some(program.image()))
            .map_err(NotStarted::Pluton)?;
        let loaded = LoadedImage::read(&reply);
        let (header, manifest) = self.read_header(program, &loaded)?;
        if header.name != program.name {
            return Err(NotStarted::Disagree("name"));
        }
        if manifest.component_id.0 != header.component_id {
            return Err(NotStarted::Disagree("component id"));
        }
        let grants =
            grants(header.image_type, program.name(), &manifest).map_err(NotStarted::NotToBeHad)?;
        let needed = pages * u64::from(PAGE_BYTES);
        if needed > grants.ram_bytes {
            return Err(NotStarted::OverQuota { needed, allowed: grants.ram_bytes });
        }
        Ok(Loaded { plan, header, grants })
    }

    /// Reads header and manifest of a loaded copy.
    fn read_header(
        &self,
        program: &Program,
        loaded: &LoadedImage,
    ) -> Result<(Header, Manifest), NotStarted> {
        let first = loaded.segments.iter().filter(|segment| segment.pages != 0);
        let head_pages = first.map(|segment| u64::from(segment.first_page)).min().unwrap_or(0);
        let region = program.header();
        program
            .image()
            .carve(self.kernel, region, 0, head_pages)
            .map_err(step("carve the header"))?;
        let window = Window::open(self.kernel, region, WINDOW, Rights::READ)
            .map_err(step("map the header"))?;
        let result = read_window(&window, loaded);
        window.close(self.kernel).map_err(step("unmap the header"))?;
        region.delete(self.kernel).map_err(step("give the header back"))?;
        result
    }
}

fn read_window(window: &Window, loaded: &LoadedImage) -> Result<(Header, Manifest), NotStarted> {
    let mut bytes = vec![0; HEADER_BYTES];
    if !window.read(0, &mut bytes) {
        return Err(NotStarted::Disagree("size of the header"));
    }
    let header = image_format::parse(&bytes).map_err(NotStarted::Format)?;
    check(&header, loaded)?;
    let (offset, length) = (header.manifest_offset as usize, header.manifest_bytes as usize);
    if length == 0 || length > manifest::MAX_MANIFEST_BYTES {
        return Err(NotStarted::Manifest("there is none, or it is too long".into()));
    }
    let mut text = vec![0; length];
    if !window.read(offset, &mut text) {
        return Err(NotStarted::Disagree("place of the manifest"));
    }
    match Manifest::parse(&text) {
        Ok(manifest) => Ok((header, manifest)),
        Err(violations) => Err(NotStarted::Manifest(match violations.first() {
            Some(first) => alloc::format!("{first} ({} rules broken)", violations.len()),
            None => "it breaks a rule".into(),
        })),
    }
}

/// The monitor made pages executable by Pluton's reply, the root task maps them by
/// the header: both must say the same.
fn check(header: &Header, loaded: &LoadedImage) -> Result<(), NotStarted> {
    let planned = segments(header).map_err(NotStarted::Misplaced)?;
    if loaded.entry != header.entry {
        return Err(NotStarted::Disagree("entry point"));
    }
    let told = loaded.segments.iter().filter(|segment| segment.pages != 0).map(|segment| {
        (u64::from(segment.first_page), u64::from(segment.pages), u64::from(segment.rights))
    });
    let own = planned.map(|s| (s.extent.first, s.extent.pages, s.rights.bits()));
    if told.eq(own) { Ok(()) } else { Err(NotStarted::Disagree("segments")) }
}
