use schemars::JsonSchema;
use seatrial_record::ExitCode;
use serde::{Deserialize, Serialize};

/// The verdict about a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Qualified {
    /// Everything that the policy asks for holds.
    Yes,
    /// It does, and a person should read the notes.
    WithNotes,
    /// Something that the policy asks for does not hold.
    No,
    /// Nothing that was seen speaks against it, and not everything could be seen.
    Inconclusive,
}

/// How much a point weighs, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A person should know.
    Note,
    /// It could not be said.
    Open,
    /// It speaks against the release.
    Against,
}

/// Something that a rule of the policy found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Point {
    /// How much it weighs.
    pub severity: Severity,
    /// The rule, as the policy file has it.
    pub rule: String,
    /// The scenario, claim or time.
    pub what: String,
    /// What was found.
    pub found: String,
}

/// A release, judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Qualification {
    /// The verdict.
    pub verdict: Qualified,
    /// Version of TDengine.
    pub tdengine: String,
    /// The image reference.
    pub image: String,
    /// Digest of the image, if it is known.
    pub digest: Option<String>,
    /// `embedded` or `kind`.
    pub environment: String,
    /// Version of the Kubernetes API server.
    pub kubernetes: String,
    /// Version of Seatrial.
    pub seatrial: String,
    /// The policy.
    pub policy: String,
    /// The run that it was compared with.
    pub baseline: Option<String>,
    /// How often each scenario ran.
    pub repeats: u64,
    /// What the rules found, the weightiest first.
    pub points: Vec<Point>,
    /// Scenarios with their manifests, and how many of their runs passed.
    pub scenarios: Vec<(String, String)>,
    /// The claims that must hold, and what was found of each.
    pub required: Vec<(String, String)>,
    /// The files beside this one.
    pub files: Vec<String>,
}

impl Qualified {
    /// As reports say it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Yes => "qualified",
            Self::WithNotes => "qualified with notes",
            Self::No => "not qualified",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// 0 qualified, also with notes; 1 not qualified; 5 inconclusive.
    pub fn exit(self) -> ExitCode {
        match self {
            Self::Yes | Self::WithNotes => ExitCode::Passed,
            Self::No => ExitCode::Failed,
            Self::Inconclusive => ExitCode::Unknown,
        }
    }

    pub(super) fn of(points: &[Point]) -> Self {
        match points.iter().map(|point| point.severity).max() {
            None => Self::Yes,
            Some(Severity::Note) => Self::WithNotes,
            Some(Severity::Open) => Self::Inconclusive,
            Some(Severity::Against) => Self::No,
        }
    }
}
