//! Attempts to use something up, so that others go short.
//!
//! What counts is not that the app is stopped, but that there is an end to what it
//! can take: its own table, its own page tables, its own share of the log and of the
//! processor.

use core::time::Duration;

use sdk::abi::limits::SLOTS_PER_PROCESS;
use sdk::{Cap, Error, Place, Region, Rights, Slot, StartInfo, Syscalls, SystemCall};
use sdk::{Words, log, revoke, slots, text};

use crate::attempt::{Attempt, Verdict};

const INFO: Cap<Region> = Cap::at(slots::INFO);
/// Lines of the flood.
const FLOOD_LINES: u64 = 400;
/// How long it spins.
const SPIN: Duration = Duration::from_secs(3);
/// Work between two looks at the clock. An emulator takes a lock at each look, and
/// looks without pause would keep the lock from its own timers.
const WORK: u32 = if cfg!(test) { 1 } else { 500 };
/// Two looks at the clock that lie further apart than this were not made in a row.
const GAP: Duration = Duration::from_micros(100);

/// The table.
pub fn table<K: Syscalls>() -> [Attempt<K>; 6] {
    [
        Attempt { name: "exhaust-slots", run: slots_of_table },
        Attempt { name: "exhaust-page-tables", run: page_tables },
        Attempt { name: "exhaust-memory", run: memory },
        Attempt { name: "exhaust-kernel-objects", run: objects },
        Attempt { name: "exhaust-log", run: flood },
        Attempt { name: "exhaust-cpu", run: spin },
    ]
}

/// Copies a capability until there is no slot left.
fn slots_of_table<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let copies = (0..1_024u16)
        .filter(|slot| INFO.lend(kernel, Place::own(Slot(*slot)), Rights::READ, 0).is_ok())
        .count();
    // Everything derived from it goes, and it stays.
    let _ = revoke(kernel, INFO.place());
    if copies < SLOTS_PER_PROCESS {
        Verdict::Limited("its own table is full")
    } else {
        Verdict::Succeeded
    }
}

/// Maps its page all over the address space, so that the kernel needs tables.
fn page_tables<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let copy = Cap::<Region>::at(slots::FIRST_FREE);
    if let Err(error) = INFO.lend(kernel, copy.place(), Rights::READ, 0) {
        return Verdict::Refused(error);
    }
    let mut verdict = Verdict::Succeeded;
    for block in 2..512u64 {
        if let Err(error) = copy.map(kernel, block << 21, Rights::READ) {
            verdict = Verdict::Refused(error);
            break;
        }
        let _ = copy.unmap(kernel);
    }
    let _ = copy.delete(kernel);
    verdict
}

/// Carves everything it holds, from its own table and from slots it guesses.
fn memory<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let target = Cap::<Region>::at(slots::FIRST_FREE);
    let mut verdict = Verdict::Refused(Error::NoCapability);
    for slot in 1..SLOTS_PER_PROCESS as u16 {
        match Cap::<Region>::at(Slot(slot)).carve(kernel, target, 0, 1) {
            Ok(()) => {
                let _ = target.delete(kernel);
                return Verdict::Succeeded;
            }
            Err(Error::NoCapability) => {}
            Err(error) => verdict = Verdict::Refused(error),
        }
    }
    verdict
}

/// Asks for every kind of object, again and again.
fn objects<K: Syscalls>(kernel: &K, _: &StartInfo) -> Verdict {
    let slot = u64::from(slots::FIRST_FREE.0);
    let mut verdict = Verdict::Refused(Error::QuotaExceeded);
    for _ in 0..64 {
        for (call, arguments) in [
            (SystemCall::EndpointCreate, [slot, 0, 0, 0]),
            (SystemCall::NotificationCreate, [slot, 0, 0, 0]),
            (SystemCall::ScheduleCreate, [slot, 1, 1_000, 0]),
            (SystemCall::ThreadCreate, [slot, slot + 1, 0, 0]),
            (SystemCall::ProcessCreate, [slot, slot + 1, 6, 0]),
        ] {
            verdict = verdict.and(Verdict::of(kernel.call(call, arguments)));
        }
    }
    verdict
}

/// Writes far more lines than anybody may.
fn flood<K: Syscalls>(kernel: &K, info: &StartInfo) -> Verdict {
    let mut words = Words::default();
    let line = b"flood flood flood flood flood";
    words[0] = log::header(log::TEXT, line.len(), true);
    text::pack(line, &mut words);
    let dropped = (0..FLOOD_LINES).filter(|_| match slots::LOG.call(kernel, &words) {
        // The log answers a call with 1 when it dropped the text.
        Ok(reply) => reply[0] == 1,
        Err(_) => true,
    });
    let dropped = dropped.count() as u64;
    // What is reported next should not be dropped too.
    info.clock().sleep(kernel, Duration::from_millis(1_500));
    if dropped > FLOOD_LINES / 2 {
        Verdict::Limited("lines beyond its rate are dropped")
    } else {
        Verdict::Succeeded
    }
}

/// Spins, and measures how much of the time it really had.
fn spin<K: Syscalls>(kernel: &K, info: &StartInfo) -> Verdict {
    let clock = info.clock();
    let (gap, start) = (clock.ticks(GAP), kernel.now());
    let end = start.saturating_add(clock.ticks(SPIN));
    let (mut last, mut ran) = (start, 0u64);
    while last < end {
        for turn in 0..WORK {
            core::hint::black_box(turn);
        }
        let now = kernel.now();
        let step = now.saturating_sub(last);
        if step < gap {
            ran = ran.saturating_add(step);
        }
        last = now;
    }
    let permille = ran.saturating_mul(1_000) / last.saturating_sub(start).max(1);
    log!(kernel, clock, "had {permille} permille of the processor, {} promised", info.cpu_permille);
    // Half more than its share: an emulator's timers come late now and then, and the
    // kernel does not take off the next period what this one ran over.
    if permille <= info.cpu_permille + info.cpu_permille / 2 {
        Verdict::Limited("budget enforced")
    } else {
        Verdict::Succeeded
    }
}

#[cfg(test)]
mod tests {
    use super::{spin, table};
    use crate::attempt::Verdict;
    use core::cell::Cell;
    use sdk::fake::Fake;
    use sdk::{Error, Registers, StartInfo, Syscalls, SystemCall};

    fn info() -> StartInfo {
        StartInfo { ticks_per_second: 1_000_000, cpu_permille: 100, ..StartInfo::new("intruder") }
    }

    #[test]
    fn a_kernel_without_limits_is_found_out() {
        for attempt in table::<Fake>() {
            let verdict = (attempt.run)(&Fake::granting(), &info());
            assert_eq!(verdict, Verdict::Succeeded, "{}", attempt.name);
        }
    }

    #[test]
    fn a_kernel_with_limits_is_given_credit() {
        for attempt in table::<Fake>().iter().filter(|attempt| attempt.name != "exhaust-cpu") {
            let verdict = (attempt.run)(&Fake::refusing(Error::QuotaExceeded), &info());
            assert!(verdict != Verdict::Succeeded, "{}", attempt.name);
        }
    }

    #[test]
    fn a_log_that_drops_is_given_credit() {
        let fake = Fake::new(|number, registers: &mut Registers| {
            if number == SystemCall::Call as u64 {
                registers.0[1] = 1;
            }
        });
        assert!(matches!(super::flood(&fake, &info()), Verdict::Limited(_)));
    }

    /// A processor that gives the app 1 ms in every `period_ms`.
    struct Shared {
        ticks: Cell<u64>,
        period_ms: u64,
    }
    impl Syscalls for Shared {
        fn raw(&self, _: u64, _: &mut Registers) {}
        fn now(&self) -> u64 {
            let mut ticks = self.ticks.get() + 1;
            if ticks % 1_000 == 0 {
                ticks += (self.period_ms - 1) * 1_000;
            }
            self.ticks.set(ticks);
            ticks
        }
    }

    #[test]
    fn the_share_of_the_processor_is_measured() {
        let verdict = |period_ms| spin(&Shared { ticks: Cell::new(0), period_ms }, &info());
        assert_eq!(verdict(10), Verdict::Limited("budget enforced"));
        assert_eq!(verdict(5), Verdict::Succeeded);
        assert_eq!(verdict(1), Verdict::Succeeded);
    }
}
