use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::text::words::Lang;

/// What the events of a run do not say: facts that would make two runs with one seed differ. They may be kept beside the
/// events; without them a report lacks a few lines and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RunFacts {
    /// Name of the run, which is the name of its folder.
    pub run_id: String,
    /// When the run began in real time, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub began: Option<Timestamp>,
    /// Milliseconds of real time that the run took, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall_ms: Option<u64>,
    /// The machine that it ran on, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Why the run has no end, if it is known, say `killed by SIGKILL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
    /// More facts for "what was tested", say the image digest or the version of kind: name and value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<(String, String)>,
    /// Language of the reports' own texts. Whoever makes a report says it, not the run.
    #[serde(skip)]
    pub lang: Lang,
}
