use std::collections::BTreeMap;

use seatrial_record::Verdict;

use super::build::Pair;
use super::chance::may_be_chance;
use super::shape::{Passed, Place, Purpose, VerdictChange, Weight};
use crate::model::{Check, Mark};
use crate::text::safe::line;

/// The same check on both sides.
type Both<'a> = (Vec<&'a Check>, Vec<&'a Check>);

/// Scenarios and checks whose verdicts changed.
pub(super) fn verdicts(pair: &Pair<'_>) -> Vec<VerdictChange> {
    let mut changes = Vec::new();
    for (key, a, b, same) in &pair.common {
        let place =
            |step, check, title: &str| Place { scenario: (*key).to_owned(), step, check, title: title.to_owned() };
        let (passed_a, passed_b) = (a.passed(), b.passed());
        let reason = b.runs.iter().chain(&a.runs).find_map(|run| {
            let end = run.scenario.last()?.finished.as_ref()?;
            (run.scenario.mark() != Mark::Pass && !end.reason.is_empty()).then(|| line(&end.reason))
        });
        changes.extend(change(pair, place(None, None, ""), passed_a, passed_b, reason));
        if !same {
            continue;
        }
        let mut checks: BTreeMap<(u32, u32), Both<'_>> = BTreeMap::new();
        for (at, found) in a.checks() {
            checks.entry(at).or_default().0 = found;
        }
        for (at, found) in b.checks() {
            checks.entry(at).or_default().1 = found;
        }
        for ((step, check), (in_a, in_b)) in checks {
            // A check that one side never came to is no change of its verdict: its scenario went another way, or ended before.
            let (Some(first), false) = (in_a.first(), in_b.is_empty()) else { continue };
            let passed =
                |checks: &[&Check]| Passed::of(checks.iter().map(|check| Mark::of(Some(check.result.verdict))));
            let reason = in_b.iter().chain(&in_a).find(|check| check.result.verdict != Verdict::Pass);
            let reason = reason.map(|check| line(&check.result.reason));
            let place = place(Some(step), Some(check), &first.result.title);
            changes.extend(change(pair, place, passed(&in_a), passed(&in_b), reason));
        }
    }
    changes
}

fn change(pair: &Pair<'_>, place: Place, a: Passed, b: Passed, reason: Option<String>) -> Option<VerdictChange> {
    let share = |part: u32, all: u32| u64::from(part) * 1_000_000 / u64::from(all.max(1));
    let (passed_a, passed_b) = (share(a.passed, a.all()), share(b.passed, b.all()));
    let (failed_a, failed_b) = (share(a.failed, a.all()), share(b.failed, b.all()));
    if (passed_a, failed_a) == (passed_b, failed_b) {
        return None;
    }
    // What passes and fails on both sides is left to chance, until the numbers say otherwise.
    let flaky = |passed: Passed| passed.passed > 0 && passed.failed > 0;
    let weight = if flaky(a) && flaky(b) && may_be_chance(a.passed, a.all(), b.passed, b.all()) {
        Weight::Chance
    } else if pair.purpose == Purpose::Model || failed_b > failed_a {
        Weight::Worse
    } else if b.unknown > 0 && passed_b < passed_a {
        Weight::Lost
    } else {
        Weight::Better
    };
    Some(VerdictChange { place, a, b, reason: reason.unwrap_or_default(), weight })
}
