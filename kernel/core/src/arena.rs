//! Fixed arenas and the typed indexes into them.
//!
//! Sizes are powers of two, so an index is masked, never out of bounds: no access can
//! panic. An [`Id`] of one arena does not fit another. Entries carry a generation that
//! moves on when they are freed; whoever kept a [`Handle`] to a dead entry learns so.

use core::marker::PhantomData;
use core::ops::{Index, IndexMut};

/// Index of a `T` in its arena.
pub struct Id<T>(u16, PhantomData<fn() -> T>);

impl<T> Clone for Id<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Id<T> {}
impl<T> core::fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "#{}", self.0)
    }
}
impl<T> core::hash::Hash for Id<T> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> Id<T> {
    /// The id of this index.
    #[inline(always)]
    pub const fn new(index: usize) -> Self {
        Self(index as u16, PhantomData)
    }
    /// The index.
    #[inline(always)]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
    /// A link to it.
    #[inline(always)]
    pub const fn link(self) -> Link<T> {
        Link(self.0, PhantomData)
    }
}

/// An [`Id`] or nothing, in 16 bits. Entry 0 of an arena is never used, so that nothing
/// is all zero bits and the whole kernel's state starts as zeroed memory.
pub struct Link<T>(u16, PhantomData<fn() -> T>);

impl<T> Clone for Link<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Link<T> {}
impl<T> PartialEq for Link<T> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Link<T> {}
impl<T> core::fmt::Debug for Link<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.get().fmt(f)
    }
}
impl<T> core::hash::Hash for Link<T> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> Link<T> {
    /// Nothing.
    pub const NONE: Self = Self(0, PhantomData);
    /// The id, if there is one.
    #[inline(always)]
    pub const fn get(self) -> Option<Id<T>> {
        if self.0 == 0 { None } else { Some(Id(self.0, PhantomData)) }
    }
    /// Whether it is nothing.
    #[inline(always)]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
    /// Whether it is this id.
    #[inline(always)]
    pub const fn is(self, id: Id<T>) -> bool {
        self.0 == id.0
    }
}

/// An id with the generation it was good for.
#[derive(Debug)]
pub struct Handle<T> {
    /// Which entry.
    pub id: Id<T>,
    /// In which of its lives.
    pub generation: u32,
}
impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Handle<T> {}
impl<T> PartialEq for Handle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.generation == other.generation
    }
}
impl<T> Eq for Handle<T> {}
impl<T> core::hash::Hash for Handle<T> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.id.hash(state);
        self.generation.hash(state);
    }
}

/// What every arena entry has: whether it lives, and in which life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Life {
    /// Moves on when the entry is freed.
    pub generation: u32,
    /// Whether the entry is in use.
    pub live: bool,
}

/// An entry of an arena.
pub trait Entry: Sized {
    /// Its life.
    fn life(&self) -> &Life;
    /// Its life, to change.
    fn life_mut(&mut self) -> &mut Life;
}

/// `N` entries of `T`; `N` is a power of two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Arena<T, const N: usize>([T; N]);

impl<T, const N: usize> Arena<T, N> {
    const MASK: usize = {
        assert!(N.is_power_of_two() && N < u16::MAX as usize);
        N - 1
    };
    /// An arena of these entries.
    pub const fn new(entries: [T; N]) -> Self {
        Self(entries)
    }
    /// All entries with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (Id<T>, &T)> {
        self.0.iter().enumerate().map(|(index, entry)| (Id::new(index), entry))
    }
    /// All ids.
    pub fn ids(&self) -> impl Iterator<Item = Id<T>> + use<T, N> {
        (0..N).map(Id::new)
    }
}

impl<T, const N: usize> Index<Id<T>> for Arena<T, N> {
    type Output = T;
    #[inline(always)]
    fn index(&self, id: Id<T>) -> &T {
        &self.0[id.index() & Self::MASK]
    }
}
impl<T, const N: usize> IndexMut<Id<T>> for Arena<T, N> {
    #[inline(always)]
    fn index_mut(&mut self, id: Id<T>) -> &mut T {
        &mut self.0[id.index() & Self::MASK]
    }
}

impl<T: Entry, const N: usize> Arena<T, N> {
    /// Takes a free entry into use. The caller sets its fields; its life is kept.
    pub fn allocate(&mut self) -> Option<Id<T>> {
        let index = self.0.iter().skip(1).position(|entry| !entry.life().live)? + 1;
        let id = Id::new(index);
        self[id].life_mut().live = true;
        Some(id)
    }
    /// Frees an entry; handles to it are stale from here on.
    pub fn free(&mut self, id: Id<T>) {
        let life = self[id].life_mut();
        life.live = false;
        life.generation = life.generation.wrapping_add(1);
    }
    /// The handle of a live entry.
    pub fn handle(&self, id: Id<T>) -> Handle<T> {
        Handle { id, generation: self[id].life().generation }
    }
    /// The id behind a handle, unless it is stale.
    pub fn resolve(&self, handle: Handle<T>) -> Option<Id<T>> {
        let life = self[handle.id].life();
        (life.live && life.generation == handle.generation).then_some(handle.id)
    }
}

/// Implements [`Entry`] for types with a field `life`.
macro_rules! entry {
    ($type:ty) => {
        impl $crate::arena::Entry for $type {
            fn life(&self) -> &$crate::arena::Life {
                &self.life
            }
            fn life_mut(&mut self) -> &mut $crate::arena::Life {
                &mut self.life
            }
        }
    };
}
pub(crate) use entry;
