//! The partition's memory as a value: one state for each page of RAM, and the few
//! transitions between them.
//!
//! What a state lets the kernel do is a function of the state alone, and [`Access`]
//! has no variant that is both writable and executable: W^X is not checked here, it
//! can not be said. Every change takes all access away before it gives new access,
//! so no core ever sees a mixture.

use core::ops::Range;

use monitor_abi::hvc::Status;
use pluton_abi::command::{LoadedImage, LoadedSegment};

use crate::handoff::{EXECUTE, Verified, WRITE};
use crate::layout::{PAGE_BYTES, Region};
use crate::machine::Machine;

/// Most pages of RAM that can be tracked.
pub const MAX_PAGES: usize = 1024;

/// What a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PageState {
    /// Not the partition's: the monitor's, the handoff.
    Foreign,
    /// Kernel instructions. Final.
    KernelText,
    /// Kernel constants and the boot information. Final.
    KernelReadOnly,
    /// Kernel variables. Final.
    KernelData,
    /// Plain memory.
    Data,
    /// The Pluton runtime may be writing an image here.
    InTransfer,
    /// Instructions of a verified program.
    LoadedText,
    /// Constants of a verified program.
    LoadedReadOnly,
}

/// What stage 2 lets the partition do with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    None,
    /// Read.
    ReadOnly,
    /// Read and write.
    ReadWrite,
    /// Read; execute as the kernel (EL1).
    ExecuteAsKernel,
    /// Read; execute as a program (EL0).
    ExecuteAsProgram,
}

impl PageState {
    /// What the partition may do with a page in this state.
    pub const fn access(self) -> Access {
        match self {
            Self::Foreign | Self::InTransfer => Access::None,
            Self::KernelText => Access::ExecuteAsKernel,
            Self::KernelReadOnly | Self::LoadedReadOnly => Access::ReadOnly,
            Self::KernelData | Self::Data => Access::ReadWrite,
            Self::LoadedText => Access::ExecuteAsProgram,
        }
    }
    const fn of_kernel(rights: u64) -> Self {
        if rights & EXECUTE != 0 {
            Self::KernelText
        } else if rights & WRITE != 0 {
            Self::KernelData
        } else {
            Self::KernelReadOnly
        }
    }
    const fn of_program(rights: u64) -> Self {
        if rights & EXECUTE != 0 {
            Self::LoadedText
        } else if rights & WRITE != 0 {
            Self::Data
        } else {
            Self::LoadedReadOnly
        }
    }
}

/// All pages of RAM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    ram: Region,
    states: [PageState; MAX_PAGES],
}

impl Memory {
    /// The states of a verified handoff.
    pub fn new(verified: &Verified) -> Self {
        let (handoff, layout) = (verified.handoff(), verified.layout());
        let mut memory = Self {
            ram: layout.ram,
            states: [PageState::Foreign; MAX_PAGES],
        };
        memory.set(&verified.partition(), PageState::Data);
        memory.set(&layout.boot_info, PageState::KernelReadOnly);
        memory.set(&layout.kernel, PageState::KernelData);
        let of_kernel = handoff.kernel.segments.iter();
        let of_kernel = of_kernel.map(|one| (one, PageState::of_kernel(one.rights)));
        let of_root = handoff.root.segments.iter();
        let of_root = of_root.map(|one| (one, PageState::of_program(one.rights)));
        for (segment, state) in of_kernel.chain(of_root) {
            if let Some(region) = Region::new(segment.physical, segment.pages) {
                memory.set(&region, state);
            }
        }
        memory
    }

    fn set(&mut self, region: &Region, state: PageState) {
        if let Some(states) = self.run(region).and_then(|run| self.states.get_mut(run)) {
            states.fill(state);
        }
    }

    /// The indices of a run of pages, if it lies in RAM.
    fn run(&self, region: &Region) -> Option<Range<usize>> {
        let index =
            |address: u64| usize::try_from(address.checked_sub(self.ram.base())? / PAGE_BYTES).ok();
        self.ram
            .contains(region)
            .then_some(index(region.base())?..index(region.end())?)
    }

    /// Every page of RAM with its state.
    pub fn pages(&self) -> impl Iterator<Item = (u64, PageState)> {
        self.ram.addresses().zip(self.states)
    }

    /// The state of the page that holds this address.
    pub fn state(&self, address: u64) -> PageState {
        Region::new(address & !(PAGE_BYTES - 1), 1)
            .and_then(|page| self.states.get(self.run(&page)?.start))
            .map_or(PageState::Foreign, |state| *state)
    }

    /// Denied unless every page that the kernel names is in an allowed state.
    fn check(&self, region: &Region, allow: impl Fn(PageState) -> bool) -> Result<(), Status> {
        let states = self.run(region).and_then(|run| self.states.get(run));
        let allowed = states.is_some_and(|states| states.iter().all(|state| allow(*state)));
        if allowed { Ok(()) } else { Err(Status::Denied) }
    }

    /// Data -> in transfer. Nothing happens unless every page is plain memory.
    pub(crate) fn begin_load(
        &mut self,
        machine: &mut impl Machine,
        region: &Region,
    ) -> Result<(), Status> {
        self.check(region, |state| state == PageState::Data)?;
        machine.withdraw(region);
        self.set(region, PageState::InTransfer);
        Ok(())
    }

    /// In transfer -> what the segments say, or all of it data.
    pub(crate) fn end_load(
        &mut self,
        machine: &mut impl Machine,
        region: &Region,
        image: Option<&LoadedImage>,
    ) {
        self.set(region, PageState::Data);
        for segment in image.iter().flat_map(|image| &image.segments) {
            if let Some(part) = region.part(segment.first_page, segment.pages) {
                self.set(&part, PageState::of_program(u64::from(segment.rights)));
            }
        }
        self.grant(machine, region);
    }

    /// Loaded -> data, zeroed where it was executable. Plain memory in between
    /// stays as it is, so that a whole program can be given up at once.
    pub(crate) fn release(
        &mut self,
        machine: &mut impl Machine,
        region: &Region,
    ) -> Result<(), Status> {
        use PageState::{Data, LoadedReadOnly, LoadedText};
        self.check(region, |state| {
            matches!(state, Data | LoadedText | LoadedReadOnly)
        })?;
        machine.withdraw(region);
        for page in region.addresses() {
            if self.state(page) == LoadedText {
                machine.zero(page);
            }
        }
        self.set(region, Data);
        self.grant(machine, region);
        Ok(())
    }

    fn grant(&self, machine: &mut impl Machine, region: &Region) {
        for page in region.addresses() {
            let access = self.state(page).access();
            if access != Access::None {
                machine.grant(page, access);
            }
        }
    }

    /// Grants every page for the first time.
    pub(crate) fn grant_all(&self, machine: &mut impl Machine) {
        self.grant(machine, &self.ram);
    }
}

/// Whether a loaded image's segments keep the rules: inside its pages, no overlap,
/// known rights, none both writable and executable.
pub fn image_is_sound(image: &LoadedImage, pages: u64) -> bool {
    let end = |segment: &LoadedSegment| u32::from(segment.first_page) + u32::from(segment.pages);
    let mut rest = image.segments.as_slice();
    while let [segment, others @ ..] = rest {
        rest = others;
        if segment.pages == 0 {
            continue;
        }
        let apart = |other: &LoadedSegment| {
            other.pages == 0
                || end(other) <= u32::from(segment.first_page)
                || end(segment) <= u32::from(other.first_page)
        };
        let rights = u64::from(segment.rights);
        let sound = u64::from(end(segment)) <= pages
            && (1..=7).contains(&rights)
            && rights & (WRITE | EXECUTE) != WRITE | EXECUTE
            && others.iter().all(apart);
        if !sound {
            return false;
        }
    }
    true
}
