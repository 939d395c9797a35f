use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::Instant,
};

use crate::fake::{cluster, pod};

#[tokio::test(start_paused = true)]
async fn requests_go_through_forwarded_ports() {
    let cluster = cluster();
    cluster.store.create(&pod("a")).unwrap();
    let pods: Api<Pod> = Api::default_namespaced(cluster.client.clone());
    let start = Instant::now();
    for _ in 0..20 {
        let mut forward = pods.portforward("a", &[6041]).await.unwrap();
        let mut stream = forward.take_stream(6041).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert!(answer.ends_with(b"\r\n\r\nhello"));
        drop(stream);
        forward.abort();
    }
    assert_eq!(start.elapsed(), Duration::from_millis(60));
}

#[tokio::test(start_paused = true)]
async fn a_port_that_nobody_listens_on_is_an_error_of_the_port() {
    let cluster = cluster();
    cluster.store.create(&pod("a")).unwrap();
    let pods: Api<Pod> = Api::default_namespaced(cluster.client.clone());
    let mut forward = pods.portforward("a", &[6041, 1]).await.unwrap();
    let error = forward.take_error(1).unwrap().await.unwrap();
    assert!(error.contains("error forwarding port 1 to pod a") && error.ends_with("connection refused"), "{error}");
    let mut stream = forward.take_stream(6041).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
}
