use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Blame, ClaimDefinition, ClaimFinding, Detail, Evidence, ExitCode, FaultChange, Measured, Recovery, Verdict,
};

/// Version of the event format that this release writes. Readers take older ones and refuse newer ones.
///
/// 2 added, all optional: details of what was tested, faults, measurements, recoveries, what each client saw, when a
/// change happened, and where the time of a step went.
pub const FORMAT: u32 = 2;

/// One line of `events.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Event {
    /// Number of the event in its run, from 1, without gaps.
    pub seq: u64,
    /// When it happened, on the clock of the environment (virtual time in the embedded cluster).
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// What happened.
    pub body: Body,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// The first event of every stream.
    RunStarted(Box<RunStarted>),
    /// A scenario begins.
    ScenarioStarted {
        /// Key of the scenario in this run, see [`PlannedScenario::key`].
        scenario: String,
        /// The namespace that it runs in.
        namespace: String,
        /// 1, or more after a retry for an environment failure.
        attempt: u32,
    },
    /// A step begins.
    StepStarted {
        /// Key of the scenario.
        scenario: String,
        /// Number of the step, from 1. Step 0 is the start of the cluster.
        step: u32,
        /// The step in words.
        title: String,
    },
    /// Something was seen.
    Evidence {
        /// Key of the scenario; `None` for the run itself.
        scenario: Option<String>,
        /// Number of the step, if within one.
        step: Option<u32>,
        /// What was seen.
        evidence: Evidence,
    },
    /// The state of something changed; what time lines are drawn from.
    Observed {
        /// Key of the scenario.
        scenario: String,
        /// What was observed.
        observation: Observation,
    },
    /// A fault took hold, or went.
    Fault(FaultChange),
    /// What a workload did in a span of time.
    Measured(Measured),
    /// Something worked again after a fault.
    Recovered(Recovery),
    /// A check ended.
    CheckFinished(Box<CheckFinished>),
    /// A step ended.
    StepFinished(StepFinished),
    /// A scenario ended.
    ScenarioFinished(ScenarioFinished),
    /// Something that the reader should know, say an interruption or a retry.
    Notice {
        /// Key of the scenario; `None` for the run itself.
        scenario: Option<String>,
        /// The text.
        text: String,
    },
    /// The last event of a run that was not killed.
    RunFinished(RunFinished),
}

impl Body {
    /// Key of the scenario that it belongs to; none if it belongs to the run itself.
    pub fn scenario(&self) -> Option<&str> {
        match self {
            Self::RunStarted(_) | Self::RunFinished(_) => None,
            Self::ScenarioStarted { scenario, .. }
            | Self::StepStarted { scenario, .. }
            | Self::Observed { scenario, .. } => Some(scenario),
            Self::Evidence { scenario, .. } | Self::Notice { scenario, .. } => scenario.as_deref(),
            Self::Fault(change) => Some(&change.scenario),
            Self::Measured(span) => Some(&span.scenario),
            Self::Recovered(recovery) => Some(&recovery.scenario),
            Self::CheckFinished(check) => Some(&check.scenario),
            Self::StepFinished(step) => Some(&step.scenario),
            Self::ScenarioFinished(end) => Some(&end.scenario),
        }
    }
}

/// What a run is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RunStarted {
    /// Version of the event format, see [`FORMAT`].
    pub format: u32,
    /// Version of Seatrial.
    pub seatrial: String,
    /// `embedded`, `kind` or `kubeconfig`.
    pub environment: String,
    /// Version of the Kubernetes API server.
    pub kubernetes: String,
    /// Version of TDengine.
    pub tdengine: String,
    /// The image reference.
    pub image: String,
    /// Seed of everything that is left to chance.
    pub seed: u64,
    /// The one command that repeats this run.
    pub replay: String,
    /// The scenarios that will run, in order.
    pub scenarios: Vec<PlannedScenario>,
    /// The scenarios that will not run, and why.
    pub skipped: Vec<Skipped>,
    /// The ledger: all claims that speak of this version.
    pub claims: Vec<ClaimDefinition>,
    /// More about what was tested, as far as the environment knows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// Which part of a suite this is, if it was split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
}

/// One of the parts that a suite was split into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Shard {
    /// Its number, from 1.
    pub index: u32,
    /// How many there are.
    pub count: u32,
    /// The place, from 0, that each of its scenarios has in the whole suite, in order.
    pub places: Vec<u32>,
}

/// A scenario that will run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PlannedScenario {
    /// Unique in the run: `NAME@MANIFESTS`, with `#N` behind it for repeats from the second on.
    pub key: String,
    /// Name of the scenario.
    pub name: String,
    /// Its summary.
    pub summary: String,
    /// Path of its file.
    pub file: String,
    /// The manifest set, `doc` or `headless`.
    pub manifests: String,
    /// The claims that it speaks of.
    pub claims: Vec<String>,
    /// Titles of its steps; the first is the start of the cluster.
    pub steps: Vec<String>,
    /// How many checks it makes.
    pub checks: u32,
}

/// A scenario that does not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Skipped {
    /// Name of the scenario.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Observation {
    /// What kind of thing it is.
    pub kind: ObservedKind,
    /// Which one, say `tdengine-0` or `dnode 2`.
    pub name: String,
    /// Its state from now on, say `Running 1/1`, `ready`, `offline: status msg timeout` or `gone`.
    pub state: String,
}

/// Kinds of things that have a line on the time line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ObservedKind {
    /// A pod.
    Pod,
    /// A dnode.
    Dnode,
    /// An mnode.
    Mnode,
    /// A vgroup.
    Vgroup,
    /// A workload: `name` is its name, `state` its running totals.
    Workload,
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CheckFinished {
    /// Key of the scenario.
    pub scenario: String,
    /// Number of the step.
    pub step: u32,
    /// Number of the check in its step, from 1.
    pub check: u32,
    /// The check in words, say `dnodes: ready [1, 2] within 60s`.
    pub title: String,
    /// How it ended.
    pub verdict: Verdict,
    /// What is blamed, unless it passed.
    pub blame: Option<Blame>,
    /// What was expected, in words or as a table's text.
    pub expected: String,
    /// What was seen last, in the same form as `expected`, so that a difference can be shown.
    pub seen: String,
    /// Why it did not pass, in one sentence; empty if it passed.
    pub reason: String,
    /// Which of several named outcomes happened.
    pub outcome: Option<String>,
    /// What it found about claims.
    pub findings: Vec<ClaimFinding>,
    /// What each client saw, where several were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen_by: Vec<SeenBy>,
    /// Milliseconds from the step's action to the last moment at which the change had not happened for all that is
    /// known: the watch had not told it, or a look that began then did not see it. None if it was so from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_after_ms: Option<u64>,
    /// Milliseconds from the step's action to the first look that fulfilled the expectation.
    pub fulfilled_after_ms: Option<u64>,
    /// Milliseconds of the time between the two that the servers took to answer the look that noticed it: a statement that
    /// fails after 9 s cannot be noticed sooner. None if that look asked nobody, or a brief look noticed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_ms: Option<u64>,
    /// Milliseconds that the check took.
    pub took_ms: u64,
    /// Numbers of the evidence that it rests on.
    pub evidence: Vec<u64>,
}

impl CheckFinished {
    /// Milliseconds from the change until it was noticed, but for those that the servers took to answer. None if it was
    /// so from the start, or never.
    pub fn noticed_ms(&self) -> Option<u64> {
        let between = self.fulfilled_after_ms?.saturating_sub(self.changed_after_ms?);
        Some(between.saturating_sub(self.answer_ms.unwrap_or(0)))
    }
}

/// What one client saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeenBy {
    /// The client and where it asked, say `shell in tdengine-0` or `websocket to tdengine-1`.
    pub client: String,
    /// Whether it is as expected.
    pub verdict: Verdict,
    /// What it saw, in the form of [`CheckFinished::seen`].
    pub seen: String,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StepFinished {
    /// Key of the scenario.
    pub scenario: String,
    /// Number of the step.
    pub step: u32,
    /// How it ended; `None` if it checked nothing and its action went well.
    pub verdict: Option<Verdict>,
    /// What is blamed, unless it passed.
    pub blame: Option<Blame>,
    /// Why it did not pass; empty if it did.
    pub reason: String,
    /// Milliseconds that it took.
    pub took_ms: u64,
    /// How much of it was the harness's own: the rest, the cluster would have taken anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_ms: Option<u64>,
}

/// How a scenario ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScenarioFinished {
    /// Key of the scenario.
    pub scenario: String,
    /// How it ended; `None` if it checked nothing.
    pub verdict: Option<Verdict>,
    /// What is blamed, unless it passed.
    pub blame: Option<Blame>,
    /// Why it did not pass; empty if it did.
    pub reason: String,
    /// How many checks passed.
    pub passed: u32,
    /// How many checks were made.
    pub checks: u32,
    /// Milliseconds that it took, on the clock of the environment.
    pub took_ms: u64,
    /// How much of it was the harness's own: the rest, the cluster would have taken anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_ms: Option<u64>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RunFinished {
    /// How it ended; `None` if nothing was checked.
    pub verdict: Option<Verdict>,
    /// Why it did not pass; empty if it did.
    pub reason: String,
    /// The exit code that follows.
    pub exit: ExitCode,
    /// True if somebody stopped it.
    pub interrupted: bool,
}
