//! The clock is the time-stamp counter, which processes can read too; the timer is the
//! local APIC's. Both are measured against the HPET once, at the start, since neither
//! says how fast it is.

use crate::interrupts::local;
use crate::memory::device;

/// The HPET's registers.
pub(crate) const HPET: u64 = 0xfed0_0000;
const CAPABILITIES_HIGH: u64 = HPET + 4;
const CONFIGURATION: u64 = HPET + 0x10;
const COUNTER: u64 = HPET + 0xf0;
const FEMTOSECONDS_A_MILLISECOND: u64 = 1_000_000_000_000;
/// How long to measure.
const MILLISECONDS: u64 = 10;
/// How often.
const ATTEMPTS: usize = 8;

/// Rates of the clock and the timer.
pub(crate) struct Clock {
    pub(crate) ticks_per_second: u64,
    /// Timer counts a tick, times 2^32.
    ratio: u64,
}

/// Reads the clock.
#[inline(always)]
pub(crate) fn now() -> u64 {
    // SAFETY: reads a counter; neither memory nor flags change.
    unsafe { core::arch::x86_64::_rdtsc() }
}

fn read(physical: u64) -> u32 {
    // SAFETY: a register of the HPET, mapped uncached by the start code.
    unsafe { device(physical).read_volatile() }
}

/// Ticks of the clock and counts of the timer while the HPET counts as far as wanted.
fn measure_once(wanted: u32) -> (u64, u64) {
    local::start_timer(u32::MAX);
    let (start, counter) = (now(), read(COUNTER));
    while read(COUNTER).wrapping_sub(counter) < wanted {}
    let ticks = (now() - start).max(1);
    let counts = u64::from(u32::MAX - local::timer_count());
    local::start_timer(0);
    (ticks, counts)
}

impl Clock {
    pub(crate) const fn new() -> Self {
        Self { ticks_per_second: 0, ratio: 0 }
    }

    /// Measures. `None` without a HPET.
    pub(crate) fn measure() -> Option<Self> {
        let period = u64::from(read(CAPABILITIES_HIGH));
        if period == 0 || period > 100_000_000 {
            return None;
        }
        // SAFETY: starts the HPET's counter; no comparator is enabled.
        unsafe { device(CONFIGURATION).write_volatile(1) };
        let wanted = (MILLISECONDS * FEMTOSECONDS_A_MILLISECOND / period) as u32;
        // Whatever disturbs a measurement makes it longer: the shortest is the best.
        let (ticks, counts) = (0..ATTEMPTS).map(|_| measure_once(wanted)).min()?;
        Some(Self {
            ticks_per_second: ticks * 1000 / MILLISECONDS,
            ratio: (counts << 32) / ticks,
        })
    }

    /// Raises the timer interrupt when the clock reaches this, or earlier if that is
    /// further away than the timer counts: the kernel then sets it anew.
    pub(crate) fn set_timer(&self, when: u64) {
        let ticks = when.saturating_sub(now());
        let counts = (u128::from(ticks) * u128::from(self.ratio)) >> 32;
        local::start_timer(u32::try_from(counts).unwrap_or(u32::MAX).saturating_add(1));
    }
}
