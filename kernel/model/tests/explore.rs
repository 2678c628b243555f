//! Every sequence of system calls, to a depth that takes seconds.

use kernel_model::explorer::explore;

#[test]
fn every_sequence_keeps_every_rule() {
    let depth = if cfg!(debug_assertions) { 2 } else { 3 };
    let report = explore(depth, |_, _| {}).unwrap_or_else(|broken| panic!("{broken}"));
    assert!(report.states > 500, "only {} states: the configuration is dead", report.states);
    println!("{report:?}");
}
