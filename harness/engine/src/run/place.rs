use std::{panic::AssertUnwindSafe, path::Path, sync::Arc, time::Duration};

use futures::FutureExt;
use jiff::Timestamp;
use seatrial_record::{Blame, Body, ScenarioFinished, Verdict};
use seatrial_taos::{Profile, Version};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::{Keep, RunError, ScenarioEnd, Stage, Stop, chronicle::Teller, faults, suite::Work};
use crate::{
    Access, BootRequest, BootedCluster, Edits, Environment, EnvironmentError, ManifestSet, plan::PlannedRun,
    scenario::Way, shard::hash,
};

/// How long a place for a scenario may take to make.
const BOOT: Duration = Duration::from_secs(15 * 60);
/// How long it may take to make or to remove a namespace.
const CLEAN: Duration = Duration::from_secs(6 * 60);
/// How often a place for a scenario is tried to be made, when the environment says that it may go better.
const ATTEMPTS: u32 = 2;

/// What the steps of a scenario are done with.
pub(crate) struct Setting<'a> {
    pub set: &'a ManifestSet,
    pub sets: &'a [ManifestSet],
    pub edits: &'a Edits,
    /// The version under test.
    pub tdengine: Version,
    pub seed: u64,
    /// The client of workloads that name none.
    pub client: Way,
    /// The folder of the histories of workloads; none if they are not kept.
    pub histories: Option<&'a Path>,
}

/// How a scenario ended.
pub(crate) struct Ended {
    /// As it was told.
    pub finished: ScenarioFinished,
    /// True if somebody stopped it.
    pub interrupted: bool,
}

impl Work<'_> {
    /// Runs the scenario at `place` of the plan in a place of its own.
    pub async fn scenario(&self, place: usize, run: &PlannedRun) -> Result<Ended, RunError> {
        let teller = self.chronicle.teller(place);
        let begun = Instant::now();
        let ended = self.attempts(run, &teller, begun).await?;
        teller.end()?;
        Ok(ended)
    }

    async fn attempts(&self, run: &PlannedRun, teller: &Teller<'_>, begun: Instant) -> Result<Ended, RunError> {
        let (environment, options) = (self.environment, self.options);
        let key = &run.planned.key;
        let mut request = BootRequest {
            namespace: namespace(key, options.seed),
            seed: seed(options.seed, key),
            key: key.clone(),
            attempt: 1,
            workers: run.scenario.start.workers,
            own_volumes: faults::own_volumes(&run.scenario),
        };
        let place = loop {
            let attempt = request.attempt;
            let started = |namespace: &str| Body::ScenarioStarted {
                scenario: key.clone(),
                namespace: namespace.to_owned(),
                attempt,
            };
            let tried = boot(environment, &request, &options.cancel).await;
            match tried {
                Some(Ok(place)) => {
                    teller.tell(place.access().now(), started(place.namespace()))?;
                    break place;
                }
                Some(Err(error)) if error.retry && request.attempt < ATTEMPTS => {
                    teller.tell(environment.now(), started(&request.namespace))?;
                    let text = format!("{error}; trying once more");
                    teller.tell(environment.now(), Body::Notice { scenario: Some(key.clone()), text })?;
                    request.attempt += 1;
                }
                failed => {
                    teller.tell(environment.now(), started(&request.namespace))?;
                    let end = match failed {
                        Some(Err(error)) => ScenarioEnd {
                            verdict: Some(Verdict::Unknown),
                            blame: Some(Blame::Environment),
                            reason: format!("{error} ({})", error.advice),
                            ..ScenarioEnd::default()
                        },
                        _ => interrupted(),
                    };
                    return finish(key, end, begun, environment.now(), teller);
                }
            }
        };
        let access = place.access();
        let end = self.on_stage(run, &*place, request.seed, &access, teller).await?;
        let ended = finish(key, end, begun, access.now(), teller)?;
        let keep = match options.keep {
            Keep::Never => false,
            Keep::OnFailure => ended.finished.verdict != Some(Verdict::Pass),
            Keep::Always => true,
        };
        leave(place, keep, key, teller).await?;
        Ok(ended)
    }

    async fn on_stage(
        &self,
        run: &PlannedRun,
        place: &dyn BootedCluster,
        seed: u64,
        access: &Arc<dyn Access>,
        teller: &Teller<'_>,
    ) -> Result<ScenarioEnd, RunError> {
        let broken = |blame, reason: String| ScenarioEnd {
            verdict: Some(Verdict::Unknown),
            blame: Some(blame),
            reason,
            ..ScenarioEnd::default()
        };
        let Some(set) = self.sets.iter().find(|set| set.name == run.planned.manifests) else {
            return Ok(broken(Blame::Harness, format!("no manifest set is named `{}`", run.planned.manifests)));
        };
        let (namespace, underlay) = (place.namespace(), place.underlay());
        if let Some(reason) = faults::refused(&run.scenario.faults(), underlay.as_ref()).await {
            return Ok(broken(Blame::Environment, reason));
        }
        let names = match set.names(namespace) {
            Ok(names) => names,
            Err(error) => return Ok(broken(Blame::Manifest, error.to_string())),
        };
        match timeout(CLEAN, access.prepare()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Ok(broken(Blame::Environment, error.to_string())),
            Err(_) => return Ok(broken(Blame::Environment, format!("the namespace {namespace} was not made in time"))),
        }
        let (profile, _) = Profile::for_version(&self.plan.version);
        let setting = Setting {
            set,
            sets: self.sets,
            edits: &self.options.edits,
            tdengine: self.plan.version,
            seed,
            client: self.options.client,
            histories: self.options.histories.as_deref(),
        };
        let limit = run.scenario.timeout.0;
        let cancel = self.options.cancel.clone();
        let mut stage = Stage::new(&run.planned.key, Arc::clone(access), names, profile, teller, cancel, limit);
        (stage.diagnostics, stage.patience) = (self.options.diagnostics, self.options.patience);
        stage.arm(underlay);
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

/// Ends the place of a scenario and tells if that did not go well.
async fn leave(place: Box<dyn BootedCluster>, keep: bool, key: &str, teller: &Teller<'_>) -> Result<(), RunError> {
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
        teller.tell(access.now(), Body::Notice { scenario: Some(key.to_owned()), text })?;
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

/// Tells that a scenario ended, and how.
fn finish(key: &str, end: ScenarioEnd, begun: Instant, now: Timestamp, teller: &Teller<'_>) -> Result<Ended, RunError> {
    let interrupted = end.interrupted;
    let took = begun.elapsed();
    let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let finished = ScenarioFinished {
        scenario: key.to_owned(),
        verdict: end.verdict,
        blame: end.blame,
        reason: end.reason,
        passed: end.passed,
        checks: end.checks,
        took_ms: millis(took),
        own_ms: end.inherent.map(|inherent| millis(took.saturating_sub(inherent))),
    };
    teller.tell(now, Body::ScenarioFinished(finished.clone()))?;
    Ok(Ended { finished, interrupted })
}

/// The namespace of a scenario: its key as Kubernetes takes it, and what tells it from that of other runs.
fn namespace(key: &str, run_seed: u64) -> String {
    let name: String =
        key.chars().map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' }).collect();
    let name = seatrial_record::bounded(&name, 40).0.trim_end_matches('-').to_owned();
    format!("st-{name}-{:06x}", seed(run_seed, key) & 0x00ff_ffff)
}

/// The seed of a scenario in a run. It does not depend on what else runs.
fn seed(run_seed: u64, key: &str) -> u64 {
    hash(key, run_seed)
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
