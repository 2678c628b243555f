//! Regions and mappings.

use crate::{Answer, At, Held, Name, Object, Specification, Use};
use kernel_abi::limits::{PAGE_BYTES, USER_ADDRESS_BITS, USER_BASE};
use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, Rights};

/// Pages a second-level table spans.
const SPAN: u64 = 512;
const READ_WRITE: Rights = Rights::READ.with(Rights::WRITE);

/// First page, pages, use.
pub(crate) type Extent = (u64, u64, Use);

impl Specification {
    pub(crate) fn region(&self, at: At, rights: Rights) -> Result<(Name, Extent), Error> {
        let name = self.named(at, ObjectKind::Region, rights)?;
        match self.objects.get(&name) {
            Some(Object::Region { first, pages, used_for, .. }) => {
                Ok((name, (*first, *pages, *used_for)))
            }
            _ => Err(Error::WrongKind),
        }
    }

    pub(crate) fn is_carved(&self, region: Name) -> bool {
        self.objects
            .values()
            .any(|o| matches!(o, Object::Region { parent, .. } if *parent == Some(region)))
    }

    /// Whether it is mapped, or somebody's message buffer.
    pub(crate) fn is_used(&self, region: Name) -> bool {
        let is_it = |at: &At| self.held.get(at).is_some_and(|held| held.object == region);
        self.held.values().any(|held| held.object == region && held.mapping.is_some())
            || self.objects.values().any(
                |o| matches!(o, Object::Thread { buffer: Some(at), .. } if is_it(at)),
            )
    }

    /// Carve pages out of a region.
    pub fn carve(&mut self, me: Name, from: u64, to: u64, skip: u64, count: u64) -> Answer {
        let from = self.place(me, from)?;
        let to = self.empty(me, to)?;
        let (parent, (first, pages, used_for)) = self.region(from, READ_WRITE)?;
        if self.is_used(parent) || matches!(used_for, Use::Tables(_)) {
            return Err(Error::RegionBusy);
        }
        let end = skip.checked_add(count).ok_or(Error::InvalidArgument)?;
        if count == 0 || end > pages {
            return Err(Error::InvalidArgument);
        }
        if self.is_deep(from) {
            return Err(Error::TooDeep);
        }
        let (start, end) = (first + skip, first + end);
        let taken = self.objects.values().any(|other| {
            matches!(other, Object::Region { first, pages, parent: Some(above), .. }
                if *above == parent && *first < end && start < first + pages)
        });
        if taken {
            return Err(Error::RegionBusy);
        }
        self.affords(to.process, [0, 0, 0, 0, 1, 0, 0])?;
        let object =
            self.create(Object::Region { first: start, pages: count, used_for, parent: Some(parent) });
        let rights = self.held.get(&from).map_or(Rights::NONE, |held| held.rights);
        let held =
            Held { object, rights, badge: 0, parent: Some(from), original: true, mapping: None };
        self.held.insert(to, held);
        Ok(())
    }

    /// Say whether a region holds code.
    pub fn set_code(&mut self, me: Name, place: u64, code: u64) -> Answer {
        let at = self.place(me, place)?;
        let (name, (_, _, used_for)) = self.region(at, Rights::WRITE)?;
        let fixed = matches!(used_for, Use::Tables(_) | Use::Device);
        if fixed || self.is_used(name) || self.is_carved(name) {
            return Err(Error::RegionBusy);
        }
        let wanted = match code {
            0 => Use::Data,
            1 => Use::Code,
            _ => return Err(Error::InvalidArgument),
        };
        if let Some(Object::Region { used_for, .. }) = self.objects.get_mut(&name) {
            *used_for = wanted;
        }
        Ok(())
    }

    fn may_map(used_for: Use, rights: Rights) -> Answer {
        if !rights.has(Rights::READ) || rights.has(Rights::GRANT) {
            return Err(Error::InvalidArgument);
        }
        match used_for {
            Use::Tables(_) => Err(Error::RegionBusy),
            Use::Data | Use::Device if rights.has(Rights::EXECUTE) => Err(Error::WriteExecute),
            Use::Code if rights.has(Rights::WRITE) => Err(Error::WriteExecute),
            _ => Ok(()),
        }
    }

    /// The pages a process has mapped.
    pub fn mapped(&self, process: Name) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.held.iter().filter(move |(at, _)| at.process == process).filter_map(|(_, held)| {
            let (page, _) = held.mapping?;
            match self.objects.get(&held.object) {
                Some(Object::Region { pages, .. }) => Some((page, *pages)),
                _ => None,
            }
        })
    }

    /// Map a region.
    pub fn map(&mut self, me: Name, place: u64, address: u64, rights: u64) -> Answer {
        let at = self.place(me, place)?;
        let rights = Rights::from_bits(rights).ok_or(Error::InvalidArgument)?;
        let (name, (_, pages, used_for)) = self.region(at, rights)?;
        Self::may_map(used_for, rights)?;
        let page = address / PAGE_BYTES;
        let top = 1 << (USER_ADDRESS_BITS - 12);
        let fits = address.is_multiple_of(PAGE_BYTES)
            && address >= USER_BASE
            && page.checked_add(pages).is_some_and(|end| end <= top);
        if !fits {
            return Err(Error::BadAddress);
        }
        let mapped = self.held.get(&at).is_some_and(|held| held.mapping.is_some());
        if mapped || self.is_carved(name) {
            return Err(Error::RegionBusy);
        }
        let taken: Vec<(u64, u64)> = self.mapped(at.process).collect();
        let Some(Object::Process(process)) = self.objects.get(&at.process) else {
            return Err(Error::NoCapability);
        };
        let (tables, mut spans) = (process.tables, process.spans.clone());
        let most = match self.objects.get(&tables) {
            Some(Object::Region { pages, .. }) => pages - 1,
            _ => return Err(Error::BadState),
        };
        let mut answer = Ok(());
        for page in page..page + pages {
            if !spans.contains(&(page / SPAN)) {
                if spans.len() as u64 >= most {
                    answer = Err(Error::NoTables);
                    break;
                }
                spans.insert(page / SPAN);
            }
            if taken.iter().any(|(first, pages)| (*first..first + pages).contains(&page)) {
                answer = Err(Error::BadAddress);
                break;
            }
        }
        // Tables that were made stay, even if the mapping did not come about.
        if let Some(Object::Process(process)) = self.objects.get_mut(&at.process) {
            process.spans = spans;
        }
        answer?;
        if let Some(held) = self.held.get_mut(&at) {
            held.mapping = Some((page, rights));
        }
        Ok(())
    }

    /// Undo a mapping.
    pub fn unmap(&mut self, me: Name, place: u64) -> Answer {
        let at = self.place(me, place)?;
        let mapping = self.held.get_mut(&at).and_then(|held| held.mapping.take());
        mapping.map(|_| ()).ok_or(Error::BadState)
    }

    /// Change the rights of a mapping.
    pub fn protect(&mut self, me: Name, place: u64, rights: u64) -> Answer {
        let at = self.place(me, place)?;
        let rights = Rights::from_bits(rights).ok_or(Error::InvalidArgument)?;
        let (_, (_, pages, used_for)) = self.region(at, rights)?;
        Self::may_map(used_for, rights)?;
        let mapping = self.held.get_mut(&at).and_then(|held| held.mapping.as_mut());
        let mapping = mapping.ok_or(Error::BadState)?;
        if pages > 16 {
            return Err(Error::InvalidArgument);
        }
        mapping.1 = rights;
        Ok(())
    }
}
