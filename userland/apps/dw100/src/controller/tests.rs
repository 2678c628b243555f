//! The wash cycle against a board that does as it is told, and against one that does not.

use super::{Controller, HEATER_WINDOW, Phase, SILENCE, Step};
use crate::board::Board;
use crate::event::Event;
use core::time::Duration;
use dishwasher_protocol::{Command, CyclePhase, Door, Program, Reading};

struct Rig {
    board: Board,
    controller: Controller,
    now: Duration,
    events: Vec<Event>,
    commands: Vec<Command>,
}

impl Rig {
    fn in_phase(phase: CyclePhase) -> Self {
        let mut rig = Self {
            board: Board::default(),
            controller: Controller::default(),
            now: Duration::ZERO,
            events: Vec::new(),
            commands: Vec::new(),
        };
        for reading in [
            Reading::Door(Door::Closed),
            Reading::WaterTemperature { centidegrees: 2_000 },
            Reading::WaterLevel { millilitres: 4_000 },
            Reading::RinseAid { percent: 80 },
            Reading::Phase(phase),
        ] {
            rig.hear(reading);
        }
        rig
    }
    fn hear(&mut self, reading: Reading) {
        self.board.take(reading, self.now);
    }
    fn step(&mut self) -> Step {
        let step = self.controller.step(&self.board, self.now);
        self.events.extend(step.events.iter());
        self.commands.extend(step.commands.iter().flatten());
        step
    }
    /// Steps every 20 ms while the board repeats what it said.
    fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.now += Duration::from_millis(20);
            self.board.heard_at = self.now;
            self.step();
        }
    }
    fn heater(&self) -> bool {
        self.controller.switches().heater
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn an_idle_board_is_started_and_again_if_it_did_not_hear() {
    let mut rig = Rig::in_phase(CyclePhase::Idle);
    rig.run(SECOND);
    assert!(!rig.commands.contains(&Command::StartCycle(Program::Normal)));
    rig.run(SECOND * 4);
    let starts = rig.commands.iter().filter(|c| matches!(c, Command::StartCycle(_))).count();
    assert_eq!(starts, 2);
    assert!(!rig.heater());
}

#[test]
fn water_is_heated_to_the_programs_temperature_and_no_further() {
    let mut rig = Rig::in_phase(CyclePhase::Wash);
    rig.step();
    assert!(rig.heater());
    assert_eq!(rig.controller.phase(), Phase::Heat);
    rig.hear(Reading::WaterTemperature { centidegrees: 5_560 });
    rig.step();
    assert!(!rig.heater());
    assert_eq!(rig.controller.phase(), Phase::Wash);
    // Within the hysteresis it stays off.
    rig.hear(Reading::WaterTemperature { centidegrees: 5_470 });
    rig.step();
    assert!(!rig.heater());
}

#[test]
fn nothing_heats_without_water_or_without_knowing() {
    let mut rig = Rig::in_phase(CyclePhase::Wash);
    rig.hear(Reading::WaterLevel { millilitres: 100 });
    rig.step();
    assert!(!rig.heater());
    assert_eq!(rig.events, [Event::NoWater(100)]);
    for unknown in [
        |board: &mut Board| board.water_millilitres = None,
        |board: &mut Board| board.water_centidegrees = None,
        |board: &mut Board| board.door = None,
        |board: &mut Board| board.phase = None,
    ] {
        let mut rig = Rig::in_phase(CyclePhase::Wash);
        unknown(&mut rig.board);
        rig.step();
        assert!(!rig.heater());
    }
}

#[test]
fn an_open_door_stops_everything_at_once() {
    let mut rig = Rig::in_phase(CyclePhase::Wash);
    rig.step();
    assert!(rig.heater());
    rig.hear(Reading::Door(Door::Open));
    let step = rig.step();
    assert_eq!(rig.controller.switches(), Default::default());
    assert!(step.commands.contains(&Some(Command::Heater { on: false })));
    assert_eq!(rig.controller.phase(), Phase::Stopped);
    rig.hear(Reading::Door(Door::Closed));
    rig.step();
    assert!(rig.heater());
    assert_eq!(rig.events, [Event::DoorOpened, Event::DoorClosed]);
}

#[test]
fn a_heater_that_does_not_heat_is_switched_off_for_this_cycle() {
    let mut rig = Rig::in_phase(CyclePhase::Wash);
    rig.run(HEATER_WINDOW + SECOND);
    assert_eq!(rig.events, [Event::HeaterFault]);
    assert!(!rig.heater());
    assert_eq!(rig.controller.phase(), Phase::Fault);
    rig.run(HEATER_WINDOW * 3);
    assert!(!rig.heater());
    // The next cycle gives it another chance.
    rig.hear(Reading::Phase(CyclePhase::Fill));
    rig.step();
    rig.hear(Reading::Phase(CyclePhase::Wash));
    rig.step();
    assert!(rig.heater());
}

#[test]
fn a_heater_that_heats_slowly_is_left_on() {
    let mut rig = Rig::in_phase(CyclePhase::Wash);
    for step in 0..40 {
        rig.hear(Reading::WaterTemperature { centidegrees: 2_000 + step * 10 });
        rig.run(SECOND);
    }
    assert_eq!(rig.events, []);
    assert!(rig.heater());
}

#[test]
fn water_that_is_too_hot_is_not_heated_in_any_phase() {
    for phase in [CyclePhase::Wash, CyclePhase::Dry] {
        let mut rig = Rig::in_phase(phase);
        rig.hear(Reading::WaterTemperature { centidegrees: 7_600 });
        rig.step();
        assert!(!rig.heater());
        assert_eq!(rig.events, [Event::TooHot(7_600)]);
    }
}

#[test]
fn a_silent_line_switches_off() {
    let mut rig = Rig::in_phase(CyclePhase::Wash);
    rig.step();
    assert!(rig.heater());
    rig.now += SILENCE;
    rig.step();
    assert!(!rig.heater());
    rig.hear(Reading::Phase(CyclePhase::Wash));
    rig.step();
    assert_eq!(rig.events, [Event::LineSilent, Event::LineBack]);
}

#[test]
fn warnings_are_given_once() {
    let mut rig = Rig::in_phase(CyclePhase::Rinse);
    rig.hear(Reading::RinseAid { percent: 10 });
    rig.run(SECOND * 5);
    assert_eq!(rig.events, [Event::RinseAidLow(10)]);
    assert!(rig.controller.switches().pump && !rig.heater());
}

#[test]
fn commands_are_repeated_but_not_with_every_step() {
    let mut rig = Rig::in_phase(CyclePhase::Fill);
    rig.run(SECOND * 10);
    let heater = rig.commands.iter().filter(|c| matches!(c, Command::Heater { .. })).count();
    assert!((10..=12).contains(&heater), "{heater}");
}

#[test]
fn an_open_door_is_told_even_if_the_board_was_quicker() {
    let mut rig = Rig::in_phase(CyclePhase::Fault);
    rig.hear(Reading::Door(Door::Open));
    rig.run(Duration::from_secs(20));
    assert_eq!(rig.events, [Event::BoardFault, Event::DoorOpened]);
    assert!(!rig.commands.iter().any(|command| matches!(command, Command::StartCycle(_))));
    rig.hear(Reading::Door(Door::Closed));
    rig.run(SECOND * 6);
    assert_eq!(rig.events[2..], [Event::DoorClosed, Event::CycleStarted]);
}
