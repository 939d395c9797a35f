use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How something ended, from best to worst. The verdict of a whole is the worst of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything that was checked held.
    Pass,
    /// It could not be said; never counts as a pass.
    Unknown,
    /// Something that was expected did not hold.
    Fail,
}

impl Verdict {
    /// The worst of all, or `None` of nothing: a whole that checked nothing has no verdict.
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Option<Self> {
        verdicts.into_iter().max()
    }

    /// `pass`, `unknown` or `fail`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a verdict other than pass is blamed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Blame {
    /// TDengine, or what its documentation says of it.
    Product,
    /// The manifests that were applied.
    Manifest,
    /// The scenario or Seatrial itself.
    Harness,
    /// Docker, kind, the API server, the image, the machine. Only these may be retried.
    Environment,
}

impl fmt::Display for Blame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Product => "product",
            Self::Manifest => "manifest",
            Self::Harness => "harness",
            Self::Environment => "environment",
        })
    }
}

/// Exit code of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExitCode {
    /// 0: all checks passed.
    Passed,
    /// 1: a check failed.
    Failed,
    /// 2: bad usage or an invalid scenario.
    Usage,
    /// 3: the environment failed.
    Environment,
    /// 4: nothing was checked.
    NothingChecked,
    /// 5: nothing failed and something is unknown.
    Unknown,
}

impl ExitCode {
    /// The number that the process exits with.
    pub fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Environment => 3,
            Self::NothingChecked => 4,
            Self::Unknown => 5,
        }
    }

    /// The exit code of a run with this verdict; `None` when nothing was checked.
    pub fn of(verdict: Option<Verdict>) -> Self {
        match verdict {
            None => Self::NothingChecked,
            Some(Verdict::Pass) => Self::Passed,
            Some(Verdict::Unknown) => Self::Unknown,
            Some(Verdict::Fail) => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_wins_and_nothing_is_no_pass() {
        use Verdict::{Fail, Pass, Unknown};
        assert_eq!(Verdict::worst([Pass, Unknown, Pass]), Some(Unknown));
        assert_eq!(Verdict::worst([Unknown, Fail]), Some(Fail));
        assert_eq!(Verdict::worst([]), None);
        assert_eq!(ExitCode::of(None).code(), 4);
        assert_eq!(ExitCode::of(Some(Unknown)).code(), 5);
    }
}
