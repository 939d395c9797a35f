//! The StatefulSet controller.

mod claims;
mod plan;
mod pod;
mod revision;
mod status;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use k8s_openapi::{
    api::{apps::v1::StatefulSet, core::v1::Pod},
    apimachinery::pkg::util::intstr::IntOrString,
};
use seatrial_apiserver::{ApiError, Deletion, Propagation, Store};
use seatrial_sim::{Defect, Dice};
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    changes::Controller,
    events::{News, Recorder, Source},
    meta, selector,
};
use plan::{Action, PodView, Rollout, Wanted, Why};
use revision::Revisions;

/// Keeps the pods of every StatefulSet as its specification wants them.
pub(crate) struct StatefulSets {
    store: Store,
    recorder: Recorder,
    source: Source,
    dice: Dice,
    /// The first size of every set, by UID; used only by a planted defect.
    first_sizes: BTreeMap<String, i32>,
    /// The template of every set as a revision has it, by UID, and the generation that it is of.
    templates: BTreeMap<String, (Option<i64>, Arc<Value>)>,
}

impl StatefulSets {
    pub(crate) fn new(store: &Store, recorder: &Recorder) -> Self {
        Self {
            store: store.clone(),
            recorder: recorder.clone(),
            source: Source::controller("statefulset-controller"),
            dice: store.world().chance.stream("controllers/statefulset"),
            first_sizes: BTreeMap::new(),
            templates: BTreeMap::new(),
        }
    }
}

impl Controller for StatefulSets {
    fn reconcile(&mut self) -> Option<Instant> {
        let mut again = None;
        for set in self.store.list::<StatefulSet>(None) {
            let wake = self.sync(&set).unwrap_or_else(|error| {
                // As the real controller: an error puts the set back into the queue.
                tracing::debug!(set = meta::name(set.as_ref()), %error, "StatefulSet is tried again");
                Some(Instant::now() + Duration::from_secs(1))
            });
            again = [again, wake].into_iter().flatten().min();
        }
        again
    }

    fn reaction(&mut self) -> Duration {
        self.dice.millis(5, 40)
    }
}

impl StatefulSets {
    // When to look again although nothing changed.
    fn sync(&mut self, set: &StatefulSet) -> Result<Option<Instant>, ApiError> {
        let pods = self.pods(set)?;
        let template = self.template(set)?;
        let revisions = revision::of(&self.store, set, &template)?;
        let wanted = self.wanted(set, &pods, &revisions);
        let (views, wake) = self.views(set, &pods);
        claims::keep_owners(&self.store, set, &pods, &wanted)?;
        let actions = plan::plan(&views, &wanted);
        let mut failed = Ok(());
        for action in &actions {
            failed = self.act(set, &pods, &revisions, action);
            if failed.is_err() {
                break;
            }
        }
        status::write(&self.store, set, &self.pods(set)?, &revisions)?;
        let live: Vec<_> = pods.iter().map(|pod| pod::revision(pod)).collect();
        let names = [meta::name(revisions.current.as_ref()), meta::name(revisions.update.as_ref())];
        revision::truncate(&self.store, set, &[live.as_slice(), &names].concat());
        failed.map(|()| wake)
    }

    /// The set's template as a revision has it; made once for every generation.
    fn template(&mut self, set: &StatefulSet) -> Result<Arc<Value>, ApiError> {
        let generation = set.metadata.generation;
        if let Some((_, made)) = self.templates.get(meta::uid(set)).filter(|(of, _)| *of == generation) {
            return Ok(Arc::clone(made));
        }
        let made = Arc::new(revision::data(set)?);
        self.templates.insert(meta::uid(set).to_owned(), (generation, Arc::clone(&made)));
        Ok(made)
    }

    /// The pods of the set; those that match it and belong to nobody are adopted.
    fn pods(&self, set: &StatefulSet) -> Result<Vec<Arc<Pod>>, ApiError> {
        let spec = &set.spec;
        let mut own = Vec::new();
        for pod in self.store.list::<Pod>(Some(meta::namespace(set))) {
            if pod::ordinal(meta::name(set), meta::name(pod.as_ref())).is_none() {
                continue;
            }
            match meta::controller(&pod.metadata) {
                Some(owner) if owner.uid == meta::uid(set) => own.push(pod),
                None if selector::matches(&spec.selector, &pod.metadata)
                    && !meta::deleting(pod.as_ref())
                    && !meta::deleting(set) =>
                {
                    let adopt = |pod: &mut Pod| {
                        pod.metadata.owner_references.get_or_insert_default().push(meta::controller_reference(set));
                    };
                    own.push(self.store.modify::<Pod>(meta::namespace(set), meta::name(pod.as_ref()), adopt)?);
                }
                _ => {}
            }
        }
        Ok(own)
    }

    fn wanted(&mut self, set: &StatefulSet, pods: &[Arc<Pod>], revisions: &Revisions) -> Wanted {
        let spec = &set.spec;
        let mut replicas = spec.replicas.unwrap_or(1);
        if self.store.world().defects.has(Defect::ScaleIgnored) {
            replicas = *self.first_sizes.entry(meta::uid(set).to_owned()).or_insert(replicas);
        }
        let replicas = u32::try_from(replicas).unwrap_or(0);
        let first = spec.ordinals.as_ref().and_then(|ordinals| u32::try_from(ordinals.start?).ok()).unwrap_or(0);
        let start = if self.store.world().defects.has(Defect::ScaleDownFromFront) {
            let above = pods.iter().filter_map(|pod| pod::ordinal(meta::name(set), meta::name(pod.as_ref()))).max();
            first.max(above.map_or(0, |top| top + 1).saturating_sub(replicas))
        } else {
            first
        };
        let strategy = match &spec.update_strategy {
            _ if self.store.world().defects.has(Defect::RolloutIgnored) => Rollout::OnDelete,
            Some(strategy) if strategy.type_.as_deref() == Some("OnDelete") => Rollout::OnDelete,
            strategy => {
                let rolling = strategy.as_ref().and_then(|strategy| strategy.rolling_update.as_ref());
                let partition = rolling.and_then(|rolling| u32::try_from(rolling.partition?).ok());
                let unavailable = rolling.and_then(|rolling| rolling.max_unavailable.as_ref());
                Rollout::Rolling {
                    partition: partition.unwrap_or(0),
                    max_unavailable: max_unavailable(unavailable, replicas),
                }
            }
        };
        Wanted {
            start,
            replicas,
            ordered: spec.pod_management_policy.as_deref() != Some("Parallel")
                && !self.store.world().defects.has(Defect::PodsStartTogether),
            strategy,
            current_revision: meta::name(revisions.current.as_ref()).to_owned(),
            update_revision: meta::name(revisions.update.as_ref()).to_owned(),
            blocked: claims::going(&self.store, set, start..start.saturating_add(replicas)),
            deleting: meta::deleting(set),
        }
    }

    fn views(&self, set: &StatefulSet, pods: &[Arc<Pod>]) -> (Vec<PodView>, Option<Instant>) {
        let mut wake = None;
        let views = pods.iter().map(Arc::as_ref).filter_map(|pod| {
            let ordinal = pod::ordinal(meta::name(set), meta::name(pod))?;
            let phase = meta::pod_phase(pod);
            let ready = phase == "Running" && meta::pod_is_ready(pod);
            let since = status::available_in(set, pod, self.store.world().clock.now());
            if let Some(wait) = since.filter(|wait| !wait.is_zero()) {
                let at = Instant::now() + wait;
                wake = Some(wake.map_or(at, |known: Instant| known.min(at)));
            }
            Some(PodView {
                ordinal,
                revision: pod::revision(pod).to_owned(),
                pending: phase == "Pending",
                ready,
                available: since.is_some_and(|wait| wait.is_zero()),
                ended: meta::pod_has_ended(pod),
                terminating: meta::deleting(pod),
                lacks_claims: claims::lacking(&self.store, set, ordinal),
            })
        });
        (views.collect(), wake)
    }

    fn act(
        &self,
        set: &StatefulSet,
        pods: &[Arc<Pod>],
        revisions: &Revisions,
        action: &Action,
    ) -> Result<(), ApiError> {
        match action {
            Action::Create { ordinal, revision } => {
                claims::make(&self.store, &self.recorder, &self.source, set, *ordinal)?;
                let from = if revision == meta::name(revisions.update.as_ref()) {
                    &revisions.update
                } else {
                    &revisions.current
                };
                let built = pod::build(set, &revision::template(from), revision, *ordinal);
                let name = pod::pod_name(set, *ordinal);
                let what = format!("Pod {name} in StatefulSet {}", meta::name(set));
                let made = self.store.create(&built);
                let news = match &made {
                    Ok(_) => News::normal("SuccessfulCreate", format!("create {what} successful")),
                    Err(why) => News::warning("FailedCreate", format!("create {what} failed error: {why}")),
                };
                self.recorder.tell(&self.source, set, news);
                made.map(drop)
            }
            Action::RepairClaims { ordinal } => claims::make(&self.store, &self.recorder, &self.source, set, *ordinal),
            Action::Delete { ordinal, why } => {
                let name = pod::pod_name(set, *ordinal);
                let Some(victim) = pods.iter().map(Arc::as_ref).find(|pod| meta::name(*pod) == name) else {
                    return Ok(());
                };
                if *why == Why::Ended {
                    let who = format!("StatefulSet {}/{}", meta::namespace(set), meta::name(set));
                    let message = format!("{who} is recreating failed Pod {name}");
                    self.recorder.tell(&self.source, set, News::warning("RecreatingFailedPod", message));
                }
                let how = Deletion {
                    propagation: Propagation::Background,
                    uid: victim.metadata.uid.clone(),
                    ..Deletion::default()
                };
                self.store.delete::<Pod>(meta::namespace(set), &name, how)?;
                let message = format!("delete Pod {name} in StatefulSet {} successful", meta::name(set));
                self.recorder.tell(&self.source, set, News::normal("SuccessfulDelete", message));
                Ok(())
            }
        }
    }
}

fn max_unavailable(value: Option<&IntOrString>, replicas: u32) -> u32 {
    let count = match value {
        None => 1,
        Some(IntOrString::Int(count)) => u32::try_from(*count).unwrap_or(1),
        Some(IntOrString::String(percent)) => {
            let percent = percent.trim_end_matches('%').parse::<u32>().unwrap_or(0);
            (replicas * percent).div_ceil(100)
        }
    };
    count.max(1)
}
