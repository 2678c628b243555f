//! The system-call interface under a fuzzer: bytes decide what happens.
//!
//! The same bytes do the same thing, so a corpus is a set of regression tests. What an
//! input reached is told as features (which call ended how), so that even a runner
//! without coverage of the code can keep the inputs that taught it something.

use crate::invariants::check;
use crate::random::{Bytes, describe, stage, step};
use crate::world::World;
use std::collections::BTreeSet;

/// A call and how it ended.
pub type Feature = (u64, String);

/// Most steps of one input.
pub const MOST_STEPS: usize = 400;

/// Runs one input from the stage on, every rule checked after every step.
///
/// # Panics
/// If a rule is broken.
pub fn run(start: &World, bytes: &[u8]) -> BTreeSet<Feature> {
    let (mut world, mut source) = (start.clone(), Bytes(bytes));
    let (mut features, mut trace) = (BTreeSet::new(), Vec::new());
    for _ in 0..MOST_STEPS {
        if source.0.is_empty() {
            break;
        }
        let Some(done) = step(&mut world, &mut source) else { break };
        trace.push(describe(&done));
        features.insert((done.1, format!("{:?}", done.3)));
        if let Err(broken) = check(&world) {
            panic!("{broken}\nafter:\n{}", trace.join("\n"));
        }
        world.touch_everything();
    }
    features
}

/// The state inputs start from.
pub fn start() -> World {
    stage()
}
