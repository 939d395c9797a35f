use std::collections::BTreeMap;

use super::contents::{Contents, contents};
use super::shape::Passed;
use super::times::{Timed, times};
use crate::model::{Attempt, Check, Mark, Model, Scenario, Step};

/// A scenario with one manifest set, and all runs of it.
#[derive(Default)]
pub(super) struct Family<'a> {
    pub(super) runs: Vec<Run<'a>>,
}

/// One run of a scenario: its last attempt.
pub(super) struct Run<'a> {
    pub(super) model: &'a Model,
    pub(super) scenario: &'a Scenario,
}

/// A step of a run, and the named outcomes that led to it and that it had: two runs that went different ways are not compared.
pub(super) struct Stop<'a> {
    pub(super) step: &'a Step,
    pub(super) way: Vec<(u32, u32, &'a str)>,
    index: usize,
    attempt: &'a Attempt,
    model: &'a Model,
}

/// The runs of a model by `NAME@MANIFESTS`.
pub(super) fn families(model: &Model) -> BTreeMap<&str, Family<'_>> {
    let mut families: BTreeMap<&str, Family<'_>> = BTreeMap::new();
    for scenario in &model.scenarios {
        let key = scenario.planned.key.split('#').next().unwrap_or_default();
        families.entry(key).or_default().runs.push(Run { model, scenario });
    }
    families
}

impl<'a> Family<'a> {
    /// The planned steps: what makes two scenarios the same.
    pub(super) fn plan(&self) -> &'a [String] {
        self.runs.first().map_or(&[], |run| &run.scenario.planned.steps)
    }

    /// How many of its runs passed.
    pub(super) fn passed(&self) -> Passed {
        Passed::of(self.runs.iter().map(|run| run.scenario.mark()))
    }

    /// Its checks by step and number.
    pub(super) fn checks(&self) -> BTreeMap<(u32, u32), Vec<&'a Check>> {
        let mut checks: BTreeMap<_, Vec<&Check>> = BTreeMap::new();
        for run in &self.runs {
            for (_, check) in run.scenario.last().into_iter().flat_map(Attempt::checks) {
                checks.entry((check.result.step, check.result.check)).or_default().push(check);
            }
        }
        checks
    }

    /// All steps of all runs.
    pub(super) fn stops(&self) -> Vec<Stop<'a>> {
        let mut stops = Vec::new();
        for run in &self.runs {
            let Some(attempt) = run.scenario.last() else { continue };
            let mut way = Vec::new();
            for (index, step) in attempt.steps.iter().enumerate() {
                way.extend(step.checks.iter().filter_map(|check| {
                    Some((check.result.step, check.result.check, check.result.outcome.as_deref()?))
                }));
                stops.push(Stop { step, way: way.clone(), index, attempt, model: run.model });
            }
        }
        stops
    }
}

impl Stop<'_> {
    /// What was seen in it.
    pub(super) fn contents(&self) -> Contents {
        contents(self.model, self.attempt, self.index)
    }

    /// What it took.
    pub(super) fn times(&self) -> Vec<Timed> {
        times(self.attempt, self.index)
    }
}

impl Passed {
    pub(super) fn of(marks: impl IntoIterator<Item = Mark>) -> Self {
        let mut passed = Self::default();
        for mark in marks {
            *match mark {
                Mark::Pass => &mut passed.passed,
                Mark::Fail => &mut passed.failed,
                Mark::Unknown | Mark::Nothing | Mark::Unfinished => &mut passed.unknown,
            } += 1;
        }
        passed
    }

    /// All runs.
    pub(crate) fn all(self) -> u32 {
        self.passed + self.failed + self.unknown
    }

    /// `passed`, `failed`, `unknown`, or how many of how many.
    pub fn words(self) -> String {
        match self {
            Self { failed: 0, unknown: 0, passed: 1 } => "pass".to_owned(),
            Self { passed: 0, unknown: 0, failed: 1 } => "fail".to_owned(),
            Self { passed: 0, failed: 0, unknown: 1 } => "unknown".to_owned(),
            _ => format!("{} of {} pass", self.passed, self.all()),
        }
    }
}
