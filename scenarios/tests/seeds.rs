//! What a seed may change, and what it may not.

use std::num::NonZero;

use rstest::rstest;
use seatrial_record::{Event, Part, Verdict, merge};
use seatrial_scenarios::{Checkout, Failure};

/// How many seeds are tried for every scenario; more with `SEATRIAL_SEEDS=200`.
fn seeds(usual: u64) -> u64 {
    std::env::var("SEATRIAL_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(usual)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

#[track_caller]
fn same(one: &[Event], other: &[Event], how: &str) {
    for (one, other) in one.iter().zip(other) {
        assert_eq!(one, other, "{how}");
    }
    assert_eq!(one.len(), other.len(), "{how}");
}

#[rstest]
#[case("doc-2x", "2.1.1.0")]
#[case("doc-3x", "3.3.0.1")]
#[case("doc-3x", "3.0.7.1")]
fn one_seed_gives_one_run_to_the_byte(#[case] folder: &str, #[case] tdengine: &str) -> Result<(), Failure> {
    let checkout = Checkout::load(folder)?;
    let plan = checkout.plan(tdengine)?;
    let first = checkout.run(&plan, 7, 1)?.events;
    same(&first, &checkout.run(&plan, 7, 4)?.events, "four at once");
    Ok(())
}

#[test]
fn shards_joined_tell_what_the_whole_run_tells() -> Result<(), Failure> {
    let checkout = Checkout::load("doc-2x")?;
    let plan = checkout.plan("2.1.1.0")?;
    let part = |index| {
        let events = checkout.run(&plan.clone().shard(index, 3), 3, cores())?.events;
        Ok(Part { path: format!("shard-{index}").into(), events })
    };
    let parts = [3, 1, 2].into_iter().map(part).collect::<Result<Vec<_>, Failure>>()?;
    let joined = seatrial_scenarios::told(|log| merge(&parts, log))?;
    same(&checkout.run(&plan, 3, cores())?.events, &joined, "in shards");
    Ok(())
}

#[rstest]
#[case("doc-2x", "2.1.1.0", 5)]
#[case("doc-3x", "3.3.0.1", 3)]
#[case("doc-3x", "3.0.7.1", 3)]
fn another_seed_gives_other_times_and_the_same_verdicts(
    #[case] folder: &str,
    #[case] tdengine: &str,
    #[case] usual: u64,
) -> Result<(), Failure> {
    let checkout = Checkout::load(folder)?;
    let plan = checkout.plan(tdengine)?;
    let mut durations = Vec::new();
    for seed in 1..=seeds(usual) {
        let ran = checkout.run(&plan, seed, cores())?;
        assert_eq!(ran.summary.verdict, Some(Verdict::Pass), "seed {seed}\n{}", ran.complaints());
        durations.push(ran.simulated_ms());
    }
    durations.sort_unstable();
    durations.dedup();
    assert!(durations.len() > 1, "no seed changed any time");
    Ok(())
}
