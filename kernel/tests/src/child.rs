//! A child process with an agent in it, and what the root task has it do.

use crate::agent::{self, Order};
use crate::arch::{self, Reply, load, store};
use crate::call::{self, of};
use crate::stand::{DONE, EVENTS, Event, R, RW, RX, SEGMENTS, Stand};
use crate::verdict::{Verdict, fine, holds};
use kernel_abi::call::Quota;
use kernel_abi::{Error, Rights, SystemCall, fault};

/// Pages of a child's tables: the first level, the block everything lies in, and one more.
const TABLE_PAGES: u64 = 3;

/// What a child is born with.
#[derive(Clone, Copy)]
pub(crate) struct Birth {
    pub(crate) quota: Quota,
    /// Processor share it may give away, in 1/1000.
    pub(crate) share: u64,
    /// Highest priority it may give.
    pub(crate) priority_limit: u64,
    /// Priority, budget and period of its agent, in milliseconds.
    pub(crate) priority: u64,
    pub(crate) budget: u64,
    pub(crate) period: u64,
}

impl Birth {
    /// Nothing but its agent, at a lower priority than the root task's.
    pub(crate) const POOR: Self = Self {
        quota: Quota { processes: 0, threads: 0, endpoints: 0, notifications: 0, regions: 0, schedules: 0 },
        share: 0,
        priority_limit: 0,
        priority: 16,
        budget: 3,
        period: 20,
    };
    /// With a few objects of each kind to make.
    pub(crate) const RICH: Self = Self {
        quota: Quota { processes: 2, threads: 3, endpoints: 3, notifications: 3, regions: 4, schedules: 2 },
        share: 100,
        priority_limit: 10,
        ..Self::POOR
    };
}

/// A child.
pub(crate) struct Child {
    /// Slots in the root task's table.
    pub(crate) process: u64,
    pub(crate) thread: u64,
    pub(crate) schedule: u64,
    pub(crate) orders: u64,
    pub(crate) tables: u64,
    pub(crate) page: u64,
    pub(crate) stack: u64,
    /// Where the root task has the shared page.
    pub(crate) address: u64,
    /// The bit it signals with, and the badge of its faults.
    pub(crate) bit: u64,
}

impl Child {
    /// Makes a child whose agent waits for orders.
    pub(crate) fn new(stand: &mut Stand, birth: Birth) -> Verdict<Self> {
        let child = Self::unborn(stand, birth)?;
        child.start(stand, birth, arch::agent_address())?;
        Ok(child)
    }

    /// A child whose process exists, with everything mapped, and no thread yet.
    pub(crate) fn unborn(stand: &mut Stand, birth: Birth) -> Verdict<Self> {
        let number = stand.child_number();
        let address = 0x2_0000 + number * 0x1000;
        let child = Self {
            process: stand.slot(),
            thread: stand.slot(),
            schedule: stand.slot(),
            orders: stand.endpoint()?,
            tables: stand.region(TABLE_PAGES)?,
            page: stand.mapped(1, address)?,
            stack: stand.region(agent::STACK_PAGES)?,
            address,
            bit: 1 << number,
        };
        let share = birth.share | birth.priority_limit << 16;
        let made = call::process_create(
            child.process, child.tables, EVENTS, child.bit, birth.quota, share,
        );
        fine("a process", made)?;
        let give = |from: u64, slot: u64, rights: Rights, badge: u64| {
            fine("giving a capability", call::copy(from, of(child.process, slot), rights, badge))
        };
        give(child.orders, agent::ORDERS, R, 0)?;
        give(DONE, agent::DONE, Rights::WRITE, child.bit)?;
        give(SEGMENTS, agent::TEXT, RX, 0)?;
        give(SEGMENTS + 1, agent::CONSTANTS, R, 0)?;
        give(child.stack, agent::STACK, RW, 0)?;
        give(child.page, agent::PAGE, RW, 0)?;
        let [text, constants, _] = arch::segments();
        let stack = agent::STACK_TOP - agent::STACK_PAGES * 4096;
        let map = |slot: u64, address: u64, rights: Rights| {
            fine("mapping for a child", call::map(of(child.process, slot), address, rights))
        };
        map(agent::TEXT, text, RX)?;
        map(agent::CONSTANTS, constants, R)?;
        map(agent::STACK, stack, RW)?;
        map(agent::PAGE, agent::PAGE_ADDRESS, RW)?;
        Ok(child)
    }

    /// Gives it its thread and starts it at `entry`.
    pub(crate) fn start(&self, stand: &Stand, birth: Birth, entry: u64) -> Verdict {
        fine("a thread", call::thread_create(&[
            self.thread, self.process, entry, agent::STACK_TOP, agent::PAGE_ADDRESS, 0, 0,
        ]))?;
        let (budget, period) = (stand.milliseconds(birth.budget), stand.milliseconds(birth.period));
        fine("a schedule", call::schedule_create(self.schedule, budget, period, birth.priority))?;
        fine("starting a thread", call::thread_start(self.thread, self.schedule))
    }

    /// A word of the shared page.
    pub(crate) fn word(&self, index: u64) -> u64 {
        load(self.address + index * 8)
    }
    /// Sets one.
    pub(crate) fn set_word(&self, index: u64, value: u64) {
        store(self.address + index * 8, value);
    }

    /// Tells it to do something; does not wait until it has.
    pub(crate) fn order(&self, stand: &Stand, order: Order, arguments: &[u64]) -> Verdict {
        self.set_word(0, order as u64);
        self.set_word(agent::STARTED, 0);
        stand.ordered.set(self.address);
        for index in 0..11 {
            self.set_word(1 + index, arguments.get(index as usize).copied().unwrap_or(0));
        }
        fine("giving an order", call::send(self.orders, &[], stand.within(2000)))
    }
    /// What came of the last order.
    pub(crate) fn result(&self) -> Reply {
        Reply {
            status: self.word(16),
            words: core::array::from_fn(|index| self.word(17 + index as u64)),
            badge: self.word(25),
            info: self.word(26),
        }
    }
    /// Waits until it is done.
    pub(crate) fn finish(&self, stand: &mut Stand) -> Verdict<Reply> {
        let event = stand.wait_for(self, 10_000)?;
        holds("the agent did what it was told", matches!(event, Event::Done))?;
        Ok(self.result())
    }
    /// Tells it to do something and waits until it has.
    pub(crate) fn does(&self, stand: &mut Stand, order: Order, arguments: &[u64]) -> Verdict<Reply> {
        self.order(stand, order, arguments)?;
        self.finish(stand)
    }
    /// Has it make a system call.
    pub(crate) fn tries(
        &self,
        stand: &mut Stand,
        call: SystemCall,
        arguments: &[u64],
    ) -> Verdict<Result<Reply, Error>> {
        self.order_call(stand, call, arguments)?;
        let reply = self.finish(stand)?;
        Ok(Error::check(reply.status).map(|()| reply))
    }
    /// Tells it to make a system call; does not wait.
    pub(crate) fn order_call(&self, stand: &Stand, call: SystemCall, arguments: &[u64]) -> Verdict {
        let mut all = [0; 11];
        all[0] = call as u64;
        for (place, argument) in all[1..].iter_mut().zip(arguments) {
            *place = *argument;
        }
        self.order(stand, Order::Call, &all)
    }
    /// Tells it to do something that faults; leaves it stopped.
    pub(crate) fn faults(&self, stand: &mut Stand, order: Order, arguments: &[u64]) -> Verdict<[u64; 8]> {
        self.order(stand, order, arguments)?;
        let words = self.fault(stand)?;
        fine("leaving it stopped", call::reply(&[fault::STOP]))?;
        Ok(words)
    }
    /// Waits for its fault; the reply is still owed.
    pub(crate) fn fault(&self, stand: &mut Stand) -> Verdict<[u64; 8]> {
        match stand.wait_for(self, 10_000)? {
            Event::Fault(words) => Ok(words),
            Event::Done | Event::Nothing => {
                holds("the agent faulted", false)?;
                Ok([0; 8])
            }
        }
    }
}
