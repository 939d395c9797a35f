use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, Pod},
};
use kube::{
    Api, Error,
    api::{DeleteParams, EvictParams, ListParams, Patch, PatchParams, PostParams, Preconditions},
    discovery::Discovery,
};
use serde_json::json;

use crate::fake::{cluster, pod, raw, set};

#[tokio::test(start_paused = true)]
async fn objects_come_and_go() {
    let cluster = cluster();
    let maps: Api<ConfigMap> = Api::default_namespaced(cluster.client.clone());
    let map: ConfigMap =
        serde_json::from_value(json!({"metadata": {"name": "taoscfg"}, "data": {"CLUSTER": "1"}})).unwrap();
    let created = maps.create(&PostParams::default(), &map).await.unwrap();
    assert_eq!(created.metadata.creation_timestamp.as_ref().unwrap().0.to_string(), "2021-06-30T08:00:00Z");
    let again = maps.create(&PostParams::default(), &map).await.unwrap_err();
    assert!(matches!(again, Error::Api(status) if status.reason == "AlreadyExists" && status.code == 409));

    let mut stale = created.clone();
    let patched = maps
        .patch("taoscfg", &PatchParams::default(), &Patch::Merge(json!({"data": {"TAOS_KEEP": "3650"}})))
        .await
        .unwrap();
    assert_eq!(patched.data.unwrap().len(), 2);
    stale.data = None;
    let refused = maps.replace("taoscfg", &PostParams::default(), &stale).await.unwrap_err();
    assert!(refused.to_string().contains("please apply your changes to the latest version and try again"), "{refused}");

    let wrong = DeleteParams {
        preconditions: Some(Preconditions { uid: Some("other".into()), ..Preconditions::default() }),
        ..DeleteParams::default()
    };
    let refused = maps.delete("taoscfg", &wrong).await.unwrap_err();
    assert!(matches!(refused, Error::Api(status) if status.code == 409));
    let dry = DeleteParams { dry_run: true, ..DeleteParams::default() };
    maps.delete("taoscfg", &dry).await.unwrap();
    let gone = maps.delete("taoscfg", &DeleteParams::default()).await.unwrap();
    assert!(gone.right().is_some());
    assert!(maps.get_opt("taoscfg").await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn lists_select_and_page() {
    let cluster = cluster();
    for index in 0..5 {
        cluster.store.create(&pod(&format!("p{index}"))).unwrap();
    }
    let pods: Api<Pod> = Api::all(cluster.client.clone());
    let found = pods.list(&ListParams::default().labels("app=tdengine").fields("metadata.name!=p3")).await.unwrap();
    assert_eq!(found.items.len(), 4);
    let first = pods.list(&ListParams::default().limit(3)).await.unwrap();
    assert_eq!((first.items.len(), first.metadata.remaining_item_count), (3, Some(2)));
    let token = first.metadata.continue_.unwrap();
    let rest = pods.list(&ListParams::default().limit(3).continue_token(&token)).await.unwrap();
    assert_eq!(rest.items[0].metadata.name.as_deref(), Some("p3"));
    assert_eq!(rest.metadata.continue_, None);
    let pods: Api<Pod> = Api::default_namespaced(cluster.client.clone());
    let params = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
    pods.delete_collection(&params, &ListParams::default().fields("metadata.name=p1")).await.unwrap();
    assert_eq!(pods.list_metadata(&ListParams::default()).await.unwrap().items.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn scale_and_status_change_their_part_only() {
    let cluster = cluster();
    let sets: Api<StatefulSet> = Api::default_namespaced(cluster.client.clone());
    let set: StatefulSet = serde_json::from_value(set()).unwrap();
    let created = sets.create(&PostParams::default(), &set).await.unwrap();
    assert_eq!(created.metadata.generation, Some(1));
    let patch = Patch::Merge(json!({"spec": {"replicas": 3}}));
    let scale = sets.patch_scale("tdengine", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(scale.spec.unwrap().replicas, Some(3));
    assert_eq!(scale.status.unwrap().selector.as_deref(), Some("app=tdengine"));
    let patch = Patch::Merge(json!({"spec": {"replicas": 9}, "status": {"replicas": 3}}));
    let changed = sets.patch_status("tdengine", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!((changed.spec.replicas, changed.status.unwrap().replicas), (Some(3), 3));
    let patch = Patch::Merge(json!({"status": {"replicas": 7}}));
    let changed = sets.patch("tdengine", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!((changed.metadata.generation, changed.status.unwrap().replicas), (Some(2), 3));
    sets.restart("tdengine").await.unwrap();
    let template = sets.get("tdengine").await.unwrap().spec.template.metadata.unwrap();
    assert!(template.annotations.unwrap().contains_key("kube.kubernetes.io/restartedAt"));
    let negative = Patch::Merge(json!({"spec": {"replicas": -1}}));
    let refused = sets.patch_scale("tdengine", &PatchParams::default(), &negative).await.unwrap_err();
    assert!(matches!(refused, Error::Api(status) if status.code == 422));
}

#[tokio::test(start_paused = true)]
async fn a_budget_refuses_evictions() {
    let cluster = cluster();
    for name in ["a", "b"] {
        cluster.store.create(&pod(name)).unwrap();
    }
    let budget = json!({"metadata": {"name": "one", "namespace": "default"},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "tdengine"}}}});
    let path = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    assert_eq!(raw(&cluster, "POST", path, &[], &budget).await.0, 201);
    let pods: Api<Pod> = Api::default_namespaced(cluster.client.clone());
    let refused = pods.evict("a", &EvictParams::default()).await.unwrap_err();
    assert!(matches!(refused, Error::Api(status) if status.code == 429
        && status.details.as_ref().unwrap().causes[0].message.contains("needs 2 healthy pods and has 2 currently")));
    let path = format!("{path}/one");
    let merge = [("content-type", "application/merge-patch+json")];
    assert_eq!(raw(&cluster, "PATCH", &path, &merge, &json!({"spec": {"minAvailable": "50%"}})).await.0, 200);
    pods.evict("a", &EvictParams::default()).await.unwrap();
    assert!(pods.get("a").await.unwrap().metadata.deletion_timestamp.is_some());
    assert!(pods.evict("b", &EvictParams::default()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn discovery_finds_all_kinds_both_ways() {
    let cluster = cluster();
    let count =
        |discovery: &Discovery| -> usize { discovery.groups().map(|group| group.recommended_resources().len()).sum() };
    let aggregated = Discovery::new(cluster.client.clone()).run_aggregated().await.unwrap();
    let classic = Discovery::new(cluster.client.clone()).run().await.unwrap();
    assert_eq!((count(&aggregated), count(&classic)), (18, 18));
    let info = cluster.client.apiserver_version().await.unwrap();
    assert_eq!((info.major.as_str(), info.minor.as_str()), ("1", "36"));
}
