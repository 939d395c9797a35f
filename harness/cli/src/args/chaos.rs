use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{DEFAULT_TDENGINE, RunArgs};

/// What `seatrial chaos` can do.
#[derive(Debug, Subcommand)]
pub enum ChaosCommand {
    /// Try schedules of faults, made from seeds, on embedded clusters, and shrink what fails.
    #[command(after_help = "Examples:\n  seatrial chaos explore --seeds 1000\n  \
        seatrial chaos explore --tdengine 3.3.0.1 --time 60\n  \
        seatrial chaos explore --fault partition --fault kill-process")]
    Explore(ExploreArgs),
    /// Run a schedule again, or a scenario that the search has written, in any environment.
    #[command(after_help = "Examples:\n  seatrial chaos replay target/seatrial/found/found-7.yaml --seed 7\n  \
        seatrial chaos replay schedule.yaml --env kind\n  \
        seatrial chaos replay schedule.yaml --env kind --shrink 8")]
    Replay(Box<ReplayArgs>),
    /// Check the histories that workloads left, also those of a run that was killed, or print one for Jepsen's tools.
    #[command(after_help = "Examples:\n  seatrial chaos check target/seatrial/latest\n  \
        seatrial chaos check RUN/histories/control@headless.rows.jsonl --edn > history.edn")]
    Check(HistoryArgs),
}

/// Pods of the cluster that schedules are tried on.
pub const PODS: u32 = 3;

/// Arguments of `chaos explore`.
#[derive(Clone, Debug, Args)]
pub struct ExploreArgs {
    /// The TDengine version.
    #[arg(long, value_name = "V", default_value = DEFAULT_TDENGINE)]
    pub tdengine: String,
    /// The first seed.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How many seeds are tried [default: 200, or with --time as many as there is time for].
    #[arg(long, value_name = "N")]
    pub seeds: Option<u64>,
    /// Seconds for all of it; a fifth of them is kept for shrinking.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub time: Option<u64>,
    /// Kinds of faults [default: all after which nothing may be lost].
    #[arg(long, value_name = "KIND")]
    pub fault: Vec<String>,
    /// How many pods the cluster has.
    #[arg(long, value_name = "N", default_value_t = PODS, value_parser = clap::value_parser!(u32).range(2..=7))]
    pub pods: u32,
    /// How many kinds of failures are shrunk, the most frequent first; none to write no scenarios at all.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub shrink: usize,
    /// Where to write the scenarios of what failed.
    #[arg(long, value_name = "DIR", default_value = "target/seatrial/found")]
    pub out: PathBuf,
    /// Plant a defect in the cluster, to see whether it is found.
    #[arg(long, value_name = "NAME")]
    pub defect: Vec<String>,
}

/// Arguments of `chaos replay`.
#[derive(Clone, Debug, Args)]
pub struct ReplayArgs {
    /// A schedule (a list of faults and heals), or a scenario.
    pub file: PathBuf,
    /// How many pods the cluster has, for a schedule.
    #[arg(long, value_name = "N", default_value_t = PODS)]
    pub pods: u32,
    /// Replicas of the rows, for a schedule.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub replica: u8,
    /// If it fails, try at most N smaller schedules in the same environment, and write the smallest that fails alike.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub shrink: usize,
    /// How it is run.
    #[command(flatten)]
    pub run: RunArgs,
}

/// Arguments of `chaos check`.
#[derive(Clone, Debug, Args)]
pub struct HistoryArgs {
    /// A history (JSON lines), or the folder of a run.
    pub history: PathBuf,
    /// Print it as EDN, as Jepsen's tools read it, instead of checking it.
    #[arg(long)]
    pub edn: bool,
}
