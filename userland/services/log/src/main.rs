//! The log service as a process: receive, compose `NAME: text`, pass on to Pluton.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
mod service {
    use core::time::Duration;

    use log_service::book::Book;
    use sdk::abi::message::Kind;
    use sdk::{Error, Kernel, StartInfo, Syscalls, log, slots};

    pub(crate) fn main(kernel: &Kernel, info: &StartInfo) {
        let clock = info.clock();
        let mut book = Book::new(kernel.now(), info.ticks_per_second);
        let mut mailbox =
            log::Mailbox { kernel, pause_ticks: clock.ticks(Duration::from_micros(500)) };
        let mut emit = |name: &str, line: &str| {
            // A line that Pluton does not take is lost; there is nobody to tell.
            let _ = log::line(&mut mailbox, format_args!("{name}: {line}"));
        };
        loop {
            let deadline = clock.after(kernel, Duration::from_secs(1));
            match slots::SERVICE.receive(kernel, deadline) {
                Ok(message) => {
                    let now = kernel.now();
                    let kept = book.take(message.badge, &message.words, now, &mut emit);
                    if message.is(Kind::Call) {
                        let dropped = u64::from(!kept);
                        let _ = slots::SERVICE.reply(kernel, &[dropped, 0, 0, 0, 0, 0, 0, 0]);
                    }
                }
                Err(Error::TimedOut) => book.report(kernel.now(), &mut emit),
                Err(_) => clock.sleep(kernel, Duration::from_millis(10)),
            }
        }
    }
}

sdk::entry!(service::main);
