//! The console: whole lines, one speaker each.
//!
//! Text arrives in pieces of at most 56 bytes from several speakers. Each speaker has
//! its own line buffer, so lines never mix, and only this file puts the `[stage  ]`
//! in front, so nobody can speak in another's name. Characters that could move the
//! cursor, hide text or reverse it are replaced.

use crate::machine::Lines;
use crate::text::Text;
use pluton_abi::command::Origin;

/// Bytes of a line; longer ones are cut into several.
pub const LINE_BYTES: usize = 240;
/// Cores that have a mailbox.
pub const CORES: usize = 3;
const SPEAKERS: usize = 3;

/// The prefix of the runtime's own lines.
pub const PLUTON: &str = "[pluton ] ";
/// The prefix of the boot ROM's lines.
pub const ROM: &str = "[rom    ] ";

#[derive(Clone, Copy, Debug)]
struct Line {
    bytes: [u8; LINE_BYTES],
    length: usize,
}

/// The line buffers of all speakers.
#[derive(Clone, Debug)]
pub struct Console {
    lines: [[Line; SPEAKERS]; CORES],
}

const fn prefix(origin: Origin) -> Option<(usize, &'static str)> {
    match origin {
        Origin::Monitor => Some((0, "[monitor] ")),
        Origin::Kernel => Some((1, "[kernel ] ")),
        Origin::Process => Some((2, "")),
        Origin::Unknown => None,
    }
}

const SPOKEN: [Origin; SPEAKERS] = [Origin::Monitor, Origin::Kernel, Origin::Process];

impl Console {
    /// Nothing said yet.
    pub const fn new() -> Self {
        Self { lines: [[Line { bytes: [0; LINE_BYTES], length: 0 }; SPEAKERS]; CORES] }
    }

    /// Takes text; prints each line that it ends. False for a speaker who has no line.
    #[must_use]
    pub fn push(&mut self, core: usize, origin: Origin, text: &[u8], out: &mut impl Lines) -> bool {
        let Some((speaker, prefix)) = prefix(origin) else {
            return false;
        };
        let Some(line) = self.lines.get_mut(core).and_then(|core| core.get_mut(speaker)) else {
            return false;
        };
        for &byte in text {
            if byte == b'\n' {
                line.end(prefix, out);
                continue;
            }
            if line.length == LINE_BYTES {
                line.end(prefix, out);
            }
            if let Some(place) = line.bytes.get_mut(line.length) {
                *place = byte;
                line.length = line.length.saturating_add(1);
            }
        }
        true
    }

    /// Prints what is left of unfinished lines, before power goes off.
    pub fn flush(&mut self, out: &mut impl Lines) {
        for core in &mut self.lines {
            for (line, origin) in core.iter_mut().zip(SPOKEN) {
                if let (true, Some((_, prefix))) = (line.length != 0, prefix(origin)) {
                    line.end(prefix, out);
                }
            }
        }
    }
}

impl Default for Console {
    fn default() -> Self {
        Self::new()
    }
}

impl Line {
    fn end(&mut self, prefix: &str, out: &mut impl Lines) {
        let mut bytes = self.bytes.get(..self.length).unwrap_or(&[]);
        if let [rest @ .., b'\r'] = bytes {
            bytes = rest;
        }
        let mut text = Text::new();
        let mut first = prefix.is_empty();
        for part in bytes.utf8_chunks() {
            for character in part.valid().chars() {
                let forged = core::mem::take(&mut first) && character == '[';
                push(&mut text, if forged || !is_plain(character) { '?' } else { character });
            }
            if !part.invalid().is_empty() {
                first = false;
                push(&mut text, '?');
            }
        }
        self.length = 0;
        out.print(prefix);
        out.print(text.as_str());
        out.print("\n");
    }
}

/// A cut line has at most 240 bytes and `?` is never longer than what it replaces,
/// so it always fits.
fn push(text: &mut Text, character: char) {
    let _ = core::fmt::Write::write_char(text, character);
}

/// Whether a character shows as itself and does nothing else.
fn is_plain(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{ad}' | '\u{61c}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        && !matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        && !matches!(character, '\u{2060}'..='\u{206f}' | '\u{e0000}'..='\u{e0fff}')
}
