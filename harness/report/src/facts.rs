use crate::text::words::Lang;

/// What the events of a run do not say: facts that would make two runs with one seed differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFacts {
    /// Name of the run, which is the name of its folder.
    pub run_id: String,
    /// Milliseconds of real time that the run took, if it is known.
    pub wall_ms: Option<u64>,
    /// The machine that it ran on, in words.
    pub host: Option<String>,
    /// Why the run has no end, if it is known, say `killed by SIGKILL`.
    pub incomplete: Option<String>,
    /// More facts for "what was tested", say the image digest or the version of kind: name and value.
    pub more: Vec<(String, String)>,
    /// Language of the reports' own texts.
    pub lang: Lang,
}
