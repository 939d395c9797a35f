//! Prints what each check came to in runs on real servers, for `fixtures/verdicts/kind-VERSION.txt`:
//! `cargo run -p seatrial-scenarios --example verdicts -- RUN/events.jsonl...`. Of scenarios that ran several times the last
//! run that passed is taken.

use std::{collections::BTreeMap, path::Path};

use seatrial_record::{Body, Recording, Verdict};
use seatrial_scenarios::{Failure, Judged};

fn main() -> Result<(), Failure> {
    let mut scenarios: BTreeMap<String, Vec<Judged>> = BTreeMap::new();
    for path in std::env::args().skip(1) {
        let events = Recording::read(Path::new(&path))?;
        let mut judged: BTreeMap<String, Vec<Judged>> = BTreeMap::new();
        for event in &events {
            match &event.body {
                Body::RunStarted(run) => {
                    println!("# TDengine {} on {}, Kubernetes {}.", run.tdengine, run.environment, run.kubernetes);
                }
                Body::ScenarioFinished(end) if end.verdict == Some(Verdict::Pass) => {
                    scenarios.extend(judged.remove(&end.scenario).map(|checks| (end.scenario.clone(), checks)));
                }
                _ => {
                    if let Some(check) = Judged::of(event) {
                        judged.entry(check.scenario.clone()).or_default().push(check);
                    }
                }
            }
        }
    }
    println!("# SCENARIO STEP.CHECK VERDICT OUTCOME TITLE");
    for check in scenarios.values().flatten() {
        println!("{check}");
    }
    Ok(())
}
