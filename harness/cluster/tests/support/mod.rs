//! An API server in the same process, whose pods do what a test says.
#![allow(dead_code, reason = "each test uses a part")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Namespace, Pod};
use seatrial_apiserver::{ApiError, ApiOptions, ApiServer, ClientService, ContainerLogView, NodeAgent, Store};
use seatrial_cluster::{Cluster, Limits};
use seatrial_sim::{Clock, ContainerLog, ExecIo, ExitStatus, World};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

/// What a command does.
#[derive(Clone)]
pub enum Script {
    /// Prints and ends.
    Print { stdout: Vec<u8>, stderr: Vec<u8>, exit: u8 },
    /// Never ends.
    Hang,
}

impl Script {
    pub fn out(stdout: &str) -> Self {
        Self::Print { stdout: stdout.into(), stderr: Vec::new(), exit: 0 }
    }
}

/// A kubelet that plays scripts.
#[derive(Clone)]
pub struct Agent {
    pub scripts: Arc<Mutex<VecDeque<Script>>>,
    pub commands: Arc<Mutex<Vec<Vec<String>>>>,
    /// Answers of the REST service, one a request; none: nobody listens.
    pub answers: Arc<Mutex<Option<VecDeque<&'static str>>>>,
    pub connections: Arc<Mutex<u32>>,
    pub log: ContainerLog,
}

impl NodeAgent for Agent {
    fn exec(&self, _: &str, _: &str, _: Option<&str>, io: ExecIo) -> Result<BoxFuture<'static, ExitStatus>, ApiError> {
        let ExecIo { argv, mut stdout, mut stderr, .. } = io;
        self.commands.lock().unwrap().push(argv);
        let script = self.scripts.lock().unwrap().pop_front().unwrap_or_else(|| Script::out("no script"));
        Ok(async move {
            match script {
                Script::Print { stdout: out, stderr: err, exit } => {
                    let _ = stdout.write_all(&out).await;
                    if let Some(stderr) = &mut stderr {
                        let _ = stderr.write_all(&err).await;
                    }
                    ExitStatus::code(exit)
                }
                Script::Hang => std::future::pending().await,
            }
        }
        .boxed())
    }

    fn logs(&self, _: &str, _: &str, _: Option<&str>, previous: bool) -> Result<ContainerLogView, ApiError> {
        let log = self.log.clone();
        log.out(if previous { "the one before" } else { "password=hunter2 and \u{1b}[31mred" });
        Ok(ContainerLogView { log, ended: async {}.boxed() })
    }

    fn forward(&self, _: &str, _: &str, port: u16) -> Result<DuplexStream, ApiError> {
        let answers = Arc::clone(&self.answers);
        if answers.lock().unwrap().is_none() {
            return Err(ApiError::new(500, "InternalError", format!("port {port}: connection refused")));
        }
        *self.connections.lock().unwrap() += 1;
        let (near, mut far) = duplex(64 * 1024);
        tokio::spawn(async move {
            let mut request = vec![0; 4096];
            loop {
                if far.read(&mut request).await.unwrap_or(0) == 0 {
                    return;
                }
                let body = answers.lock().unwrap().as_mut().and_then(VecDeque::pop_front);
                // Without an answer the connection breaks.
                let Some(body) = body else { return };
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                let _ = far.write_all(format!("{head}{body}").as_bytes()).await;
            }
        });
        Ok(near)
    }
}

/// The pieces of a test.
pub struct Fixture {
    pub cluster: Cluster,
    pub store: Store,
    pub agent: Agent,
}

pub const START: &str = "2026-11-23T05:26:24Z";

/// An API server with a namespace `trial`.
pub fn fixture() -> Fixture {
    fixture_with(Limits::default())
}

pub fn fixture_with(limits: Limits) -> Fixture {
    let clock = Clock::starting_at(START.parse::<Timestamp>().unwrap());
    let store = Store::new(World::new(clock, 1));
    let agent = Agent {
        scripts: Arc::default(),
        commands: Arc::default(),
        answers: Arc::default(),
        connections: Arc::default(),
        log: ContainerLog::new(clock),
    };
    let server = ApiServer::new(store.clone(), Arc::new(agent.clone()), ApiOptions::default());
    let client = kube::Client::new(ClientService::new(server), "trial");
    let cluster = Cluster::new(client, "trial", limits, Arc::new(move || clock.now()));
    let namespace =
        json!({ "metadata": { "name": "trial", "labels": { "app.kubernetes.io/managed-by": "seatrial" } } });
    store.create::<Namespace>(&serde_json::from_value(namespace).unwrap()).unwrap();
    Fixture { cluster, store, agent }
}

impl Fixture {
    /// A pod on a node; with `ready` its container runs and is ready.
    pub fn pod(&self, name: &str, ready: bool) -> Arc<Pod> {
        let pod = json!({
            "metadata": { "name": name, "namespace": "trial", "labels": { "app": "tdengine" } },
            "spec": {
                "nodeName": "node", "containers": [{ "name": "tdengine", "image": "i",
                    "env": [{ "name": "ROOT_PASSWORD", "value": "hunter2" }] }],
            },
        });
        let pod = self.store.create::<Pod>(&serde_json::from_value(pod).unwrap()).unwrap();
        if ready { self.set_ready(name) } else { pod }
    }

    pub fn set_ready(&self, name: &str) -> Arc<Pod> {
        let status = json!({
            "phase": "Running", "podIP": "10.244.0.5", "conditions": [{ "type": "Ready", "status": "True" }],
            "containerStatuses": [{ "name": "tdengine", "image": "i", "imageID": "", "ready": true, "restartCount": 1,
                "state": { "running": {} } }],
        });
        let status = serde_json::from_value(status).unwrap();
        self.store.modify::<Pod>("trial", name, |pod| pod.status = Some(status)).unwrap()
    }

    pub fn remove(&self, pod: &Pod) {
        let meta = &pod.metadata;
        assert!(self.store.remove::<Pod>("trial", meta.name.as_deref().unwrap(), meta.uid.as_deref().unwrap()));
    }

    pub fn play(&self, script: Script) {
        self.agent.scripts.lock().unwrap().push_back(script);
    }
}

pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn argv(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
