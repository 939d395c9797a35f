//! Sets of pods on a whole cluster: order, volumes, updates, deletion.

use std::{collections::BTreeSet, time::Duration};

use crate::common::{Cluster, cluster, cluster_with, stateful_set};
use k8s_openapi::api::{
    apps::v1::{ControllerRevision, StatefulSet},
    core::v1::{PersistentVolume, PersistentVolumeClaim, Pod},
};
use seatrial_apiserver::{Deletion, Propagation};
use seatrial_sim::Defect;
use serde_json::json;
use tokio::time::sleep;

fn scale(cluster: &Cluster, replicas: i32) {
    cluster.store.modify::<StatefulSet>("default", "db", |set| set.spec.replicas = Some(replicas)).unwrap();
}

fn set(cluster: &Cluster) -> StatefulSet {
    StatefulSet::clone(&cluster.store.get::<StatefulSet>("default", "db").unwrap())
}

async fn gone(cluster: &Cluster, name: &str) {
    cluster.until(&format!("{name} gone"), || cluster.pod(name).is_none().then_some(())).await;
}

async fn starts(cluster: &Cluster, pod: &str) -> usize {
    cluster.run(pod, &["cat", "/data", "starts"]).await.1.len()
}

#[tokio::test(start_paused = true)]
async fn pods_start_one_after_the_other_in_the_recorded_time() {
    let cluster = cluster();
    cluster.create::<StatefulSet>(stateful_set(3));
    cluster.until_ready("db-0").await;
    assert!(cluster.pod("db-1").is_none(), "db-1 was made before db-0 was ready");
    cluster.until_ready("db-1").await;
    let two = cluster.seconds();
    assert!((37.0..=44.0).contains(&two), "two pods after {two} s");
    cluster.until_ready("db-2").await;
    let three = cluster.seconds();
    assert!((56.0..=65.0).contains(&three), "three pods after {three} s");
    cluster.until("status", || (set(&cluster).status?.available_replicas == Some(3)).then_some(())).await;
    let status = set(&cluster).status.unwrap();
    assert_eq!((status.replicas, status.ready_replicas, status.updated_replicas), (3, Some(3), Some(3)));
    assert_eq!(status.observed_generation, set(&cluster).metadata.generation);
    let pod = cluster.pod("db-2").unwrap();
    let labels = pod.metadata.labels.unwrap();
    assert_eq!(labels["statefulset.kubernetes.io/pod-name"], "db-2");
    assert_eq!(labels["apps.kubernetes.io/pod-index"], "2");
    assert_eq!(Some(&labels["controller-revision-hash"]), status.update_revision.as_ref());
    assert_eq!(cluster.events("Scheduled").len(), 3);
    assert_eq!(cluster.events("SuccessfulCreate").len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_scale_down_keeps_the_volume_and_takes_the_last_pod() {
    let cluster = cluster();
    cluster.create::<StatefulSet>(stateful_set(2));
    cluster.until_ready("db-1").await;
    let first_ip = cluster.pod("db-1").unwrap().status.unwrap().pod_ip;
    scale(&cluster, 1);
    gone(&cluster, "db-1").await;
    assert!(cluster.is_ready("db-0"));
    let claims = cluster.store.list::<PersistentVolumeClaim>(Some("default"));
    assert_eq!(claims.len(), 2);
    scale(&cluster, 2);
    cluster.until_ready("db-1").await;
    assert_eq!(starts(&cluster, "db-1").await, 2, "the volume was not kept");
    assert_ne!(cluster.pod("db-1").unwrap().status.unwrap().pod_ip, first_ip, "a pod start gives a new address");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_claim_waits_for_its_pod_and_takes_the_data_along() {
    let cluster = cluster();
    cluster.create::<StatefulSet>(stateful_set(2));
    cluster.until_ready("db-1").await;
    cluster.store.delete::<PersistentVolumeClaim>("default", "data-db-1", Deletion::default()).unwrap();
    sleep(Duration::from_secs(60)).await;
    let claim = || cluster.store.get::<PersistentVolumeClaim>("default", "data-db-1");
    assert!(claim().unwrap().metadata.deletion_timestamp.is_some());
    scale(&cluster, 1);
    gone(&cluster, "db-1").await;
    cluster.until("claim gone", || claim().is_none().then_some(())).await;
    cluster.until("volume gone", || (cluster.store.list::<PersistentVolume>(None).len() == 1).then_some(())).await;
    scale(&cluster, 2);
    cluster.until_ready("db-1").await;
    assert_eq!(starts(&cluster, "db-1").await, 1, "the old data came back");
}

#[tokio::test(start_paused = true)]
async fn a_new_template_replaces_pods_from_the_top() {
    let cluster = cluster();
    cluster.create::<StatefulSet>(stateful_set(2));
    cluster.until_ready("db-1").await;
    let uid = |name: &str| cluster.pod(name).and_then(|pod| pod.metadata.uid);
    let before = (uid("db-0"), uid("db-1"));
    cluster
        .store
        .modify::<StatefulSet>("default", "db", |set| {
            let meta = set.spec.template.metadata.as_mut().unwrap();
            meta.annotations.get_or_insert_default().insert("kubectl.kubernetes.io/restartedAt".into(), "now".into());
        })
        .unwrap();
    cluster.until("new db-1", || uid("db-1").filter(|new| Some(new) != before.1.as_ref())).await;
    assert_eq!(uid("db-0"), before.0, "db-0 was replaced before db-1 was ready again");
    cluster.until("new db-0", || uid("db-0").filter(|new| Some(new) != before.0.as_ref())).await;
    assert!(cluster.is_ready("db-1"));
    cluster
        .until("rollout done", || {
            let status = set(&cluster).status?;
            (status.current_revision == status.update_revision && status.ready_replicas == Some(2)).then_some(())
        })
        .await;
    assert_eq!(set(&cluster).status.unwrap().updated_replicas, Some(2));
    assert_eq!(cluster.store.list::<ControllerRevision>(Some("default")).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn parallel_pods_start_at_once_and_a_claim_policy_deletes() {
    let cluster = cluster();
    let mut wanted = stateful_set(3);
    wanted["spec"]["podManagementPolicy"] = "Parallel".into();
    wanted["spec"]["persistentVolumeClaimRetentionPolicy"] = json!({ "whenScaled": "Delete", "whenDeleted": "Delete" });
    cluster.create::<StatefulSet>(wanted);
    cluster.until_ready("db-2").await;
    assert!(cluster.seconds() < 25.0, "{}", cluster.seconds());
    scale(&cluster, 1);
    let claims = || cluster.store.list::<PersistentVolumeClaim>(Some("default")).len();
    cluster.until("claims of the pods that went", || (claims() == 1).then_some(())).await;
    cluster.store.delete::<StatefulSet>("default", "db", Deletion::default()).unwrap();
    cluster.until("last claim", || (claims() == 0).then_some(())).await;
}

#[tokio::test(start_paused = true)]
async fn deleting_a_set_takes_its_pods_and_revisions_but_not_its_claims() {
    let cluster = cluster();
    cluster.create::<StatefulSet>(stateful_set(2));
    cluster.until_ready("db-1").await;
    cluster.store.delete::<StatefulSet>("default", "db", Deletion::default()).unwrap();
    gone(&cluster, "db-0").await;
    gone(&cluster, "db-1").await;
    sleep(Duration::from_secs(60)).await;
    assert!(cluster.store.list::<ControllerRevision>(None).is_empty());
    assert!(cluster.store.list::<Pod>(None).is_empty());
    assert_eq!(cluster.store.list::<PersistentVolumeClaim>(None).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn orphaned_pods_stay_and_are_adopted_again() {
    let cluster = cluster();
    cluster.create::<StatefulSet>(stateful_set(1));
    cluster.until_ready("db-0").await;
    let uid = cluster.pod("db-0").unwrap().metadata.uid;
    let how = Deletion { propagation: Propagation::Orphan, ..Deletion::default() };
    cluster.store.delete::<StatefulSet>("default", "db", how).unwrap();
    sleep(Duration::from_secs(60)).await;
    assert!(cluster.store.get::<StatefulSet>("default", "db").is_none());
    assert_eq!(cluster.pod("db-0").unwrap().metadata.owner_references, None);
    cluster.create::<StatefulSet>(stateful_set(1));
    sleep(Duration::from_secs(60)).await;
    assert!(cluster.pod("db-0").unwrap().metadata.owner_references.is_some());
    // The template is the same, so the pod stays.
    assert_eq!(cluster.pod("db-0").unwrap().metadata.uid, uid);
}

#[tokio::test(start_paused = true)]
async fn a_set_deleted_in_the_foreground_goes_after_its_pods() {
    let cluster = cluster();
    cluster.create::<StatefulSet>(stateful_set(1));
    cluster.until_ready("db-0").await;
    let how = Deletion { propagation: Propagation::Foreground, ..Deletion::default() };
    cluster.store.delete::<StatefulSet>("default", "db", how).unwrap();
    gone(&cluster, "db-0").await;
    cluster.until("set gone", || cluster.store.get::<StatefulSet>("default", "db").is_none().then_some(())).await;
}

#[tokio::test(start_paused = true)]
async fn workers_share_the_pods_and_volumes_bind_them() {
    let cluster = cluster_with(2, &[]);
    cluster.create::<StatefulSet>(stateful_set(2));
    cluster.until_ready("db-1").await;
    let node = |name: &str| cluster.pod(name).unwrap().spec.unwrap().node_name.unwrap();
    let nodes: BTreeSet<_> = [node("db-0"), node("db-1")].into();
    assert_eq!(nodes, ["seatrial-worker".to_owned(), "seatrial-worker2".to_owned()].into());
    let before = node("db-1");
    cluster.store.delete::<Pod>("default", "db-1", Deletion::now()).unwrap();
    cluster.until("db-1 again", || (node_of(&cluster, "db-1")? == before).then_some(())).await;
}

fn node_of(cluster: &Cluster, name: &str) -> Option<String> {
    cluster.pod(name)?.spec?.node_name
}

#[tokio::test(start_paused = true)]
async fn planted_defects_show() {
    let deleted = cluster_with(0, &[Defect::VolumeDeletedWithPod]);
    deleted.create::<StatefulSet>(stateful_set(2));
    deleted.until_ready("db-1").await;
    scale(&deleted, 1);
    let claims = || deleted.store.list::<PersistentVolumeClaim>(None).len();
    deleted.until("claim gone", || (claims() == 1).then_some(())).await;

    let ignored = cluster_with(0, &[Defect::ScaleIgnored]);
    ignored.create::<StatefulSet>(stateful_set(1));
    ignored.until_ready("db-0").await;
    scale(&ignored, 2);
    sleep(Duration::from_secs(120)).await;
    assert!(ignored.pod("db-1").is_none());

    let front = cluster_with(0, &[Defect::ScaleDownFromFront]);
    front.create::<StatefulSet>(stateful_set(2));
    front.until_ready("db-1").await;
    scale(&front, 1);
    gone(&front, "db-0").await;
    sleep(Duration::from_secs(60)).await;
    assert!(front.pod("db-0").is_none() && front.is_ready("db-1"));

    let orphaned = cluster_with(0, &[Defect::OrphanedPods]);
    orphaned.create::<StatefulSet>(stateful_set(1));
    orphaned.until_ready("db-0").await;
    orphaned.store.delete::<StatefulSet>("default", "db", Deletion::default()).unwrap();
    sleep(Duration::from_secs(120)).await;
    assert!(orphaned.is_ready("db-0"));
}
