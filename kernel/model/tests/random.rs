//! Long random sequences of calls, every rule checked after every call.

use kernel_model::invariants::check;
use kernel_model::random::{Random, describe, stage, step};
use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::time::Instant;

const CALLS_AN_EPISODE: u64 = 1500;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// `RANDOM_CALLS` and `RANDOM_SEED` choose how many and which.
#[test]
fn every_rule_holds_after_every_call() {
    let total = number("RANDOM_CALLS", if cfg!(debug_assertions) { 100_000 } else { 1_000_000 });
    let mut seed = number("RANDOM_SEED", 1);
    let start = stage();
    check(&start).expect("the stage is sound");
    let (mut calls, mut statuses, begun) = (0, BTreeMap::new(), Instant::now());
    while calls < total {
        let (mut world, mut random) = (start.clone(), Random::new(seed));
        let mut trace = VecDeque::new();
        for count in 0..CALLS_AN_EPISODE {
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let done = step(&mut world, &mut random)?;
                Some((done, check(&world)))
            }));
            let (done, checked) = match result {
                Ok(Some(done)) => done,
                Ok(None) => break,
                Err(_) => ((0, 0, [0; 10], None), Err("a panic; see above".into())),
            };
            calls += 1;
            *statuses.entry((done.1, format!("{:?}", done.3))).or_insert(0u64) += 1;
            trace.push_back(describe(&done));
            if trace.len() > 25 {
                trace.pop_front();
            }
            if let Err(broken) = checked {
                for line in &trace {
                    println!("{line}");
                }
                panic!("seed {seed}, call {count}: {broken}");
            }
            if count % 8 == 0 {
                world.touch_everything();
            }
        }
        seed += 1;
    }
    println!("{calls} calls in {:?}", begun.elapsed());
    if std::env::var_os("RANDOM_STATISTICS").is_some() {
        for ((call, answer), count) in statuses {
            println!("{call:>20} {answer:<20} {count}");
        }
    }
}
