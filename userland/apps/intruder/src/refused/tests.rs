//! The attack table against kernels that grant, and refuse, everything.

use super::table;
use crate::attempt::Verdict;
use sdk::fake::Fake;
use sdk::{Error, StartInfo};
use std::collections::HashSet;

#[test]
fn a_kernel_that_grants_everything_is_found_out_by_every_attempt() {
    for attempt in table::<Fake>() {
        let fake = Fake::granting();
        let verdict = (attempt.run)(&fake, &StartInfo::new("intruder"));
        assert_eq!(verdict, Verdict::Succeeded, "{}", attempt.name);
    }
}

#[test]
fn a_kernel_that_refuses_everything_is_given_credit() {
    for attempt in table::<Fake>() {
        let fake = Fake::refusing(Error::NoCapability);
        let verdict = (attempt.run)(&fake, &StartInfo::new("intruder"));
        assert!(matches!(verdict, Verdict::Refused(_)), "{}: {verdict}", attempt.name);
        assert!(!fake.calls().is_empty(), "{} tried nothing", attempt.name);
    }
}

#[test]
fn names_are_unique_and_fit_a_line() {
    let mut names = HashSet::new();
    for attempt in table::<Fake>() {
        assert!(names.insert(attempt.name) && attempt.name.len() <= 32);
        let plain = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(attempt.name.chars().all(plain), "{}", attempt.name);
    }
    assert!(names.len() >= 28);
}
