//! The handoff page is the one thing the monitor is told rather than knows, so
//! every field of it is checked before the first page is granted. The Pluton
//! runtime is trusted; a mistake of its is still found here, by name, instead of
//! becoming a hole in stage 2. [`Verified`] can only be made by [`verify`].

use core::fmt;

use pluton_abi::handoff::{
    LoadedProgram, MONITOR_HANDOFF_MAGIC, MONITOR_HANDOFF_VERSION, MonitorHandoff, Segment,
};

use crate::layout::{Layout, PAGE_BYTES, Region};
use crate::memory::MAX_PAGES;

/// `rights` bit: write.
pub const WRITE: u64 = 2;
/// `rights` bit: execute.
pub const EXECUTE: u64 = 4;
const ALL_RIGHTS: u64 = 7;

/// A handoff that keeps every rule, with the layout it was checked against.
#[derive(Clone, Copy, Debug)]
pub struct Verified {
    handoff: MonitorHandoff,
    layout: Layout,
    root: Region,
    partition: Region,
}

impl Verified {
    /// The handoff.
    pub const fn handoff(&self) -> &MonitorHandoff {
        &self.handoff
    }
    /// The layout.
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }
    /// The root task's image.
    pub const fn root(&self) -> Region {
        self.root
    }
    /// All RAM that the partition may see: everything behind the monitor's.
    pub const fn partition(&self) -> Region {
        self.partition
    }
    /// Whether a page of the kernel or of the root task was loaded at this address.
    pub fn holds_image(&self, address: u64) -> bool {
        let of_kernel = |segment: &Segment| {
            let region = Region::new(segment.physical, segment.pages);
            region.is_some_and(|region| region.holds(address))
        };
        self.root.holds(address) || self.handoff.kernel.segments.iter().any(of_kernel)
    }
}

/// What a broken rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The page as such.
    Page,
    /// The monitor's image.
    Monitor,
    /// The kernel's image.
    Kernel,
    /// The root task's image.
    Root,
}

/// The rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The page does not lie where the board says.
    Place,
    /// The magic number is another.
    Magic,
    /// The version is another.
    Version,
    /// RAM is not the board's.
    Ram,
    /// The image is not loaded where the board says.
    Base,
    /// The image is empty, wraps, or leaves what is kept for it.
    Bounds,
    /// A segment is not page-aligned, wraps, or leaves its image.
    SegmentBounds,
    /// A segment's virtual address is not page-aligned, or wraps.
    VirtualAddress,
    /// A segment has no rights, or rights nobody knows.
    Rights,
    /// A segment is both writable and executable.
    WritableAndExecutable,
    /// Two segments share a page, physical or virtual.
    Overlap,
    /// The entry point is not an instruction of an executable segment.
    Entry,
}

/// Why a handoff is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandoffError {
    /// What it is about.
    pub part: Part,
    /// The rule.
    pub rule: Rule,
}

impl fmt::Display for HandoffError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.part {
            Part::Page => "page: ",
            Part::Monitor => "monitor: ",
            Part::Kernel => "kernel: ",
            Part::Root => "root task: ",
        })?;
        formatter.write_str(match self.rule {
            Rule::Place => "does not lie where the board says",
            Rule::Magic => "magic number is not BULKHMON",
            Rule::Version => "layout version is not known here",
            Rule::Ram => "RAM is not the board's",
            Rule::Base => "not loaded where the board says",
            Rule::Bounds => "empty, or larger than the memory kept for it",
            Rule::SegmentBounds => "a segment is not page-aligned or leaves its image",
            Rule::VirtualAddress => "a segment's virtual address is not page-aligned or wraps",
            Rule::Rights => "a segment has no rights or unknown ones",
            Rule::WritableAndExecutable => "a segment is both writable and executable",
            Rule::Overlap => "two segments overlap",
            Rule::Entry => "the entry point is not in an executable segment",
        })
    }
}

/// What an entry point is compared with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EntryIs {
    Physical,
    Virtual,
}

/// Checks every field of the handoff found at `address`.
pub fn verify(
    address: u64,
    handoff: &MonitorHandoff,
    layout: &Layout,
) -> Result<Verified, HandoffError> {
    let page = |rule| HandoffError {
        part: Part::Page,
        rule,
    };
    if address != layout.handoff.base() {
        return Err(page(Rule::Place));
    }
    if handoff.magic != MONITOR_HANDOFF_MAGIC {
        return Err(page(Rule::Magic));
    }
    if handoff.version != MONITOR_HANDOFF_VERSION {
        return Err(page(Rule::Version));
    }
    let ram = &layout.ram;
    if handoff.ram_base != ram.base()
        || handoff.ram_bytes != ram.bytes()
        || ram.pages() > MAX_PAGES as u64
    {
        return Err(page(Rule::Ram));
    }
    let to_the_end = |base| {
        let bytes = ram.end().checked_sub(base)?;
        Region::new(base, bytes / PAGE_BYTES)
    };
    let partition = to_the_end(layout.boot_info.base()).ok_or(page(Rule::Ram))?;
    let behind_root = to_the_end(layout.root).ok_or(page(Rule::Ram))?;
    if !ram.contains(&partition) || layout.monitor.overlaps(&partition) || partition.holds(address)
    {
        return Err(page(Rule::Ram));
    }
    program(
        Part::Monitor,
        &handoff.monitor,
        &layout.monitor,
        EntryIs::Physical,
    )?;
    program(
        Part::Kernel,
        &handoff.kernel,
        &layout.kernel,
        EntryIs::Physical,
    )?;
    let root = program(Part::Root, &handoff.root, &behind_root, EntryIs::Virtual)?;
    Ok(Verified {
        handoff: *handoff,
        layout: *layout,
        root,
        partition,
    })
}

fn program(
    part: Part,
    program: &LoadedProgram,
    place: &Region,
    entry_is: EntryIs,
) -> Result<Region, HandoffError> {
    let refuse = |rule| HandoffError { part, rule };
    if program.physical != place.base() {
        return Err(refuse(Rule::Base));
    }
    let image = Region::new(program.physical, program.pages)
        .filter(|image| place.contains(image))
        .ok_or(refuse(Rule::Bounds))?;
    let mut entry_found = false;
    for (index, segment) in program.segments.iter().enumerate() {
        if segment.pages == 0 {
            continue;
        }
        let physical = Region::new(segment.physical, segment.pages)
            .filter(|physical| image.contains(physical))
            .ok_or(refuse(Rule::SegmentBounds))?;
        let virtual_pages = Region::new(segment.virtual_address, segment.pages)
            .ok_or(refuse(Rule::VirtualAddress))?;
        if segment.rights == 0 || segment.rights & !ALL_RIGHTS != 0 {
            return Err(refuse(Rule::Rights));
        }
        if segment.rights & WRITE != 0 && segment.rights & EXECUTE != 0 {
            return Err(refuse(Rule::WritableAndExecutable));
        }
        let earlier = program
            .segments
            .iter()
            .take(index)
            .filter(|other| other.pages != 0);
        for other in earlier {
            let shares = |base, own: &Region| {
                Region::new(base, other.pages).is_none_or(|other| other.overlaps(own))
            };
            if shares(other.physical, &physical) || shares(other.virtual_address, &virtual_pages) {
                return Err(refuse(Rule::Overlap));
            }
        }
        let entry_pages = if entry_is == EntryIs::Physical {
            physical
        } else {
            virtual_pages
        };
        entry_found |= segment.rights & EXECUTE != 0 && entry_pages.holds(program.entry);
    }
    if !entry_found || !program.entry.is_multiple_of(4) {
        return Err(refuse(Rule::Entry));
    }
    Ok(image)
}
