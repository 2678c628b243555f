//! What a program is told when it starts: one read-only page.
//!
//! It says what the slots hold, not what the program may do: the slots are the
//! authority, the page is a note about them.

use crate::text;

/// "BULKSTRT".
pub const START_MAGIC: u64 = u64::from_le_bytes(*b"BULKSTRT");
/// The layout below.
pub const START_VERSION: u64 = 1;
/// Most grants listed.
pub const MAX_GRANTS: usize = 16;

/// A filled slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Grant {
    /// A [`kernel_abi::status::ObjectKind`] as a number; 0 ends the list.
    pub kind: u64,
    /// The slot.
    pub slot: u64,
}

/// The page at [`crate::layout::START_INFO`]; `x0` holds its address at the start.
/// All fields are 64-bit, so the layout has no padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct StartInfo {
    /// [`START_MAGIC`].
    pub magic: u64,
    /// [`START_VERSION`].
    pub version: u64,
    /// Ticks of the clock a second.
    pub ticks_per_second: u64,
    /// How often this program was restarted after a fault since the machine started.
    pub restarts: u64,
    /// Its share of the CPU in 1/1000.
    pub cpu_permille: u64,
    /// Pages of RAM it has, all told.
    pub memory_pages: u64,
    /// A number for the program to use as it likes; 0 today.
    pub argument: u64,
    /// Display name, zero-padded.
    pub name: [u64; 3],
    /// What the slots hold.
    pub grants: [Grant; MAX_GRANTS],
}

/// 64-bit words of a [`StartInfo`].
pub const START_WORDS: usize = size_of::<StartInfo>() / 8;
const _: () = assert!(START_WORDS == 10 + 2 * MAX_GRANTS);

impl StartInfo {
    /// A page for a program of this name; the rest is to be filled in.
    pub fn new(name: &str) -> Self {
        let bytes = text::name_bytes(name);
        let words: &[[u8; 8]] = bytes.as_chunks().0;
        Self {
            magic: START_MAGIC,
            version: START_VERSION,
            ticks_per_second: 0,
            restarts: 0,
            cpu_permille: 0,
            memory_pages: 0,
            argument: 0,
            name: core::array::from_fn(|index| u64::from_le_bytes(words[index])),
            grants: [Grant::default(); MAX_GRANTS],
        }
    }
    /// Whether this is a page this version of the SDK understands.
    pub fn is_valid(&self) -> bool {
        self.magic == START_MAGIC && self.version == START_VERSION
    }
    /// The clock.
    pub fn clock(&self) -> crate::Clock {
        crate::Clock::new(self.ticks_per_second)
    }
    /// Whether `slot` was filled.
    pub fn is_granted(&self, slot: kernel_abi::Slot) -> bool {
        self.grants.iter().any(|grant| grant.kind != 0 && grant.slot == u64::from(slot.0))
    }
    /// Notes a filled slot; says whether there was room for the note.
    pub fn note(&mut self, kind: u64, slot: kernel_abi::Slot) -> bool {
        let Some(free) = self.grants.iter_mut().find(|grant| grant.kind == 0) else {
            return false;
        };
        *free = Grant { kind, slot: slot.0.into() };
        true
    }
    /// The page as words, in the order of the fields.
    pub fn to_words(&self) -> [u64; START_WORDS] {
        let mut words = [0; START_WORDS];
        let head = [
            self.magic,
            self.version,
            self.ticks_per_second,
            self.restarts,
            self.cpu_permille,
            self.memory_pages,
            self.argument,
        ];
        words[..7].copy_from_slice(&head);
        words[7..10].copy_from_slice(&self.name);
        for (pair, grant) in words[10..].chunks_exact_mut(2).zip(&self.grants) {
            pair.copy_from_slice(&[grant.kind, grant.slot]);
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_GRANTS, StartInfo};
    use kernel_abi::Slot;

    #[test]
    fn grants_are_noted_until_the_page_is_full() {
        let mut info = StartInfo::new("dw100");
        for slot in 0..MAX_GRANTS as u16 {
            assert!(info.note(3, Slot(slot + 6)));
        }
        assert!(!info.note(3, Slot(99)));
        assert!(info.is_granted(Slot(6)) && !info.is_granted(Slot(99)));
    }

    #[test]
    fn words_follow_the_fields() {
        let mut info = StartInfo::new("dw100");
        (info.restarts, info.argument) = (7, 9);
        info.note(3, Slot(6));
        let words = info.to_words();
        assert_eq!(words[3], 7);
        assert_eq!(words[6], 9);
        assert_eq!(words[7].to_le_bytes(), *b"dw100\0\0\0");
        assert_eq!(words[10..12], [3, 6]);
    }
}
