//! Living on: hearing of faults, ending and restarting programs.

use sdk::abi::fault::{self, Fault};
use sdk::abi::message::{FOREVER, Kind};
use sdk::{Cap, Endpoint, Error, Received, Syscalls};

use crate::program::{FAULTS, Program, RESTARTS_MAX, State, back_off};
use crate::root::Root;

impl<K: Syscalls> Root<'_, K> {
    /// Starts every program that is due.
    pub fn start_due(&mut self, programs: &mut [Program]) {
        for index in 0..programs.len() {
            let now = self.kernel.now();
            let Some(program) = programs.get_mut(index) else { return };
            if !matches!(program.state, State::Due(at) if at <= now) {
                continue;
            }
            let started = self.start(program);
            if !started || !self.has_log {
                continue;
            }
            // A new log knows nobody yet; a new client is known to the log already, but
            // its predecessor's unfinished line is not to be finished by it.
            if program.name() == "log-service" {
                self.introduce(programs);
            } else {
                let program = &programs[index..=index];
                self.introduce(program);
            }
        }
    }

    /// Waits for the next fault, or until a program is due.
    pub fn watch(&mut self, programs: &mut [Program]) {
        let faults = Cap::<Endpoint>::at(FAULTS);
        match faults.receive(self.kernel, next_due(programs)) {
            Ok(message) if message.is(Kind::Fault) => {
                let faulted = programs.iter_mut().find(|program| program.badge() == message.badge);
                match faulted {
                    Some(program) => self.handle(program, &message),
                    None => {
                        self.say(format_args!("a fault with the unknown badge {}", message.badge))
                    }
                }
            }
            Ok(_) | Err(Error::TimedOut | Error::WouldBlock) => {}
            Err(error) => {
                self.say(format_args!("waiting for faults: {}", error.text()));
                self.clock.sleep(self.kernel, back_off(RESTARTS_MAX));
            }
        }
    }

    fn handle(&mut self, program: &mut Program, message: &Received) {
        // A fault is a call, and a call lends the caller's time: give it back first.
        let stop = [fault::STOP, 0, 0, 0, 0, 0, 0, 0];
        let _ = Cap::<Endpoint>::at(FAULTS).reply(self.kernel, &stop);
        let [number, address, counter, ..] = message.words;
        let kind = Fault::from_number(number).text();
        let name = program.display_name();
        let restarts = program.restarts + 1;
        // What is said of the log can not be said through it.
        if program.name() == "log-service" {
            self.has_log = false;
        }
        let text = format_args!("fault in {name}: {kind} address={address:#x} pc={counter:#x}");
        if restarts > RESTARTS_MAX {
            self.say(format_args!("{text} (stays stopped after {RESTARTS_MAX} restarts)"));
        } else {
            self.say(format_args!("{text} (restart {restarts})"));
        }
        self.end(program);
        program.state = if restarts > RESTARTS_MAX {
            State::Stopped
        } else {
            program.restarts = restarts;
            State::Due(self.clock.after(self.kernel, back_off(restarts)))
        };
    }
}

/// When the next program is due.
fn next_due(programs: &[Program]) -> u64 {
    let due = |program: &Program| match program.state {
        State::Due(at) => Some(at),
        State::Running | State::Stopped => None,
    };
    // A deadline of 0 would not wait at all, which is right for what is due already.
    programs.iter().filter_map(due).min().unwrap_or(FOREVER)
}

#[cfg(test)]
mod tests {
    use super::next_due;
    use crate::program::{Program, RESTARTS_MAX, State, back_off};

    #[test]
    fn the_nearest_program_is_waited_for() {
        let program = |state| Program {
            flash_slot: 3,
            index: 0,
            name: [0; 24],
            image_pages: 1,
            state,
            restarts: 0,
            extent: None,
        };
        let running = program(State::Running);
        assert_eq!(next_due(&[running, program(State::Stopped)]), u64::MAX);
        assert_eq!(next_due(&[running, program(State::Due(9)), program(State::Due(7))]), 7);
    }

    #[test]
    fn back_off_grows_and_ends() {
        assert!(back_off(1) < back_off(10));
        assert_eq!(back_off(RESTARTS_MAX), back_off(u64::MAX));
    }
}
