//! What the root task knows of a program, and the slots it keeps its parts in.

use sdk::{Cap, Process, Region, Schedule, Slot, Thread, abi::boot, text};

use crate::pages::Extent;

/// Most programs.
pub const PROGRAMS: usize = 6;
/// Restarts after which a program stays stopped.
pub const RESTARTS_MAX: u64 = 40;

/// Where faults arrive.
pub const FAULTS: Slot = slot(0);
/// The log service's endpoint.
pub const LOG_ENDPOINT: Slot = slot(1);
/// The UART driver's endpoint.
pub const UART_ENDPOINT: Slot = slot(2);
/// Signalled when the mailbox holds an answer.
pub const MAILBOX_SIGNAL: Slot = slot(3);
/// Signalled by the UART's interrupt.
pub const UART_SIGNAL: Slot = slot(4);
/// The first slot of programs; [`SLOTS`] each.
const FIRST_PROGRAM: u16 = boot::FIRST_FREE.0 + 8;
const SLOTS: u16 = 12;
const _: () =
    assert!(FIRST_PROGRAM + SLOTS * PROGRAMS as u16 <= sdk::abi::limits::SLOTS_PER_PROCESS as u16);

const fn slot(index: u16) -> Slot {
    Slot(boot::FIRST_FREE.0 + index)
}

/// Where a program stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Running,
    /// It will be started when the clock says so.
    Due(u64),
    /// It was refused, or faulted too often.
    Stopped,
}

/// A program in a flash slot.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The flash slot.
    pub flash_slot: u64,
    /// Its place among the programs.
    pub index: u16,
    /// Name of the image.
    pub name: [u8; 24],
    /// Pages Pluton needs to load it.
    pub image_pages: u64,
    /// Where it stands.
    pub state: State,
    /// How often it was restarted.
    pub restarts: u64,
    /// Its pages, while it has any.
    pub extent: Option<Extent>,
}

impl Program {
    /// Name of the image.
    pub fn name(&self) -> &str {
        text::name(&self.name)
    }
    /// Name on the console.
    pub fn display_name(&self) -> &str {
        crate::grant::display_name(self.name())
    }
    /// What it is known by at the log, the driver and the fault endpoint. 1 is the
    /// root task's own.
    pub fn badge(&self) -> u64 {
        u64::from(self.index) + 2
    }
    const fn at(&self, part: u16) -> Slot {
        Slot(FIRST_PROGRAM + self.index * SLOTS + part)
    }
    /// The process.
    pub const fn process(&self) -> Cap<Process> {
        Cap::at(self.at(0))
    }
    /// Its thread.
    pub const fn thread(&self) -> Cap<Thread> {
        Cap::at(self.at(1))
    }
    /// Its schedule.
    pub const fn schedule(&self) -> Cap<Schedule> {
        Cap::at(self.at(2))
    }
    /// All its memory.
    pub const fn memory(&self) -> Cap<Region> {
        Cap::at(self.at(3))
    }
    /// What Pluton loaded.
    pub const fn image(&self) -> Cap<Region> {
        Cap::at(self.at(4))
    }
    /// Header and manifest, while they are read; later [`Program::info`].
    pub const fn header(&self) -> Cap<Region> {
        Cap::at(self.at(5))
    }
    /// The start-info page.
    pub const fn info(&self) -> Cap<Region> {
        Cap::at(self.at(5))
    }
    /// Segment `index`, 0 to 3.
    pub const fn segment(&self, index: u16) -> Cap<Region> {
        Cap::at(self.at(6 + index % 4))
    }
    /// The page tables.
    pub const fn tables(&self) -> Cap<Region> {
        Cap::at(self.at(10))
    }
    /// The stack.
    pub const fn stack(&self) -> Cap<Region> {
        Cap::at(self.at(11))
    }
}

/// How long to wait before restart `restarts`: a program that faults at once must
/// not keep the root task and Pluton busy.
pub fn back_off(restarts: u64) -> core::time::Duration {
    core::time::Duration::from_millis(20 + 2 * restarts.min(40))
}

#[cfg(test)]
mod tests {
    use super::{FIRST_PROGRAM, PROGRAMS, Program, State, UART_SIGNAL};
    use std::collections::HashSet;

    #[test]
    fn no_two_parts_share_a_slot() {
        let mut slots = HashSet::new();
        for index in 0..PROGRAMS as u16 {
            let program = Program {
                flash_slot: 3,
                index,
                name: [0; 24],
                image_pages: 1,
                state: State::Stopped,
                restarts: 0,
                extent: None,
            };
            let regions = [program.memory(), program.image(), program.info(), program.tables()];
            let segments = [0, 1, 2, 3].map(|index| program.segment(index));
            let regions = regions.into_iter().chain(segments).chain([program.stack()]);
            let others =
                [program.process().slot(), program.thread().slot(), program.schedule().slot()];
            for slot in regions.map(|region| region.slot()).chain(others) {
                assert!(slot.0 >= FIRST_PROGRAM && slot.0 < 128 && slots.insert(slot), "{slot:?}");
            }
        }
        assert!(UART_SIGNAL.0 < FIRST_PROGRAM);
    }
}
