//! Deriving, moving, taking back.

use crate::{Answer, At, Held, Name, Object, Specification, Use};
use kernel_abi::{Error, Rights};

impl Specification {
    /// Derive a capability.
    pub fn copy(&mut self, me: Name, from: u64, to: u64, rights: u64, badge: u64) -> Answer {
        let from = self.place(me, from)?;
        let to = self.empty(me, to)?;
        let held = *self.held.get(&from).ok_or(Error::NoCapability)?;
        let rights = Rights::from_bits(rights).ok_or(Error::InvalidArgument)?;
        if !held.rights.has(rights) || badge != 0 && held.badge != 0 {
            return Err(Error::NoRight);
        }
        if self.is_deep(from) {
            return Err(Error::TooDeep);
        }
        let badge = if badge == 0 { held.badge } else { badge };
        let derived = Held {
            rights,
            badge,
            parent: Some(from),
            original: false,
            mapping: None,
            object: held.object,
        };
        self.held.insert(to, derived);
        Ok(())
    }

    /// Move a capability.
    pub fn move_capability(&mut self, me: Name, from: u64, to: u64) -> Answer {
        let from = self.place(me, from)?;
        let to = self.empty(me, to)?;
        let held = *self.held.get(&from).ok_or(Error::NoCapability)?;
        if from.process != to.process && (held.original || held.mapping.is_some()) {
            return Err(Error::NoRight);
        }
        self.held.remove(&from);
        self.held.insert(to, held);
        for other in self.held.values_mut() {
            if other.parent == Some(from) {
                other.parent = Some(to);
            }
        }
        for object in self.objects.values_mut() {
            if let Object::Thread { buffer, .. } = object
                && *buffer == Some(from)
            {
                *buffer = Some(to);
            }
        }
        Ok(())
    }

    /// Delete a capability and everything derived from it.
    pub fn delete(&mut self, me: Name, place: u64) -> Answer {
        let at = self.place(me, place)?;
        if !self.held.contains_key(&at) {
            return Err(Error::NoCapability);
        }
        self.take(at);
        Ok(())
    }

    /// Delete everything derived from a capability.
    pub fn revoke(&mut self, me: Name, place: u64) -> Answer {
        let at = self.place(me, place)?;
        if !self.held.contains_key(&at) {
            return Err(Error::NoCapability);
        }
        for child in self.children(at) {
            self.take(child);
        }
        Ok(())
    }

    /// Takes a capability away, and what derives from it, and what lives by it.
    fn take(&mut self, at: At) {
        for child in self.children(at) {
            self.take(child);
        }
        let Some(held) = self.held.remove(&at) else { return };
        for object in self.objects.values_mut() {
            if let Object::Thread { buffer, .. } = object
                && *buffer == Some(at)
            {
                *buffer = None;
            }
        }
        if held.original {
            self.end(held.object);
        }
    }

    fn end(&mut self, name: Name) {
        match self.objects.remove(&name) {
            Some(Object::Region { used_for: Use::Tables(process), .. }) => self.end(process),
            Some(Object::Process(process)) => {
                if let Some(Object::Region { used_for, .. }) = self.objects.get_mut(&process.tables) {
                    *used_for = Use::Data;
                }
                let inside: Vec<At> =
                    self.held.keys().filter(|at| at.process == name).copied().collect();
                for at in inside {
                    self.take(at);
                }
            }
            _ => {}
        }
    }
}
