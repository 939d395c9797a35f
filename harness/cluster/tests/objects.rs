//! Objects: applied, scaled, deleted, watched.
#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, Namespace, Pod},
};
use seatrial_cluster::{Change, Cluster, Kind, Limits, Problem, Target, manifests::Manifests};
use seatrial_record::{Blame, EvidenceKind};
use support::{Script, fixture, fixture_with, seconds};
use tokio::time::{Instant, sleep};

fn document() -> Manifests {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/doc-2x/doc");
    let files = ["taoscfg.yaml", "taosd-service.yaml", "tdengine.yaml"].map(|file| root.join(file));
    Manifests::load(&files).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_documents_manifests_are_applied_twice() {
    let fixture = fixture();
    let mut manifests = document();
    let changes: Vec<_> = fixture.cluster.apply(&manifests).await.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(changes, ["configmap/taoscfg created", "service/taosd created", "statefulset.apps/tdengine created"]);
    let again = fixture.cluster.apply(&manifests).await.unwrap();
    assert!(again.iter().all(|applied| applied.change == Change::Unchanged), "{again:?}");
    manifests.set_replicas(3).unwrap();
    let third = fixture.cluster.apply(&manifests).await.unwrap();
    assert_eq!(third[2].change, Change::Configured);
    assert_eq!(fixture.cluster.replicas("tdengine").await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_mistake_in_a_manifest_is_blamed_on_it() {
    let fixture = fixture();
    let text = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: x}\n";
    let error = fixture.cluster.apply(&Manifests::parse("a.yaml", text).unwrap()).await.unwrap_err();
    assert!(matches!(&*error.problem, Problem::UnknownKind { kind, .. } if kind == "Thing"), "{error:?}");
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 99999}]}\n";
    let error = fixture.cluster.apply(&Manifests::parse("b.yaml", text).unwrap()).await.unwrap_err();
    assert!(matches!(&*error.problem, Problem::Refused { code: 422, .. }), "{error:?}");
    assert_eq!(error.blame(), Blame::Manifest);
    assert!(error.to_string().contains("(b.yaml:1:1)"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn scale_restart_and_configuration() {
    let fixture = fixture();
    fixture.cluster.apply(&document()).await.unwrap();
    fixture.cluster.scale("tdengine", 4).await.unwrap();
    assert_eq!(fixture.cluster.replicas("tdengine").await.unwrap(), 4);
    sleep(seconds(61)).await;
    fixture.cluster.restart("tdengine").await.unwrap();
    let set: Arc<StatefulSet> = fixture.store.get("trial", "tdengine").unwrap();
    let annotations = set.spec.template.metadata.as_ref().unwrap().annotations.as_ref().unwrap();
    assert_eq!(annotations["kubectl.kubernetes.io/restartedAt"], "2026-11-23T05:27:25Z");
    let data = BTreeMap::from([("TAOS_KEEP".to_owned(), "7".to_owned())]);
    fixture.cluster.patch_config_map("taoscfg", &data).await.unwrap();
    let map: Arc<ConfigMap> = fixture.store.get("trial", "taoscfg").unwrap();
    let data = map.data.as_ref().unwrap();
    assert_eq!((data["TAOS_KEEP"].as_str(), data["CLUSTER"].as_str()), ("7", "1"));
    assert!(fixture.cluster.scale("other", 1).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_deletion_waits_for_this_very_pod() {
    let fixture = fixture();
    let pod = fixture.pod("tdengine-0", true);
    let store = fixture.store.clone();
    tokio::spawn(async move {
        sleep(seconds(31)).await;
        let uid = pod.metadata.uid.clone().unwrap();
        assert!(store.remove::<Pod>("trial", "tdengine-0", &uid));
        // Its successor does not count.
        let mut next = Pod::clone(&pod);
        next.metadata.uid = None;
        next.metadata.resource_version = None;
        store.create::<Pod>(&next).unwrap();
    });
    let started = Instant::now();
    fixture.cluster.delete_pod("tdengine-0", None, true).await.unwrap();
    assert_eq!(started.elapsed(), seconds(31));
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_does_not_end_is_told() {
    let fixture = fixture();
    fixture.pod("tdengine-0", true);
    let started = Instant::now();
    let target: Target = "pod/tdengine-0".parse().unwrap();
    let error = fixture.cluster.delete(&target, true).await.unwrap_err();
    assert_eq!(started.elapsed(), Limits::default().delete);
    assert!(error.is_timeout() && error.to_string().contains("tdengine-0 still exists"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_a_cluster_publishes_everywhere_is_not_ours() {
    let fixture = fixture();
    fixture.cluster.apply(&document()).await.unwrap();
    let mut published = ConfigMap::default();
    published.metadata.name = Some("openshift-service-ca.crt".into());
    published.metadata.namespace = Some("trial".into());
    fixture.store.create(&published).unwrap();
    assert_eq!(fixture.cluster.names(Kind::ConfigMap, "").await.unwrap(), ["taoscfg"]);
}

#[tokio::test(start_paused = true)]
async fn objects_are_deleted_by_label() {
    let fixture = fixture();
    fixture.cluster.apply(&document()).await.unwrap();
    let target: Target = "statefulset -l app=tdengine".parse().unwrap();
    assert_eq!(fixture.cluster.delete(&target, true).await.unwrap(), ["tdengine"]);
    assert_eq!(fixture.cluster.delete(&target, true).await.unwrap(), [] as [&str; 0]);
    assert!(fixture.cluster.names(Kind::StatefulSet, "").await.unwrap().is_empty());
    let target: Target = "statefulset/tdengine".parse().unwrap();
    assert!(fixture.cluster.delete(&target, true).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_the_change_that_it_waits_for() {
    let fixture = fixture();
    fixture.pod("tdengine-0", false);
    let started = Instant::now();
    let (cluster, name) = (fixture.cluster.clone(), "tdengine-0 ready");
    let waiting = tokio::spawn(async move {
        let ready =
            cluster.wait(name, seconds(600), |seen| seen.pods.get("tdengine-0").filter(|pod| pod.ready).cloned());
        (ready.await, Instant::now())
    });
    // Longer than any watch lives.
    sleep(seconds(400)).await;
    fixture.set_ready("tdengine-0");
    let (pod, at) = waiting.await.unwrap();
    let pod = pod.unwrap();
    assert_eq!(at - started, seconds(400));
    assert_eq!((pod.to_string().as_str(), pod.restarts, pod.ip.as_deref()), ("Running 1/1", 1, Some("10.244.0.5")));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_ends_without_says_what_was_seen() {
    let fixture = fixture();
    fixture.pod("tdengine-0", true);
    let error = fixture.cluster.wait("two pods", seconds(60), |seen| (seen.pods.len() == 2).then_some(())).await;
    let text = error.unwrap_err().to_string();
    assert_eq!(text, "wait: not within 60s (two pods); last seen: tdengine-0 Running 1/1");
}

#[tokio::test(start_paused = true)]
async fn a_watch_tells_every_state_once() {
    let fixture = fixture();
    let mut watch = fixture.cluster.watch();
    assert!(watch.changed().await.unwrap().pods.is_empty());
    let pod = fixture.pod("tdengine-0", false);
    assert_eq!(watch.changed().await.unwrap().pods["tdengine-0"].to_string(), "Pending 0/1");
    fixture.set_ready("tdengine-0");
    assert!(watch.changed().await.unwrap().pods["tdengine-0"].ready);
    fixture.remove(&pod);
    assert!(watch.changed().await.unwrap().pods.is_empty());
    assert_eq!(*watch.snapshot(), fixture.cluster.snapshot().await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn only_our_namespaces_are_touched() {
    let fixture = fixture();
    fixture.cluster.ensure_namespace().await.unwrap();
    let now = fixture.cluster.now();
    let other =
        |name: &str| Cluster::new(fixture.cluster.client().clone(), name, Limits::default(), Arc::new(move || now));
    other("fresh").ensure_namespace().await.unwrap();
    let made: Arc<Namespace> = fixture.store.get("", "fresh").unwrap();
    assert_eq!(made.metadata.labels.as_ref().unwrap()["app.kubernetes.io/managed-by"], "seatrial");
    let theirs = serde_json::from_value(serde_json::json!({ "metadata": { "name": "theirs" } })).unwrap();
    fixture.store.create::<Namespace>(&theirs).unwrap();
    for error in [other("theirs").ensure_namespace().await, other("theirs").delete_namespace().await] {
        assert!(error.unwrap_err().to_string().contains("was not made by seatrial"));
    }
    assert!(fixture.store.get::<Namespace>("", "theirs").unwrap().metadata.deletion_timestamp.is_none());
    other("absent").delete_namespace().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn diagnostics_hold_what_a_person_would_look_at() {
    let fixture = fixture_with(Limits { query: seconds(5), ..Limits::default() });
    fixture.cluster.apply(&document()).await.unwrap();
    fixture.pod("tdengine-0", true);
    fixture.pod("tdengine-1", false);
    for _ in ["cat taos.cfg", "env", "getent hosts", "taos -s 'show dnodes'"] {
        fixture.play(Script::Hang);
    }
    let seen = fixture.cluster.diagnostics().await;
    let titles: Vec<&str> = seen.iter().map(|seen| seen.title.as_str()).collect();
    for title in [
        "pods",
        "statefulsets",
        "services",
        "endpointslices",
        "events",
        "pod tdengine-0",
        "show dnodes in tdengine-0",
        "log of tdengine-0/tdengine before its restart",
    ] {
        assert!(titles.contains(&title), "{title} is not among {titles:?}");
    }
    let pods = seen.iter().find(|seen| seen.title == "pods").unwrap();
    assert!(pods.text.starts_with("NAME         READY   STATUS    RESTARTS   IP"), "{}", pods.text);
    assert_eq!(pods.table.as_ref().unwrap().rows.len(), 2);
    assert!(seen.iter().all(|seen| !seen.text.contains("hunter2") && !seen.text.contains('\u{1b}')));
    let hung = seen.iter().find(|seen| seen.title == "show dnodes in tdengine-0").unwrap();
    assert!(hung.kind == EvidenceKind::Command && hung.text.contains("not within 5s"), "{}", hung.text);
}

#[tokio::test(start_paused = true)]
async fn diagnostics_end_in_time() {
    let fixture = fixture_with(Limits { diagnostics: seconds(10), ..Limits::default() });
    fixture.pod("tdengine-0", true);
    fixture.play(Script::Hang);
    let started = Instant::now();
    let seen = fixture.cluster.diagnostics().await;
    assert_eq!(started.elapsed(), seconds(10));
    assert!(seen.last().unwrap().text.contains("ran out") && seen.iter().any(|seen| seen.title == "pods"));
}
