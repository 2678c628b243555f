//! Slots and places: how a capability is named.

/// A slot of the calling process's own table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot(pub u16);

/// A slot of the caller's own table, or of a table the caller controls.
///
/// Bits 0..=15: the slot. Bits 16..=31: 0 for the own table, else the slot of a
/// process capability with [`Rights::WRITE`](crate::Rights::WRITE) whose table is
/// meant. So a supervisor fills and empties the tables of its children by the same
/// calls it uses on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place(pub u32);

impl Place {
    /// A slot of the own table.
    pub const fn own(slot: Slot) -> Self {
        Self(slot.0 as u32)
    }
    /// A slot of the table of the process that `process` names.
    pub const fn of(process: Slot, slot: Slot) -> Self {
        Self((process.0 as u32) << 16 | slot.0 as u32)
    }
    /// The slot meant.
    pub const fn slot(self) -> Slot {
        Slot(self.0 as u16)
    }
    /// The process capability, slot 0 for the own table.
    pub const fn process(self) -> Slot {
        Slot((self.0 >> 16) as u16)
    }
}
