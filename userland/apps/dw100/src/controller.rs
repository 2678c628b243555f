//! The wash cycle: what the machine should do now, from what the board last said.
//!
//! The board's sequencer moves water; the app starts it and holds the switches that
//! can do harm: heater, pump, door lock. Each step computes anew what they should be,
//! with *off* as the answer whenever something is unknown, so there is no state in
//! which a missed event leaves the heater on. Commands are repeated once a second,
//! since the line may have eaten them.

use core::time::Duration;

use dishwasher_protocol::{Command, CyclePhase, Door, Program};

use crate::board::Board;
use crate::event::{Event, Events};

/// The program that is washed.
pub const PROGRAM: Program = Program::Normal;
/// Water that must cover the heater.
pub const HEATER_MILLILITRES: u16 = 1_500;
/// Water must not get hotter.
pub const MAX_CENTIDEGREES: i16 = 7_500;
/// Below this, rinse aid is low.
pub const RINSE_LOW_PERCENT: u8 = 15;
/// A heater that is on for so long must have warmed the water by [`HEATER_RISE`].
pub const HEATER_WINDOW: Duration = Duration::from_secs(6);
/// Hundredths of a degree.
pub const HEATER_RISE: i16 = 20;
/// Without a reading for so long, the line is silent.
pub const SILENCE: Duration = Duration::from_secs(3);
const REPEAT: Duration = Duration::from_secs(1);
const START_AFTER: Duration = Duration::from_secs(2);
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What the app is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing yet, or between cycles.
    #[default]
    Idle,
    /// Water comes in.
    Fill,
    /// The water is being heated.
    Heat,
    /// Washing with hot water.
    Wash,
    /// Water goes out.
    Drain,
    /// Rinsing.
    Rinse,
    /// Drying.
    Dry,
    /// Finished.
    Done,
    /// The door is open in the middle of a cycle.
    Stopped,
    /// Something is broken.
    Fault,
}

impl Phase {
    /// A lower-case word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Fill => "fill",
            Self::Heat => "heat",
            Self::Wash => "wash",
            Self::Drain => "drain",
            Self::Rinse => "rinse",
            Self::Dry => "dry",
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Fault => "fault",
        }
    }
}

/// The switches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// The heater.
    pub heater: bool,
    /// The circulation pump.
    pub pump: bool,
    /// The door's lock.
    pub locked: bool,
}

/// What a step asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Step {
    /// Commands to send.
    pub commands: [Option<Command>; 4],
    /// What to log.
    pub events: Events,
}

/// The wash cycle.
#[derive(Clone, Debug, Default)]
pub struct Controller {
    phase: Phase,
    switches: Switches,
    sent_at: Option<Duration>,
    /// Since when the board waits for a start.
    waiting_since: Option<Duration>,
    /// Since when the heater is on, and how warm the water was then.
    heating: Option<(Duration, i16)>,
    /// The heater failed in this cycle.
    heater_failed: bool,
    /// What was logged and must not be logged again until it has passed.
    told: Told,
    last_board_phase: Option<CyclePhase>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Told {
    door: bool,
    rinse: bool,
    water: bool,
    hot: bool,
    silent: bool,
}

/// Says whether `now` is the start of a condition, and remembers the condition.
fn begins(told: &mut bool, now: bool) -> bool {
    !core::mem::replace(told, now) && now
}

impl Controller {
    /// What the app is doing.
    pub fn phase(&self) -> Phase {
        self.phase
    }
    /// The switches as they should be.
    pub fn switches(&self) -> Switches {
        self.switches
    }

    /// One step, to be taken every few milliseconds.
    pub fn step(&mut self, board: &Board, now: Duration) -> Step {
        let mut step = Step::default();
        let silent = board.phase.is_none() || now.saturating_sub(board.heard_at) >= SILENCE;
        let started = board.phase.is_some();
        let was_silent = self.told.silent;
        if begins(&mut self.told.silent, silent && started) {
            step.events.push(Event::LineSilent);
        } else if was_silent && !silent {
            step.events.push(Event::LineBack);
        }
        let wanted = match board.phase {
            Some(phase) if !silent => self.known(board, phase, now, &mut step),
            _ => Switches::default(),
        };
        self.watch_heater(board, wanted, now, &mut step.events);
        let wanted = Switches { heater: wanted.heater && !self.heater_failed, ..wanted };
        let due = self.sent_at.is_none_or(|at| now.saturating_sub(at) >= REPEAT);
        if wanted != self.switches || due {
            self.switches = wanted;
            self.sent_at = Some(now);
            step.commands[1] = Some(Command::Heater { on: wanted.heater });
            step.commands[2] = Some(Command::Pump { on: wanted.pump });
            step.commands[3] = Some(Command::DoorLock { locked: wanted.locked });
        }
        step
    }

    /// What to do while the board is heard.
    fn known(
        &mut self,
        board: &Board,
        phase: CyclePhase,
        now: Duration,
        step: &mut Step,
    ) -> Switches {
        let events = &mut step.events;
        if self.last_board_phase != Some(phase) {
            self.last_board_phase = Some(phase);
            self.waiting_since = None;
            match phase {
                CyclePhase::Done => events.push(Event::CycleDone),
                CyclePhase::Fault => events.push(Event::BoardFault),
                CyclePhase::Fill => self.heater_failed = false,
                _ => {}
            }
        }
        let closed = board.door == Some(Door::Closed);
        let running = !matches!(phase, CyclePhase::Idle | CyclePhase::Done | CyclePhase::Fault);
        // The board may have stopped of itself by the time the door is read.
        let opened = (running || phase == CyclePhase::Fault) && board.door == Some(Door::Open);
        let was_open = self.told.door;
        if begins(&mut self.told.door, opened) {
            events.push(Event::DoorOpened);
        } else if was_open && closed {
            events.push(Event::DoorClosed);
        }
        if let Some(percent) = board.rinse_percent
            && begins(&mut self.told.rinse, percent < RINSE_LOW_PERCENT)
        {
            events.push(Event::RinseAidLow(percent));
        }
        let temperature = board.water_centidegrees.unwrap_or(MAX_CENTIDEGREES);
        let covered = board.water_millilitres.unwrap_or(0) >= HEATER_MILLILITRES;
        let cold = temperature < target(self.switches.heater);
        let hot = temperature >= MAX_CENTIDEGREES && board.water_centidegrees.is_some();
        if begins(&mut self.told.hot, hot) {
            events.push(Event::TooHot(temperature));
        }
        self.phase = match phase {
            _ if opened => Phase::Stopped,
            CyclePhase::Idle => Phase::Idle,
            CyclePhase::Fill => Phase::Fill,
            CyclePhase::Wash if self.heater_failed => Phase::Fault,
            CyclePhase::Wash if cold => Phase::Heat,
            CyclePhase::Wash => Phase::Wash,
            CyclePhase::Drain => Phase::Drain,
            CyclePhase::Rinse => Phase::Rinse,
            CyclePhase::Dry => Phase::Dry,
            CyclePhase::Done => Phase::Done,
            CyclePhase::Fault => Phase::Fault,
        };
        if !closed {
            return Switches::default();
        }
        let wash_heat = phase == CyclePhase::Wash && cold;
        let dry_out = wash_heat && !covered && board.water_millilitres.is_some();
        if begins(&mut self.told.water, dry_out) {
            events.push(Event::NoWater(board.water_millilitres.unwrap_or(0)));
        }
        if !running {
            self.start(phase, now, step);
            return Switches::default();
        }
        Switches {
            // In the dry phase the heater warms air, and needs no water.
            heater: !hot && (wash_heat && covered || phase == CyclePhase::Dry),
            pump: matches!(phase, CyclePhase::Wash | CyclePhase::Rinse),
            locked: true,
        }
    }

    /// Asks for a cycle when the board has waited long enough.
    fn start(&mut self, phase: CyclePhase, now: Duration, step: &mut Step) {
        let since = *self.waiting_since.get_or_insert(now);
        let wait = if phase == CyclePhase::Fault { RETRY_AFTER } else { START_AFTER };
        if now.saturating_sub(since) >= wait {
            // Asked again after another wait, should the line have eaten it.
            self.waiting_since = Some(now);
            step.commands[0] = Some(Command::StartCycle(PROGRAM));
            step.events.push(Event::CycleStarted);
        }
    }

    /// A heater that is on must show in the water.
    fn watch_heater(
        &mut self,
        board: &Board,
        wanted: Switches,
        now: Duration,
        events: &mut Events,
    ) {
        let in_wash = board.phase == Some(CyclePhase::Wash);
        let (true, true, Some(warm)) = (wanted.heater, in_wash, board.water_centidegrees) else {
            self.heating = None;
            return;
        };
        let (since, cold) = *self.heating.get_or_insert((now, warm));
        if now.saturating_sub(since) < HEATER_WINDOW {
            return;
        }
        if warm.saturating_sub(cold) < HEATER_RISE && !self.heater_failed {
            self.heater_failed = true;
            events.push(Event::HeaterFault);
        }
        self.heating = Some((now, warm));
    }
}

/// The temperature to heat to: a little beyond when the heater is on already, so
/// that it does not switch with every wobble of the sensor.
fn target(heating: bool) -> i16 {
    PROGRAM.wash_centidegrees() + if heating { 50 } else { -50 }
}

#[cfg(test)]
mod tests;
