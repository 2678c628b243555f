//! The dishwasher as a process: bytes from the driver, commands to it, a line a second.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

#[cfg(target_os = "none")]
mod app {
    use core::time::Duration;

    use dishwasher_protocol::{Command, Message};
    use dw100::board::Board;
    use dw100::controller::Controller;
    use dw100::line::Line;
    use dw100::telemetry::Telemetry;
    use sdk::{Kernel, StartInfo, Syscalls, log, slots, text, uart};

    const POLL: Duration = Duration::from_millis(20);
    const TELEMETRY: Duration = Duration::from_secs(1);
    const ACKNOWLEDGE: Duration = Duration::from_millis(200);
    /// Reads in one poll: the driver's whole ring.
    const READS: usize = 20;

    /// The sending side of the line.
    struct Commands<'a> {
        kernel: &'a Kernel,
        sequence: u8,
    }
    impl Commands<'_> {
        fn send(&mut self, command: Command) {
            let frame = Message::from(command).to_frame(self.sequence).encode();
            self.sequence = self.sequence.wrapping_add(1);
            let mut rest = frame.as_bytes();
            // A driver that takes nothing is not waited for: commands are repeated.
            while let Ok(taken @ 1..) = uart::write(slots::UART, self.kernel, rest) {
                rest = rest.get(taken..).unwrap_or_default();
                if rest.is_empty() {
                    break;
                }
            }
        }
    }

    pub(crate) fn main(kernel: &Kernel, info: &StartInfo) {
        let clock = info.clock();
        let start = kernel.now();
        let since_start = || clock.duration(kernel.now().saturating_sub(start));
        let mut commands = Commands { kernel, sequence: 0 };
        let (mut board, mut line) = (Board::default(), Line::default());
        let mut controller = Controller::default();
        let (mut telemetry_at, mut acknowledge_at) = (TELEMETRY, ACKNOWLEDGE);
        let mut acknowledged = 0;
        let mut driver_failed = false;
        log!(kernel, clock, "started, {} restarts before this", info.restarts);
        loop {
            let mut buffer = [0; text::BYTES];
            let mut result = Ok(buffer.len());
            // Until the driver has no more, but never so long that the cycle stands still.
            for _ in 0..READS {
                result = uart::read(slots::UART, kernel, &mut buffer);
                let bytes = result.ok().and_then(|length| buffer.get(..length)).unwrap_or_default();
                for byte in bytes {
                    if let Some(reading) = line.push(*byte) {
                        board.take(reading, since_start());
                    }
                }
                if bytes.len() < buffer.len() {
                    break;
                }
            }
            if let (Err(error), false) = (result, driver_failed) {
                log!(kernel, clock, "the UART driver does not answer: {}", error.text());
            }
            driver_failed = result.is_err();

            let now = since_start();
            let step = controller.step(&board, now);
            for command in step.commands.into_iter().flatten() {
                commands.send(command);
            }
            for event in step.events.iter() {
                log!(kernel, clock, "{event}");
            }
            if now >= acknowledge_at {
                acknowledge_at = now + ACKNOWLEDGE;
                if line.frames_good != acknowledged {
                    acknowledged = line.frames_good;
                    commands.send(Command::Acknowledge { sequence: line.last_sequence });
                }
            }
            if now >= telemetry_at {
                let phase = controller.phase();
                log!(
                    kernel,
                    clock,
                    "{}",
                    Telemetry { since_start: now, phase, board: &board, line: &line }
                );
                // From the planned moment, not from now: delays do not add up. After a
                // long stop it does not try to catch up.
                telemetry_at = (telemetry_at + TELEMETRY).max(now);
            }
            clock.sleep(kernel, POLL);
        }
    }
}

sdk::entry!(app::main);
