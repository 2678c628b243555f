//! Walks every sequence of system calls to a depth, and says what was seen.
//!
//! `explore [--depth N]`, 3 levels unless told.

use kernel_model::explorer::{events, explore};
use kernel_model::invariants::RULES;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let mut depth = 3;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let number = arguments.next().and_then(|text| text.parse().ok());
        match (argument.as_str(), number) {
            ("--depth", Some(number)) => depth = number,
            _ => {
                eprintln!("usage: explore [--depth LEVELS]");
                return ExitCode::from(2);
            }
        }
    }
    println!("rules checked in every state:");
    for rule in RULES {
        println!("  {rule}");
    }
    println!("  authority confinement: no process gains what nobody who could give it had");
    println!("{} events from every state:", events().len());
    let begun = Instant::now();
    let result = explore(depth, |level, report| {
        println!(
            "  depth {level}: {} states, {} steps, {} led to a state met before, {:.1} s",
            report.states,
            report.steps,
            report.repeated,
            begun.elapsed().as_secs_f64()
        );
    });
    match result {
        Ok(report) => {
            println!("explored to depth {depth}: {} states, every rule holds", report.states);
            ExitCode::SUCCESS
        }
        Err(broken) => {
            println!("BROKEN: {broken}");
            ExitCode::FAILURE
        }
    }
}
