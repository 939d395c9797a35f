use schemars::JsonSchema;
use seatrial_record::Verdict;
use serde::{Deserialize, Serialize};

use super::{ContentKind, Pace, Spread, TimeKind};
use crate::model::ClaimVerdict;

/// Two runs, compared. The first is what is known, the second is what is judged by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Comparison {
    /// The first run.
    pub a: Side,
    /// The second run.
    pub b: Side,
    /// What the comparison is good for.
    pub purpose: Purpose,
    /// How the second run stands beside the first.
    pub judgement: Judgement,
    /// Scenarios, with their manifests, that both runs have.
    pub scenarios: Vec<String>,
    /// Scenarios that only the first run has.
    pub only_a: Vec<String>,
    /// Scenarios that only the second run has.
    pub only_b: Vec<String>,
    /// Scenarios whose steps are not the same in both: only their verdicts are compared.
    pub edited: Vec<String>,
    /// Steps that some runs came to by other named outcomes than all runs of the other side: not compared there.
    pub other_ways: u64,
    /// Verdicts of scenarios and checks that changed.
    pub verdicts: Vec<VerdictChange>,
    /// Claims that changed.
    pub claims: Vec<ClaimChange>,
    /// Named outcomes that happened otherwise, or more or less often.
    pub outcomes: Vec<OutcomeChange>,
    /// States, error texts and columns that changed, step by step.
    pub contents: Vec<ContentChange>,
    /// All times of a kind together.
    pub kinds: Vec<KindTimes>,
    /// Times of one thing in one step that are out of the limits.
    pub times: Vec<TimeChange>,
    /// Differences that are left out of the lists to bound them.
    pub left_out: u64,
}

/// One of two runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Side {
    /// Its name, which is that of its folder.
    pub name: String,
    /// `embedded`, `kind` or `kubeconfig`.
    pub environment: String,
    /// Version of the Kubernetes API server.
    pub kubernetes: String,
    /// Version of TDengine.
    pub tdengine: String,
    /// The image reference.
    pub image: String,
    /// Version of Seatrial.
    pub seatrial: String,
    /// The seed.
    pub seed: u64,
    /// The most runs of one scenario.
    pub repeats: u64,
    /// Its verdict.
    pub verdict: Option<Verdict>,
    /// False if the record has no end.
    pub complete: bool,
    /// The command that repeats it.
    pub replay: String,
}

/// What a comparison is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The embedded model beside a real cluster: any difference that is not left to chance is a mistake of the model.
    Model,
    /// Two releases of TDengine, or of what it runs on.
    Release,
    /// The same under the same: only the seed, or chance, may differ.
    Seeds,
}

/// How the second run stands beside the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// No difference but what chance explains.
    Same,
    /// Differences, none of them for the worse.
    Different,
    /// Nothing is worse, and something that the first run says cannot be said of the second.
    Unclear,
    /// Something is worse.
    Worse,
}

/// How much a difference weighs, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Chance explains it.
    Chance,
    /// For the better.
    Better,
    /// Neither better nor worse.
    Note,
    /// The second run does not say.
    Lost,
    /// For the worse; of a model, that it is wrong.
    Worse,
}

/// Where in a scenario something is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Place {
    /// Name and manifests of the scenario, `NAME@MANIFESTS`.
    pub scenario: String,
    /// Number of the step; `None` for the scenario as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// Number of the check in its step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<u32>,
    /// The step or check in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
}

/// How many of some runs passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Passed {
    /// Those that passed.
    pub passed: u32,
    /// Those that did not.
    pub failed: u32,
    /// Those that do not say: unknown, without an end, or without a check.
    pub unknown: u32,
}

/// A verdict that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VerdictChange {
    /// The scenario or check.
    pub place: Place,
    /// In the first run.
    pub a: Passed,
    /// In the second run.
    pub b: Passed,
    /// Why it did not pass, where it did not.
    pub reason: String,
    /// How much it weighs.
    pub weight: Weight,
}

/// A claim that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClaimChange {
    /// The claim.
    pub claim: String,
    /// What the document says.
    pub quote: String,
    /// The manifest set that it changed with; `None` if no check of one run spoke of it.
    pub manifests: Option<String>,
    /// What the first run says.
    pub a: ClaimVerdict,
    /// In how many runs it held there, and how many looked.
    pub held_a: (u32, u32),
    /// What the second run says.
    pub b: ClaimVerdict,
    /// In how many runs it held there, and how many looked.
    pub held_b: (u32, u32),
    /// How much it weighs.
    pub weight: Weight,
}

/// A named outcome and how often it happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Often {
    /// Its name.
    pub outcome: String,
    /// How often.
    pub times: u32,
}

/// A check with named outcomes, of which others happened, or with another frequency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OutcomeChange {
    /// The check.
    pub place: Place,
    /// What happened in the first run.
    pub a: Vec<Often>,
    /// What happened in the second run.
    pub b: Vec<Often>,
    /// How much it weighs.
    pub weight: Weight,
}

/// Something that was seen in a step of one side only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ContentChange {
    /// The step.
    pub place: Place,
    /// What kind of thing it is.
    pub kind: ContentKind,
    /// Whose, say `dnode 3` or `show dnodes`; empty for errors.
    pub subject: String,
    /// What only the first run saw.
    pub a: Vec<String>,
    /// What only the second run saw.
    pub b: Vec<String>,
    /// How much it weighs.
    pub weight: Weight,
}

/// All times of a kind, of the steps that both runs went through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KindTimes {
    /// The kind.
    pub kind: TimeKind,
    /// In the first run.
    pub a: Spread,
    /// In the second run.
    pub b: Spread,
    /// The second's middle by the first's; `None` if that is 0.
    pub ratio: Option<f64>,
    /// How they compare.
    pub pace: Pace,
}

/// A time that is out of the limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TimeChange {
    /// The step.
    pub place: Place,
    /// What takes it, say `dnode 3`.
    pub subject: String,
    /// The times.
    pub times: KindTimes,
    /// How much it weighs.
    pub weight: Weight,
}
