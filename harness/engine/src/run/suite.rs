use std::{num::NonZeroUsize, path::PathBuf};

use seatrial_record::{Body, Detail, DetailKind, EventLog, FORMAT, RunFinished, RunStarted, WriteError};
use seatrial_taos::Profile;
use thiserror::Error;
use tokio::sync::watch;

use super::{chronicle::Chronicle, lanes};
use crate::{Edits, Environment, EnvironmentError, Lanes, ManifestSet, Plan, plan::sets_for, scenario::Way};

/// How a run is done.
#[derive(Clone, Debug)]
pub struct Options {
    /// Version of Seatrial.
    pub seatrial: String,
    /// The one command that repeats the run.
    pub replay: String,
    /// Seed of everything that is left to chance.
    pub seed: u64,
    /// Changes to the manifests.
    pub edits: Edits,
    /// What is left as it is after a scenario.
    pub keep: Keep,
    /// How many scenarios run at once, at most.
    pub jobs: NonZeroUsize,
    /// The client of workloads that name none.
    pub client: Way,
    /// Where the histories of workloads are written as they happen; none to keep them in memory only.
    pub histories: Option<PathBuf>,
    /// Whether what a person would look at after a failure is collected.
    pub diagnostics: bool,
    /// Whether checks behind one of the same step that did not pass get their time; if not, they are looked at once.
    pub patience: bool,
    /// Becomes true when somebody asks for an end.
    pub cancel: watch::Receiver<bool>,
}

/// What is left as it is after a scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    #[default]
    Never,
    /// What did not pass.
    OnFailure,
    /// Everything.
    Always,
}

/// Why a run could not be done.
#[derive(Debug, Error)]
pub enum RunError {
    /// The events cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The environment is not there.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
}

/// What all scenarios of a run have in common.
pub(crate) struct Work<'a> {
    pub plan: &'a Plan,
    pub sets: &'a [ManifestSet],
    pub environment: &'a dyn Environment,
    pub options: &'a Options,
    pub chronicle: &'a Chronicle,
}

/// Runs a plan and tells everything that happens. In an environment whose scenarios run on threads of their own the
/// calling thread is blocked until they have ended.
pub async fn run(
    plan: &Plan,
    sets: &[ManifestSet],
    environment: &dyn Environment,
    options: &Options,
    log: &mut EventLog,
) -> Result<RunFinished, RunError> {
    let kubernetes = environment.kubernetes().await?;
    let sets = &sets_for(sets, plan.version.first_three());
    let mut details = environment.details();
    details.push(Detail::new(DetailKind::Edits, options.edits.to_string()));
    log.append(
        environment.now(),
        Body::RunStarted(Box::new(RunStarted {
            format: FORMAT,
            seatrial: options.seatrial.clone(),
            environment: environment.name().to_owned(),
            kubernetes,
            tdengine: plan.version.to_string(),
            image: options.edits.image.clone(),
            seed: options.seed,
            replay: options.replay.clone(),
            scenarios: plan.runs.iter().map(|run| run.planned.clone()).collect(),
            skipped: plan.skipped.clone(),
            claims: plan.claims.clone(),
            details,
            shard: plan.shard.clone(),
        })),
    )?;
    if let Some(text) = Profile::caution(&plan.version) {
        log.append(environment.now(), Body::Notice { scenario: None, text })?;
    }
    // Scenarios on clocks of their own have no order among themselves but that of the plan.
    let in_order = matches!(environment.lanes(), Lanes::Threads(_));
    let chronicle = Chronicle::new(std::mem::take(log), plan.runs.len(), in_order, environment.now());
    let ends = lanes::run_all(&Work { plan, sets, environment, options, chronicle: &chronicle }).await;
    let (told, latest) = chronicle.close();
    *log = told;
    let ends = ends?;
    let now = latest.max(environment.now());
    let missing = plan.runs.len() - ends.len();
    if missing > 0 {
        let text = format!("interrupted: {missing} of {} scenarios were not run", plan.runs.len());
        log.append(now, Body::Notice { scenario: None, text })?;
    }
    let interrupted = missing > 0 || ends.iter().any(|end| end.interrupted);
    let end = RunFinished::of(ends.iter().map(|end| &end.finished), interrupted);
    log.append(now, Body::RunFinished(end.clone()))?;
    Ok(end)
}
