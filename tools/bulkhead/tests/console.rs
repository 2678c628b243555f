//! The console of a run, line by line, and what is made of it.

use std::time::{Duration, Instant};

use bulkhead::console::{Event, Outcome, parse};
use bulkhead::qemu::Cpu;
use bulkhead::report::Report;
use bulkhead::summary::Summary;

const RUN: &str = "\
[rom    ] boot ROM, core 3
[pluton ] measured kernel type=kernel version=1 security_version=2 sha256=00ff signer=8899aabbccddeeff
[pluton ] released core 0 to the security monitor
[monitor] stage 2 locked
root: process dw100 memory_pages=64
root: process intruder memory_pages=10
root: memory used_bytes=2000000 total_bytes=4194304
dw100: telemetry seconds=0.5 phase=fill water_c=14.25 turbidity_ntu=0 rinse_percent=80 door=closed frames_good=8 frames_bad=0
dw100: telemetry seconds=1.0 phase=fill water_c=14.25 turbidity_ntu=0 rinse_percent=80 door=closed frames_good=18 frames_bad=0
intruder: attempt 01 guess a capability: refused (no such slot: 3)
intruder: attempt 02 read kernel memory: trying
root: fault in intruder: data abort at 0xffff000000000000
dw100: telemetry seconds=1.5 phase=wash water_c=-0.50 turbidity_ntu=120 rinse_percent=80 door=open frames_good=26 frames_bad=2
intruder: done, 2 attempts
root: memory used_bytes=1900000 total_bytes=4194304";

/// One line every tenth of a second.
fn summary(console: &str) -> Summary {
    let start = Instant::now();
    let mut summary = Summary::default();
    for (tenths, line) in (0..).zip(console.lines()) {
        if let Some(event) = parse(line) {
            summary.add(start + Duration::from_millis(100 * tenths), event);
        }
    }
    summary
}

#[test]
fn a_good_run_is_summed_up() {
    let summary = summary(RUN);
    assert_eq!(summary.failures(true), [""; 0]);
    let report = Report::new(&summary, Cpu::Max, 2.0, None, Vec::new());
    let data = serde_json::to_value(&report).unwrap();
    assert_eq!(data["frames_good"], 26);
    assert_eq!(data["frames_bad"], 2);
    assert_eq!((&data["attempts_refused"], &data["attempts_total"]), (&2.into(), &2.into()));
    assert_eq!(data["attempts"][0]["name"], "guess a capability");
    assert_eq!(data["attempts"][1]["outcome"], "faulted");
    assert_eq!(data["ram_bytes"], 2_000_000);
    assert_eq!(data["processes"][0]["memory_bytes"], 64 * 4096);
    assert_eq!(data["measurements"][0]["signer"], "8899aabbccddeeff");
    assert_eq!(data["telemetry"]["last"]["water_c"], -0.5);
    assert_eq!(data["telemetry"]["lines"], 3);
    let interval = |when: &str| data["telemetry"][when]["median"].as_f64().unwrap();
    assert!((interval("interval_alone") - 0.1).abs() < 1e-6);
    assert!((interval("interval_under_attack") - 0.4).abs() < 1e-6);
    assert!(data["refused"].is_null());
}

#[test]
fn holes_and_silence_are_failures() {
    let failures = |from: &str, to: &str| summary(&RUN.replace(from, to)).failures(true);
    let hole = failures("trying", "SUCCEEDED");
    assert_eq!(hole, ["intruder attempt 02 read kernel memory: succeeded: a hole"]);
    let silent = failures("root: fault in intruder", "root: fault in dw100");
    assert_eq!(silent, ["intruder attempt 02 read kernel memory: ended neither refused nor by a fault"]);
    assert_eq!(failures("done, 2", "done, 3"), ["the intruder made 3 attempts, 2 were seen"]);
    assert_eq!(failures("dw100: telemetry", "dw100: nothing"), ["no telemetry line came"]);
    assert_eq!(failures("[monitor] stage 2", "[monitor] panic: stage 2").len(), 1);
    assert_eq!(failures("used_bytes=2000000", "used_bytes=4194305").len(), 1);
    // What the root task can not see counts as used.
    let partial = summary(&RUN.replace("total_bytes=4194304", "total_bytes=4059136"));
    assert_eq!(partial.memory, Some((2_135_168, 4_194_304)));
}

#[test]
fn refusals_name_stage_image_and_reason() {
    let line = "[pluton ] refused dw100: body: hash does not match";
    let Some(Event::Refused(refusal)) = parse(line) else { panic!("not read") };
    assert_eq!((&*refusal.stage, &*refusal.image), ("pluton", "dw100"));
    assert_eq!(refusal.to_string(), line);
    assert_eq!(parse("[rom    ] halted"), Some(Event::Halted { stage: "rom".into() }));
}

#[test]
fn an_app_can_not_speak_for_others() {
    for line in [
        "dw100: [pluton ] refused kernel: no",
        "intruder: root: memory used_bytes=1 total_bytes=1",
        "intruder: telemetry seconds=1 frames_good=9",
        "dw100: attempt 01 x: refused (y)",
        "intruder: memory used_bytes=1 total_bytes=1",
    ] {
        assert_eq!(parse(line), None, "{line}");
    }
}

#[test]
fn damaged_lines_are_no_events() {
    for line in RUN.lines() {
        for cut in 0..line.len() {
            let Some(event) = line.get(..cut).and_then(parse) else { continue };
            // What is read of a shorter line may be less, never something else.
            let whole = parse(line).unwrap();
            assert_eq!(std::mem::discriminant(&event), std::mem::discriminant(&whole), "{line}");
        }
    }
    for line in ["", "[", "]", "[x", "a: b", "intruder: attempt", "root: memory used_bytes=x total_bytes=1"] {
        assert_eq!(parse(line), None);
    }
}

#[test]
fn what_succeeded_once_stays_a_hole() {
    let line = |what| format!("intruder: attempt 05 map W+X: {what}\n");
    let summary = summary(&(line("SUCCEEDED") + &line("refused (later)")));
    assert_eq!(summary.attempts[0].outcome, Outcome::Succeeded);
}
