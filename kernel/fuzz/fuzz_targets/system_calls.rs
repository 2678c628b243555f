//! Bytes decide what threads call and what the machine does; every rule must hold.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

fuzz_target!(|bytes: &[u8]| {
    thread_local!(static START: OnceLock<kernel_model::World> = const { OnceLock::new() });
    START.with(|start| {
        kernel_model::fuzzing::run(start.get_or_init(kernel_model::fuzzing::start), bytes);
    });
});
