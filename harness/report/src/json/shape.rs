use schemars::JsonSchema;
use seatrial_record::{Blame, DetailKind, EvidenceKind, Finding, RealServer, Verdict};
use serde::{Deserialize, Serialize};

use super::{FaultReport, RecoveryReport, WorkloadReport};
use crate::model::{Agreement, ClaimVerdict, Counts, Decision, NotTested, Outcome, SetVerdict};

/// A run of Seatrial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "Seatrial report")]
pub struct Report {
    /// Name and version of this format.
    #[schemars(regex(pattern = r"^seatrial-report/1$"))]
    pub schema: String,
    /// How the run stands.
    pub outcome: Outcome,
    /// Its numbers.
    pub counts: Counts,
    /// What was tested.
    pub run: RunReport,
    /// The claims of the documentation, in the order of the ledger.
    pub claims: Vec<ClaimReport>,
    /// The scenarios, in the order of the plan.
    pub scenarios: Vec<ScenarioReport>,
    /// The scenarios that were never meant to run.
    pub skipped: Vec<SkipReport>,
    /// What the reader should know.
    pub notices: Vec<NoticeReport>,
    /// What was seen; the texts are in `events.jsonl`.
    pub evidence: Vec<EvidenceReport>,
}

/// What was tested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RunReport {
    /// Name of the run.
    pub id: String,
    /// Version of Seatrial.
    pub seatrial: String,
    /// Version of TDengine.
    pub tdengine: String,
    /// The image reference.
    pub image: String,
    /// `embedded`, `kind` or `kubeconfig`.
    pub environment: String,
    /// Version of the Kubernetes API server.
    pub kubernetes: String,
    /// The manifest sets.
    pub manifests: Vec<String>,
    /// Seed of everything that is left to chance.
    pub seed: u64,
    /// The one command that repeats this run.
    pub replay: String,
    /// When it started, on the clock of the environment (RFC 3339).
    pub started: String,
    /// Milliseconds on the clocks of all scenarios together.
    pub cluster_ms: u64,
    /// When it started in real time (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<String>,
    /// Milliseconds of real time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_ms: Option<u64>,
    /// The machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Why the run has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub killed: Option<String>,
    /// What the environment says of itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<DetailReport>,
    /// More facts: name and value.
    pub more: Vec<(String, String)>,
    /// Number of events that this was made from.
    pub events: u64,
}

/// A fact of the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct DetailReport {
    /// What it is about.
    pub what: DetailKind,
    /// The fact.
    pub value: String,
}

/// A claim and what the run says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ClaimReport {
    /// `topic/what`.
    pub id: String,
    /// The document.
    pub document: String,
    /// Its section.
    pub section: String,
    /// What it says, in English.
    pub quote: String,
    /// The original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// The versions that it speaks of.
    pub tdengine: String,
    /// False if checks speak of it and the ledger does not know it.
    pub listed: bool,
    /// What the run says.
    pub verdict: ClaimVerdict,
    /// The same per manifest set.
    pub manifests: Vec<SetVerdict>,
    /// What real servers did before.
    pub real: RealServer,
    /// How that showed.
    pub found: String,
    /// How the two compare.
    pub agreement: Agreement,
    /// The checks that decided.
    pub decisions: Vec<Decision>,
    /// Why nothing decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_tested: Option<NotTested>,
}

/// A scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ScenarioReport {
    /// Unique in the run.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its summary.
    pub summary: String,
    /// Its file.
    pub file: String,
    /// The manifest set.
    pub manifests: String,
    /// True if it ran to its end.
    pub finished: bool,
    /// Its verdict; `null` if nothing was checked, or if it has no end and nothing failed.
    pub verdict: Option<Verdict>,
    /// What is blamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blame: Option<Blame>,
    /// Why it did not pass.
    pub reason: String,
    /// Milliseconds on the clock of the environment.
    pub took_ms: u64,
    /// How much of it was the harness's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_ms: Option<u64>,
    /// The faults of the last attempt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultReport>,
    /// What the workloads of the last attempt did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workloads: Vec<WorkloadReport>,
    /// What worked again in the last attempt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recoveries: Vec<RecoveryReport>,
    /// Checks that were planned.
    pub planned_checks: u32,
    /// Attempts that were given up before the last.
    pub earlier_attempts: Vec<AttemptReport>,
    /// The steps of the last attempt, as far as they started.
    pub steps: Vec<StepReport>,
}

/// An attempt that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AttemptReport {
    /// Its number.
    pub number: u32,
    /// Why.
    pub reason: String,
    /// What is blamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blame: Option<Blame>,
    /// Milliseconds on the clock of the environment.
    pub took_ms: u64,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct StepReport {
    /// Its number; 0 is the start of the cluster.
    pub number: u32,
    /// The step in words.
    pub title: String,
    /// True if it ran to its end.
    pub finished: bool,
    /// Its verdict; `null` if nothing was checked.
    pub verdict: Option<Verdict>,
    /// What is blamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blame: Option<Blame>,
    /// Why it did not pass.
    pub reason: String,
    /// Milliseconds from the start of the scenario.
    pub started_ms: u64,
    /// Milliseconds that it took; `null` if it has no end.
    pub took_ms: Option<u64>,
    /// How much of it was the harness's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_ms: Option<u64>,
    /// Its checks.
    pub checks: Vec<CheckReport>,
    /// Numbers of the evidence.
    pub evidence: Vec<u64>,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct CheckReport {
    /// Its number in the step.
    pub number: u32,
    /// The check in words.
    pub title: String,
    /// How it ended.
    pub verdict: Verdict,
    /// What is blamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blame: Option<Blame>,
    /// What was expected.
    pub expected: String,
    /// What was seen last.
    pub seen: String,
    /// Why it did not pass.
    pub reason: String,
    /// Which of several named outcomes happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What it found about claims.
    pub findings: Vec<FindingReport>,
    /// What each client saw, where several were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen_by: Vec<SeenByReport>,
    /// Milliseconds from the step's action to the last moment at which the change had not happened for all that is
    /// known: the watch had not told it, or a look that began then did not see it. None if it was so from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_after_ms: Option<u64>,
    /// Milliseconds from the step's action to the first look that fulfilled the expectation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfilled_after_ms: Option<u64>,
    /// Milliseconds of the time between the two that the servers took to answer the look that noticed it: a statement that
    /// fails after 9 s cannot be noticed sooner. None if that look asked nobody, or a brief look noticed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_ms: Option<u64>,
    /// Milliseconds that it took.
    pub took_ms: u64,
    /// Numbers of the evidence that it rests on.
    pub evidence: Vec<u64>,
}

/// What one client saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SeenByReport {
    /// The client and where it asked.
    pub client: String,
    /// Whether it is as expected.
    pub verdict: Verdict,
    /// What it saw.
    pub seen: String,
}

/// What a check found about a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct FindingReport {
    /// The claim.
    pub claim: String,
    /// What was found.
    pub finding: Finding,
}

/// A scenario that was never meant to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SkipReport {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// Something that the reader should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NoticeReport {
    /// When (RFC 3339).
    pub at: String,
    /// Key of the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// The text.
    pub text: String,
}

/// A piece of evidence; its text is in `events.jsonl` and, where `file` says so, in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct EvidenceReport {
    /// Its number.
    pub id: u64,
    /// What kind of text it is.
    pub kind: EvidenceKind,
    /// What it is.
    pub title: String,
    /// The command, request or object path that produced it.
    pub source: String,
    /// When it was seen (RFC 3339).
    pub at: String,
    /// Key of the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// Number of the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// Size of its text.
    pub bytes: u64,
    /// True if the text was cut when it was recorded.
    pub truncated: bool,
    /// Its file, relative to the run's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}
