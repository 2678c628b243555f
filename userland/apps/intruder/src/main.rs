//! The intruder as a process.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
mod app {
    use core::time::Duration;

    use intruder::{exhaust, faulting, refused};
    use sdk::{Kernel, StartInfo, log};

    /// Between two lines: the log takes 20 a second in the long run.
    const PAUSE: Duration = Duration::from_millis(50);

    pub(crate) fn main(kernel: &Kernel, info: &StartInfo) {
        let clock = info.clock();
        let (refused, exhaust) = (refused::table::<Kernel>(), exhaust::table::<Kernel>());
        let returning = refused.len() + exhaust.len();
        let all = returning + faulting::TABLE.len();
        if info.restarts == 0 {
            log!(kernel, clock, "started, {all} attempts");
            for (number, attempt) in (1..).zip(refused.iter().chain(&exhaust)) {
                let verdict = (attempt.run)(kernel, info);
                log!(kernel, clock, "attempt {number:02} {}: {verdict}", attempt.name);
                clock.sleep(kernel, PAUSE);
            }
        }
        // One a life: each of these ends in a fault, and the root task's count goes on.
        let lives = usize::try_from(info.restarts).unwrap_or(usize::MAX);
        for (number, attempt) in (returning + 1..).zip(faulting::TABLE).skip(lives) {
            log!(kernel, clock, "attempt {number:02} {}: trying", attempt.name);
            (attempt.run)();
            log!(kernel, clock, "attempt {number:02} {}: SUCCEEDED", attempt.name);
        }
        log!(kernel, clock, "done, {all} attempts");
    }
}

sdk::entry!(app::main);
