//! A cluster of one pod, served on loopback in a thread of its own.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::{
    path::Path,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use jiff::Timestamp;
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use seatrial_cluster::{Cluster, Limits, Tunnel, manifests::Manifests};
use seatrial_embedded::{Clock, EmbeddedCluster, Options, ServeOptions, Serving, serving_runtime};
use tokio::{sync::oneshot, time::timeout};

/// How fast time passes in it.
const SPEED: f64 = 20.0;
const BOOT: Duration = Duration::from_secs(60);

pub struct Served {
    version: &'static str,
    kubeconfig: Kubeconfig,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Served {
    /// Serves a cluster whose images run a version.
    pub fn start(version: &str) -> Self {
        let version: &'static str = version.to_owned().leak();
        let (stop, mut stopped) = oneshot::channel::<()>();
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = serving_runtime().unwrap();
            runtime.block_on(async {
                let clock = Clock::starting_at(Timestamp::now());
                let cluster = EmbeddedCluster::boot(&Options { clock, ..Options::new(1, version) }).unwrap();
                let folder = std::env::temp_dir();
                let file = folder.join(format!(
                    "seatrial-connector-{}-{version}-{:?}",
                    std::process::id(),
                    thread::current().id()
                ));
                let options = ServeOptions { port: 0, kubeconfig: file, speed: SPEED };
                let serving = Serving::open(cluster.server().clone(), &options).await.unwrap();
                tell.send(Kubeconfig::read_from(serving.kubeconfig()).unwrap()).unwrap();
                tokio::select! {
                    () = serving.run() => {}
                    _ = &mut stopped => {}
                }
            });
        });
        let kubeconfig = told.recv_timeout(BOOT).unwrap();
        Self { version, kubeconfig, stop: Some(stop), thread: Some(thread) }
    }

    /// Applies the document's manifests for one pod, waits until it is ready, and calls the test.
    pub fn cluster(&self, test: impl AsyncFnOnce(Cluster)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let options = KubeConfigOptions::default();
            let config = Config::from_custom_kubeconfig(self.kubeconfig.clone(), &options).await.unwrap();
            let client = Client::try_from(config).unwrap();
            let cluster = Cluster::new(client, "default", Limits::default(), Arc::new(Timestamp::now));
            let document = if self.version.starts_with('2') { "doc-2x" } else { "doc-3x" };
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(document).join("doc");
            let mut manifests = Manifests::load(&[folder]).unwrap();
            manifests.set_image(&EmbeddedCluster::image_reference(self.version)).unwrap();
            manifests.set_replicas(1).unwrap();
            cluster.apply(&manifests).await.unwrap();
            timeout(BOOT, ready(&cluster)).await.unwrap();
            test(cluster).await;
        });
    }

    /// The same with a tunnel to the adapter, or to the REST service of 2.1.
    pub fn run(&self, test: impl AsyncFnOnce(Tunnel)) {
        self.cluster(async |cluster| test(cluster.tunnel("tdengine-0", 6041).await.unwrap()).await);
    }
}

async fn ready(cluster: &Cluster) {
    let mut rest = cluster.rest("tdengine-0");
    // Ready is the pod; the dnode is when it has reported.
    while !matches!(rest.query("show dnodes", Duration::from_secs(5)).await, Ok(outcome) if serves(&outcome)) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn serves(outcome: &seatrial_taos::SqlOutcome) -> bool {
    let dnodes = outcome.table().ok().and_then(|table| seatrial_taos::dnodes(table).ok()).unwrap_or_default();
    dnodes.first().is_some_and(|dnode| dnode.status == "ready")
}
