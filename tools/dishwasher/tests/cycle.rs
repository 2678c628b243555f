//! The machine as an app sees it: it works if it is run well, and only then.

use dishwasher::{Machine, Random, Scenario};
use dishwasher_protocol::{Command, CyclePhase, Door, Program, Reading};

/// Runs a cycle as a good app would; gives all readings of each second.
fn run(scenario: Scenario, seconds: u32, heats: bool) -> (Machine, Vec<Reading>) {
    let mut machine = Machine::new(Random::new(7), scenario);
    machine.obey(Command::DoorLock { locked: true });
    machine.obey(Command::StartCycle(Program::Normal));
    let mut celsius = 0.0;
    let mut readings = Vec::new();
    for _ in 0..seconds {
        machine.advance(1.0);
        for _ in 0..8 {
            let reading = machine.read();
            if let Reading::WaterTemperature { centidegrees } = reading {
                celsius = f64::from(centidegrees) / 100.0;
            }
            readings.push(reading);
        }
        let wash = machine.phase() == CyclePhase::Wash;
        machine.obey(Command::Heater { on: heats && wash && celsius < 55.5 });
        machine.obey(Command::Pump { on: wash || machine.phase() == CyclePhase::Rinse });
    }
    (machine, readings)
}

fn hottest(readings: &[Reading]) -> i16 {
    let temperature = |reading: &Reading| match reading {
        Reading::WaterTemperature { centidegrees } => Some(*centidegrees),
        _ => None,
    };
    readings.iter().filter_map(temperature).max().unwrap()
}

#[test]
fn a_cycle_goes_through_all_phases_and_ends() {
    let (machine, readings) = run(Scenario::Normal, 2_000, true);
    assert_eq!(machine.phase(), CyclePhase::Done);
    let mut phases: Vec<_> = readings
        .iter()
        .filter_map(|reading| match reading {
            Reading::Phase(phase) => Some(*phase as u8),
            _ => None,
        })
        .collect();
    phases.dedup();
    assert_eq!(phases, [1, 2, 3, 4, 5, 6]);
    assert!((5_400..5_800).contains(&hottest(&readings)), "{}", hottest(&readings));
    let dirty = readings.iter().any(|r| matches!(r, Reading::Turbidity { ntu: 200.. }));
    assert!(dirty, "washing must show in the water");
}

#[test]
fn without_heating_the_wash_fails() {
    let (machine, readings) = run(Scenario::Normal, 2_000, false);
    assert_eq!(machine.phase(), CyclePhase::Fault);
    assert!(hottest(&readings) < 2_500);
}

#[test]
fn a_broken_heater_stops_at_35_degrees() {
    let (machine, readings) = run(Scenario::HeaterFault, 2_500, true);
    assert_eq!(machine.phase(), CyclePhase::Fault);
    assert!((3_400..3_600).contains(&hottest(&readings)), "{}", hottest(&readings));
}

#[test]
fn a_forced_door_faults_and_closes_again() {
    let (machine, readings) = run(Scenario::DoorOpen, 600, true);
    assert_eq!(machine.phase(), CyclePhase::Fault);
    assert!(readings.contains(&Reading::Door(Door::Open)));
    assert_eq!(readings.iter().rfind(|r| matches!(r, Reading::Door(_))), Some(&Reading::Door(Door::Closed)));
}

#[test]
fn rinse_aid_runs_out() {
    let (_, readings) = run(Scenario::RinseEmpty, 2_000, true);
    assert!(readings.contains(&Reading::RinseAid { percent: 2 }));
    assert!(readings.contains(&Reading::RinseAid { percent: 0 }));
}

#[test]
fn the_same_seed_gives_the_same_readings() {
    assert_eq!(run(Scenario::Normal, 300, true).1, run(Scenario::Normal, 300, true).1);
}
