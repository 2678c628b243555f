//! Time: ticks of the machine's counter, and what they are worth.

use core::time::Duration;

use kernel_abi::{Error, SystemCall};

use crate::Syscalls;

/// How fast the counter runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    ticks_per_second: u64,
}

impl Clock {
    /// A clock of this rate; a rate of 0 is read as 1 so that nothing divides by it.
    pub const fn new(ticks_per_second: u64) -> Self {
        Self { ticks_per_second: if ticks_per_second == 0 { 1 } else { ticks_per_second } }
    }
    /// Ticks in `duration`, at most `u64::MAX`.
    pub const fn ticks(self, duration: Duration) -> u64 {
        let ticks =
            duration.as_nanos().saturating_mul(self.ticks_per_second as u128) / 1_000_000_000;
        if ticks > u64::MAX as u128 { u64::MAX } else { ticks as u64 }
    }
    /// What `ticks` last.
    pub const fn duration(self, ticks: u64) -> Duration {
        let seconds = ticks / self.ticks_per_second;
        let rest = ticks % self.ticks_per_second;
        let nanoseconds = rest as u128 * 1_000_000_000 / self.ticks_per_second as u128;
        Duration::new(seconds, nanoseconds as u32)
    }
    /// The deadline `duration` from now.
    pub fn after<K: Syscalls>(self, kernel: &K, duration: Duration) -> u64 {
        kernel.now().saturating_add(self.ticks(duration))
    }
    /// Sleeps.
    pub fn sleep<K: Syscalls>(self, kernel: &K, duration: Duration) {
        sleep_until(kernel, self.after(kernel, duration));
    }
}

/// Sleeps until `deadline`.
pub(crate) fn sleep_until<K: Syscalls>(kernel: &K, deadline: u64) {
    // A sleep can end early or be refused only by a fault of the kernel's; going
    // on is all that could be done about it.
    let _: Result<_, Error> = kernel.call(SystemCall::Sleep, [deadline]);
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use core::time::Duration;

    #[test]
    fn ticks_and_durations_agree() {
        let clock = Clock::new(62_500_000);
        assert_eq!(clock.ticks(Duration::from_millis(20)), 1_250_000);
        assert_eq!(clock.duration(1_250_000), Duration::from_millis(20));
        assert_eq!(clock.ticks(Duration::MAX), u64::MAX);
        assert_eq!(Clock::new(0).duration(3), Duration::from_secs(3));
    }
}
