use schemars::JsonSchema;
use seatrial_record::{ExitCode, Verdict};
use serde::{Deserialize, Serialize};

use super::{ClaimVerdict, LedgerEntry, Mark, Model};

/// How the whole run stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Outcome {
    /// The verdict; `None` if nothing was checked. Never `pass` of a run that has no end.
    pub verdict: Option<Verdict>,
    /// The exit code that follows.
    pub exit: ExitCode,
    /// Why, as the run itself said; empty if it said nothing.
    pub reason: String,
    /// False if the record has no end: the run was killed or is still going on.
    pub complete: bool,
    /// True if somebody stopped it.
    pub interrupted: bool,
}

/// How many of some things stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Tally {
    /// How many were planned.
    pub planned: u64,
    /// How many passed.
    pub passed: u64,
    /// How many failed.
    pub failed: u64,
    /// How many are unknown.
    pub unknown: u64,
    /// How many ended without a check.
    pub nothing: u64,
    /// How many did not end.
    pub unfinished: u64,
}

/// The numbers of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// Scenarios.
    pub scenarios: Tally,
    /// Scenarios that were never meant to run.
    pub skipped: u64,
    /// Checks that apply.
    pub checks: Tally,
    /// Checks that were planned and do not apply: they belong to named outcomes that did not happen.
    #[serde(default, skip_serializing_if = "is_none")]
    pub checks_not_applicable: u64,
    /// Claims in the ledger.
    pub claims: u64,
    /// Claims that held.
    pub confirmed: u64,
    /// Claims that did not hold.
    pub contradicted: u64,
    /// Claims that held in some runs.
    pub by_chance: u64,
    /// Claims that held with some manifests.
    pub by_manifest: u64,
    /// Claims that could not be decided.
    pub unknown: u64,
    /// Claims that no check spoke of.
    pub not_tested: u64,
    /// Claims whose verdict differs from what real servers did.
    pub differ: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_none(number: &u64) -> bool {
    *number == 0
}

impl Tally {
    fn add(&mut self, mark: Mark) {
        match mark {
            Mark::Pass => self.passed += 1,
            Mark::Fail => self.failed += 1,
            Mark::Unknown => self.unknown += 1,
            Mark::Nothing => self.nothing += 1,
            Mark::Unfinished => self.unfinished += 1,
        }
    }
}

impl Model {
    /// How the run stands. The checks have the last word: an end that says better than they do is not believed.
    pub fn outcome(&self) -> Outcome {
        let marks: Vec<Mark> = self.scenarios.iter().map(super::Scenario::mark).collect();
        let checked = Verdict::worst(marks.iter().filter_map(|mark| match mark {
            Mark::Pass => Some(Verdict::Pass),
            Mark::Fail => Some(Verdict::Fail),
            Mark::Unknown => Some(Verdict::Unknown),
            Mark::Nothing | Mark::Unfinished => None,
        }));
        if let Some(end) = &self.finished {
            let verdict = Verdict::worst(end.verdict.into_iter().chain(checked));
            let exit = if verdict == end.verdict { end.exit } else { ExitCode::of(verdict) };
            let interrupted = end.interrupted;
            return Outcome { verdict, exit, reason: end.reason.clone(), complete: true, interrupted };
        }
        let some = self.scenarios.iter().any(|scenario| scenario.last().is_some_and(|a| a.checked().is_some()));
        let verdict = checked.max(some.then_some(Verdict::Unknown));
        let exit = ExitCode::of(verdict);
        Outcome { verdict, exit, reason: String::new(), complete: false, interrupted: false }
    }

    /// The numbers of the run. `ledger` is [`Model::ledger`].
    pub fn counts(&self, ledger: &[LedgerEntry]) -> Counts {
        let mut counts = Counts { skipped: self.skipped.len() as u64, ..Counts::default() };
        for scenario in &self.scenarios {
            counts.scenarios.planned += 1;
            counts.scenarios.add(scenario.mark());
            let mut made = 0;
            for (_, check) in scenario.last().into_iter().flat_map(super::Attempt::checks) {
                counts.checks.add(Mark::of(Some(check.result.verdict)));
                made += 1;
            }
            let left_out = u64::from(scenario.planned.checks).saturating_sub(made);
            counts.checks.planned += made;
            if scenario.mark() == Mark::Pass {
                counts.checks_not_applicable += left_out;
            } else {
                counts.checks.planned += left_out;
                counts.checks.unfinished += left_out;
            }
        }
        for entry in ledger {
            counts.claims += 1;
            counts.differ += u64::from(entry.differs());
            *match entry.verdict {
                ClaimVerdict::Confirmed => &mut counts.confirmed,
                ClaimVerdict::Contradicted => &mut counts.contradicted,
                ClaimVerdict::ByChance => &mut counts.by_chance,
                ClaimVerdict::ByManifest => &mut counts.by_manifest,
                ClaimVerdict::Unknown => &mut counts.unknown,
                ClaimVerdict::NotTested => &mut counts.not_tested,
            } += 1;
        }
        counts
    }
}

impl Counts {
    /// Claims that this run says something about.
    pub fn decided(&self) -> u64 {
        self.confirmed + self.contradicted + self.by_chance + self.by_manifest
    }
}
