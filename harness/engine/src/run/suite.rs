use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use seatrial_record::{
    Blame, Body, EventLog, ExitCode, FORMAT, RunFinished, RunStarted, ScenarioFinished, Verdict, WriteError,
};
use seatrial_taos::{Profile, Version};
use thiserror::Error;
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::{ScenarioEnd, Stage, Stop};
use crate::{
    Access, BootRequest, BootedCluster, Edits, Environment, EnvironmentError, ManifestSet, Plan,
    plan::{PlannedRun, sets_for},
};

/// How long a place for a scenario may take to make.
const BOOT: Duration = Duration::from_secs(15 * 60);
/// How long it may take to make or to remove a namespace.
const CLEAN: Duration = Duration::from_secs(6 * 60);
/// How often a place for a scenario is tried to be made, when the environment says that it may go better.
const ATTEMPTS: u32 = 2;

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

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// The worst verdict; none if nothing was checked.
    pub verdict: Option<Verdict>,
    /// The exit code that follows.
    pub exit: ExitCode,
    /// Why it did not pass; empty if it did.
    pub reason: String,
    /// True if somebody stopped it.
    pub interrupted: bool,
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

/// What the steps of a scenario are done with.
pub(crate) struct Setting<'a> {
    pub set: &'a ManifestSet,
    pub sets: &'a [ManifestSet],
    pub edits: &'a Edits,
    /// The version under test.
    pub tdengine: Version,
    pub seed: u64,
}

/// Runs a plan and tells everything that happens.
pub async fn run(
    plan: &Plan,
    sets: &[ManifestSet],
    environment: &dyn Environment,
    options: &Options,
    log: &mut EventLog,
) -> Result<RunSummary, RunError> {
    let kubernetes = environment.kubernetes().await?;
    let sets = &sets_for(sets, plan.version.first_three());
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
            details: environment.details(),
        })),
    )?;
    if let Some(text) = Profile::caution(&plan.version) {
        log.append(environment.now(), Body::Notice { scenario: None, text })?;
    }
    let mut ends: Vec<(&str, ScenarioEnd)> = Vec::new();
    let mut interrupted = false;
    for run in &plan.runs {
        if *options.cancel.borrow() {
            interrupted = true;
            let text =
                format!("interrupted: {} of {} scenarios were not run", plan.runs.len() - ends.len(), plan.runs.len());
            log.append(environment.now(), Body::Notice { scenario: None, text })?;
            break;
        }
        let end = one(plan, run, sets, environment, options, log).await?;
        interrupted |= end.interrupted;
        ends.push((&run.planned.key, end));
    }
    let summary = summary(&ends, interrupted);
    log.append(
        environment.now(),
        Body::RunFinished(RunFinished {
            verdict: summary.verdict,
            reason: summary.reason.clone(),
            exit: summary.exit,
            interrupted,
        }),
    )?;
    Ok(summary)
}

fn summary(ends: &[(&str, ScenarioEnd)], interrupted: bool) -> RunSummary {
    let verdict = Verdict::worst(ends.iter().filter_map(|(_, end)| end.verdict));
    let worst = ends.iter().find(|(_, end)| end.verdict == verdict && verdict != Some(Verdict::Pass));
    let reason = match (verdict, worst) {
        (None, _) => "nothing was checked".to_owned(),
        (_, Some((key, end))) => format!("{key}: {}", end.reason),
        (_, None) if interrupted => "it was interrupted".to_owned(),
        (_, None) => String::new(),
    };
    let environment = ends.iter().any(|(_, end)| end.blame == Some(Blame::Environment));
    // What was not run because somebody stopped it was not said to be good.
    let verdict = if interrupted { verdict.map(|verdict| verdict.max(Verdict::Unknown)) } else { verdict };
    let exit = match ExitCode::of(verdict) {
        ExitCode::Unknown | ExitCode::NothingChecked if environment => ExitCode::Environment,
        exit => exit,
    };
    RunSummary { verdict, exit, reason, interrupted }
}

/// Runs one scenario in a place of its own.
async fn one(
    plan: &Plan,
    run: &PlannedRun,
    sets: &[ManifestSet],
    environment: &dyn Environment,
    options: &Options,
    log: &mut EventLog,
) -> Result<ScenarioEnd, RunError> {
    let key = run.planned.key.clone();
    let begun = Instant::now();
    let mut request = BootRequest {
        namespace: namespace(&key, options.seed),
        seed: seed(options.seed, &key),
        key: key.clone(),
        attempt: 1,
    };
    let place = loop {
        let attempt = request.attempt;
        let started =
            |namespace: &str| Body::ScenarioStarted { scenario: key.clone(), namespace: namespace.to_owned(), attempt };
        let tried = boot(environment, &request, &options.cancel).await;
        match tried {
            Some(Ok(place)) => {
                let access = place.access();
                log.append(access.now(), started(place.namespace()))?;
                break place;
            }
            Some(Err(error)) if error.retry && request.attempt < ATTEMPTS => {
                log.append(environment.now(), started(&request.namespace))?;
                let text = format!("{error}; trying once more");
                log.append(environment.now(), Body::Notice { scenario: Some(key.clone()), text })?;
                request.attempt += 1;
            }
            failed => {
                log.append(environment.now(), started(&request.namespace))?;
                let end = match failed {
                    Some(Err(error)) => ScenarioEnd {
                        verdict: Some(Verdict::Unknown),
                        blame: Some(Blame::Environment),
                        reason: format!("{error} ({})", error.advice),
                        ..ScenarioEnd::default()
                    },
                    _ => interrupted(),
                };
                log.append(environment.now(), finished(&key, &end, begun))?;
                return Ok(end);
            }
        }
    };
    let access = place.access();
    let end = on_stage(plan, run, sets, options, place.namespace(), request.seed, &access, log).await?;
    log.append(access.now(), finished(&key, &end, begun))?;
    let keep = match options.keep {
        Keep::Never => false,
        Keep::OnFailure => end.verdict != Some(Verdict::Pass),
        Keep::Always => true,
    };
    leave(place, keep, &key, log, environment).await?;
    Ok(end)
}

async fn boot(
    environment: &dyn Environment,
    request: &BootRequest,
    cancel: &watch::Receiver<bool>,
) -> Option<Result<Box<dyn BootedCluster>, EnvironmentError>> {
    let mut cancel = cancel.clone();
    tokio::select! {
        biased;
        Ok(_) = cancel.wait_for(|cancelled| *cancelled) => None,
        place = timeout(BOOT, environment.boot(request)) => Some(place.unwrap_or_else(|_| {
            Err(EnvironmentError {
                tried: format!("make a place for {}", request.key),
                happened: format!("not within {} s (bound `boot`)", BOOT.as_secs()),
                advice: "look at the cluster; repeat the run".to_owned(),
                retry: false,
            })
        })),
    }
}

#[expect(clippy::too_many_arguments, reason = "all of it is needed once")]
async fn on_stage(
    plan: &Plan,
    run: &PlannedRun,
    sets: &[ManifestSet],
    options: &Options,
    namespace: &str,
    seed: u64,
    access: &Arc<dyn Access>,
    log: &mut EventLog,
) -> Result<ScenarioEnd, RunError> {
    let broken = |blame, reason: String| ScenarioEnd {
        verdict: Some(Verdict::Unknown),
        blame: Some(blame),
        reason,
        ..ScenarioEnd::default()
    };
    let Some(set) = sets.iter().find(|set| set.name == run.planned.manifests) else {
        return Ok(broken(Blame::Harness, format!("no manifest set is named `{}`", run.planned.manifests)));
    };
    let names = match set.names(namespace) {
        Ok(names) => names,
        Err(error) => return Ok(broken(Blame::Manifest, error.to_string())),
    };
    match timeout(CLEAN, access.prepare()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Ok(broken(Blame::Environment, error.to_string())),
        Err(_) => return Ok(broken(Blame::Environment, format!("the namespace {namespace} was not made in time"))),
    }
    let (profile, _) = Profile::for_version(&plan.version);
    let setting = Setting { set, sets, edits: &options.edits, tdengine: plan.version, seed };
    let limit = run.scenario.timeout.0;
    let cancel = options.cancel.clone();
    let mut stage = Stage::new(&run.planned.key, Arc::clone(access), names, profile, log, cancel, limit);
    let ended = AssertUnwindSafe(stage.scenario(&run.scenario, &setting)).catch_unwind().await;
    match ended {
        Ok(Ok(end)) => Ok(end),
        Ok(Err(Stop::Write(error))) => Err(error.into()),
        Ok(Err(stop)) => Ok(broken(Blame::Harness, format!("the scenario could not end: {stop:?}"))),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Ok(broken(Blame::Harness, format!("Seatrial itself broke: {}", text.unwrap_or_default())))
        }
    }
}

/// Ends the place of a scenario and tells if that did not go well.
async fn leave(
    place: Box<dyn BootedCluster>,
    keep: bool,
    key: &str,
    log: &mut EventLog,
    environment: &dyn Environment,
) -> Result<(), RunError> {
    let access = place.access();
    let mut notices = Vec::new();
    if !keep && !place.disposable() {
        match timeout(CLEAN, access.clean()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => notices.push(format!("the namespace {} is left: {error}", place.namespace())),
            Err(_) => notices.push(format!("the namespace {} is left: it was not gone in time", place.namespace())),
        }
    }
    match timeout(CLEAN, place.end(keep)).await {
        Ok(Ok(kept)) => notices.extend(kept),
        Ok(Err(error)) => notices.push(error.to_string()),
        Err(_) => notices.push("the place of the scenario did not end in time".to_owned()),
    }
    for text in notices {
        log.append(environment.now(), Body::Notice { scenario: Some(key.to_owned()), text })?;
    }
    Ok(())
}

fn interrupted() -> ScenarioEnd {
    ScenarioEnd {
        verdict: Some(Verdict::Unknown),
        blame: Some(Blame::Harness),
        reason: "it was interrupted".to_owned(),
        interrupted: true,
        ..ScenarioEnd::default()
    }
}

fn finished(key: &str, end: &ScenarioEnd, begun: Instant) -> Body {
    Body::ScenarioFinished(ScenarioFinished {
        scenario: key.to_owned(),
        verdict: end.verdict,
        blame: end.blame,
        reason: end.reason.clone(),
        passed: end.passed,
        checks: end.checks,
        took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        own_ms: None,
    })
}

/// The namespace of a scenario: its key as Kubernetes takes it, and what tells it from that of other runs.
fn namespace(key: &str, run_seed: u64) -> String {
    let name: String =
        key.chars().map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' }).collect();
    let name = seatrial_record::bounded(&name, 40).0.trim_end_matches('-').to_owned();
    format!("st-{name}-{:06x}", seed(run_seed, key) & 0x00ff_ffff)
}

/// The seed of a scenario in a run (FNV-1a over its key, so that it does not depend on what else runs).
fn seed(run_seed: u64, key: &str) -> u64 {
    key.bytes()
        .chain(run_seed.to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_a_name_for_kubernetes() {
        let name = namespace("safe-scale-down-with-data@headless#12", 7);
        assert!(name.len() <= 63 && name.chars().all(|char| matches!(char, 'a'..='z' | '0'..='9' | '-')), "{name}");
        assert_ne!(namespace("start@doc", 1), namespace("start@doc", 2));
    }
}
