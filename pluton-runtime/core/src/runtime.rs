//! The runtime's state, and the loop's one step: a request in, at most one reply out.

use crate::console::{Console, PLUTON};
use crate::dice::{self, Secret};
use crate::fuses::Fuses;
use crate::load::Chunk;
use crate::machine::{Destination, Flash, Layout, Lines};
use crate::measurement::{Entry, MeasurementLog};
use crate::random::Generator;
use crate::refusal::Refusal;
use crate::text::Text;
use core::fmt;
use image_format::{HEADER_BYTES, NAME_BYTES};
use zeroize::Zeroize;

/// The three sides of the machine, apart, so that one can be read while another is
/// written.
#[derive(Debug)]
pub struct Machine<F, M, L> {
    /// The normal world's flash.
    pub flash: F,
    /// The normal world's RAM.
    pub memory: M,
    /// The console.
    pub lines: L,
}

impl<F: Flash, M: Destination, L: Lines> Machine<F, M, L> {
    /// Prints one line of the runtime's own.
    pub fn say(&mut self, text: fmt::Arguments<'_>) {
        self.lines.print(PLUTON);
        self.lines.print(Text::format(text).as_str());
        self.lines.print("\n");
    }
}

/// An image by name, for refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageName {
    /// As its header says: it is checked to be plain text, but maybe not signed.
    Stated([u8; NAME_BYTES]),
    /// The slot, when its header can not be read.
    Slot(u64),
    /// What belongs where nothing legible is.
    Expected(&'static str),
}

impl fmt::Display for ImageName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stated(name) => {
                let end = name.iter().position(|&byte| byte == 0).unwrap_or(NAME_BYTES);
                let text = name.get(..end).and_then(|name| str::from_utf8(name).ok());
                out.write_str(text.unwrap_or("?"))
            }
            Self::Slot(slot) => write!(out, "slot-{slot}"),
            Self::Expected(name) => out.write_str(name),
        }
    }
}

/// A refused image and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which image.
    pub image: ImageName,
    /// Why.
    pub reason: Refusal,
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "refused {}: {}", self.image, self.reason)
    }
}

/// What the runtime knows.
pub struct Runtime {
    pub(crate) fuses: Fuses,
    pub(crate) layout: Layout,
    pub(crate) measurements: MeasurementLog,
    pub(crate) console: Console,
    pub(crate) random: Option<Generator>,
    pub(crate) header: [u8; HEADER_BYTES],
    pub(crate) chunk: Chunk,
}

/// Bytes of entropy that the runtime can be given.
pub const ENTROPY_BYTES: usize = 64;

impl Runtime {
    /// A runtime that has measured itself and nothing else yet. `board` is the
    /// board's seed, `processor` the CPU's random numbers; all zeros where there are
    /// none.
    pub fn new(
        fuses: Fuses,
        layout: Layout,
        own: Entry,
        sealing: &Secret,
        board: &Secret,
        processor: &Secret,
    ) -> Self {
        let mut entropy = [0; ENTROPY_BYTES];
        entropy[..32].copy_from_slice(&board.0);
        entropy[32..].copy_from_slice(&processor.0);
        // Two devices that are given the same seed still differ.
        let personalization = dice::derive(sealing, b"", b"random generator");
        let random = Generator::new(&entropy, &personalization.0);
        entropy.zeroize();
        let mut measurements = MeasurementLog::new();
        let _ = measurements.append(own);
        Self {
            fuses,
            layout,
            measurements,
            console: Console::new(),
            random,
            header: [0; HEADER_BYTES],
            chunk: Chunk([0; crate::load::CHUNK_BYTES]),
        }
    }

    /// Prints unfinished lines; before power goes off.
    pub fn flush(&mut self, lines: &mut impl Lines) {
        self.console.flush(lines);
    }

    /// Eight fresh random bytes as a number, if there is a generator.
    pub(crate) fn random_number(&mut self) -> Option<u64> {
        let mut bytes = [0; 8];
        let filled = self.random.as_mut().is_some_and(|random| random.fill(&mut bytes));
        filled.then_some(u64::from_le_bytes(bytes))
    }
}
