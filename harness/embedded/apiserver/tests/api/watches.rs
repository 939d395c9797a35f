use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, ResourceExt,
    api::{WatchEvent, WatchParams},
    runtime::{WatchStreamExt, wait::await_condition, watcher},
};
use proptest::prelude::*;
use seatrial_apiserver::{Deletion, Store};
use serde_json::json;

use crate::fake::{cluster, pod};

fn map(name: &str, value: u32) -> ConfigMap {
    serde_json::from_value(
        json!({"metadata": {"name": name, "namespace": "default", "labels": {"n": value.to_string()}},
        "data": {"n": value.to_string()}}),
    )
    .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_watch_replays_from_a_version_and_follows() {
    let cluster = cluster();
    let maps: Api<ConfigMap> = Api::default_namespaced(cluster.client.clone());
    let start = cluster.store.create(&map("a", 0)).unwrap().resource_version().unwrap();
    cluster.store.modify::<ConfigMap>("default", "a", |map| map.data = None).unwrap();
    cluster.store.create(&map("b", 1)).unwrap();
    let mut events = maps.watch(&WatchParams::default().timeout(100), &start).await.unwrap().boxed();
    let store = cluster.store.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(65)).await;
        store.delete::<ConfigMap>("default", "a", Deletion::default()).unwrap();
    });
    let mut seen = Vec::new();
    while let Some(event) = events.try_next().await.unwrap() {
        seen.push(match event {
            WatchEvent::Added(map) => format!("+{}", map.name_any()),
            WatchEvent::Modified(map) => format!("~{}", map.name_any()),
            WatchEvent::Deleted(map) => format!("-{}", map.name_any()),
            WatchEvent::Bookmark(mark) => format!("at {}", mark.metadata.resource_version),
            WatchEvent::Error(error) => panic!("{error}"),
        });
    }
    assert_eq!(seen, ["~a", "+b", "at 5", "-a"]);
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_forgotten_is_gone() {
    let cluster = cluster();
    let maps: Api<ConfigMap> = Api::default_namespaced(cluster.client.clone());
    let start = cluster.store.create(&map("a", 0)).unwrap().resource_version().unwrap();
    for value in 1..=1_200 {
        cluster
            .store
            .modify::<ConfigMap>("default", "a", |map| {
                map.data = Some(BTreeMap::from([("n".into(), value.to_string())]));
            })
            .unwrap();
    }
    let mut events = maps.watch(&WatchParams::default(), &start).await.unwrap().boxed();
    let event = events.try_next().await.unwrap().unwrap();
    assert!(matches!(event, WatchEvent::Error(status) if status.code == 410 && status.reason == "Expired"));
    assert!(events.try_next().await.unwrap().is_none());
    // kube's watcher lists again by itself.
    let config = watcher::Config::default();
    let found = watcher(maps, config).applied_objects().boxed().try_next().await.unwrap();
    assert_eq!(found.unwrap().name_any(), "a");
}

#[tokio::test(start_paused = true)]
async fn objects_that_start_or_stop_matching_appear_and_disappear() {
    let cluster = cluster();
    let maps: Api<ConfigMap> = Api::default_namespaced(cluster.client.clone());
    cluster.store.create(&map("a", 0)).unwrap();
    let mut events = maps.watch(&WatchParams::default().labels("n=1"), "0").await.unwrap().boxed();
    let relabel = |value: &str| {
        let labels = BTreeMap::from([("n".to_owned(), value.to_owned())]);
        cluster.store.modify::<ConfigMap>("default", "a", |map| map.metadata.labels = Some(labels)).unwrap();
    };
    relabel("1");
    assert!(matches!(events.try_next().await.unwrap(), Some(WatchEvent::Added(_))));
    relabel("2");
    assert!(matches!(events.try_next().await.unwrap(), Some(WatchEvent::Deleted(_))));
}

#[tokio::test(start_paused = true)]
async fn waiting_takes_exactly_as_long_as_what_it_waits_for() {
    let cluster = cluster();
    let maps: Api<ConfigMap> = Api::default_namespaced(cluster.client.clone());
    cluster.store.create(&map("a", 0)).unwrap();
    let store = cluster.store.clone();
    tokio::spawn(async move {
        for value in 1..=20 {
            tokio::time::sleep(Duration::from_secs(65)).await;
            store
                .modify::<ConfigMap>("default", "a", |map| {
                    map.data = Some(BTreeMap::from([("n".into(), value.to_string())]));
                })
                .unwrap();
        }
    });
    let start = tokio::time::Instant::now();
    let done = |map: Option<&ConfigMap>| map.and_then(|map| map.data.as_ref()).is_some_and(|data| data["n"] == "20");
    await_condition(maps, "a", done).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(1300));
}

#[tokio::test(start_paused = true)]
async fn a_streaming_list_ends_with_a_bookmark() {
    let cluster = cluster();
    cluster.store.create(&pod("a")).unwrap();
    let pods: Api<k8s_openapi::api::core::v1::Pod> = Api::default_namespaced(cluster.client.clone());
    let config = watcher::Config::default().streaming_lists();
    let mut events = watcher(pods, config).boxed();
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(match events.try_next().await.unwrap().unwrap() {
            watcher::Event::Init => "init",
            watcher::Event::InitApply(_) => "apply",
            watcher::Event::InitDone => "done",
            _ => "other",
        });
    }
    assert_eq!(seen, ["init", "apply", "done"]);
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8, u32),
    Delete(u8),
}

fn play(store: &Store, step: &Step) {
    match step {
        Step::Put(name, value) => {
            let object = map(&format!("m{name}"), *value);
            let changed = store.modify::<ConfigMap>("default", &format!("m{name}"), |map| {
                map.data.clone_from(&object.data);
                map.metadata.labels.clone_from(&object.metadata.labels);
            });
            if changed.is_err() {
                store.create(&object).unwrap();
            }
        }
        Step::Delete(name) => {
            let _ = store.delete::<ConfigMap>("default", &format!("m{name}"), Deletion::default());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// A list plus the changes after it is the list after them, whatever is selected.
    #[test]
    fn replaying_a_watch_gives_the_list(
        steps in prop::collection::vec(prop_oneof![
            (0..5_u8, 0..3_u32).prop_map(|(name, value)| Step::Put(name, value)),
            (0..5_u8).prop_map(Step::Delete),
        ], 0..60),
        cut in 0..60_usize,
        selector in prop_oneof![Just(""), Just("n=1"), Just("n!=2")],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let cluster = cluster();
            let maps: Api<ConfigMap> = Api::default_namespaced(cluster.client.clone());
            let params = kube::api::ListParams::default().labels(selector);
            let (before, after) = steps.split_at(cut.min(steps.len()));
            for step in before {
                play(&cluster.store, step);
            }
            let list = maps.list(&params).await.unwrap();
            let mut known: BTreeMap<_, _> = list.items.into_iter().map(|map| (map.name_any(), map)).collect();
            for step in after {
                play(&cluster.store, step);
            }
            let watch = WatchParams::default().labels(selector).timeout(1);
            let mut events = maps.watch(&watch, &list.metadata.resource_version.unwrap()).await.unwrap().boxed();
            while let Some(event) = events.try_next().await.unwrap() {
                match event {
                    WatchEvent::Added(map) => assert!(known.insert(map.name_any(), map).is_none()),
                    WatchEvent::Modified(map) => assert!(known.insert(map.name_any(), map).is_some()),
                    WatchEvent::Deleted(map) => assert!(known.remove(&map.name_any()).is_some()),
                    WatchEvent::Bookmark(_) => {}
                    WatchEvent::Error(error) => panic!("{error}"),
                }
            }
            let list = maps.list(&params).await.unwrap();
            assert_eq!(known.into_values().collect::<Vec<_>>(), list.items);
        });
    }
}
