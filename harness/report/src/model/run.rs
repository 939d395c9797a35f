use jiff::Timestamp;
use seatrial_record::{
    CheckFinished, ClaimDefinition, Evidence, Observation, PlannedScenario, Recovery, RunFinished, RunStarted,
    ScenarioFinished, Skipped, StepFinished, Verdict,
};

use super::{Fault, Measurement};
use crate::text::spans::between;

/// A run, as far as its events tell.
#[derive(Clone, Debug)]
pub struct Model {
    /// What the run is about. Its lists of scenarios, skips and claims are moved to the fields below.
    pub run: RunStarted,
    /// When the run started, on the clock of the environment.
    pub started: Timestamp,
    /// Number of events.
    pub events: u64,
    /// The scenarios, in the order of the plan.
    pub scenarios: Vec<Scenario>,
    /// The scenarios that were never meant to run.
    pub skipped: Vec<Skipped>,
    /// The claims of the documentation.
    pub claims: Vec<ClaimDefinition>,
    /// All evidence, in order.
    pub evidence: Vec<Seen>,
    /// What the reader should know.
    pub notices: Vec<Notice>,
    /// How the run ended; `None` of a run that was killed or is still going on.
    pub finished: Option<RunFinished>,
}

/// A scenario of the plan and what became of it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The plan.
    pub planned: PlannedScenario,
    /// Its attempts, in order: none if it never started, several after environment failures.
    pub attempts: Vec<Attempt>,
}

/// One try of a scenario.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u32,
    /// The namespace that it ran in.
    pub namespace: String,
    /// When it started.
    pub started: Timestamp,
    /// When the last event of it happened.
    pub last: Timestamp,
    /// Its steps, as far as they started.
    pub steps: Vec<Step>,
    /// Changes of state, in order.
    pub observations: Vec<Observed>,
    /// Faults, in the order in which they were done.
    pub faults: Vec<Fault>,
    /// What workloads did, in order.
    pub measurements: Vec<Measurement>,
    /// What worked again, in order.
    pub recoveries: Vec<Recovery>,
    /// Evidence that belongs to no step: indexes into [`Model::evidence`].
    pub evidence: Vec<usize>,
    /// How it ended.
    pub finished: Option<ScenarioFinished>,
}

/// A step that started.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its number; 0 is the start of the cluster.
    pub number: u32,
    /// The step in words.
    pub title: String,
    /// When it started.
    pub started: Timestamp,
    /// Its checks, as far as they ended.
    pub checks: Vec<Check>,
    /// What was seen in it: indexes into [`Model::evidence`].
    pub evidence: Vec<usize>,
    /// How it ended.
    pub finished: Option<StepFinished>,
}

/// A check that ended.
#[derive(Clone, Debug)]
pub struct Check {
    /// When it ended.
    pub at: Timestamp,
    /// How.
    pub result: CheckFinished,
}

/// A change of state and its time.
#[derive(Clone, Debug)]
pub struct Observed {
    /// When it was seen.
    pub at: Timestamp,
    /// What was seen.
    pub observation: Observation,
}

/// Evidence and where it belongs.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Key of the scenario; `None` for the run itself.
    pub scenario: Option<String>,
    /// Number of the step.
    pub step: Option<u32>,
    /// The evidence.
    pub evidence: Evidence,
}

/// A notice and its time.
#[derive(Clone, Debug)]
pub struct Notice {
    /// When.
    pub at: Timestamp,
    /// Key of the scenario; `None` for the run itself.
    pub scenario: Option<String>,
    /// The text.
    pub text: String,
}

/// How a scenario, step or check stands, for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Everything that was checked held.
    Pass,
    /// Something did not hold.
    Fail,
    /// It could not be said.
    Unknown,
    /// It ended and checked nothing.
    Nothing,
    /// It began and the record does not say how it ended, or it never began.
    Unfinished,
}

impl Mark {
    /// The mark of something that ended with `verdict`.
    pub fn of(verdict: Option<Verdict>) -> Self {
        match verdict {
            Some(Verdict::Pass) => Self::Pass,
            Some(Verdict::Fail) => Self::Fail,
            Some(Verdict::Unknown) => Self::Unknown,
            None => Self::Nothing,
        }
    }

    /// One character: `✓`, `✗`, `?`, `–` or `…`.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Pass => "✓",
            Self::Fail => "✗",
            Self::Unknown => "?",
            Self::Nothing => "–",
            Self::Unfinished => "…",
        }
    }

    /// True if a reader must look at it: it failed, is unknown, or has no end.
    pub fn is_problem(self) -> bool {
        matches!(self, Self::Fail | Self::Unknown | Self::Unfinished)
    }
}

impl Scenario {
    /// The attempt that counts: the last.
    pub fn last(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// How many of its checks passed, and how many there are: those that were made, and of a scenario that did not
    /// pass also those that it never came to. What it did not come to otherwise belongs to outcomes that did not happen.
    pub fn checks(&self) -> (usize, usize) {
        let made = self.last().into_iter().flat_map(Attempt::checks);
        let made: Vec<Verdict> = made.map(|(_, check)| check.result.verdict).collect();
        let passed = made.iter().filter(|verdict| **verdict == Verdict::Pass).count();
        let planned = if self.mark() == Mark::Pass { 0 } else { self.planned.checks as usize };
        (passed, made.len().max(planned))
    }

    /// How it stands. A scenario whose checks did not all pass is never a pass, whatever its end says.
    pub fn mark(&self) -> Mark {
        match self.last() {
            Some(attempt) => attempt.mark(),
            None => Mark::Unfinished,
        }
    }
}

impl Attempt {
    /// The verdict of its checks and steps alone.
    pub fn checked(&self) -> Option<Verdict> {
        let checks = self.checks().map(|(_, check)| check.result.verdict);
        let steps = self.steps.iter().filter_map(|step| step.finished.as_ref()?.verdict);
        Verdict::worst(checks.chain(steps))
    }

    /// How it stands.
    pub fn mark(&self) -> Mark {
        match &self.finished {
            Some(end) => Mark::of(Verdict::worst(end.verdict.into_iter().chain(self.checked()))),
            None if self.checked() == Some(Verdict::Fail) => Mark::Fail,
            None => Mark::Unfinished,
        }
    }

    /// All checks with their steps, in order.
    pub fn checks(&self) -> impl Iterator<Item = (&Step, &Check)> {
        self.steps.iter().flat_map(|step| step.checks.iter().map(move |check| (step, check)))
    }

    /// Milliseconds that it took, or took so far, on the clock of the environment.
    pub fn took_ms(&self) -> u64 {
        self.finished.as_ref().map_or_else(|| between(self.started, self.last), |end| end.took_ms)
    }
}

impl Step {
    /// How it stands.
    pub fn mark(&self) -> Mark {
        let checks = self.checks.iter().map(|check| check.result.verdict);
        match &self.finished {
            Some(end) => Mark::of(Verdict::worst(end.verdict.into_iter().chain(checks))),
            None if checks.max() == Some(Verdict::Fail) => Mark::Fail,
            None => Mark::Unfinished,
        }
    }

    /// Why it was not done, if so: the outcome that it belongs to did not happen.
    pub fn left_out(&self) -> Option<&str> {
        let end = self.finished.as_ref()?;
        (end.verdict.is_none() && !end.reason.is_empty()).then_some(end.reason.as_str())
    }

    /// True if its action went wrong: it did not pass, and none of its checks says so.
    pub fn action_failed(&self) -> bool {
        let checks = Verdict::worst(self.checks.iter().map(|check| check.result.verdict));
        let end = self.finished.as_ref().and_then(|end| end.verdict);
        end.is_some_and(|end| end != Verdict::Pass && checks.is_none_or(|checks| checks < end))
    }
}

impl Model {
    /// The evidence with this number.
    pub fn evidence(&self, id: u64) -> Option<&Seen> {
        self.evidence.get(self.evidence_index(id)?)
    }

    /// Where in [`Model::evidence`] the evidence with this number is.
    pub(crate) fn evidence_index(&self, id: u64) -> Option<usize> {
        self.evidence.binary_search_by_key(&id, |seen| seen.evidence.id).ok()
    }

    /// Milliseconds on the clocks of all scenarios together.
    pub fn cluster_ms(&self) -> u64 {
        self.scenarios.iter().flat_map(|scenario| &scenario.attempts).map(Attempt::took_ms).sum()
    }

    /// The manifest sets of the plan, in order.
    pub fn manifest_sets(&self) -> Vec<&str> {
        let mut sets: Vec<&str> = Vec::new();
        for scenario in &self.scenarios {
            if !sets.contains(&scenario.planned.manifests.as_str()) {
                sets.push(&scenario.planned.manifests);
            }
        }
        sets
    }
}
