//! Arguments of what judges: runs by runs, checks by planted defects, releases by a policy.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::Args;

use super::{DEFAULT_TDENGINE, EnvironmentArgs, PathArgs};

pub(super) const COMPARE_EXAMPLES: &str = "\
Examples:
  seatrial compare target/seatrial/old target/seatrial/new    a release with the one before
  seatrial compare EMBEDDED-RUN KIND-RUN                      where the model is wrong
  seatrial compare RUN RUN --out target/compare               with compare.html, compare.md and compare.json

Exit codes:
  0 B is the same, or differs for the better or in what is neither better nor worse (with --strict: the same)
  1 B is worse: a verdict, a claim, or a time out of its limit; of a model: it says otherwise than a real cluster
  2 bad usage, or the runs cannot be compared
  5 nothing is worse, and something that A says cannot be said of B (a scenario is missing, a run has no end)";

pub(super) const QUALIFY_EXAMPLES: &str = "\
Examples:
  seatrial qualify --image tdengine/tdengine:2.1.1.0                                on kind, each scenario 3 times
  seatrial qualify --image tdengine/tdengine:3.3.0.1 --baseline RUN --out target/q  with a run to compare with
  seatrial qualify --image tdengine/tdengine:2.1.1.0 --env embedded --repeat 1      try it without Docker
  seatrial qualify --image REF --policy strict.yaml                                 by another policy

Exit codes:
  0 qualified, or qualified with notes   1 not qualified   5 inconclusive
  2 bad usage or an invalid policy       3 the environment failed before anything could be said";

pub(super) const SELFCHECK_EXAMPLES: &str = "\
Examples:
  seatrial selfcheck                              each defect until it is caught
  seatrial selfcheck --full --out target/proof    each defect on each scenario, with selfcheck.html, .md and .json
  seatrial selfcheck --defect dnode-id-reused     one defect
  seatrial selfcheck --tdengine 3.3.0.1           on the model of 3.x

Exit codes:
  0 every defect was caught by a check that a reader expects, and every scenario caught one
  1 a defect was missed, or caught elsewhere; or a scenario caught nothing";

/// Arguments of `compare`.
#[derive(Clone, Debug, Args)]
pub struct CompareArgs {
    /// The run that is known: its folder, or its `events.jsonl`.
    pub a: PathBuf,
    /// The run that is judged by it.
    pub b: PathBuf,
    /// The longest ratio of B's time to A's that is no difference.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.5, value_parser = parse_ratio)]
    pub threshold: f64,
    /// The least difference of two times that is one, in seconds; of the time until a check held, three times as much.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub at_least: u64,
    /// Fail on any difference that chance does not explain, not only on those for the worse.
    #[arg(long)]
    pub strict: bool,
    /// Write compare.html, compare.md and compare.json there.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

fn parse_ratio(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if (1.0..=1000.0).contains(&factor) => Ok(factor),
        _ => Err("expected a factor from 1 to 1000, such as 1.5".to_owned()),
    }
}

/// Arguments of `qualify`.
#[derive(Clone, Debug, Args)]
pub struct QualifyArgs {
    /// Where scenarios are.
    #[command(flatten)]
    pub paths: PathArgs,
    /// A run of a release that is known to be good: its folder, or its `events.jsonl`.
    #[arg(long, value_name = "RUN")]
    pub baseline: Option<PathBuf>,
    /// The policy that judges; `seatrial schema --of policy` [default: fixtures/qualification/default.yaml].
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Run each scenario N times [default: as often as the policy asks].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub repeat: Option<u32>,
    /// How many scenarios run at a time, see `seatrial run`.
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Seed of everything that is left to chance.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The TDengine version [default: that of the image].
    #[arg(long, value_name = "V")]
    pub tdengine: Option<String>,
    /// Where to leave everything; must not exist [default: a folder in target/seatrial].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Where to run [default: kind].
    #[command(flatten)]
    pub environment: EnvironmentArgs,
}

/// Arguments of `selfcheck`.
#[derive(Clone, Debug, Args)]
pub struct SelfcheckArgs {
    /// Where scenarios are.
    #[command(flatten)]
    pub paths: PathArgs,
    /// The TDengine version whose model is broken; the model of 3.x has fewer defects.
    #[arg(long, value_name = "V", default_value = DEFAULT_TDENGINE)]
    pub tdengine: String,
    /// Plant only these defects [default: each in turn].
    #[arg(long, value_name = "NAME")]
    pub defect: Vec<String>,
    /// Try each defect on each scenario, not only until it is caught.
    #[arg(long)]
    pub full: bool,
    /// Search defects that cost rows or spoil the membership by schedules of faults, instead of by scenarios.
    #[arg(long, conflicts_with_all = ["full", "out", "paths"])]
    pub under_faults: bool,
    /// Write selfcheck.html, selfcheck.md and selfcheck.json there.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
