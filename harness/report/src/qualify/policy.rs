use crate::compare::Rules;

/// What a release must show, as a policy file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its file, for reports.
    pub file: String,
    /// How often each scenario must run at least.
    pub repeats: u32,
    /// The manifest sets that must have run.
    pub manifests: Vec<String>,
    /// Names of scenarios that may fail: that is noted.
    pub may_fail: Vec<String>,
    /// A scenario that passes in some of its runs and fails in others.
    pub flaky: Treat,
    /// Claims that must hold.
    pub must_hold: Vec<Requirement>,
    /// A verdict or claim that is worse than the baseline's.
    pub worse: Treat,
    /// A time that is longer than the baseline's by more than `times` allows.
    pub slower: Treat,
    /// Something that the baseline says and this run does not.
    pub lost: Treat,
    /// How much longer than the baseline's times may be.
    pub times: Rules,
}

/// A claim that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The claim.
    pub claim: String,
    /// With this manifest set only; with each if `None`.
    pub manifests: Option<String>,
}

/// What follows from something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treat {
    /// The release is not qualified.
    Fail,
    /// Nothing can be concluded.
    Inconclusive,
    /// The release is qualified, with a note.
    Note,
}
