//! A capability: one object, some rights, one badge.
//!
//! Sixteen bytes, checked as a whole: the kind must match, the generation must be the
//! object's, the rights must suffice. There is no other way to reach an object.

use crate::arena::{Arena, Entry, Id};
use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, Rights};

/// An entry of a capability table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Capability {
    /// Set once by whoever mints it, told to the server on every use.
    pub badge: u64,
    /// The life of the object it names.
    pub generation: u32,
    /// Index of the object in the arena of its kind.
    pub object: u16,
    /// What it names.
    pub kind: ObjectKind,
    /// What it lets its holder do.
    pub rights: Rights,
}
const _: () = assert!(size_of::<Capability>() == 16);

impl Capability {
    /// The empty slot.
    pub const EMPTY: Self = Self {
        badge: 0,
        generation: 0,
        object: 0,
        kind: ObjectKind::Empty,
        rights: Rights::NONE,
    };
    /// A capability with every right to a live entry of an arena.
    pub fn original<T: Entry, const N: usize>(
        kind: ObjectKind,
        arena: &Arena<T, N>,
        id: Id<T>,
    ) -> Self {
        Self {
            badge: 0,
            generation: arena[id].life().generation,
            object: id.index() as u16,
            kind,
            rights: Rights::ALL,
        }
    }
    /// Whether the slot is empty.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.kind as u64 == ObjectKind::Empty as u64
    }
    /// The object, if the capability is of this kind, has these rights, and the object lives.
    #[inline(always)]
    pub fn name<T: Entry, const N: usize>(
        &self,
        kind: ObjectKind,
        rights: Rights,
        arena: &Arena<T, N>,
    ) -> Result<Id<T>, Error> {
        if self.kind as u64 != kind as u64 {
            return Err(if self.is_empty() { Error::NoCapability } else { Error::WrongKind });
        }
        if !self.rights.has(rights) {
            return Err(Error::NoRight);
        }
        let id = Id::new(self.object as usize);
        if arena[id].life().generation != self.generation {
            return Err(Error::NoCapability);
        }
        Ok(id)
    }
}
