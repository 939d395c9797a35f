//! A cluster with an image that a test can steer, on a paused clock.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::{Event, Pod};
use seatrial_apiserver::{Store, Stored};
use seatrial_controllers::{Kubelet, Options, start};
use seatrial_sim::{Clock, Container, ContainerContext, Defect, ExecIo, ExitStatus, Image, Signal, World};
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt,
    sync::watch,
    time::{Instant, sleep},
};

pub struct Cluster {
    pub store: Store,
    pub kubelet: Kubelet,
    pub world: World,
    pub begun: Instant,
    /// The image of its pods, which lives as long as anything of the cluster.
    pub image: Weak<dyn Image>,
}

/// A process that lives as its environment says: `CRASH_AFTER_MS`, `IGNORE_TERM`; all lines go to its log.
struct Fake;

struct Process {
    context: ContainerContext,
    ended: Arc<watch::Sender<Option<ExitStatus>>>,
    begun: Instant,
}

impl Image for Fake {
    fn start(&self, context: ContainerContext) -> Arc<dyn Container> {
        let ended = Arc::new(watch::Sender::new(None));
        context.log.out(format!("start {} of {}", context.restarts, context.pod.name));
        if let Some(volume) = context.mounts.get("/data") {
            let starts = volume.read("starts").map_or(0, |bytes| bytes.len());
            context.log.out(format!("starts seen on the volume: {starts}"));
            volume.write("starts", vec![b'x'; starts + 1]);
        }
        if let Some(after) = context.env.get("CRASH_AFTER_MS").and_then(|text| text.parse().ok()) {
            let ended = Arc::clone(&ended);
            let code = context.env.get("EXIT").and_then(|text| text.parse().ok()).unwrap_or(1);
            tokio::spawn(async move {
                sleep(Duration::from_millis(after)).await;
                end(&ended, ExitStatus::code(code));
            });
        }
        Arc::new(Process { context, ended, begun: Instant::now() })
    }
}

fn end(ended: &watch::Sender<Option<ExitStatus>>, status: ExitStatus) {
    ended.send_if_modified(|known| {
        let first = known.is_none();
        known.get_or_insert(status);
        first
    });
}

impl Container for Process {
    fn exec(&self, mut io: ExecIo) -> BoxFuture<'static, ExitStatus> {
        let env = self.context.env.clone();
        let mounts = self.context.mounts.clone();
        let age = self.begun.elapsed();
        async move {
            let words: Vec<&str> = io.argv.iter().map(String::as_str).collect();
            match words.as_slice() {
                ["ready-after", seconds] => {
                    let wanted = Duration::from_secs(seconds.parse().unwrap());
                    ExitStatus::code(u8::from(age < wanted))
                }
                ["env", name] => {
                    let value = env.get(*name).cloned().unwrap_or_default();
                    io.stdout.write_all(value.as_bytes()).await.unwrap();
                    ExitStatus::SUCCESS
                }
                ["cat", mount, path] => {
                    let bytes = mounts[*mount].read(path).unwrap_or_default();
                    io.stdout.write_all(&bytes).await.unwrap();
                    ExitStatus::SUCCESS
                }
                ["sleep", seconds] => {
                    sleep(Duration::from_secs(seconds.parse().unwrap())).await;
                    ExitStatus::SUCCESS
                }
                ["flag", _] => {
                    let set = FLAG.with(|flag| flag.load(Ordering::Relaxed));
                    ExitStatus::code(u8::from(!set))
                }
                _ => ExitStatus::code(127),
            }
        }
        .boxed()
    }

    fn signal(&self, signal: Signal) {
        match signal {
            Signal::Term if self.context.env.contains_key("IGNORE_TERM") => {}
            Signal::Term => end(&self.ended, ExitStatus::code(143)),
            Signal::Kill => end(&self.ended, ExitStatus::KILLED),
        }
    }

    fn wait(&self) -> BoxFuture<'static, ExitStatus> {
        let mut ended = self.ended.subscribe();
        let keep = Arc::clone(&self.ended);
        async move {
            let status = ended.wait_for(Option::is_some).await.unwrap().unwrap();
            drop(keep);
            status
        }
        .boxed()
    }
}

thread_local! {
    /// What the command `flag` answers in all containers of this test.
    pub static FLAG: AtomicBool = const { AtomicBool::new(true) };
}

pub fn set_flag(value: bool) {
    FLAG.with(|flag| flag.store(value, Ordering::Relaxed));
}

pub fn cluster() -> Cluster {
    cluster_with(0, &[])
}

pub fn cluster_with(nodes: u32, defects: &[Defect]) -> Cluster {
    let clock = Clock::starting_at("2026-11-23T14:00:00Z".parse().unwrap());
    let world = World::new(clock, 7).with_defects(defects.iter().copied().collect());
    let store = Store::new(world.clone());
    let fake: Arc<dyn Image> = Arc::new(Fake);
    let image = Arc::downgrade(&fake);
    let images = BTreeMap::from([("app:1".to_owned(), Arc::clone(&fake)), ("app:2".to_owned(), fake)]);
    let kubelet = start(&store, Options { nodes, images, ..Options::default() }).unwrap();
    Cluster { store, kubelet, world, begun: Instant::now(), image }
}

/// A StatefulSet `db` whose pods are ready some seconds after their start, with a volume each.
pub fn stateful_set(replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": { "name": "db", "namespace": "default", "labels": { "app": "db" } },
        "spec": {
            "serviceName": "db", "replicas": replicas, "selector": { "matchLabels": { "app": "db" } },
            "template": {
                "metadata": { "labels": { "app": "db" } },
                "spec": { "containers": [{
                    "name": "db", "image": "app:1",
                    "env": [{ "name": "GREETING", "value": "hello" }],
                    "volumeMounts": [{ "name": "data", "mountPath": "/data" }],
                    "readinessProbe": { "exec": { "command": ["ready-after", "2"] }, "initialDelaySeconds": 5 },
                }] },
            },
            "volumeClaimTemplates": [{
                "metadata": { "name": "data" },
                "spec": { "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } },
            }],
        },
    })
}

pub fn service(published: bool, headless: bool) -> Value {
    let mut service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": "db", "namespace": "default" },
        "spec": { "selector": { "app": "db" }, "publishNotReadyAddresses": published,
            "ports": [{ "name": "sql", "port": 6030 }] },
    });
    if headless {
        service["spec"]["clusterIP"] = "None".into();
    }
    service
}

/// A pod `one` with a single container; `container` is merged over its definition, `spec` over the pod's.
pub fn pod(container: Value, spec: Value) -> Value {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "one", "namespace": "default", "labels": { "app": "one" } },
        "spec": { "containers": [{ "name": "c", "image": "app:1" }] },
    });
    merge(&mut pod["spec"]["containers"][0], container);
    merge(&mut pod["spec"], spec);
    pod
}

fn merge(into: &mut Value, from: Value) {
    if let Value::Object(fields) = from {
        for (key, value) in fields {
            into[key] = value;
        }
    }
}

impl Cluster {
    pub fn create<K: Stored>(&self, object: Value) -> K {
        K::clone(&self.store.create(&serde_json::from_value::<K>(object).unwrap()).unwrap())
    }

    pub fn pod(&self, name: &str) -> Option<Pod> {
        self.store.get::<Pod>("default", name).map(|pod| Pod::clone(&pod))
    }

    pub fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    /// Waits until `found` gives something, at most ten minutes of cluster time.
    pub async fn until<T>(&self, what: &str, mut found: impl FnMut() -> Option<T>) -> T {
        let mut changed = self.store.changed();
        let waiting = async {
            loop {
                if let Some(found) = found() {
                    return found;
                }
                // Some things are seen only as time passes.
                let _ = tokio::time::timeout(Duration::from_secs(1), changed.changed()).await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(600), waiting).await;
        found.unwrap_or_else(|_| panic!("not seen within 600 s: {what}; pods: {:#?}", self.pods()))
    }

    pub async fn until_ready(&self, name: &str) {
        self.until(&format!("{name} ready"), || self.is_ready(name).then_some(())).await;
    }

    pub fn is_ready(&self, name: &str) -> bool {
        let conditions = self.pod(name).and_then(|pod| pod.status?.conditions).unwrap_or_default();
        conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
    }

    /// Name, phase, state of the first container, and restarts of every pod.
    pub fn pods(&self) -> Vec<String> {
        let pods = self.store.list::<Pod>(None);
        let line = |pod: &Pod| {
            let status = pod.status.clone().unwrap_or_default();
            let first = status.container_statuses.clone().unwrap_or_default().into_iter().next();
            let (state, restarts) = first.map(|first| (first.state, first.restart_count)).unwrap_or_default();
            format!(
                "{} {} {} restarts={restarts}{}",
                pod.metadata.name.clone().unwrap_or_default(),
                status.phase.unwrap_or_default(),
                state.map(|state| serde_json::to_string(&state).unwrap()).unwrap_or_default(),
                if pod.metadata.deletion_timestamp.is_some() { " deleting" } else { "" },
            )
        };
        pods.iter().map(|pod| line(pod)).collect()
    }

    /// Reason of the first container's waiting or terminated state, or `Running`.
    pub fn state(&self, name: &str) -> String {
        let status = self.pod(name).and_then(|pod| pod.status?.container_statuses?.into_iter().next());
        let Some(state) = status.and_then(|status| status.state) else { return String::new() };
        if state.running.is_some() {
            return "Running".into();
        }
        let waiting = state.waiting.and_then(|waiting| waiting.reason);
        waiting.or_else(|| state.terminated.and_then(|ended| ended.reason)).unwrap_or_default()
    }

    pub fn restarts(&self, name: &str) -> i32 {
        let status = self.pod(name).and_then(|pod| pod.status?.container_statuses?.into_iter().next());
        status.map_or(0, |status| status.restart_count)
    }

    pub fn events(&self, reason: &str) -> Vec<Event> {
        let mut events = self.store.list::<Event>(None);
        events.retain(|event| event.reason.as_deref() == Some(reason));
        events.iter().map(|event| Event::clone(event)).collect()
    }

    pub async fn run(&self, pod: &str, words: &[&str]) -> (Option<u8>, String) {
        use seatrial_apiserver::NodeAgent;
        use tokio::io::AsyncReadExt;
        let (near, mut far) = tokio::io::duplex(4096);
        let argv = words.iter().map(|word| (*word).to_owned()).collect();
        let io = ExecIo { argv, tty: false, stdin: None, stdout: Box::new(near), stderr: None };
        let Ok(command) = self.kubelet.exec("default", pod, None, io) else { return (None, String::new()) };
        let mut out = String::new();
        let (status, _) = tokio::join!(command, far.read_to_string(&mut out));
        (Some(status.code), out)
    }
}
