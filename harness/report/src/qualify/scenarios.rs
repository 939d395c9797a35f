use std::collections::BTreeSet;

use seatrial_record::Blame;

use super::judge::point;
use super::policy::{Policy, Treat};
use super::shape::{Point, Severity};
use crate::compare::Passed;
use crate::model::{Mark, Model, Scenario};
use crate::text::safe::line;

/// A scenario with one manifest set, and how its runs ended.
pub(super) struct Family {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) passed: Passed,
    /// Of the runs that failed, or do not say: whom they blame, and why.
    problems: Vec<(Mark, Option<Blame>, String)>,
    retried: bool,
}

pub(super) fn families(model: &Model) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for scenario in &model.scenarios {
        let key = scenario.planned.key.split('#').next().unwrap_or_default();
        let index = families.iter().position(|family| family.key == key).unwrap_or_else(|| {
            families.push(Family {
                key: key.to_owned(),
                name: scenario.planned.name.clone(),
                passed: Passed::default(),
                problems: Vec::new(),
                retried: false,
            });
            families.len() - 1
        });
        families[index].add(scenario);
    }
    families
}

impl Family {
    fn add(&mut self, scenario: &Scenario) {
        let mark = scenario.mark();
        match mark {
            Mark::Pass => self.passed.passed += 1,
            Mark::Fail => self.passed.failed += 1,
            _ => self.passed.unknown += 1,
        }
        self.retried |= scenario.attempts.len() > 1;
        if mark != Mark::Pass {
            let end = scenario.last().and_then(|attempt| attempt.finished.as_ref());
            let reason = end.map_or_else(|| "it did not end".to_owned(), |end| line(&end.reason));
            self.problems.push((mark, end.and_then(|end| end.blame), reason));
        }
    }
}

/// What the run as a whole says.
pub(super) fn run(model: &Model, policy: &Policy) -> Vec<Point> {
    let mut points = Vec::new();
    let outcome = model.outcome();
    let mut open = |rule, what: &str, found: &str| points.push(point(Severity::Open, rule, what, found));
    if outcome.verdict.is_none() {
        open("run", "run", "nothing was checked");
    }
    if !outcome.complete || outcome.interrupted {
        open("run", "run", "it did not come to its end");
    }
    let sets: BTreeSet<&str> = model.manifest_sets().into_iter().collect();
    for set in policy.manifests.iter().filter(|set| !sets.contains(set.as_str())) {
        open("manifests", set, "no scenario ran with these manifests");
    }
    points
}

/// What the scenarios say.
pub(super) fn points(families: &[Family], policy: &Policy) -> Vec<Point> {
    let mut points = Vec::new();
    let seldom: Vec<u32> =
        families.iter().map(|family| family.passed.all()).filter(|all| *all < policy.repeats).collect();
    if let Some(least) = seldom.iter().min() {
        let times = if *least == 1 { "once".to_owned() } else { format!("{least} times") };
        let found = format!("{} ran only {times}, and the policy asks for {}", seldom.len(), policy.repeats);
        points.push(point(Severity::Open, "repeats", "scenarios", found));
    }
    for family in families {
        let passed = family.passed;
        let of = format!("{} of {} runs passed", passed.passed, passed.all());
        if family.retried {
            let found = "was tried again after the environment had failed";
            points.push(point(Severity::Note, "scenarios", family.key.clone(), found));
        }
        let product = |problem: &&(Mark, Option<Blame>, String)| {
            problem.0 == Mark::Fail && matches!(problem.1, None | Some(Blame::Product | Blame::Manifest))
        };
        // What Seatrial or the environment is blamed for says nothing of the release.
        let elsewhere = family.problems.iter().find(|problem| !product(problem));
        points.extend(
            elsewhere
                .map(|(.., reason)| point(Severity::Open, "scenarios", family.key.clone(), format!("{of}: {reason}"))),
        );
        let Some((.., reason)) = family.problems.iter().find(product) else { continue };
        let treat = match () {
            () if policy.may_fail.contains(&family.name) => Treat::Note,
            () if passed.passed > 0 => policy.flaky,
            () => Treat::Fail,
        };
        let rule = if passed.passed > 0 { "scenarios: flaky" } else { "scenarios" };
        points.push(point(treat.severity(), rule, family.key.clone(), format!("{of}: {reason}")));
    }
    points
}
