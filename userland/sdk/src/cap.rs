//! Capabilities with a type.
//!
//! A [`Cap`] is a slot number and a promise to oneself about what lies there. It
//! carries no authority: anybody may write down any number, and the kernel looks
//! at what the slot really holds. So making one is safe and free.

use core::{fmt, marker::PhantomData};

use kernel_abi::{Error, Place, Rights, Slot, SystemCall, status::ObjectKind};

use crate::Syscalls;

/// A slot believed to hold an object of kind `T`.
pub struct Cap<T> {
    slot: Slot,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Cap<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Cap<T> {}
impl<T> fmt::Debug for Cap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot {}", self.slot.0)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}
    )*};
}
kinds! {
    /// A synchronous endpoint.
    Endpoint
    /// A set of asynchronous signals.
    Notification
    /// Pages of RAM or of a device.
    Region
    /// A hardware interrupt.
    Interrupt
    /// An address space, a capability table and a quota.
    Process
    /// A thread.
    Thread
    /// Time: budget, period, priority.
    Schedule
    /// The right to call the security monitor.
    Monitor
}

impl<T> Cap<T> {
    /// Names a slot of the own table.
    pub const fn at(slot: Slot) -> Self {
        Self { slot, kind: PhantomData }
    }
    /// The slot.
    pub const fn slot(self) -> Slot {
        self.slot
    }
    /// The slot as a place of the own table.
    pub const fn place(self) -> Place {
        Place::own(self.slot)
    }
    pub(crate) const fn word(self) -> u64 {
        self.slot.0 as u64
    }
    /// Lends a copy with `rights` (never more than this one has) and `badge`
    /// (0: this one's own) to `destination`.
    pub fn lend<K: Syscalls>(
        self,
        kernel: &K,
        destination: Place,
        rights: Rights,
        badge: u64,
    ) -> Result<(), Error> {
        copy(kernel, self.place(), destination, rights, badge)
    }
    /// Deletes this capability and everything derived from it.
    pub fn delete<K: Syscalls>(self, kernel: &K) -> Result<(), Error> {
        delete(kernel, self.place())
    }
}

/// Derives a capability: see [`SystemCall::Copy`].
pub fn copy<K: Syscalls>(
    kernel: &K,
    source: Place,
    destination: Place,
    rights: Rights,
    badge: u64,
) -> Result<(), Error> {
    let arguments = [source.0.into(), destination.0.into(), rights.bits(), badge];
    kernel.call(SystemCall::Copy, arguments).map(drop)
}

/// Moves a capability: see [`SystemCall::Move`].
pub fn move_capability<K: Syscalls>(
    kernel: &K,
    source: Place,
    destination: Place,
) -> Result<(), Error> {
    kernel.call(SystemCall::Move, [source.0.into(), destination.0.into()]).map(drop)
}

/// Deletes a capability and everything derived from it.
pub fn delete<K: Syscalls>(kernel: &K, place: Place) -> Result<(), Error> {
    kernel.call(SystemCall::Delete, [place.0.into()]).map(drop)
}

/// Deletes everything derived from a capability.
pub fn revoke<K: Syscalls>(kernel: &K, place: Place) -> Result<(), Error> {
    kernel.call(SystemCall::Revoke, [place.0.into()]).map(drop)
}

/// What a place holds, as [`ObjectKind`]'s number, and its rights, badge and pages.
pub fn inspect<K: Syscalls>(kernel: &K, place: Place) -> Result<(u64, Rights, u64, u64), Error> {
    let r = kernel.call(SystemCall::Inspect, [place.0.into()])?.0;
    Ok((r[1], Rights::from_bits(r[2]).unwrap_or(Rights::NONE), r[3], r[4]))
}

impl Cap<Region> {
    /// Pages of the region.
    pub fn pages<K: Syscalls>(self, kernel: &K) -> Result<u64, Error> {
        match inspect(kernel, self.place())? {
            (kind, _, _, pages) if kind == ObjectKind::Region as u64 => Ok(pages),
            _ => Err(Error::WrongKind),
        }
    }
}
