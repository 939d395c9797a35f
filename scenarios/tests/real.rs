//! The same files, the same verdicts: what each check came to on real servers, held against the model.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::num::NonZero;

use rstest::rstest;
use seatrial_scenarios::{Checkout, Judged, differences};

/// So many seeds take most turns that are left to chance.
const SEEDS: u64 = 3;

const KIND_2_1: &str = include_str!("../../fixtures/verdicts/kind-2.1.1.0.txt");
const KIND_3_3: &str = include_str!("../../fixtures/verdicts/kind-3.3.0.1.txt");
const KIND_3_0: &str = include_str!("../../fixtures/verdicts/kind-3.0.7.1.txt");

const FAULTS_2_1: &str = include_str!("../../fixtures/verdicts/kind-faults-2.1.1.0.txt");
const FAULTS_3_3: &str = include_str!("../../fixtures/verdicts/kind-faults-3.3.0.1.txt");

/// Reads what `seatrial run --env kind` came to, a check a line.
fn read(recorded: &str) -> Vec<Judged> {
    let lines = recorded.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.parse().unwrap_or_else(|error: String| panic!("{error}"))).collect()
}

#[rstest]
#[case("doc-2x", "2.1.1.0", KIND_2_1)]
#[case("doc-3x", "3.3.0.1", KIND_3_3)]
#[case("doc-3x", "3.0.7.1", KIND_3_0)]
fn every_check_ends_as_on_real_servers(#[case] folder: &str, #[case] tdengine: &str, #[case] recorded: &str) {
    let real = read(recorded);
    let checkout = Checkout::load(folder).unwrap();
    let plan = checkout.plan(tdengine).unwrap();
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    for seed in 1..=SEEDS {
        let model = checkout.run(&plan, seed, cores).unwrap();
        let differences = differences(&real, &model.judged());
        assert!(differences.is_empty(), "seed {seed}:\n{}", differences.join("\n\n"));
    }
}

/// Scenarios that belong to no document, as far as they ran on real servers.
#[rstest]
#[case("2.1.1.0", FAULTS_2_1)]
#[case("3.3.0.1", FAULTS_3_3)]
fn faults_end_as_on_real_servers(#[case] tdengine: &str, #[case] recorded: &str) {
    let real = read(recorded);
    for seed in 1..=SEEDS {
        let mut model = Vec::new();
        for folder in ["chaos", "field"] {
            let checkout = Checkout::load(folder).unwrap();
            let mut plan = checkout.plan(tdengine).unwrap();
            plan.runs.retain(|run| real.iter().any(|judged| judged.scenario == run.planned.key));
            model.extend(checkout.run(&plan, seed, 1).unwrap().judged());
        }
        let differences = differences(&real, &model);
        assert!(differences.is_empty(), "seed {seed}:\n{}", differences.join("\n\n"));
    }
}

fn judged(lines: &[&str]) -> Vec<Judged> {
    lines.iter().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn another_verdict_is_a_difference() {
    let real = judged(&["a@doc 0.1 pass - x", "a@doc 1.1 pass - y"]);
    assert_eq!(differences(&real, &real), Vec::<String>::new());
    assert_eq!(differences(&real, &judged(&["a@doc 0.1 pass - x", "a@doc 1.1 fail - y"])).len(), 1);
    assert_eq!(differences(&real, &judged(&["a@doc 0.1 pass - x"])).len(), 1);
    assert_eq!(differences(&real, &[]).len(), 1);
}

#[test]
fn chance_ends_the_comparison_of_a_scenario() {
    let real = judged(&["a@doc 1.1 pass removed x", "a@doc 2.1 pass - y"]);
    assert!(differences(&real, &judged(&["a@doc 1.1 pass stuck x", "a@doc 3.1 pass - z"])).is_empty());
    assert_eq!(differences(&real, &judged(&["a@doc 1.1 fail - x"])).len(), 1);
    assert_eq!(differences(&real, &judged(&["a@doc 1.1 pass removed x", "a@doc 2.1 unknown - y"])).len(), 1);
}

#[rstest]
#[case(KIND_2_1)]
#[case(KIND_3_3)]
#[case(KIND_3_0)]
#[case(FAULTS_2_1)]
#[case(FAULTS_3_3)]
fn a_line_is_read_as_it_was_written(#[case] recorded: &str) {
    for line in read(recorded) {
        assert_eq!(line.to_string().parse(), Ok(line));
    }
    assert!("a@doc pass".parse::<Judged>().is_err() && "a@doc 1-1 pass - x".parse::<Judged>().is_err());
}
