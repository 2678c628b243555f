//! Runs the fuzzer's corpus and a number of random inputs, without a fuzzer.
//!
//! `fuzz-smoke [--corpus DIRECTORY] [--inputs N] [--seed N] [--save 1]`. With `--save`,
//! inputs that reached something new are written to the corpus.

use kernel_model::fuzzing::{run, start};
use kernel_model::random::{Random, Source};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (mut corpus, mut inputs, mut seed, mut save) = (None, 500, 1, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let Some(value) = arguments.next() else { return usage() };
        match (argument.as_str(), value.parse::<u64>()) {
            ("--corpus", _) => corpus = Some(PathBuf::from(value)),
            ("--inputs", Ok(number)) => inputs = number,
            ("--seed", Ok(number)) => seed = number,
            ("--save", Ok(number)) => save = number != 0,
            _ => return usage(),
        }
    }
    let world = start();
    let (mut pool, mut features) = (Vec::new(), BTreeSet::new());
    if let Some(corpus) = &corpus {
        let Ok(entries) = std::fs::read_dir(corpus) else {
            eprintln!("fuzz-smoke: {}: no such directory", corpus.display());
            return ExitCode::FAILURE;
        };
        for entry in entries.flatten() {
            let Ok(bytes) = std::fs::read(entry.path()) else { continue };
            features.extend(run(&world, &bytes));
            pool.push(bytes);
        }
    }
    println!("corpus: {} inputs, {} features", pool.len(), features.len());
    let mut random = Random::new(seed);
    let mut added = 0;
    for _ in 0..inputs {
        let mut bytes = if pool.is_empty() || random.one_in(4) {
            (0..64 + random.below(1500)).map(|_| random.below(256) as u8).collect()
        } else {
            pool[random.below(pool.len() as u64) as usize].clone()
        };
        for _ in 0..random.below(8) {
            let at = random.below(bytes.len().max(1) as u64) as usize;
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.below(256) as u8;
            }
        }
        let reached = run(&world, &bytes);
        if !reached.is_subset(&features) {
            features.extend(reached);
            if let (true, Some(corpus)) = (save, &corpus) {
                let _ = std::fs::write(corpus.join(format!("{seed:03}-{added:03}")), &bytes);
            }
            pool.push(bytes);
            added += 1;
        }
    }
    println!("{inputs} inputs run, {added} reached something new, {} features", features.len());
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("usage: fuzz-smoke [--corpus DIRECTORY] [--inputs N] [--seed N] [--save 1]");
    ExitCode::from(2)
}
