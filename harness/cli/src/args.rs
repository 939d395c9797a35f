//! The command line.

mod chaos;
mod client;
mod environment;
mod judge;

use std::{fmt, num::NonZeroUsize, path::PathBuf};

pub use chaos::{ChaosCommand, ExploreArgs, HistoryArgs, PODS, ReplayArgs};
pub use client::Client;
pub use environment::{CleanArgs, DoctorArgs, Env, EnvironmentArgs};
use judge::{COMPARE_EXAMPLES, QUALIFY_EXAMPLES, SELFCHECK_EXAMPLES};
pub use judge::{CompareArgs, QualifyArgs, SelfcheckArgs};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Puts a TDengine release through its sea trials on Kubernetes.
///
/// Follows the documentation step by step on a cluster, checks what it says after every step, and writes the report
/// that a release is qualified with. Without Docker or Kubernetes it runs on an embedded cluster.
#[derive(Debug, Parser)]
#[command(name = "seatrial", version, max_term_width = 100)]
pub struct Cli {
    /// When to colour the output.
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true)]
    pub color: Color,
    /// Say more: once for what is done, twice for every request. Goes to standard error.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// When to colour the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What `seatrial` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run scenarios and report what holds.
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// List the scenarios that would run, with their claims.
    #[command(after_help = "Examples:\n  seatrial list\n  seatrial list --tdengine 3.3.0.1")]
    List(SelectArgs),
    /// Check scenario files without running them.
    #[command(after_help = "Examples:\n  seatrial lint\n  seatrial lint my-scenarios/")]
    Lint(PathArgs),
    /// Print the JSON schema of scenario files, or of a report.
    #[command(after_help = "Examples:\n  seatrial schema > scenario.schema.json\n  seatrial schema --of report")]
    Schema(SchemaArgs),
    /// Make the reports of a run again from its events; also of a run that was killed.
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// Look whether this machine and the image can do what a run needs.
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(DoctorArgs),
    /// Remove what runs left: clusters, containers, namespaces. Also of runs that were killed.
    #[command(after_help = "Examples:\n  seatrial clean --dry-run\n  seatrial clean\n  seatrial clean --context NAME")]
    Clean(CleanArgs),
    /// Compare two runs: release against release, model against kind, seed against seed.
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(CompareArgs),
    /// Qualify a release: probe its image, run the documented suite, compare with a baseline, judge by a policy.
    #[command(after_help = QUALIFY_EXAMPLES)]
    Qualify(QualifyArgs),
    /// Serve an embedded cluster on a loopback port, for plain kubectl.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),
    /// Plant defects in the embedded cluster and see which check catches which.
    #[command(after_help = SELFCHECK_EXAMPLES)]
    Selfcheck(SelfcheckArgs),
    /// Search for schedules of faults that break something, repeat them, and check histories.
    #[command(subcommand)]
    Chaos(ChaosCommand),
    /// Print a completion script for a shell.
    #[command(after_help = "Example:\n  seatrial completions bash > /etc/bash_completion.d/seatrial")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

const RUN_EXAMPLES: &str = "\
Examples:
  seatrial run                                   the documented path, on the embedded cluster
  seatrial run scenarios/doc-2x/failure-2.yaml   one scenario
  seatrial run --tdengine 3.3.0.1                the documented path of 3.x
  seatrial run --manifests headless --seed 7     one set of manifests, another seed
  seatrial run --repeat 20                       how often does what is left to chance happen?
  seatrial run --shard 2/3 --out shard-2         the second of three CI jobs; see `seatrial report --merge`
  seatrial run --env kind --tdengine 2.1.1.0     on a real cluster that is made for the run
  seatrial run --env kind --reuse dev --keep=on-failure
  seatrial run --env kubeconfig --context NAME   on a cluster that is there already, in own namespaces

Exit codes:
  0 all checks passed   1 a check failed         2 bad usage or an invalid scenario
  3 environment failed  4 nothing was checked    5 nothing failed, something is unknown";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  seatrial doctor
  seatrial doctor --env kind --image tdengine/tdengine:3.3.0.1 --node-image kindest/node:v1.33.1
  seatrial doctor --env kubeconfig --context NAME";
const REPORT_EXAMPLES: &str = "\
Examples:
  seatrial report target/seatrial/latest
  seatrial report RUN --lang zh
  seatrial report --merge shard-1 shard-2 shard-3 --out whole";

const SERVE_EXAMPLES: &str = "\
Examples:
  seatrial serve --kubeconfig kubeconfig --speed 60
  KUBECONFIG=kubeconfig kubectl apply -f fixtures/doc-2x/doc
  KUBECONFIG=kubeconfig kubectl exec -it tdengine-0 -- taos -s 'show dnodes'";

/// Where scenarios are.
#[derive(Clone, Debug, Args)]
pub struct PathArgs {
    /// Scenario files, or folders of them [default: those of the document for the TDengine version].
    pub paths: Vec<PathBuf>,
}

/// Which scenarios are meant.
#[derive(Clone, Debug, Args)]
pub struct SelectArgs {
    /// Where scenarios are.
    #[command(flatten)]
    pub paths: PathArgs,
    /// The TDengine version: it selects the document, its manifests, claims and scenarios [default: that of the image,
    /// else 2.1.1.0].
    #[arg(long, value_name = "V")]
    pub tdengine: Option<String>,
    /// The manifests to run with [default: each set that a scenario names].
    #[arg(long, value_enum)]
    pub manifests: Option<Manifests>,
}

/// The version that is meant if neither an option nor an image says another.
pub const DEFAULT_TDENGINE: &str = "2.1.1.0";

impl SelectArgs {
    /// The TDengine version.
    pub fn tdengine(&self) -> &str {
        self.tdengine.as_deref().unwrap_or(DEFAULT_TDENGINE)
    }
}

/// Sets of manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Manifests {
    /// As the document prints them.
    Doc,
    /// The same with a headless Service that publishes names before pods are ready.
    Headless,
    /// As the official deployment page of 3.3 prints them; 3.x only.
    Page,
}

impl Manifests {
    /// The name of the set, as scenarios and reports have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Doc => "doc",
            Self::Headless => "headless",
            Self::Page => "page",
        }
    }
}

/// Arguments of `run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// Which scenarios to run.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Seed of everything that is left to chance.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Run each scenario N times, each time with another seed.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub repeat: u32,
    /// Run N scenarios at once [default: one for each core on embedded clusters, else 1]. The outcome is the same.
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Run only part I of N, say in one of N CI jobs. `seatrial report --merge` joins what they leave.
    #[arg(long, value_name = "I/N", value_parser = parse_shard)]
    pub shard: Option<Part>,
    /// Where to leave events and reports; must not exist [default: target/seatrial/RUN-ID].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Keep what the run made, the kind cluster included: always, or if it did not pass.
    #[arg(
        long, value_enum, value_name = "WHEN", num_args = 0..=1, require_equals = true,
        default_value_t = Keep::Never, default_missing_value = "always",
    )]
    pub keep: Keep,
    /// The client of workloads that name none; the connector needs real time: kind or kubeconfig.
    #[arg(long, value_enum, default_value_t = Client::Shell)]
    pub client: Client,
    /// Language of the reports.
    #[arg(long, value_enum, default_value_t = Lang::En)]
    pub lang: Lang,
    /// Where to run them.
    #[command(flatten)]
    pub environment: EnvironmentArgs,
}

/// A part of a suite that is split: `2/3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number, from 1.
    pub index: u32,
    /// How many parts there are.
    pub count: u32,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// When to keep what a scenario made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Keep {
    /// Never: whatever a run made, it removes.
    Never,
    /// When the scenario did not pass.
    OnFailure,
    /// Always.
    Always,
}

/// Languages of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English.
    En,
    /// Chinese.
    Zh,
}

/// Arguments of `schema`.
#[derive(Clone, Debug, Args)]
pub struct SchemaArgs {
    /// Of what.
    #[arg(long, value_enum, default_value_t = SchemaOf::Scenario)]
    pub of: SchemaOf,
}

/// What there is a schema of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// Scenario files.
    Scenario,
    /// `report.json`.
    Report,
    /// Policies of `qualify`.
    Policy,
}

/// Arguments of `report`.
#[derive(Clone, Debug, Args)]
pub struct ReportArgs {
    /// The folder of the run, or its `events.jsonl`.
    #[arg(required_unless_present = "merge")]
    pub run: Option<PathBuf>,
    /// Join the shards of one run, each a folder that `run --shard` left; all of them, in any order.
    #[arg(long, value_name = "DIR", num_args = 1.., conflicts_with = "run")]
    pub merge: Vec<PathBuf>,
    /// Where to write the reports [default: the folder of the run, or a new one for joined shards].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Language of the reports.
    #[arg(long, value_enum, default_value_t = Lang::En)]
    pub lang: Lang,
}

/// Arguments of `serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// The port, on 127.0.0.1 only; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Where to write the kubeconfig file (mode 0600) [default: a file in the temporary folder].
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// How fast time passes: `real`, a factor, or `max`.
    #[arg(long, default_value = "real", value_parser = parse_speed)]
    pub speed: f64,
    /// The TDengine version that the images run.
    #[arg(long, value_name = "V", default_value = "2.1.1.0")]
    pub tdengine: String,
    /// Seed of everything that is left to chance.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Worker nodes beside the control plane.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=16))]
    pub workers: u32,
}

fn parse_shard(text: &str) -> Result<Part, String> {
    let parts = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
    match parts {
        Some((index, count)) if 1 <= index && index <= count => Ok(Part { index, count }),
        _ => Err("expected I/N, such as 2/3 for the second of three parts".to_owned()),
    }
}

/// The fastest that `max` means: a thousand seconds a second, so that a watch can still be followed.
const MAX_SPEED: f64 = 1000.0;

fn parse_speed(text: &str) -> Result<f64, String> {
    match text {
        "real" => Ok(1.0),
        "max" => Ok(MAX_SPEED),
        _ => match text.parse::<f64>() {
            Ok(factor) if (0.01..=MAX_SPEED).contains(&factor) => Ok(factor),
            _ => Err(format!("expected `real`, `max`, or a factor from 0.01 to {MAX_SPEED}")),
        },
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use rstest::rstest;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[rstest]
    #[case("1/1", Some("1/1"))]
    #[case("2/3", Some("2/3"))]
    #[case("0/3", None)]
    #[case("4/3", None)]
    #[case("2", None)]
    #[case("2/-3", None)]
    fn shards(#[case] text: &str, #[case] part: Option<&str>) {
        assert_eq!(parse_shard(text).ok().map(|part| part.to_string()), part.map(str::to_owned));
    }

    #[rstest]
    #[case("real", Some(1.0))]
    #[case("60", Some(60.0))]
    #[case("max", Some(MAX_SPEED))]
    #[case("0", None)]
    #[case("-1", None)]
    #[case("NaN", None)]
    #[case("fast", None)]
    fn speeds(#[case] text: &str, #[case] factor: Option<f64>) {
        assert_eq!(parse_speed(text).ok(), factor);
    }
}
