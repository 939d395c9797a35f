//! Pods on a node: restarts, images, configuration, grace, probes, logs, exec.

use std::time::Duration;

use crate::common::{cluster, cluster_with, pod, set_flag};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use seatrial_apiserver::{Deletion, NodeAgent};
use seatrial_sim::Defect;
use serde_json::json;
use tokio::time::{Instant, sleep};

#[tokio::test(start_paused = true)]
async fn a_crashing_container_is_restarted_after_0_10_20_40_seconds() {
    let cluster = cluster();
    cluster.create::<Pod>(pod(json!({ "env": [{ "name": "CRASH_AFTER_MS", "value": "2000" }] }), json!({})));
    let mut at = Vec::new();
    for restarts in 1..=5 {
        cluster
            .until("restart", || {
                (cluster.restarts("one") == restarts && cluster.state("one") == "Running").then_some(())
            })
            .await;
        at.push(cluster.seconds());
        if restarts == 3 {
            cluster.until("back-off", || (cluster.state("one") == "CrashLoopBackOff").then_some(())).await;
            let status = cluster.pod("one").unwrap().status.unwrap();
            let last = status.container_statuses.unwrap().remove(0).last_state.unwrap().terminated.unwrap();
            assert_eq!((last.exit_code, last.reason.as_deref()), (1, Some("Error")));
            assert_eq!(status.phase.as_deref(), Some("Running"));
        }
    }
    let gaps: Vec<_> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // Each also has 2 s of life, and what noticing and starting take.
    for (gap, backoff) in gaps.iter().zip([10.0, 20.0, 40.0, 80.0]) {
        assert!((backoff + 2.3..backoff + 5.0).contains(gap), "{gaps:?}");
    }
    assert!(!cluster.events("BackOff").is_empty());
    let previous = cluster.kubelet.logs("default", "one", None, true).unwrap().log.entries(0);
    assert_eq!(previous[0].line, "start 4 of one");
}

#[tokio::test(start_paused = true)]
async fn a_pod_whose_process_ignores_the_signal_dies_after_its_grace() {
    let cluster = cluster();
    cluster.create::<Pod>(pod(json!({ "env": [{ "name": "IGNORE_TERM", "value": "1" }] }), json!({})));
    cluster.until_ready("one").await;
    let ip = cluster.pod("one").unwrap().status.unwrap().pod_ip.unwrap();
    let asked = Instant::now();
    cluster.store.delete::<Pod>("default", "one", Deletion::default()).unwrap();
    sleep(Duration::from_secs(29)).await;
    assert!(cluster.is_ready("one"), "a terminating pod stays ready until it ends");
    cluster.until("gone", || cluster.pod("one").is_none().then_some(())).await;
    let took = asked.elapsed().as_secs_f64();
    assert!((30.5..32.5).contains(&took), "{took}");
    let ip = ip.parse().unwrap();
    assert!(
        cluster.world.network.connect(ip, ip, 1).is_err_and(|error| error == seatrial_sim::ConnectError::Unreachable)
    );

    cluster.create::<Pod>(pod(json!({}), json!({})));
    cluster.until_ready("one").await;
    let asked = Instant::now();
    cluster.store.delete::<Pod>("default", "one", Deletion::default()).unwrap();
    cluster.until("gone", || cluster.pod("one").is_none().then_some(())).await;
    assert!(asked.elapsed() < Duration::from_secs(3), "an obedient process goes at once");
}

#[tokio::test(start_paused = true)]
async fn a_second_deletion_shortens_the_grace() {
    let cluster = cluster();
    cluster.create::<Pod>(pod(json!({ "env": [{ "name": "IGNORE_TERM", "value": "1" }] }), json!({})));
    cluster.until_ready("one").await;
    cluster.store.delete::<Pod>("default", "one", Deletion::default()).unwrap();
    sleep(Duration::from_secs(5)).await;
    let how = Deletion { grace_seconds: Some(8), ..Deletion::default() };
    cluster.store.delete::<Pod>("default", "one", how).unwrap();
    let asked = Instant::now();
    cluster.until("gone", || cluster.pod("one").is_none().then_some(())).await;
    assert!((2.0..6.0).contains(&asked.elapsed().as_secs_f64()), "{:?}", asked.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_image_is_pulled_with_back_off() {
    let cluster = cluster();
    cluster.create::<Pod>(pod(json!({ "image": "nowhere/nothing:9" }), json!({})));
    cluster.until("first failure", || (cluster.state("one") == "ErrImagePull").then_some(())).await;
    cluster.until("back-off", || (cluster.state("one") == "ImagePullBackOff").then_some(())).await;
    sleep(Duration::from_secs(400)).await;
    let pulls = cluster.events("Pulling").remove(0).count.unwrap();
    // At about 0, 12, 34, 76, 158 and 320 seconds.
    assert!((5..=7).contains(&pulls), "{pulls}");
    assert_eq!(cluster.pod("one").unwrap().status.unwrap().phase.as_deref(), Some("Pending"));
    let error = cluster.kubelet.logs("default", "one", None, false).err().unwrap();
    assert!(error.message.contains("trying and failing to pull image"), "{}", error.message);

    let never = crate::common::cluster();
    never.create::<Pod>(pod(json!({ "image": "nowhere", "imagePullPolicy": "Never" }), json!({})));
    never.until("never", || (never.state("one") == "ErrImageNeverPull").then_some(())).await;
}

#[tokio::test(start_paused = true)]
async fn the_environment_is_expanded_and_a_missing_config_map_holds_the_container() {
    let cluster = cluster();
    let env = json!({
        "envFrom": [{ "configMapRef": { "name": "settings" } }],
        "env": [
            { "name": "POD_NAME", "valueFrom": { "fieldRef": { "fieldPath": "metadata.name" } } },
            { "name": "POD_IP", "valueFrom": { "fieldRef": { "fieldPath": "status.podIP" } } },
            { "name": "CORES", "valueFrom": { "resourceFieldRef": { "resource": "limits.cpu" } } },
            { "name": "EP", "value": "$(POD_NAME)-0.$(SERVICE).$(NOT_THERE)" },
        ],
    });
    cluster.create::<Pod>(pod(env, json!({})));
    cluster.until("error", || (cluster.state("one") == "CreateContainerConfigError").then_some(())).await;
    let map = json!({ "metadata": { "name": "settings", "namespace": "default" }, "data": { "SERVICE": "taosd" } });
    cluster.create::<ConfigMap>(map);
    cluster.until_ready("one").await;
    let ip = cluster.pod("one").unwrap().status.unwrap().pod_ip.unwrap();
    for (name, value) in [
        ("EP", "one-0.taosd.$(NOT_THERE)"),
        ("POD_IP", ip.as_str()),
        ("CORES", "2"),
        ("HOSTNAME", "one"),
        ("KUBERNETES_SERVICE_HOST", "10.96.0.1"),
    ] {
        assert_eq!(cluster.run("one", &["env", name]).await, (Some(0), value.to_owned()), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn probes_gate_restart_and_report() {
    let cluster = cluster();
    let probes = json!({
        "startupProbe": { "exec": { "command": ["ready-after", "25"] }, "periodSeconds": 10, "failureThreshold": 10 },
        "readinessProbe": { "exec": { "command": ["flag", "x"] }, "periodSeconds": 5 },
        "livenessProbe": { "exec": { "command": ["flag", "x"] }, "periodSeconds": 20, "failureThreshold": 2 },
    });
    set_flag(true);
    cluster.create::<Pod>(pod(probes, json!({ "terminationGracePeriodSeconds": 5 })));
    cluster.until_ready("one").await;
    let ready = cluster.seconds();
    // The startup probe first passes at the tick after 25 s; readiness follows at once.
    assert!((27.0..40.0).contains(&ready), "{ready}");
    set_flag(false);
    let lost = Instant::now();
    cluster.until("not ready", || (!cluster.is_ready("one")).then_some(())).await;
    assert!((10.0..20.0).contains(&lost.elapsed().as_secs_f64()), "{:?}", lost.elapsed());
    cluster.until("restart", || (cluster.restarts("one") == 1).then_some(())).await;
    assert!(lost.elapsed() < Duration::from_secs(50), "{:?}", lost.elapsed());
    let killing = cluster.events("Killing").remove(0);
    assert_eq!(killing.message.as_deref(), Some("Container c failed liveness probe, will be restarted"));
    set_flag(true);
}

#[tokio::test(start_paused = true)]
async fn a_closed_port_is_not_alive() {
    let cluster = cluster();
    let probe = json!({ "livenessProbe": { "tcpSocket": { "port": 6030 }, "periodSeconds": 10 } });
    cluster.create::<Pod>(pod(probe, json!({})));
    cluster.until("restart", || (cluster.restarts("one") == 1).then_some(())).await;
    let event = cluster.events("Unhealthy").remove(0);
    let message = event.message.unwrap();
    assert!(message.ends_with(":6030: connect: connection refused"), "{message}");
    assert_eq!(event.count, Some(3));
}

#[tokio::test(start_paused = true)]
async fn init_containers_run_first_and_restart_policies_hold() {
    let cluster = cluster();
    let init = json!({
        "restartPolicy": "OnFailure",
        "initContainers": [{ "name": "i", "image": "app:1", "env": [
            { "name": "CRASH_AFTER_MS", "value": "3000" }, { "name": "EXIT", "value": "0" }] }],
    });
    let main = json!({ "env": [{ "name": "CRASH_AFTER_MS", "value": "1000" }, { "name": "EXIT", "value": "0" }] });
    cluster.create::<Pod>(pod(main, init));
    cluster.until("initializing", || (cluster.state("one") == "PodInitializing").then_some(())).await;
    let phase = || cluster.pod("one").unwrap().status.unwrap().phase.unwrap();
    cluster.until("done", || (phase() == "Succeeded").then_some(())).await;
    assert!((4.0..9.0).contains(&cluster.seconds()), "{}", cluster.seconds());
    assert_eq!(cluster.state("one"), "Completed");
    assert_eq!(cluster.run("one", &["env", "X"]).await.0, None);

    let failing = crate::common::cluster();
    let main = json!({ "env": [{ "name": "CRASH_AFTER_MS", "value": "1000" }] });
    failing.create::<Pod>(pod(main, json!({ "restartPolicy": "Never" })));
    let phase = || failing.pod("one").unwrap().status.unwrap().phase.unwrap();
    failing.until("failed", || (phase() == "Failed").then_some(())).await;
    assert_eq!(failing.restarts("one"), 0);
}

#[tokio::test(start_paused = true)]
async fn config_map_files_follow_their_object() {
    let cluster = cluster();
    let map = json!({ "metadata": { "name": "files", "namespace": "default" }, "data": { "a.cfg": "one" } });
    cluster.create::<ConfigMap>(map);
    let spec = json!({ "volumes": [{ "name": "v", "configMap": { "name": "files" } }] });
    cluster.create::<Pod>(pod(json!({ "volumeMounts": [{ "name": "v", "mountPath": "/etc/app" }] }), spec));
    cluster.until_ready("one").await;
    assert_eq!(cluster.run("one", &["cat", "/etc/app", "a.cfg"]).await.1, "one");
    cluster
        .store
        .modify::<ConfigMap>("default", "files", |map| {
            map.data.as_mut().unwrap().insert("a.cfg".into(), "two".into());
        })
        .unwrap();
    sleep(Duration::from_secs(5)).await;
    assert_eq!(cluster.run("one", &["cat", "/etc/app", "a.cfg"]).await.1, "one");
    sleep(Duration::from_secs(90)).await;
    assert_eq!(cluster.run("one", &["cat", "/etc/app", "a.cfg"]).await.1, "two");
    assert_eq!(cluster.restarts("one"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_command_ends_with_its_container_and_errors_name_the_container() {
    let cluster = cluster();
    cluster.create::<Pod>(pod(json!({}), json!({})));
    cluster.until_ready("one").await;
    let victim = cluster.store.clone();
    tokio::spawn(async move {
        sleep(Duration::from_secs(3)).await;
        victim.delete::<Pod>("default", "one", Deletion::default()).unwrap();
    });
    assert_eq!(cluster.run("one", &["sleep", "1000"]).await.0, Some(137));
    let error = cluster.kubelet.logs("default", "none", None, false).err().unwrap();
    assert_eq!((error.code, error.message.as_str()), (404, "pods \"none\" not found"));
}

#[tokio::test(start_paused = true)]
async fn planted_defects_show() {
    let cluster = cluster_with(0, &[Defect::NoRestart]);
    cluster.create::<Pod>(pod(json!({ "env": [{ "name": "CRASH_AFTER_MS", "value": "2000" }] }), json!({})));
    cluster.until("ended", || (cluster.state("one") == "Error").then_some(())).await;
    sleep(Duration::from_secs(300)).await;
    assert_eq!((cluster.restarts("one"), cluster.state("one").as_str()), (0, "Error"));

    let changed = cluster_with(0, &[Defect::ConfigChangeRestarts]);
    let map = json!({ "metadata": { "name": "settings", "namespace": "default" }, "data": { "A": "1" } });
    changed.create::<ConfigMap>(map);
    changed.create::<Pod>(pod(json!({ "envFrom": [{ "configMapRef": { "name": "settings" } }] }), json!({})));
    changed.until_ready("one").await;
    sleep(Duration::from_secs(60)).await;
    changed
        .store
        .modify::<ConfigMap>("default", "settings", |map| {
            map.data.as_mut().unwrap().insert("A".into(), "2".into());
        })
        .unwrap();
    changed.until("deleted", || changed.pod("one").is_none().then_some(())).await;
}

#[test]
fn a_cluster_is_gone_with_its_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let image = runtime.block_on(async {
        let cluster = cluster();
        cluster.create::<Pod>(pod(json!({}), json!({})));
        cluster.until_ready("one").await;
        cluster.image
    });
    assert!(image.upgrade().is_some());
    drop(runtime);
    assert!(image.upgrade().is_none(), "something that is running keeps itself alive");
}
