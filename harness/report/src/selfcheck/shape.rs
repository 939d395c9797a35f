use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of all planted defects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SelfCheck {
    /// Version of Seatrial.
    pub seatrial: String,
    /// The TDengine versions of the clusters that were broken.
    pub tdengine: Vec<String>,
    /// The seed.
    pub seed: u64,
    /// The scenarios, with their manifests, that all pass when nothing is planted.
    pub scenarios: Vec<String>,
    /// The defects, in order.
    pub defects: Vec<Planted>,
    /// True if only some defects or scenarios were asked for: nothing is said of scenarios that catch none of them.
    pub partial: bool,
    /// True if each defect was tried on each scenario.
    pub full: bool,
    /// How many runs of scenarios that took.
    pub runs: u64,
}

/// A defect that was planted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Planted {
    /// Its name.
    pub name: String,
    /// Where it is, say `DNS`.
    pub area: String,
    /// What is wrong, in one sentence.
    pub summary: String,
    /// Where a reader expects it to be caught, in words.
    pub expected: String,
    /// The scenarios that it was tried on, in the order in which they were.
    pub trials: Vec<Trial>,
}

/// A scenario that was run with a defect planted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trial {
    /// Its key.
    pub scenario: String,
    /// The checks that did not pass.
    pub catches: Vec<Catch>,
}

/// A check that did not pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Catch {
    /// Number of the step.
    pub step: u32,
    /// Number of the check in its step; 0 if the step's action failed.
    pub check: u32,
    /// The check in words.
    pub title: String,
    /// Why it did not pass.
    pub reason: String,
    /// True if this is where a reader expects it.
    pub expected: bool,
}

/// Why the self-check fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unproved {
    /// Nothing caught the defect of this name.
    Missed(String),
    /// Something caught the defect of this name, and not the check that a reader expects.
    Elsewhere(String),
    /// The scenario with this key caught nothing.
    Blind(String),
}

impl SelfCheck {
    /// All reasons why it fails; none if every defect was caught where it should be, and every scenario catches some.
    pub fn unproved(&self) -> Vec<Unproved> {
        let missed = self.defects.iter().filter_map(|defect| match (defect.caught(), defect.caught_as_expected()) {
            (_, Some(_)) => None,
            (Some(_), None) => Some(Unproved::Elsewhere(defect.name.clone())),
            (None, None) => Some(Unproved::Missed(defect.name.clone())),
        });
        let blind = self.scenarios.iter().filter(|key| !self.partial && self.caught_by(key) == 0);
        missed.chain(blind.map(|key| Unproved::Blind(key.clone()))).collect()
    }

    /// How many defects the scenario with this key caught.
    pub fn caught_by(&self, key: &str) -> usize {
        let trials = self.defects.iter().flat_map(|defect| &defect.trials);
        trials.filter(|trial| trial.scenario == key && !trial.catches.is_empty()).count()
    }
}

impl Planted {
    /// The first check that caught it, and its scenario.
    pub fn caught(&self) -> Option<(&Trial, &Catch)> {
        self.trials.iter().find_map(|trial| Some((trial, trial.catches.first()?)))
    }

    /// The first check that caught it where a reader expects it, and its scenario.
    pub fn caught_as_expected(&self) -> Option<(&Trial, &Catch)> {
        self.trials.iter().find_map(|trial| Some((trial, trial.catches.iter().find(|catch| catch.expected)?)))
    }
}
