//! What a seed may change, and what it may not.

use seatrial_record::Verdict;
use seatrial_scenarios::{Checkout, Failure};

const TDENGINE: &str = "2.1.1.0";

/// How many seeds are tried for every scenario; more with `SEATRIAL_SEEDS=200`.
fn seeds() -> u64 {
    std::env::var("SEATRIAL_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(8)
}

#[test]
fn one_seed_gives_one_run_to_the_byte() -> Result<(), Failure> {
    let checkout = Checkout::load("doc-2x")?;
    let plan = checkout.plan(TDENGINE)?;
    let [first, second] = [checkout.run(&plan, 7)?, checkout.run(&plan, 7)?];
    for (one, other) in first.events.iter().zip(&second.events) {
        assert_eq!(one, other);
    }
    assert_eq!(first.events.len(), second.events.len());
    Ok(())
}

#[test]
fn another_seed_gives_other_times_and_the_same_verdicts() -> Result<(), Failure> {
    let checkout = Checkout::load("doc-2x")?;
    let plan = checkout.plan(TDENGINE)?;
    let mut durations = Vec::new();
    for seed in 1..=seeds() {
        let ran = checkout.run(&plan, seed)?;
        assert_eq!(ran.summary.verdict, Some(Verdict::Pass), "seed {seed}\n{}", ran.complaints());
        durations.extend(ran.events.last().map(|event| event.at));
    }
    durations.sort();
    durations.dedup();
    assert!(durations.len() > 1, "no seed changed any time");
    Ok(())
}
