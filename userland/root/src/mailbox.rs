//! Questions to Pluton, one at a time.

use core::fmt;
use core::time::Duration;

use pluton_abi::command::{Command, Error as Refusal, Origin, ReplyHeader, RequestHeader};
use sdk::{Cap, Clock, Error, Interrupt, Notification, Region, Syscalls, Words, slots};

/// How long an answer may take: verifying the largest image under an emulator takes
/// a good second.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often to look without having been called, should a signal get lost.
const LOOK: Duration = Duration::from_millis(20);

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The kernel refused the call.
    Kernel(Error),
    /// Pluton refused the command.
    Refused(u16),
    /// Nothing came.
    Silence,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Kernel(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel(error) => write!(f, "the kernel says: {}", error.text()),
            Self::Refused(number) => match Refusal::from_number(*number) {
                Some(Refusal::ImageRefused) => {
                    f.write_str("Pluton refuses the image; its own line says why")
                }
                Some(Refusal::NoImage) => f.write_str("the slot holds no image"),
                Some(other) => write!(f, "Pluton refuses: {other:?}"),
                None => write!(f, "Pluton refuses: error {number}"),
            },
            Self::Silence => f.write_str("Pluton does not answer"),
        }
    }
}

/// The mailbox.
#[derive(Debug)]
pub struct Mailbox<'a, K> {
    kernel: &'a K,
    clock: Clock,
    signal: Cap<Notification>,
    interrupt: Option<Cap<Interrupt>>,
    sequence: u16,
}

impl<'a, K: Syscalls> Mailbox<'a, K> {
    /// The mailbox whose interrupt, if there is one, signals `signal`.
    pub fn new(
        kernel: &'a K,
        clock: Clock,
        signal: Cap<Notification>,
        interrupt: Option<Cap<Interrupt>>,
    ) -> Self {
        Self { kernel, clock, signal, interrupt, sequence: 0 }
    }

    /// Asks, and waits for the answer. With a `region`, words 2 and 3 name it.
    pub fn ask(
        &mut self,
        command: Command,
        argument: u64,
        region: Option<Cap<Region>>,
    ) -> Result<Words, Failure> {
        self.sequence = self.sequence.wrapping_add(1);
        let header = RequestHeader {
            command: command as u16,
            sequence: self.sequence,
            origin: Origin::Process as u8,
            length: 0,
        };
        let request = [header.pack(), argument, 0, 0, 0, 0, 0, 0];
        let deadline = self.clock.after(self.kernel, PATIENCE);
        while let Err(error) = slots::MONITOR.send(self.kernel, &request, region) {
            if error != Error::Busy || self.kernel.now() >= deadline {
                return Err(error.into());
            }
            self.clock.sleep(self.kernel, Duration::from_millis(1));
        }
        while self.kernel.now() < deadline {
            match slots::MONITOR.receive(self.kernel) {
                Ok(reply) => {
                    let header = ReplyHeader::unpack(reply[0]);
                    // An answer to a question that was given up is passed over.
                    if header.sequence == self.sequence && header.command == command as u16 {
                        return match header.error {
                            0 => Ok(reply),
                            error => Err(Failure::Refused(error)),
                        };
                    }
                }
                Err(Error::WouldBlock | Error::Busy) => self.wait(),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::Silence)
    }

    /// Waits for the interrupt, or a moment.
    fn wait(&self) {
        let _ = self.signal.wait(self.kernel, self.clock.after(self.kernel, LOOK));
        if let Some(interrupt) = self.interrupt {
            // Refused when none came: fine.
            let _ = interrupt.acknowledge(self.kernel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, Mailbox};
    use pluton_abi::command::{Command, ReplyHeader, RequestHeader};
    use sdk::fake::Fake;
    use sdk::{Cap, Clock, Error, Registers, Slot, SystemCall};
    use std::cell::Cell;

    /// Pluton behind a fake kernel: answers by `reply` after `empty` empty looks.
    fn ask(empty: u64, reply: fn(RequestHeader) -> ReplyHeader) -> Result<[u64; 8], Failure> {
        let request = Cell::new(0);
        let looks = Cell::new(0);
        let mut fake = Fake::new(move |number, registers: &mut Registers| {
            if number == SystemCall::MailboxSend as u64 {
                request.set(registers.0[1]);
            }
            if number == SystemCall::MailboxReceive as u64 {
                looks.set(looks.get() + 1);
                if looks.get() <= empty {
                    registers.0[0] = Error::WouldBlock as u64;
                } else {
                    registers.0[1] = reply(RequestHeader::unpack(request.get())).pack();
                    registers.0[2] = 77;
                }
            }
        });
        fake.ticks_per_look = 1_000_000;
        let mut mailbox = Mailbox::new(&fake, Clock::new(1_000_000), Cap::at(Slot(9)), None);
        mailbox.ask(Command::ImageInfo, 3, None)
    }
    fn good(request: RequestHeader) -> ReplyHeader {
        ReplyHeader { command: request.command, sequence: request.sequence, error: 0 }
    }

    #[test]
    fn an_answer_is_waited_for() {
        assert_eq!(ask(3, good).unwrap()[1], 77);
    }

    #[test]
    fn a_refusal_is_told_and_silence_ends() {
        assert_eq!(ask(0, |r| ReplyHeader { error: 5, ..good(r) }), Err(Failure::Refused(5)));
        assert_eq!(ask(u64::MAX, good), Err(Failure::Silence));
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        let stale = |r: RequestHeader| ReplyHeader { sequence: r.sequence ^ 1, ..good(r) };
        assert_eq!(ask(0, stale), Err(Failure::Silence));
    }
}
