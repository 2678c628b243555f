//! The log service as a process: receive, compose `NAME: text`, pass on to Pluton.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
mod service {
    use core::time::Duration;

    use log_service::book::Book;
    use sdk::abi::message::Kind;
    use sdk::{Error, Kernel, StartInfo, Syscalls, log, slots};

    /// How often drops are reported.
    const REPORT: Duration = Duration::from_secs(1);

    pub(crate) fn main(kernel: &Kernel, info: &StartInfo) {
        let clock = info.clock();
        let mut book = Book::new(kernel.now(), info.ticks_per_second);
        let mut mailbox =
            log::Mailbox { kernel, pause_ticks: clock.ticks(Duration::from_micros(500)) };
        let mut emit = |name: &str, line: &str| {
            // A line that Pluton does not take is lost; there is nobody to tell.
            let _ = log::line(&mut mailbox, format_args!("{name}: {line}"));
        };
        let mut report_at = clock.after(kernel, REPORT);
        loop {
            if kernel.now() >= report_at {
                report_at = clock.after(kernel, REPORT);
                book.report(kernel.now(), &mut emit);
            }
            match slots::SERVICE.receive(kernel, report_at) {
                Ok(message) => {
                    let now = kernel.now();
                    let kept = book.take(message.badge, &message.words, now, &mut emit);
                    if message.is(Kind::Call) {
                        let dropped = u64::from(!kept);
                        let _ = slots::SERVICE.reply(kernel, &[dropped, 0, 0, 0, 0, 0, 0, 0]);
                    }
                }
                Err(Error::TimedOut) => {}
                Err(_) => clock.sleep(kernel, Duration::from_millis(10)),
            }
        }
    }
}

sdk::entry!(service::main);
