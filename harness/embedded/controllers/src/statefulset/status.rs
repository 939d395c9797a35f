//! The status of a StatefulSet, counted from its pods.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use k8s_openapi::api::{
    apps::v1::{StatefulSet, StatefulSetStatus},
    core::v1::Pod,
};
use seatrial_apiserver::{ApiError, Store};
use seatrial_sim::Defect;

use super::{pod, revision::Revisions};
use crate::meta;

/// How long until a ready pod counts as available; none if it is not ready.
pub(super) fn available_in(set: &StatefulSet, pod: &Pod, now: Timestamp) -> Option<Duration> {
    if meta::pod_phase(pod) != "Running" {
        return None;
    }
    let (status, since) = meta::pod_condition(pod, "Ready")?;
    if status != "True" {
        return None;
    }
    let wait = set.spec.min_ready_seconds.unwrap_or(0);
    let wait = Duration::from_secs(u64::try_from(wait).unwrap_or(0));
    let ready_for = since.map_or(Duration::ZERO, |since| now.duration_since(since.0).try_into().unwrap_or_default());
    Some(wait.saturating_sub(ready_for))
}

pub(super) fn write(
    store: &Store,
    set: &StatefulSet,
    pods: &[Arc<Pod>],
    revisions: &Revisions,
) -> Result<(), ApiError> {
    let now = store.world().clock.now();
    let (current, update) = (meta::name(revisions.current.as_ref()), meta::name(revisions.update.as_ref()));
    let count = |matches: &dyn Fn(&Pod) -> bool| {
        i32::try_from(pods.iter().filter(|pod| matches(pod)).count()).unwrap_or(i32::MAX)
    };
    let of = |pod: &Pod, revision: &str| !meta::deleting(pod) && pod::revision(pod) == revision;
    let mut status = StatefulSetStatus {
        observed_generation: set.metadata.generation,
        replicas: count(&|_| true),
        ready_replicas: Some(count(&|pod| meta::pod_phase(pod) == "Running" && meta::pod_is_ready(pod))),
        available_replicas: Some(count(&|pod| available_in(set, pod, now).is_some_and(|wait| wait.is_zero()))),
        current_replicas: Some(count(&|pod| of(pod, current))),
        updated_replicas: Some(count(&|pod| of(pod, update))),
        current_revision: Some(current.to_owned()),
        update_revision: Some(update.to_owned()),
        collision_count: Some(0),
        conditions: set.status.as_ref().and_then(|old| old.conditions.clone()),
    };
    if store.world().defects.has(Defect::ReadyReplicasNotCounted) {
        status.ready_replicas = Some(0);
    }
    if complete(set, &status) {
        status.current_revision.clone_from(&status.update_revision);
        status.current_replicas = status.updated_replicas;
    }
    if set.status.as_ref() == Some(&status) {
        return Ok(());
    }
    store.modify::<StatefulSet>(meta::namespace(set), meta::name(set), |set| set.status = Some(status)).map(drop)
}

/// True if a rolling update has replaced and readied every pod.
fn complete(set: &StatefulSet, status: &StatefulSetStatus) -> bool {
    let spec = &set.spec;
    let rolling = spec.update_strategy.as_ref().and_then(|strategy| strategy.type_.as_deref()) != Some("OnDelete");
    let wanted = spec.replicas.unwrap_or(1);
    rolling
        && status.replicas == wanted
        && status.updated_replicas == Some(wanted)
        && status.ready_replicas == Some(wanted)
}
