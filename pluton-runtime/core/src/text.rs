//! Small text: hexadecimal, and a fixed buffer to format into without a heap.

use core::fmt::{self, Write};

/// Bytes as lower-case hexadecimal.
#[derive(Clone, Copy, Debug)]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// Bytes of a [`Text`].
pub const TEXT_BYTES: usize = 320;

/// Text of bounded length. What does not fit is cut at a character.
#[derive(Clone, Debug)]
pub struct Text {
    bytes: [u8; TEXT_BYTES],
    length: usize,
}

impl Text {
    /// No text.
    pub const fn new() -> Self {
        Self { bytes: [0; TEXT_BYTES], length: 0 }
    }

    /// Formats.
    pub fn format(arguments: fmt::Arguments<'_>) -> Self {
        let mut text = Self::new();
        // Cutting is the only way to fail, and it is meant.
        let _ = text.write_fmt(arguments);
        text
    }

    /// What was written.
    pub fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|text| str::from_utf8(text).ok()).unwrap_or("")
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            let end = self.length.saturating_add(character.len_utf8());
            let Some(place) = self.bytes.get_mut(self.length..end) else {
                return Err(fmt::Error);
            };
            character.encode_utf8(place);
            self.length = end;
        }
        Ok(())
    }
}
