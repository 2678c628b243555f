//! Capability tables and the derivation order.
//!
//! Every process has a flat table of [`SLOTS_PER_PROCESS`] slots; all tables together
//! are one array. Slots in use form one list in *derivation order*: a capability is
//! followed by everything derived from it, each a level deeper. So what must go when
//! a capability goes is simply what follows it at a greater depth, and revocation can
//! stop and continue after any single step.
//!
//! Capabilities are loans: deleting one takes back everything lent from it. The first
//! capability of an object is its *original*; the object lives exactly as long.

use crate::arena::{Arena, Id, Link};
use crate::capability::Capability;
use crate::process::Process;
use kernel_abi::limits::{PROCESSES, SLOTS_PER_PROCESS};

/// All slots of all processes.
pub const SLOTS: usize = PROCESSES * SLOTS_PER_PROCESS;

/// A slot: a capability, its place in the derivation order, and its one mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct SlotEntry {
    /// What it holds.
    pub capability: Capability,
    /// The slot before it in derivation order.
    pub previous: Link<SlotEntry>,
    /// The slot behind it in derivation order.
    pub next: Link<SlotEntry>,
    /// Steps from an underived capability.
    pub depth: u16,
    /// Pages mapped so far, from the region's first on.
    pub mapped_pages: u16,
    /// Page number of the mapping's first page.
    pub mapped_at: u32,
    /// Rights of the mapping.
    pub mapped_rights: kernel_abi::Rights,
    /// Whether the object lives and dies with this slot.
    pub original: bool,
}
const _: () = assert!(size_of::<SlotEntry>() == 32);

impl SlotEntry {
    /// An empty slot.
    pub const EMPTY: Self = Self {
        capability: Capability::EMPTY,
        previous: Link::NONE,
        next: Link::NONE,
        depth: 0,
        mapped_pages: 0,
        mapped_at: 0,
        mapped_rights: kernel_abi::Rights::NONE,
        original: false,
    };
}

/// Index of a slot of a process.
#[inline(always)]
pub const fn slot_id(process: Id<Process>, slot: usize) -> Id<SlotEntry> {
    Id::new(process.index() * SLOTS_PER_PROCESS + slot)
}
/// The process whose table a slot is in.
#[inline(always)]
pub const fn owner(slot: Id<SlotEntry>) -> Id<Process> {
    Id::new(slot.index() / SLOTS_PER_PROCESS)
}

/// All tables.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tables {
    /// The slots, a process's at [`slot_id`].
    pub slots: Arena<SlotEntry, SLOTS>,
}

impl Tables {
    /// Tables with nothing in them.
    pub const fn new() -> Self {
        Self { slots: Arena::new([SlotEntry::EMPTY; SLOTS]) }
    }

    /// Puts a capability that derives from nothing into an empty slot.
    pub fn insert_root(&mut self, slot: Id<SlotEntry>, capability: Capability) {
        self.slots[slot] = SlotEntry { capability, original: true, ..SlotEntry::EMPTY };
    }

    /// Puts a capability into an empty slot as a child of `parent`.
    pub fn insert_child(
        &mut self,
        parent: Id<SlotEntry>,
        slot: Id<SlotEntry>,
        capability: Capability,
        original: bool,
    ) {
        let next = self.slots[parent].next;
        self.slots[slot] = SlotEntry {
            capability,
            original,
            previous: parent.link(),
            next,
            depth: self.slots[parent].depth + 1,
            ..SlotEntry::EMPTY
        };
        self.slots[parent].next = slot.link();
        if let Some(next) = next.get() {
            self.slots[next].previous = slot.link();
        }
    }

    /// Moves a slot's content, mapping and place in the order to an empty slot.
    pub fn relocate(&mut self, from: Id<SlotEntry>, to: Id<SlotEntry>) {
        let entry = self.slots[from];
        self.slots[to] = entry;
        if let Some(previous) = entry.previous.get() {
            self.slots[previous].next = to.link();
        }
        if let Some(next) = entry.next.get() {
            self.slots[next].previous = to.link();
        }
        self.slots[from] = SlotEntry::EMPTY;
    }

    /// Empties a slot that has no descendant.
    pub fn remove(&mut self, slot: Id<SlotEntry>) {
        let entry = self.slots[slot];
        if let Some(previous) = entry.previous.get() {
            self.slots[previous].next = entry.next;
        }
        if let Some(next) = entry.next.get() {
            self.slots[next].previous = entry.previous;
        }
        self.slots[slot] = SlotEntry::EMPTY;
    }

    /// The first descendant of a slot, if it has any.
    pub fn descendant(&self, slot: Id<SlotEntry>) -> Option<Id<SlotEntry>> {
        let next = self.slots[slot].next.get()?;
        (self.slots[next].depth > self.slots[slot].depth).then_some(next)
    }

    /// A descendant of a slot that has none itself, if there is a descendant. Takes at
    /// most `DERIVATION_DEPTH` steps.
    pub fn last_descendant(&self, slot: Id<SlotEntry>) -> Option<Id<SlotEntry>> {
        let mut leaf = self.descendant(slot)?;
        while let Some(next) = self.descendant(leaf) {
            leaf = next;
        }
        Some(leaf)
    }
}

impl Default for Tables {
    fn default() -> Self {
        Self::new()
    }
}
