//! Processes: an address space, a capability table and a quota.
//!
//! A process's table is found by its index (see [`crate::table`]), its address-space
//! identifier is its index too: neither is ever allocated or reused while it lives.

use crate::arena::{Handle, Life, Link, entry};
use crate::endpoint::Endpoint;
use crate::region::Region;
use kernel_abi::Error;
use kernel_abi::call::Quota;

/// What a process may hold: limits and what is used of them.
///
/// A child's limits are used up in its parent's ledger until the child is gone, so the
/// sum over all processes never exceeds what the first one was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ledger {
    /// Limits.
    pub limit: Quota,
    /// Used.
    pub used: Quota,
    /// Limit of processor share, in 1/1000.
    pub share_limit: u16,
    /// Used.
    pub share_used: u16,
    /// Highest priority it may give.
    pub priority_limit: u8,
}

/// One kind of object in a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// Child processes.
    Processes,
    /// Threads.
    Threads,
    /// Endpoints.
    Endpoints,
    /// Notifications.
    Notifications,
    /// Regions.
    Regions,
    /// Schedules.
    Schedules,
}

fn account(quota: &mut Quota, which: Account) -> &mut u8 {
    match which {
        Account::Processes => &mut quota.processes,
        Account::Threads => &mut quota.threads,
        Account::Endpoints => &mut quota.endpoints,
        Account::Notifications => &mut quota.notifications,
        Account::Regions => &mut quota.regions,
        Account::Schedules => &mut quota.schedules,
    }
}

/// Every account.
pub const ACCOUNTS: [Account; 6] = [
    Account::Processes,
    Account::Threads,
    Account::Endpoints,
    Account::Notifications,
    Account::Regions,
    Account::Schedules,
];

impl Ledger {
    /// Uses `count` of an account up.
    pub fn take(&mut self, which: Account, count: u8) -> Result<(), Error> {
        let limit = *account(&mut self.limit, which);
        let used = account(&mut self.used, which);
        if count > limit - *used {
            return Err(Error::QuotaExceeded);
        }
        *used += count;
        Ok(())
    }
    /// Gives `count` back.
    pub fn give_back(&mut self, which: Account, count: u8) {
        let used = account(&mut self.used, which);
        *used = used.saturating_sub(count);
    }
    /// Uses up what a child's limits promise it, one process included; all or nothing.
    pub fn take_child(&mut self, quota: Quota, share: u16) -> Result<(), Error> {
        let mut next = *self;
        next.take(Account::Processes, 1)?;
        let mut quota = quota;
        for which in ACCOUNTS {
            next.take(which, *account(&mut quota, which))?;
        }
        next.take_share(share)?;
        *self = next;
        Ok(())
    }
    /// Gives back what [`Ledger::take_child`] took.
    pub fn give_back_child(&mut self, quota: Quota, share: u16) {
        self.give_back(Account::Processes, 1);
        let mut quota = quota;
        for which in ACCOUNTS {
            self.give_back(which, *account(&mut quota, which));
        }
        self.give_back_share(share);
    }
    /// Uses processor share up.
    pub fn take_share(&mut self, share: u16) -> Result<(), Error> {
        if share > self.share_limit - self.share_used {
            return Err(Error::QuotaExceeded);
        }
        self.share_used += share;
        Ok(())
    }
    /// Gives processor share back.
    pub fn give_back_share(&mut self, share: u16) {
        self.share_used = self.share_used.saturating_sub(share);
    }
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// Its life.
    pub life: Life,
    /// Whether it is being torn down.
    pub dying: bool,
    /// Slots emptied so far while dying.
    pub emptied: u16,
    /// Physical address of its first-level page table.
    pub root: u64,
    /// The region its page tables lie in; none once that is gone.
    pub tables: Link<Region>,
    /// Pages of that region in use.
    pub tables_used: u32,
    /// Who hears of its faults.
    pub supervisor: Option<Handle<Endpoint>>,
    /// The badge they arrive with.
    pub fault_badge: u64,
    /// What it may hold.
    pub ledger: Ledger,
    /// The process whose table holds the original capability, and whose ledger pays.
    pub parent: Option<Handle<Process>>,
}
entry!(Process);

impl Process {
    /// A free entry.
    pub const UNUSED: Self = Self {
        life: Life { generation: 0, live: false },
        dying: false,
        emptied: 0,
        root: 0,
        tables: Link::NONE,
        tables_used: 0,
        supervisor: None,
        fault_badge: 0,
        ledger: Ledger {
            limit: Quota { processes: 0, threads: 0, endpoints: 0, notifications: 0, regions: 0, schedules: 0 },
            used: Quota { processes: 0, threads: 0, endpoints: 0, notifications: 0, regions: 0, schedules: 0 },
            share_limit: 0,
            share_used: 0,
            priority_limit: 0,
        },
        parent: None,
    };
}
