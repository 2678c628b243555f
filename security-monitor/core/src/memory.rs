//! The partition's memory as a value: one state for each page of RAM, and the few
//! transitions between them.
//!
//! What a state lets the kernel do is a function of the state alone, and [`Access`]
//! has no variant that is both writable and executable: W^X is not checked here, it
//! can not be said. Every change takes all access away before it gives new access,
//! so no core ever sees a mixture.

use core::ops::Range;

use monitor_abi::hvc::Status;
use pluton_abi::command::LoadedImage;

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
    base: u64,
    states: [PageState; MAX_PAGES],
}

impl Memory {
    /// The states of a verified handoff.
    pub fn new(verified: &Verified) -> Self {
        let (handoff, layout) = (verified.handoff(), verified.layout());
        let mut memory = Self {
            base: layout.ram.base(),
            states: [PageState::Foreign; MAX_PAGES],
        };
        let ram_end = layout.ram.end();
        let visible = (ram_end - layout.boot_info.base()) / PAGE_BYTES;
        memory.set(layout.boot_info.base(), visible, PageState::Data);
        memory.set_region(&layout.boot_info, PageState::KernelReadOnly);
        memory.set_region(&layout.kernel, PageState::KernelData);
        for segment in &handoff.kernel.segments {
            let state = PageState::of_kernel(segment.rights);
            memory.set(segment.physical, segment.pages, state);
        }
        for segment in &handoff.root.segments {
            let state = PageState::of_program(segment.rights);
            memory.set(segment.physical, segment.pages, state);
        }
        memory.set_region(&layout.monitor, PageState::Foreign);
        memory.set_region(&layout.handoff, PageState::Foreign);
        memory
    }

    fn set_region(&mut self, region: &Region, state: PageState) {
        self.set(region.base(), region.pages(), state);
    }

    fn set(&mut self, address: u64, pages: u64, state: PageState) {
        if let Some(states) = self
            .run(address, pages)
            .and_then(|run| self.states.get_mut(run))
        {
            states.fill(state);
        }
    }

    /// The indices of a run of pages, if it is page-aligned and in RAM.
    fn run(&self, address: u64, pages: u64) -> Option<Range<usize>> {
        let region = Region::new(address, pages)?;
        let first = usize::try_from(region.base().checked_sub(self.base)? / PAGE_BYTES).ok()?;
        let end = first.checked_add(usize::try_from(pages).ok()?)?;
        (end <= MAX_PAGES).then_some(first..end)
    }

    /// Every page of RAM with its state.
    pub fn pages(&self) -> impl Iterator<Item = (u64, PageState)> {
        let addresses = (0u64..).map(|index| self.base + index * PAGE_BYTES);
        addresses.zip(self.states)
    }

    /// The state of the page that holds this address.
    pub fn state(&self, address: u64) -> PageState {
        self.run(address / PAGE_BYTES * PAGE_BYTES, 1)
            .and_then(|run| self.states.get(run.start))
            .map_or(PageState::Foreign, |state| *state)
    }

    /// A run that the kernel names, if every page of it is in an allowed state.
    fn allowed(
        &self,
        address: u64,
        pages: u64,
        allow: impl Fn(PageState) -> bool,
    ) -> Result<(), Status> {
        Region::new(address, pages).ok_or(Status::InvalidArgument)?;
        let run = self.run(address, pages).ok_or(Status::Denied)?;
        let states = self.states.get(run).ok_or(Status::Denied)?;
        states
            .iter()
            .all(|state| allow(*state))
            .then_some(())
            .ok_or(Status::Denied)
    }

    /// Data -> in transfer. Nothing happens unless every page is plain memory.
    pub(crate) fn begin_load(
        &mut self,
        machine: &mut impl Machine,
        address: u64,
        pages: u64,
    ) -> Result<(), Status> {
        self.allowed(address, pages, |state| state == PageState::Data)?;
        machine.withdraw(address, pages);
        self.set(address, pages, PageState::InTransfer);
        Ok(())
    }

    /// In transfer -> what the segments say, or all of it data.
    pub(crate) fn end_load(
        &mut self,
        machine: &mut impl Machine,
        address: u64,
        pages: u64,
        image: Option<&LoadedImage>,
    ) {
        self.set(address, pages, PageState::Data);
        for segment in image.iter().flat_map(|image| &image.segments) {
            let first = address + u64::from(segment.first_page) * PAGE_BYTES;
            let state = PageState::of_program(u64::from(segment.rights));
            self.set(first, u64::from(segment.pages), state);
        }
        self.grant(machine, address, pages);
    }

    /// Loaded -> data, zeroed where it was executable. Plain memory in between
    /// stays as it is, so that a whole program can be given up at once.
    pub(crate) fn release(
        &mut self,
        machine: &mut impl Machine,
        address: u64,
        pages: u64,
    ) -> Result<(), Status> {
        use PageState::{Data, LoadedReadOnly, LoadedText};
        self.allowed(address, pages, |state| {
            matches!(state, Data | LoadedText | LoadedReadOnly)
        })?;
        machine.withdraw(address, pages);
        for page in page_addresses(address, pages) {
            if self.state(page) == LoadedText {
                machine.zero(page);
            }
        }
        self.set(address, pages, Data);
        self.grant(machine, address, pages);
        Ok(())
    }

    fn grant(&self, machine: &mut impl Machine, address: u64, pages: u64) {
        for page in page_addresses(address, pages) {
            let access = self.state(page).access();
            if access != Access::None {
                machine.grant(page, access);
            }
        }
    }

    /// Grants every page for the first time.
    pub(crate) fn grant_all(&self, machine: &mut impl Machine) {
        self.grant(machine, self.base, MAX_PAGES as u64);
    }
}

fn page_addresses(address: u64, pages: u64) -> impl Iterator<Item = u64> {
    (0..pages).map(move |index| address + index * PAGE_BYTES)
}

/// Whether a loaded image's segments keep the rules: inside its pages, no overlap,
/// known rights, none both writable and executable.
pub fn image_is_sound(image: &LoadedImage, pages: u64) -> bool {
    let present = || image.segments.iter().filter(|segment| segment.pages != 0);
    present().enumerate().all(|(index, segment)| {
        let run = |segment: &pluton_abi::command::LoadedSegment| {
            let first = u64::from(segment.first_page);
            first..first + u64::from(segment.pages)
        };
        let (own, rights) = (run(segment), u64::from(segment.rights));
        own.end <= pages
            && (1..=7).contains(&rights)
            && rights & (WRITE | EXECUTE) != WRITE | EXECUTE
            && present()
                .take(index)
                .map(run)
                .all(|o| o.end <= own.start || own.end <= o.start)
    })
}
