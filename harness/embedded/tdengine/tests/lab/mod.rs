//! A small kubelet: starts pods of the image on a paused clock, restarts their containers, runs their readiness
//! probe, publishes their names, keeps their volumes.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc, reason = "helpers of tests")]

use std::{
    collections::BTreeMap,
    future::Future,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use seatrial_sim::{
    Clock, Container, ContainerContext, ContainerLog, Defect, Image, PodIdentity, Signal, Volume, World, run_captured,
};
use tokio::time::{Instant, sleep, timeout};

/// When a pod's name resolves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// While the pod exists: `clusterIP: None`, `publishNotReadyAddresses: true`.
    Always,
    /// While the pod is ready: the document's Service.
    WhenReady,
}

#[derive(Clone)]
struct Pod {
    ip: Ipv4Addr,
    started: Instant,
    container: Option<Arc<dyn Container>>,
    log: Option<ContainerLog>,
    restarts: u32,
    ready: bool,
    exits: Vec<u8>,
    gone: bool,
}

#[derive(Default)]
struct Cluster {
    pods: BTreeMap<u32, Pod>,
    volumes: BTreeMap<u32, Volume>,
    addresses: BTreeMap<u32, Ipv4Addr>,
    next_ip: u8,
    no_probes: bool,
}

/// How a kubelet asks whether a pod is ready.
#[derive(Clone, Copy)]
struct Probe {
    argv: &'static [&'static str],
    /// Seconds until it is asked first, and between two questions.
    delay: u64,
    period: u64,
}

/// A cluster of pods `tdengine-N`.
#[derive(Clone)]
pub struct Lab {
    pub world: World,
    image: Arc<dyn Image>,
    names: Names,
    probe: Probe,
    cores: u32,
    same_ips: bool,
    env: BTreeMap<String, String>,
    cluster: Arc<Mutex<Cluster>>,
}

/// What a command printed.
#[derive(Clone, Debug)]
pub struct Printed {
    pub out: String,
    pub err: String,
    pub code: Option<u8>,
    pub took: Duration,
}

/// Runs a test on a paused clock.
pub fn run<F: Future>(test: impl FnOnce() -> F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(test())
}

pub fn fqdn(n: u32) -> String {
    format!("tdengine-{n}.taosd.default.svc.cluster.local")
}

impl Lab {
    pub fn new(seed: u64, names: Names) -> Self {
        Self::with(seed, names, &[])
    }

    pub fn with(seed: u64, names: Names, defects: &[Defect]) -> Self {
        let base = "2026-11-23T05:26:00Z".parse().unwrap();
        let world = World::new(Clock::starting_at(base), seed).with_defects(defects.iter().copied().collect());
        let image = seatrial_tdengine::image("2.1.1.0").unwrap();
        let probe = Probe { argv: &["taos", "-s", "show mnodes"], delay: 5, period: 10 };
        Self { world, image, names, probe, cores: 2, same_ips: false, env: BTreeMap::new(), cluster: Arc::default() }
    }

    /// Pods of 3.x on hosts of eight cores, as in the recordings; the probe is asked every second.
    pub fn v3(seed: u64, names: Names, version: &str) -> Self {
        Self::v3_with(seed, names, version, &[])
    }

    pub fn v3_with(seed: u64, names: Names, version: &str, defects: &[Defect]) -> Self {
        let probe = Probe { argv: &["taos-check"], delay: 0, period: 1 };
        Self { probe, cores: 8, ..Self::with(seed, names, defects).with_image(version) }
    }

    #[must_use]
    pub fn with_same_ips(mut self) -> Self {
        self.same_ips = true;
        self
    }

    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    #[must_use]
    pub fn with_image(mut self, version: &str) -> Self {
        self.image = seatrial_tdengine::image(version).unwrap();
        self
    }

    fn pod<T>(&self, n: u32, read: impl FnOnce(&mut Pod) -> T) -> T {
        let mut cluster = self.cluster.lock().unwrap();
        read(cluster.pods.get_mut(&n).expect("no such pod"))
    }

    pub fn volume(&self, n: u32) -> Volume {
        self.cluster.lock().unwrap().volumes.entry(n).or_default().clone()
    }

    pub fn wipe(&self, n: u32) {
        self.cluster.lock().unwrap().volumes.remove(&n);
    }

    pub fn ip(&self, n: u32) -> Ipv4Addr {
        self.pod(n, |pod| pod.ip)
    }

    pub fn restarts(&self, n: u32) -> u32 {
        self.pod(n, |pod| pod.restarts)
    }

    pub fn exits(&self, n: u32) -> Vec<u8> {
        self.pod(n, |pod| pod.exits.clone())
    }

    pub fn is_ready(&self, n: u32) -> bool {
        self.pod(n, |pod| pod.ready)
    }

    pub fn container(&self, n: u32) -> Option<Arc<dyn Container>> {
        self.pod(n, |pod| pod.container.clone())
    }

    pub fn log(&self, n: u32) -> Vec<String> {
        let log = self.pod(n, |pod| pod.log.clone());
        log.map(|log| log.entries(0).into_iter().map(|entry| entry.line).collect()).unwrap_or_default()
    }

    /// From now on nobody asks whether pods are ready.
    pub fn stop_probes(&self) {
        self.cluster.lock().unwrap().no_probes = true;
    }

    fn publish(&self, n: u32) {
        let pod = self.pod(n, |pod| pod.clone());
        let shown = !pod.gone && (self.names == Names::Always || pod.ready);
        self.world.network.publish(&fqdn(n), shown.then_some(pod.ip));
    }

    /// Starts a pod: a new address, its old volume or a new one.
    pub fn start(&self, n: u32) {
        let (ip, volume) = {
            let mut cluster = self.cluster.lock().unwrap();
            cluster.next_ip += 1;
            let new = Ipv4Addr::new(10, 244, 0, cluster.next_ip);
            let ip = if self.same_ips { *cluster.addresses.entry(n).or_insert(new) } else { new };
            let pod = Pod {
                ip,
                started: Instant::now(),
                container: None,
                log: None,
                restarts: 0,
                ready: false,
                exits: Vec::new(),
                gone: false,
            };
            assert!(cluster.pods.insert(n, pod).is_none_or(|old| old.gone), "pod {n} runs already");
            (ip, cluster.volumes.entry(n).or_default().clone())
        };
        self.world.network.add_host(ip);
        self.publish(n);
        let lab = self.clone();
        tokio::spawn(async move { lab.keep_running(n, ip, volume).await });
    }

    async fn keep_running(self, n: u32, ip: Ipv4Addr, volume: Volume) {
        let name = format!("tdengine-{n}");
        let mut env: BTreeMap<String, String> = [
            ("CLUSTER", "1".to_owned()),
            ("TAOS_KEEP", "3650".to_owned()),
            ("TAOS_DEBUG_FLAG", "135".to_owned()),
            ("TAOS_SERVER_PORT", "6030".to_owned()),
            ("TAOS_FQDN", fqdn(n)),
            ("TAOS_FIRST_EP", format!("{}:6030", fqdn(0))),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        env.extend(self.env.clone());
        let mut backoff = 10;
        loop {
            let log = ContainerLog::new(self.world.clock);
            let restarts = self.pod(n, |pod| pod.restarts);
            let container = self.image.start(ContainerContext {
                world: self.world.clone(),
                pod: PodIdentity {
                    namespace: "default".into(),
                    name: name.clone(),
                    uid: format!("{name}-{ip}"),
                    ip,
                    node: "node".into(),
                },
                container: "tdengine".into(),
                image: "tdengine/tdengine:2.1.1.0".into(),
                command: None,
                args: None,
                env: env.clone(),
                mounts: [("/var/lib/taos".to_owned(), volume.clone())].into(),
                cores: self.cores,
                log: log.clone(),
                restarts,
            });
            self.pod(n, |pod| (pod.container, pod.log) = (Some(Arc::clone(&container)), Some(log)));
            let probe = tokio::spawn(self.clone().probe(n, ip, Arc::clone(&container)));
            let status = container.wait().await;
            probe.abort();
            let gone = self.pod(n, |pod| {
                if pod.ip != ip {
                    return true;
                }
                pod.ready = false;
                pod.container = None;
                pod.exits.push(status.code);
                pod.gone
            });
            if gone {
                return;
            }
            self.publish(n);
            sleep(Duration::from_secs(backoff)).await;
            backoff = (backoff * 2).min(300);
            let gone = self.pod(n, |pod| {
                pod.restarts += 1;
                pod.gone || pod.ip != ip
            });
            if gone {
                return;
            }
        }
    }

    async fn probe(self, n: u32, ip: Ipv4Addr, container: Arc<dyn Container>) {
        let jitter = self.world.chance.stream(&format!("probe/{ip}")).millis(0, 900);
        sleep(Duration::from_secs(self.probe.delay) + jitter).await;
        let mut failures = 0;
        loop {
            let argv = self.probe.argv.iter().map(|word| (*word).to_owned()).collect();
            let probed = run_captured(&*container, argv, Duration::from_secs(5_000)).await;
            let good = probed.status.is_some_and(seatrial_sim::ExitStatus::success);
            failures = if good { 0 } else { failures + 1 };
            let changed = self.pod(n, |pod| {
                let ready = (good || (failures < 3 && pod.ready)) && !pod.gone && pod.ip == ip;
                std::mem::replace(&mut pod.ready, ready) != ready
            });
            if changed {
                self.publish(n);
            }
            sleep(Duration::from_secs(self.probe.period)).await;
            if self.cluster.lock().unwrap().no_probes {
                return;
            }
        }
    }

    /// SIGKILL, and the pod is gone with its name and address.
    pub fn kill(&self, n: u32) {
        let (container, ip) = self.pod(n, |pod| {
            (pod.gone, pod.ready) = (true, false);
            (pod.container.take(), pod.ip)
        });
        self.world.network.publish(&fqdn(n), []);
        if let Some(container) = container {
            container.signal(Signal::Kill);
        }
        self.world.network.remove_host(ip);
    }

    /// Deletes a pod as Kubernetes does: not ready at once, SIGTERM, 30 s of grace, SIGKILL.
    pub async fn delete(&self, n: u32) {
        let container = self.pod(n, |pod| {
            pod.ready = false;
            pod.container.clone()
        });
        if self.names == Names::WhenReady {
            self.world.network.publish(&fqdn(n), []);
        }
        if let Some(container) = container {
            container.signal(Signal::Term);
            let _ = timeout(Duration::from_secs(30), container.wait()).await;
        }
        self.kill(n);
    }

    /// Runs a command in a pod.
    pub async fn exec(&self, n: u32, argv: &[&str]) -> Printed {
        let begun = Instant::now();
        let container = self.container(n).expect("container does not run");
        let argv = argv.iter().map(|word| (*word).to_owned()).collect();
        let got = run_captured(&*container, argv, Duration::from_secs(120)).await;
        Printed {
            out: String::from_utf8(got.stdout).unwrap(),
            err: String::from_utf8(got.stderr).unwrap(),
            code: got.status.map(|status| status.code),
            took: begun.elapsed(),
        }
    }

    pub async fn taos(&self, n: u32, sql: &str) -> Printed {
        self.exec(n, &["taos", "-s", sql]).await
    }

    /// The error of a statement, without its time.
    pub async fn error(&self, n: u32, sql: &str) -> String {
        let printed = self.taos(n, sql).await;
        let line = printed.err.lines().find(|line| line.starts_with("DB error")).unwrap_or_default().to_owned();
        line.trim_start_matches("DB error: ").split(" (").next().unwrap_or_default().to_owned()
    }

    /// The rows of a statement, one blank between cells.
    pub async fn rows(&self, n: u32, sql: &str) -> Vec<String> {
        table(&self.taos(n, sql).await.out)
    }

    /// `show dnodes` as `id status vnodes reason`.
    pub async fn dnodes(&self, n: u32) -> Vec<String> {
        let rows = self.rows(n, "show dnodes").await;
        let brief = |row: String| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            format!("{} {} {} {}", cells[0], cells[4], cells[2], cells[7]).trim_end().to_owned()
        };
        rows.into_iter().map(brief).collect()
    }

    /// `show mnodes` as `id role`.
    pub async fn mnodes(&self, n: u32) -> Vec<String> {
        let rows = self.rows(n, "show mnodes").await;
        let brief = |row: String| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            format!("{} {}", cells[0], cells[2])
        };
        rows.into_iter().map(brief).collect()
    }

    /// `show <db>.vgroups` without blanks around cells.
    pub async fn vgroups(&self, n: u32, db: &str) -> Vec<String> {
        let rows = self.rows(n, &format!("show {db}.vgroups")).await;
        rows.into_iter()
            .map(|row| row.split('|').map(str::trim).collect::<Vec<_>>().join(" ").trim_end().to_owned())
            .collect()
    }

    /// Waits until something holds, looking four times a second; the time that it took.
    pub async fn until<F: Future<Output = bool>>(&self, limit: u64, mut holds: impl FnMut() -> F) -> Duration {
        let begun = Instant::now();
        while !holds().await {
            assert!(begun.elapsed() < Duration::from_secs(limit), "not within {limit} s: {:?}", self.dnodes(0).await);
            sleep(Duration::from_millis(250)).await;
        }
        begun.elapsed()
    }

    pub async fn until_dnode(&self, limit: u64, wanted: &str) -> Duration {
        self.until(limit, || async move { self.dnodes(0).await.iter().any(|row| row.starts_with(wanted)) }).await
    }

    pub async fn until_gone(&self, limit: u64, id: &str) -> Duration {
        self.until(limit, || async move { !self.dnodes(0).await.iter().any(|row| row.starts_with(id)) }).await
    }

    /// The databases of the recordings, one of one replica and one of three, with some tables of one row each.
    pub async fn load_v3(&self, tables: usize) {
        for sql in ["create database d1 replica 1 vgroups 8", "create database d3 replica 3 vgroups 4"] {
            let made = self.taos(0, sql).await;
            assert!(made.out.contains("Create OK, 0 row(s) affected ("), "{made:?}");
        }
        for db in ["d1", "d3"] {
            let insert = |table| format!("; insert into c{table} using st tags({table}) values(now, {table})");
            let inserts: Vec<String> = (0..tables).map(insert).collect();
            let sql = format!("use {db}; create stable st(ts timestamp, v bigint) tags (n int){}", inserts.concat());
            assert_eq!(self.taos(0, &sql).await.err, "");
        }
    }

    /// Starts pods one after the other, each when the one before is ready, and lets them settle.
    pub async fn boot(&self, count: u32) {
        for n in 0..count {
            self.boot_one(n).await;
        }
        sleep(Duration::from_secs(10)).await;
    }

    pub async fn boot_one(&self, n: u32) {
        self.start(n);
        let begun = Instant::now();
        while !self.is_ready(n) {
            assert!(begun.elapsed() < Duration::from_secs(60), "pod {n} is not ready");
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// The lines of the tables in a shell's output.
pub fn table(text: &str) -> Vec<String> {
    let mut rows = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("===") {
            inside = true;
        } else if !line.contains('|') {
            inside = false;
        } else if inside {
            rows.push(line.trim_end().trim_end_matches('|').to_owned());
        }
    }
    rows
}
