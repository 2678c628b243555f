//! Identifiers of components and tenants: 128 bits, written as a GUID.

use core::fmt;

/// 16 bytes in the order in which the digits are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identifier(pub [u8; 16]);

impl Identifier {
    /// The rule, for people.
    pub(crate) const RULE: &'static str =
        "must be a GUID of hexadecimal digits, 8-4-4-4-12, not all zero";

    /// Reads `25025d2c-66da-4448-bae1-ac26fcdd3627`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        if text.len() != 36 {
            return None;
        }
        let mut bytes = [0; 16];
        let mut digits = 0;
        for (place, byte) in text.iter().enumerate() {
            if matches!(place, 8 | 13 | 18 | 23) {
                if *byte != b'-' {
                    return None;
                }
                continue;
            }
            let digit = char::from(*byte).to_digit(16)? as u8;
            let target = bytes.get_mut(digits / 2)?;
            *target = *target << 4 | digit;
            digits += 1;
        }
        (bytes != [0; 16]).then_some(Self(bytes))
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                formatter.write_str("-")?;
            }
            write!(formatter, "{byte:02x}")?;
        }
        Ok(())
    }
}
