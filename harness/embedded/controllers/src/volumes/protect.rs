//! A claim that a pod uses, and a volume that a claim uses, stay until nobody uses them.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use seatrial_apiserver::Store;
use seatrial_sim::Defect;

use crate::meta;

const FINALIZER: &str = "kubernetes.io/pvc-protection";

/// Lets go of claims that are being deleted and that no pod uses.
pub(super) fn reconcile(store: &Store, claims: &[Arc<PersistentVolumeClaim>]) {
    let kept = store.world().defects.has(Defect::ClaimNeverReleased);
    for claim in claims.iter().map(Arc::as_ref) {
        let held = meta::has_finalizer(claim, FINALIZER);
        let (namespace, name) = (meta::namespace(claim), meta::name(claim));
        // It may vanish meanwhile; then there is nothing left to protect.
        if !meta::deleting(claim) && !held {
            let _ =
                store.modify::<PersistentVolumeClaim>(namespace, name, |claim| meta::add_finalizer(claim, FINALIZER));
        } else if meta::deleting(claim) && held && !kept && !in_use(store, namespace, name) {
            let _ =
                store.modify::<PersistentVolumeClaim>(namespace, name, |claim| meta::drop_finalizer(claim, FINALIZER));
        }
    }
}

/// True if there is a pod on a node, over or not, that has the claim as a volume.
fn in_use(store: &Store, namespace: &str, claim: &str) -> bool {
    store.list::<Pod>(Some(namespace)).iter().any(|pod| {
        let volumes = pod.spec.iter().filter_map(|spec| spec.volumes.as_ref()).flatten();
        let mut claims = volumes.filter_map(|volume| volume.persistent_volume_claim.as_ref());
        claims.any(|source| source.claim_name == claim) && meta::pod_node(pod).is_some()
    })
}
