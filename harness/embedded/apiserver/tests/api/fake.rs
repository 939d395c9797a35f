use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::{Client, api::DynamicObject};
use seatrial_apiserver::{ApiError, ApiOptions, ApiServer, ClientService, ContainerLogView, NodeAgent, Store};
use seatrial_sim::{Clock, ContainerLog, ExecIo, ExitStatus, World};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// A kubelet whose containers know a few commands.
pub struct FakeAgent {
    pub log: ContainerLog,
    pub ended: Arc<tokio::sync::Notify>,
}

impl NodeAgent for FakeAgent {
    fn exec(
        &self,
        _: &str,
        pod: &str,
        container: Option<&str>,
        mut io: ExecIo,
    ) -> Result<BoxFuture<'static, ExitStatus>, ApiError> {
        if pod == "pending" {
            return Err(ApiError::new(500, "InternalError", format!("container not found ({container:?})")));
        }
        Ok(async move {
            let word = |at: usize| io.argv.get(at).cloned().unwrap_or_default();
            let number = word(1).parse::<u64>().unwrap_or(0);
            match word(0).as_str() {
                "both" => {
                    io.stdout.write_all(b"out\n").await.unwrap();
                    if let Some(stderr) = &mut io.stderr {
                        stderr.write_all(b"err\n").await.unwrap();
                    }
                    ExitStatus::code(u8::try_from(number).unwrap())
                }
                "cat" => {
                    let mut stdin = io.stdin.take().unwrap();
                    tokio::io::copy(&mut stdin, &mut io.stdout).await.unwrap();
                    ExitStatus::SUCCESS
                }
                "greet" => {
                    let mut stdin = io.stdin.take().unwrap();
                    io.stdout.write_all(b"name? ").await.unwrap();
                    let mut buffer = [0; 64];
                    let length = stdin.read(&mut buffer).await.unwrap();
                    io.stdout.write_all(b"hello ").await.unwrap();
                    io.stdout.write_all(&buffer[..length]).await.unwrap();
                    io.stdout.write_all(b"\r\n").await.unwrap();
                    ExitStatus::SUCCESS
                }
                "big" => {
                    let chunk = vec![b'x'; 1024];
                    for _ in 0..number {
                        io.stdout.write_all(&chunk).await.unwrap();
                        io.stderr.as_mut().unwrap().write_all(&chunk).await.unwrap();
                    }
                    ExitStatus::SUCCESS
                }
                "sleep" => {
                    tokio::time::sleep(Duration::from_secs(number)).await;
                    ExitStatus::SUCCESS
                }
                _ => ExitStatus::code(127),
            }
        }
        .boxed())
    }

    fn logs(&self, _: &str, _: &str, _: Option<&str>, previous: bool) -> Result<ContainerLogView, ApiError> {
        if previous {
            return Err(ApiError::bad_request("previous terminated container \"a\" in pod \"a\" not found"));
        }
        let ended = Arc::clone(&self.ended);
        Ok(ContainerLogView { log: self.log.clone(), ended: async move { ended.notified().await }.boxed() })
    }

    fn forward(&self, _: &str, _: &str, port: u16) -> Result<DuplexStream, ApiError> {
        if port != 6041 {
            return Err(ApiError::new(
                500,
                "InternalError",
                format!("error forwarding port {port} to pod a: connection refused"),
            ));
        }
        let (near, mut far) = tokio::io::duplex(4096);
        tokio::spawn(async move {
            // A toy HTTP server: answers each request, then closes.
            let mut request = Vec::new();
            let mut buffer = [0; 1024];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                let length = far.read(&mut buffer).await.unwrap_or(0);
                if length == 0 {
                    return;
                }
                request.extend_from_slice(&buffer[..length]);
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
            let _ = far.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello").await;
        });
        Ok(near)
    }
}

pub struct Cluster {
    pub store: Store,
    pub client: Client,
    pub log: ContainerLog,
    pub ended: Arc<tokio::sync::Notify>,
    pub server: ApiServer,
}

/// A cluster with namespace `default` and nothing else. Must be called in a runtime.
pub fn cluster() -> Cluster {
    let clock = Clock::starting_at("2021-06-30T08:00:00Z".parse().unwrap());
    let store = Store::new(World::new(clock, 1));
    let namespace = Namespace {
        metadata: kube::api::ObjectMeta { name: Some("default".into()), ..Default::default() },
        ..Namespace::default()
    };
    store.create(&namespace).unwrap();
    let log = ContainerLog::new(clock);
    let ended = Arc::new(tokio::sync::Notify::new());
    let agent = FakeAgent { log: log.clone(), ended: Arc::clone(&ended) };
    let server = ApiServer::new(store.clone(), Arc::new(agent), ApiOptions::default());
    let client = Client::new(ClientService::new(server.clone()), "default");
    Cluster { store, client, log, ended, server }
}

pub fn pod(name: &str) -> Pod {
    serde_json::from_value(json!({
        "metadata": {"name": name, "namespace": "default", "labels": {"app": "tdengine"}},
        "spec": {"nodeName": "n", "containers": [{"name": "a", "image": "a:1"}]},
        "status": {"phase": "Running", "containerStatuses": [
            {"name": "a", "ready": true, "image": "a:1", "imageID": "", "restartCount": 0, "state": {"running": {}}}],
            "conditions": [{"type": "Ready", "status": "True"}]}
    }))
    .unwrap()
}

pub fn set() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "tdengine", "namespace": "default", "labels": {"app": "tdengine"}},
        "spec": {
            "serviceName": "taosd", "replicas": 2, "selector": {"matchLabels": {"app": "tdengine"}},
            "template": {
                "metadata": {"labels": {"app": "tdengine"}},
                "spec": {"containers": [{
                    "name": "tdengine", "image": "tdengine/tdengine:2.1.1.0",
                    "ports": [{"name": "tcp6030", "containerPort": 6030}, {"name": "udp6030", "containerPort": 6030, "protocol": "UDP"}],
                    "env": [{"name": "TZ", "value": "UTC"}],
                    "volumeMounts": [{"name": "taosdata", "mountPath": "/var/lib/taos"}],
                }]},
            },
            "volumeClaimTemplates": [{
                "metadata": {"name": "taosdata"},
                "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "standard",
                    "resources": {"requests": {"storage": "10Gi"}}},
            }],
        },
    })
}

/// Sends a request as it is and reads the answer as JSON.
pub async fn raw(
    cluster: &Cluster,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> (u16, Value, BTreeMap<String, String>) {
    use http_body_util::BodyExt;
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = request.body(http_body_util::Full::new(bytes::Bytes::from(body))).unwrap();
    let answer = cluster.server.handle(request).await;
    let (parts, body) = answer.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let headers = parts.headers.iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    (parts.status.as_u16(), serde_json::from_slice(&bytes).unwrap_or(Value::Null), headers)
}

pub fn dynamic(value: Value) -> DynamicObject {
    serde_json::from_value(value).unwrap()
}
