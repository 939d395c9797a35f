use std::time::Duration;

use futures::{AsyncBufReadExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Error, api::LogParams};

use crate::fake::{cluster, pod};

#[tokio::test(start_paused = true)]
async fn logs_are_cut_as_asked() {
    let cluster = cluster();
    cluster.store.create(&pod("a")).unwrap();
    let pods: Api<Pod> = Api::default_namespaced(cluster.client.clone());
    cluster.log.out("one");
    tokio::time::sleep(Duration::from_millis(10_500)).await;
    cluster.log.err("two");
    cluster.log.out("three");
    let logs = async |params: LogParams| pods.logs("a", &params).await.unwrap();
    assert_eq!(logs(LogParams::default()).await, "one\ntwo\nthree\n");
    assert_eq!(logs(LogParams { tail_lines: Some(1), ..LogParams::default() }).await, "three\n");
    assert_eq!(logs(LogParams { since_seconds: Some(5), ..LogParams::default() }).await, "two\nthree\n");
    assert_eq!(logs(LogParams { limit_bytes: Some(5), ..LogParams::default() }).await, "one\nt");
    let stamped = logs(LogParams { timestamps: true, tail_lines: Some(1), ..LogParams::default() }).await;
    assert_eq!(stamped, "2021-06-30T08:00:10.500000000Z three\n");
    let refused = pods.logs("a", &LogParams { previous: true, ..LogParams::default() }).await.unwrap_err();
    assert!(matches!(refused, Error::Api(status) if status.code == 400));
    let refused = pods.logs("a", &LogParams { since_seconds: Some(-5), ..LogParams::default() }).await.unwrap_err();
    assert!(matches!(refused, Error::Api(status) if status.code == 422));
}

#[tokio::test(start_paused = true)]
async fn a_follower_sees_what_comes_until_the_container_ends() {
    let cluster = cluster();
    cluster.store.create(&pod("a")).unwrap();
    let pods: Api<Pod> = Api::default_namespaced(cluster.client.clone());
    cluster.log.out("before");
    let params = LogParams { follow: true, ..LogParams::default() };
    let mut lines = pods.log_stream("a", &params).await.unwrap().lines();
    let (log, ended) = (cluster.log.clone(), cluster.ended.clone());
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(3)).await;
        log.out("after");
        ended.notify_one();
    });
    assert_eq!(lines.try_next().await.unwrap().as_deref(), Some("before"));
    assert_eq!(lines.try_next().await.unwrap().as_deref(), Some("after"));
    assert_eq!(lines.try_next().await.unwrap(), None);
}
