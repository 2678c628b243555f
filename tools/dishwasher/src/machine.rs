//! The machine: water, heat, dirt, a door, and the sequencer of the board.
//!
//! The board runs the phases of a cycle; heating and pumping within them is the
//! app's task. An app that does nothing therefore gets no clean dishes but a fault
//! after some time, and one that heats without water gets none either.

use dishwasher_protocol::{Command, CyclePhase, Door, Program, Reading};

use crate::random::Random;

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scenario {
    /// Nothing.
    #[default]
    Normal,
    /// The heating element breaks at 35 degrees.
    HeaterFault,
    /// The door is forced open for a while in the middle of washing.
    DoorOpen,
    /// The rinse aid is nearly used up.
    RinseEmpty,
}

const INLET_CELSIUS: f64 = 14.0;
const ROOM_CELSIUS: f64 = 21.0;
const WASH_MILLILITRES: f64 = 4_000.0;
const RINSE_MILLILITRES: f64 = 3_500.0;
const FILL_MILLILITRES_PER_SECOND: f64 = 60.0;
const DRAIN_MILLILITRES_PER_SECOND: f64 = 90.0;
const HEATER_WATTS: f64 = 2_000.0;
/// Joule to warm tub and dishes by one degree, and one millilitre of water.
const TUB_HEAT: f64 = 5_000.0;
const WATER_HEAT: f64 = 4.19;
const LOSS_WATTS_PER_DEGREE: f64 = 8.0;
const WASH_SECONDS: f64 = 200.0;
const RINSE_SECONDS: f64 = 120.0;
const DRY_SECONDS: f64 = 240.0;
/// A phase that takes longer has failed.
const PHASE_LIMIT_SECONDS: f64 = 1_500.0;

/// The state of the machine.
#[derive(Clone, Debug)]
pub struct Machine {
    random: Random,
    scenario: Scenario,
    /// In the present phase.
    phase_seconds: f64,
    /// At temperature with the pump running, in this phase.
    effective_seconds: f64,
    phase: CyclePhase,
    program: Program,
    heater_on: bool,
    pump_on: bool,
    door_locked: bool,
    door: Door,
    celsius: f64,
    millilitres: f64,
    /// Dirt still on the dishes, and in the water, in NTU of a full tub.
    dirt_on_dishes: f64,
    turbidity: f64,
    rinse_aid_percent: f64,
    next_reading: usize,
}

impl Machine {
    /// A machine with dirty dishes, its door closed.
    pub fn new(mut random: Random, scenario: Scenario) -> Self {
        let dirt_on_dishes = 300.0 + 300.0 * random.unit();
        let rinse_aid_percent = match scenario {
            Scenario::RinseEmpty => 2.0,
            _ => 60.0 + 40.0 * random.unit(),
        };
        Self {
            random,
            scenario,
            phase_seconds: 0.0,
            effective_seconds: 0.0,
            phase: CyclePhase::Idle,
            program: Program::Normal,
            heater_on: false,
            pump_on: false,
            door_locked: false,
            door: Door::Closed,
            celsius: ROOM_CELSIUS,
            millilitres: 0.0,
            dirt_on_dishes,
            turbidity: 0.0,
            rinse_aid_percent,
            next_reading: 0,
        }
    }

    /// The present phase.
    pub fn phase(&self) -> CyclePhase {
        self.phase
    }

    /// Does what the app says.
    pub fn obey(&mut self, command: Command) {
        match command {
            Command::StartCycle(program) => {
                let waits =
                    matches!(self.phase, CyclePhase::Idle | CyclePhase::Done | CyclePhase::Fault);
                if waits && self.door == Door::Closed {
                    self.program = program;
                    if self.phase == CyclePhase::Done {
                        self.dirt_on_dishes = 300.0 + 300.0 * self.random.unit();
                    }
                    self.enter(CyclePhase::Fill);
                }
            }
            Command::Heater { on } => self.heater_on = on,
            Command::Pump { on } => self.pump_on = on,
            Command::DoorLock { locked } => self.door_locked = locked && self.door == Door::Closed,
            Command::Acknowledge { .. } => {}
        }
    }

    /// Lets time pass, in steps small enough for the sums below.
    pub fn advance(&mut self, seconds: f64) {
        let steps = seconds.ceil().max(1.0);
        for _ in 0..steps as u64 {
            self.step(seconds / steps);
        }
    }

    fn step(&mut self, seconds: f64) {
        self.phase_seconds += seconds;
        self.heat(seconds);
        self.clean(seconds);
        self.open_door();
        if self.door == Door::Open && !matches!(self.phase, CyclePhase::Idle | CyclePhase::Done) {
            self.enter(CyclePhase::Fault);
        }
        self.sequence(seconds);
    }

    fn heat(&mut self, seconds: f64) {
        let broken = self.scenario == Scenario::HeaterFault && self.celsius >= 35.0;
        // A float switch cuts the heater off in a dry tub, but for drying.
        let wet = self.millilitres > 500.0 || self.phase == CyclePhase::Dry;
        let heating = self.heater_on && wet && !broken && self.phase != CyclePhase::Fault;
        let watts = if heating { HEATER_WATTS } else { 0.0 }
            - (self.celsius - ROOM_CELSIUS) * LOSS_WATTS_PER_DEGREE;
        self.celsius += watts * seconds / (TUB_HEAT + self.millilitres * WATER_HEAT);
        self.celsius = self.celsius.min(99.0);
    }

    fn clean(&mut self, seconds: f64) {
        if self.pump_on && self.millilitres > 1_000.0 && self.door == Door::Closed {
            let warmth = (self.celsius / 50.0).clamp(0.2, 1.5);
            let dissolved = self.dirt_on_dishes * (warmth * seconds / 150.0).min(1.0);
            self.dirt_on_dishes -= dissolved;
            self.turbidity += dissolved;
        }
    }

    fn open_door(&mut self) {
        let forced = self.scenario == Scenario::DoorOpen
            && self.phase == CyclePhase::Wash
            && self.phase_seconds > 150.0;
        if forced {
            self.door = Door::Open;
            self.door_locked = false;
        } else if self.door == Door::Open && self.phase_seconds > 100.0 {
            self.door = Door::Closed;
            // Only once: the second cycle is to succeed.
            self.scenario = Scenario::Normal;
        }
    }

    fn fill(&mut self, seconds: f64, upto: f64) {
        let added = (FILL_MILLILITRES_PER_SECOND * seconds).min((upto - self.millilitres).max(0.0));
        let heat = TUB_HEAT + self.millilitres * WATER_HEAT;
        let inflow = added * WATER_HEAT;
        self.celsius = (self.celsius * heat + INLET_CELSIUS * inflow) / (heat + inflow);
        if added > 0.0 {
            self.turbidity *= self.millilitres / (self.millilitres + added);
        }
        self.millilitres += added;
    }

    fn drain(&mut self, seconds: f64) {
        self.millilitres = (self.millilitres - DRAIN_MILLILITRES_PER_SECOND * seconds).max(0.0);
        if self.millilitres < 50.0 {
            self.turbidity = 0.0;
        }
    }

    fn sequence(&mut self, seconds: f64) {
        match self.phase {
            CyclePhase::Idle | CyclePhase::Done => {}
            CyclePhase::Fault => self.drain(seconds),
            CyclePhase::Fill => {
                self.fill(seconds, WASH_MILLILITRES);
                if self.millilitres >= WASH_MILLILITRES {
                    self.enter(CyclePhase::Wash);
                }
            }
            CyclePhase::Wash => {
                let hot = self.celsius * 100.0 >= f64::from(self.program.wash_centidegrees()) - 100.0;
                self.effective_seconds += if hot && self.pump_on { seconds } else { 0.0 };
                self.end_phase(self.effective_seconds >= WASH_SECONDS, CyclePhase::Drain);
            }
            CyclePhase::Drain => {
                self.drain(seconds);
                self.end_phase(self.millilitres < 50.0, CyclePhase::Rinse);
            }
            CyclePhase::Rinse => {
                self.fill(seconds, RINSE_MILLILITRES);
                let full = self.millilitres >= RINSE_MILLILITRES;
                self.effective_seconds += if full && self.pump_on { seconds } else { 0.0 };
                if self.effective_seconds >= RINSE_SECONDS {
                    self.rinse_aid_percent = (self.rinse_aid_percent - 4.0).max(0.0);
                }
                self.end_phase(self.effective_seconds >= RINSE_SECONDS, CyclePhase::Dry);
            }
            CyclePhase::Dry => {
                self.drain(seconds);
                self.end_phase(self.phase_seconds >= DRY_SECONDS, CyclePhase::Done);
            }
        }
    }

    fn end_phase(&mut self, reached: bool, next: CyclePhase) {
        if reached {
            self.enter(next);
        } else if self.phase_seconds > PHASE_LIMIT_SECONDS {
            self.enter(CyclePhase::Fault);
        }
    }

    fn enter(&mut self, phase: CyclePhase) {
        if self.phase != phase {
            self.phase = phase;
            self.phase_seconds = 0.0;
            self.effective_seconds = 0.0;
        }
    }

    /// The next reading, in turns; temperature comes most often.
    pub fn read(&mut self) -> Reading {
        let turn = self.next_reading;
        self.next_reading = (turn + 1) % 8;
        match turn {
            1 => Reading::Phase(self.phase),
            2 => {
                let noisy = self.turbidity * (1.0 + self.random.noise(0.03));
                Reading::Turbidity { ntu: noisy.clamp(0.0, 4_000.0) as u16 }
            }
            4 => {
                let noisy = self.millilitres + self.random.noise(15.0);
                Reading::WaterLevel { millilitres: noisy.clamp(0.0, 10_000.0) as u16 }
            }
            5 => Reading::Door(self.door),
            6 => Reading::RinseAid { percent: self.rinse_aid_percent.clamp(0.0, 100.0) as u8 },
            _ => {
                let noisy = (self.celsius + self.random.noise(0.08)) * 100.0;
                Reading::WaterTemperature { centidegrees: noisy.clamp(-4_000.0, 15_000.0) as i16 }
            }
        }
    }
}
