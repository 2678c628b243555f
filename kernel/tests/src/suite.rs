//! Runs every case and counts.
#![allow(unsafe_code, reason = "the entry point has a name for the start code to call")]

use crate::log::line;
use crate::stand::Stand;
use crate::{arch, call, cases};
use core::panic::PanicInfo;

#[unsafe(no_mangle)]
extern "C" fn suite_main() -> ! {
    let mut stand = Stand::new(arch::root_info());
    line(format_args!("kernel tests on {}", arch::NAME));
    let (mut passed, mut failed) = (0u64, 0u64);
    for (area, cases) in cases::AREAS {
        line(format_args!("# {area}"));
        for case in *cases {
            let verdict = stand
                .begin()
                .and_then(|()| (case.run)(&mut stand))
                .and_then(|()| stand.end());
            match verdict {
                Ok(()) => {
                    passed += 1;
                    line(format_args!("ok {}", case.name));
                }
                Err(wrong) => {
                    failed += 1;
                    line(format_args!("FAILED {}: {wrong}", case.name));
                    let _ = stand.end();
                }
            }
        }
    }
    line(format_args!("suite done: {passed} passed, {failed} failed"));
    stop()
}

/// Stops the machine, or rests.
fn stop() -> ! {
    let _ = call::sleep(arch::now() + arch::root_info().ticks_per_second / 10);
    let _ = call::system_stop();
    loop {
        let _ = call::sleep(u64::MAX);
    }
}

#[panic_handler]
fn panic(information: &PanicInfo<'_>) -> ! {
    line(format_args!("FAILED suite: {information}"));
    line(format_args!("suite done: 0 passed, 1 failed"));
    stop()
}
