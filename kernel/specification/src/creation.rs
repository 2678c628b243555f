//! Creating objects, each paid for by the process whose table it goes into.

use crate::{Answer, At, Held, Name, Object, Process, Specification, Use};
use kernel_abi::call::Quota;
use kernel_abi::limits::PRIORITIES;
use kernel_abi::status::ObjectKind;
use kernel_abi::{Error, Rights};
use std::collections::BTreeSet;

const READ_WRITE: Rights = Rights::READ.with(Rights::WRITE);

impl Specification {
    fn hold(&mut self, at: At, object: Object) -> Name {
        let object = self.create(object);
        let held = Held {
            object,
            rights: Rights::ALL,
            badge: 0,
            parent: None,
            original: true,
            mapping: None,
        };
        self.held.insert(at, held);
        object
    }

    /// Create an endpoint.
    pub fn endpoint(&mut self, me: Name, place: u64) -> Answer {
        let at = self.empty(me, place)?;
        self.affords(at.process, [0, 0, 1, 0, 0, 0, 0])?;
        self.hold(at, Object::Endpoint);
        Ok(())
    }

    /// Create a notification.
    pub fn notification(&mut self, me: Name, place: u64) -> Answer {
        let at = self.empty(me, place)?;
        self.affords(at.process, [0, 0, 0, 1, 0, 0, 0])?;
        self.hold(at, Object::Notification);
        Ok(())
    }

    fn priority_limit(&self, process: Name) -> u64 {
        match self.objects.get(&process) {
            Some(Object::Process(process)) => process.priority,
            _ => 0,
        }
    }

    /// Create a schedule.
    pub fn schedule(&mut self, me: Name, place: u64, budget: u64, period: u64, priority: u64) -> Answer {
        let at = self.empty(me, place)?;
        if budget == 0 || budget > period || period >= 1 << 48 || priority >= PRIORITIES as u64 {
            return Err(Error::InvalidArgument);
        }
        if priority > self.priority_limit(at.process) {
            return Err(Error::QuotaExceeded);
        }
        let share = (budget * 1000).div_ceil(period);
        self.affords(at.process, [0, 0, 0, 0, 0, 1, share])?;
        self.hold(at, Object::Schedule { share });
        Ok(())
    }

    /// Create a process.
    pub fn process(&mut self, me: Name, arguments: [u64; 6]) -> Answer {
        let [place, tables, supervisor, badge, quota, share] = arguments;
        let at = self.empty(me, place)?;
        let quota = Quota::unpack(quota).ok_or(Error::InvalidArgument)?;
        let supervisor = self.own(me, supervisor)?;
        self.named(supervisor, ObjectKind::Endpoint, Rights::WRITE)?;
        let minted = self.held.get(&supervisor).map_or(0, |held| held.badge);
        if minted != 0 && minted != badge {
            return Err(Error::NoRight);
        }
        let source = self.place(me, tables)?;
        let (region, (_, pages, used_for)) = self.region(source, READ_WRITE)?;
        if used_for != Use::Data || self.is_used(region) || self.is_carved(region) {
            return Err(Error::RegionBusy);
        }
        let (share, priority) = (share & 0xffff, share >> 16);
        if pages > 16 || priority > self.priority_limit(at.process) {
            return Err(Error::InvalidArgument);
        }
        let limit = [
            quota.processes.into(),
            quota.threads.into(),
            quota.endpoints.into(),
            quota.notifications.into(),
            quota.regions.into(),
            quota.schedules.into(),
            share,
        ];
        let mut cost = limit;
        cost[0] += 1;
        self.affords(at.process, cost)?;
        let process = Process {
            parent: Some(at.process),
            limit,
            priority,
            tables: region,
            spans: BTreeSet::new(),
        };
        let name = self.hold(at, Object::Process(process));
        if let Some(Object::Region { used_for, .. }) = self.objects.get_mut(&region) {
            *used_for = Use::Tables(name);
        }
        Ok(())
    }

    /// Create a thread.
    pub fn thread(&mut self, me: Name, place: u64, process: u64, buffer: u64) -> Answer {
        let at = self.empty(me, place)?;
        let process = self.own(me, process)?;
        let process = self.named(process, ObjectKind::Process, Rights::WRITE)?;
        let buffer = match buffer {
            0 => None,
            place => {
                let source = self.place(me, place)?;
                let (region, (_, _, used_for)) = self.region(source, READ_WRITE)?;
                if used_for != Use::Data || self.is_carved(region) {
                    return Err(Error::RegionBusy);
                }
                Some(source)
            }
        };
        self.affords(at.process, [0, 1, 0, 0, 0, 0, 0])?;
        self.hold(at, Object::Thread { process, buffer });
        Ok(())
    }
}
