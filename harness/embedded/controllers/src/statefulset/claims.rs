//! The claims of a StatefulSet's pods: made with the pod, kept or deleted as the retention policy says.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{PersistentVolumeClaim, Pod},
};
use seatrial_apiserver::{ApiError, Store};
use seatrial_sim::Defect;

use super::{
    plan::Wanted,
    pod::{build_claims, claim_names, ordinal, pod_name},
};
use crate::{
    events::{News, Recorder, Source},
    meta,
};

/// True if the pod of `ordinal` has a claim that does not exist.
pub(super) fn lacking(store: &Store, set: &StatefulSet, ordinal: u32) -> bool {
    let namespace = meta::namespace(set);
    claim_names(set, ordinal).iter().any(|(_, name)| store.get::<PersistentVolumeClaim>(namespace, name).is_none())
}

/// The ordinals without a pod whose claims are being deleted, or belong to a former pod and will be.
pub(super) fn going(store: &Store, set: &StatefulSet, ordinals: Range<u32>) -> BTreeSet<u32> {
    let namespace = meta::namespace(set);
    let goes = |ordinal: u32| {
        let pod = store.get::<Pod>(namespace, &pod_name(set, ordinal));
        let pod_uid = pod.as_deref().map(meta::uid).unwrap_or_default();
        claim_names(set, ordinal).iter().any(|(_, name)| {
            let claim = store.get::<PersistentVolumeClaim>(namespace, name);
            claim.is_some_and(|claim| {
                let owners = claim.metadata.owner_references.iter().flatten();
                let stale = owners.into_iter().any(|owner| owner.kind == "Pod" && owner.uid != pod_uid);
                meta::deleting(claim.as_ref()) || stale
            })
        })
    };
    ordinals.filter(|ordinal| goes(*ordinal)).collect()
}

/// Makes the claims that the pod of `ordinal` lacks.
pub(super) fn make(
    store: &Store,
    recorder: &Recorder,
    source: &Source,
    set: &StatefulSet,
    ordinal: u32,
) -> Result<(), ApiError> {
    for claim in build_claims(set, ordinal) {
        if store.get::<PersistentVolumeClaim>(meta::namespace(set), meta::name(&claim)).is_some() {
            continue;
        }
        let what = format!(
            "create Claim {} Pod {} in StatefulSet {}",
            meta::name(&claim),
            pod_name(set, ordinal),
            meta::name(set)
        );
        let made = store.create(&claim);
        let news = match &made {
            Ok(_) => News::normal("SuccessfulCreate", format!("{what} success")),
            Err(why) => News::warning("FailedCreate", format!("{what} failed error: {why}")),
        };
        recorder.tell(source, set, news);
        made?;
    }
    Ok(())
}

/// Sets the owners of claims by the retention policy; the collector does the rest when an owner goes.
pub(super) fn keep_owners(
    store: &Store,
    set: &StatefulSet,
    pods: &[Arc<Pod>],
    wanted: &Wanted,
) -> Result<(), ApiError> {
    let policy = set.spec.persistent_volume_claim_retention_policy.as_ref();
    let deletes = |what: Option<&String>| what.is_some_and(|what| what == "Delete");
    let when_deleted = deletes(policy.and_then(|policy| policy.when_deleted.as_ref()));
    let when_scaled = deletes(policy.and_then(|policy| policy.when_scaled.as_ref()))
        || store.world().defects.has(Defect::VolumeDeletedWithPod);
    for pod in pods.iter().map(Arc::as_ref) {
        let Some(ordinal) = ordinal(meta::name(set), meta::name(pod)) else { continue };
        let condemned = !(wanted.start..wanted.start.saturating_add(wanted.replicas)).contains(&ordinal);
        for (_, name) in claim_names(set, ordinal) {
            let Some(claim) = store.get::<PersistentVolumeClaim>(meta::namespace(set), &name) else { continue };
            let by_set = when_deleted && !(condemned && when_scaled);
            let by_pod = when_scaled && condemned;
            let present = claim.metadata.owner_references.as_deref().unwrap_or_default();
            let others = present.iter().filter(|owner| owner.uid != meta::uid(set) && owner.kind != "Pod");
            let owners: Vec<_> = others
                .cloned()
                .chain(by_set.then(|| meta::controller_reference(set)))
                .chain(by_pod.then(|| meta::owner_reference(pod)))
                .collect();
            if owners != present {
                store.modify::<PersistentVolumeClaim>(meta::namespace(set), &name, |claim| {
                    claim.metadata.owner_references = (!owners.is_empty()).then_some(owners);
                })?;
            }
        }
    }
    Ok(())
}
