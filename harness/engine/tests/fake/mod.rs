//! A scripted cluster: an answer for every question, from a small model that a test can turn at will.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};
use jiff::Timestamp;
use seatrial_cluster::{
    Applied, Change, Cluster, ClusterError, ExecOutput, Kind, PodState, Problem, Result, Seen, Snapshot, SqlRun,
    Target, Via, manifests::Manifests,
};
use seatrial_engine::{Access, BootRequest, BootedCluster, Environment, EnvironmentError};
use seatrial_record::{EvidenceKind, Table};
use seatrial_taos::{Reply, SqlError, SqlOutcome};
use tokio::{sync::watch, time::Instant};

/// What a test decides about the cluster.
#[derive(Clone)]
pub struct Script {
    /// How long a pod takes to be ready.
    pub ready_after: Duration,
    /// How long a listing of the namespace takes; it tells what there was when it began.
    pub listing: Duration,
    /// How long after its pod a dnode is ready.
    pub join_after: Duration,
    /// Whether a dropped dnode goes.
    pub drop_works: bool,
    /// The status of dnodes flaps: offline for one second at these moments.
    pub flap_at: Vec<Duration>,
    /// Statements and their answers, by what they contain.
    pub answers: Vec<(&'static str, std::result::Result<Reply, &'static str>)>,
    /// The API server can be reached.
    pub reachable: bool,
    /// How often a boot fails first.
    pub boot_failures: u32,
    /// A statement with this text never answers.
    pub hangs: Option<&'static str>,
    /// Asking for pods' logs panics.
    pub panics: bool,
    /// What the log of a pod says.
    pub log: &'static str,
    /// How often the server of each pod has ended by itself.
    pub restarts: u32,
    /// A statement that fails after a time.
    pub hangs_for: Option<(&'static str, Duration)>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            ready_after: Duration::from_secs(10),
            listing: Duration::ZERO,
            join_after: Duration::from_secs(2),
            drop_works: true,
            flap_at: Vec::new(),
            answers: Vec::new(),
            reachable: true,
            boot_failures: 0,
            hangs: None,
            panics: false,
            log: "a line",
            restarts: 0,
            hangs_for: None,
        }
    }
}

struct Dnode {
    id: u32,
    ordinal: u32,
    dropping: bool,
}

struct State {
    script: Script,
    pods: BTreeMap<u32, Instant>,
    dnodes: Vec<Dnode>,
    next_id: u32,
    born: Instant,
    version: String,
}

/// A scripted cluster.
#[derive(Clone)]
pub struct Fake {
    state: Arc<Mutex<State>>,
    changed: watch::Sender<u64>,
}

/// An environment that makes scripted clusters.
pub struct FakeEnvironment {
    pub script: Script,
    pub boots: Mutex<u32>,
    pub memory: Option<u64>,
}

impl FakeEnvironment {
    pub fn new(script: Script) -> Self {
        Self { script, boots: Mutex::new(0), memory: None }
    }
}

fn stamp(since: Instant) -> Timestamp {
    let millis = i64::try_from(since.elapsed().as_millis()).unwrap();
    Timestamp::from_millisecond(1_600_000_000_000 + millis).unwrap()
}

impl Environment for FakeEnvironment {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn kubernetes(&self) -> BoxFuture<'_, std::result::Result<String, EnvironmentError>> {
        async { Ok("v1.0".to_owned()) }.boxed()
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(1_600_000_000_000).unwrap()
    }

    fn memory(&self) -> Option<u64> {
        self.memory
    }

    fn boot<'a>(
        &'a self,
        _: &'a BootRequest,
    ) -> BoxFuture<'a, std::result::Result<Box<dyn BootedCluster>, EnvironmentError>> {
        async {
            let mut boots = self.boots.lock().unwrap();
            *boots += 1;
            if *boots <= self.script.boot_failures {
                let text = |text: &str| text.to_owned();
                return Err(EnvironmentError {
                    tried: text("boot"),
                    happened: text("no room"),
                    advice: text("make room"),
                    retry: true,
                });
            }
            let place: Box<dyn BootedCluster> = Box::new(Fake::new(self.script.clone()));
            Ok(place)
        }
        .boxed()
    }
}

impl BootedCluster for Fake {
    fn access(&self) -> Arc<dyn Access> {
        Arc::new(self.clone())
    }

    fn namespace(&self) -> &'static str {
        "ns"
    }

    fn disposable(&self) -> bool {
        true
    }

    fn end(self: Box<Self>, keep: bool) -> BoxFuture<'static, std::result::Result<Option<String>, EnvironmentError>> {
        async move { Ok(keep.then(|| "kept".to_owned())) }.boxed()
    }
}

impl Fake {
    pub fn new(script: Script) -> Self {
        let born = Instant::now();
        let state =
            State { script, pods: BTreeMap::new(), dnodes: Vec::new(), next_id: 1, born, version: String::new() };
        Self { state: Arc::new(Mutex::new(state)), changed: watch::channel(0).0 }
    }

    fn resize(&self, replicas: u32) {
        let mut state = self.state.lock().unwrap();
        let now = Instant::now();
        state.pods.retain(|ordinal, _| *ordinal < replicas);
        for ordinal in 0..replicas {
            if state.pods.contains_key(&ordinal) {
                continue;
            }
            state.pods.insert(ordinal, now);
            if !state.dnodes.iter().any(|dnode| dnode.ordinal == ordinal) {
                let id = state.next_id;
                state.next_id += 1;
                state.dnodes.push(Dnode { id, ordinal, dropping: false });
            }
        }
        let ready_after = state.script.ready_after;
        drop(state);
        self.changed.send_modify(|revision| *revision += 1);
        let changed = self.changed.clone();
        tokio::spawn(async move {
            tokio::time::sleep(ready_after).await;
            changed.send_modify(|revision| *revision += 1);
        });
    }

    fn snapshot(&self) -> Snapshot {
        let state = self.state.lock().unwrap();
        let pod = |(ordinal, since): (&u32, &Instant)| {
            let ready = since.elapsed() >= state.script.ready_after;
            let name = format!("tdengine-{ordinal}");
            let pod = PodState {
                name: name.clone(),
                uid: format!("{ordinal}-{:?}", since.duration_since(state.born)),
                status: "Running".to_owned(),
                phase: "Running".to_owned(),
                ready,
                containers: (u32::from(ready), 1),
                restarts: state.script.restarts,
                reason: None,
                message: None,
                ip: None,
                node: None,
                deleting: false,
                ordinal: Some(*ordinal),
                running: true,
                ended: None,
                image_id: None,
            };
            (name, pod)
        };
        Snapshot { pods: state.pods.iter().map(pod).collect(), ..Snapshot::default() }
    }

    fn dnodes(&self) -> Table {
        let state = self.state.lock().unwrap();
        let columns = ["id", "end_point", "vnodes", "cores", "status", "role", "create_time", "offline reason"];
        let age = state.born.elapsed();
        let flaps = state.script.flap_at.iter().any(|at| age >= *at && age < *at + Duration::from_secs(1));
        let row = |dnode: &Dnode| {
            let up = state
                .pods
                .get(&dnode.ordinal)
                .is_some_and(|since| since.elapsed() >= state.script.ready_after + state.script.join_after);
            let (status, reason) = match () {
                () if dnode.dropping => ("dropping", ""),
                () if up && !flaps => ("ready", ""),
                () => ("offline", "status msg timeout"),
            };
            let id = dnode.id.to_string();
            let end_point = format!("tdengine-{}.taosd.ns.svc.cl...", dnode.ordinal);
            [&id, &end_point, "1", "2", status, "any", "2026-01-01 00:00:00.000", reason]
                .map(|cell| Some(cell.to_owned()))
                .to_vec()
        };
        Table { columns: columns.map(str::to_owned).to_vec(), rows: state.dnodes.iter().map(row).collect() }
    }

    fn answer(&self, sql: &str) -> std::result::Result<Reply, SqlError> {
        let scripted = self.state.lock().unwrap().script.answers.iter().find(|(text, _)| sql.contains(text)).cloned();
        match scripted {
            Some((_, Ok(reply))) => return Ok(reply),
            Some((_, Err(text))) => return Err(SqlError { code: None, text: text.to_owned() }),
            None => {}
        }
        if self.state.lock().unwrap().script.hangs_for.is_some_and(|(text, _)| sql.contains(text)) {
            return Err(SqlError { code: None, text: "too late".to_owned() });
        }
        if sql == "select server_version()" {
            let version = Some(self.state.lock().unwrap().version.clone());
            return Ok(Reply::Rows(Table { columns: vec!["server_version()".to_owned()], rows: vec![vec![version]] }));
        }
        if sql == "show dnodes" {
            return Ok(Reply::Rows(self.dnodes()));
        }
        if let Some(end_point) = sql.strip_prefix("drop dnode '") {
            let mut state = self.state.lock().unwrap();
            let ordinal = end_point.trim_start_matches("tdengine-").chars().next().and_then(|digit| digit.to_digit(10));
            if state.script.drop_works {
                state.dnodes.retain(|dnode| Some(dnode.ordinal) != ordinal);
            }
            state
                .dnodes
                .iter_mut()
                .filter(|dnode| Some(dnode.ordinal) == ordinal)
                .for_each(|dnode| dnode.dropping = true);
        }
        Ok(Reply::Done("OK".to_owned()))
    }
}

fn unreachable() -> ClusterError {
    ClusterError::new("ask", Problem::Unreachable("connection refused".to_owned()))
}

impl Access for Fake {
    fn now(&self) -> Timestamp {
        stamp(self.state.lock().unwrap().born)
    }

    fn watch(&self) -> BoxStream<'static, Result<Snapshot>> {
        let receiver = self.changed.subscribe();
        futures::stream::unfold((self.clone(), receiver, true), |(fake, mut receiver, first)| async move {
            if !first {
                receiver.changed().await.ok()?;
            }
            Some((Ok(fake.snapshot()), (fake, receiver, false)))
        })
        .boxed()
    }

    fn snapshot(&self) -> BoxFuture<'_, Result<Snapshot>> {
        async {
            let now = Self::snapshot(self);
            let listing = self.state.lock().unwrap().script.listing;
            tokio::time::sleep(listing).await;
            Ok(now)
        }
        .boxed()
    }

    fn apply<'a>(&'a self, manifests: &'a Manifests) -> BoxFuture<'a, Result<Vec<Applied>>> {
        async {
            let replicas =
                manifests.objects().iter().find_map(|object| object.data.pointer("/spec/replicas")?.as_u64());
            self.resize(u32::try_from(replicas.unwrap_or(0)).unwrap());
            let image = |object: &kube::core::DynamicObject| {
                let image = object.data.pointer("/spec/template/spec/containers/0/image")?;
                Some(image.as_str()?.rsplit(':').next()?.to_owned())
            };
            if let Some(version) = manifests.objects().iter().find_map(image) {
                self.state.lock().unwrap().version = version;
            }
            Ok(vec![Applied { object: "statefulset.apps/tdengine".to_owned(), change: Change::Created }])
        }
        .boxed()
    }

    fn scale<'a>(&'a self, _: &'a str, replicas: u32) -> BoxFuture<'a, Result<()>> {
        async move {
            if !self.state.lock().unwrap().script.reachable {
                return Err(unreachable());
            }
            self.resize(replicas);
            Ok(())
        }
        .boxed()
    }

    fn restart<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<()>> {
        async { Ok(()) }.boxed()
    }

    fn set_image<'a>(&'a self, _: &'a str, image: &'a str) -> BoxFuture<'a, Result<()>> {
        let version = image.rsplit(':').next().unwrap().to_owned();
        self.state.lock().unwrap().version = version;
        async { Ok(()) }.boxed()
    }

    fn configure<'a>(&'a self, _: &'a str, _: &'a BTreeMap<String, String>) -> BoxFuture<'a, Result<()>> {
        async { Ok(()) }.boxed()
    }

    fn delete<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Vec<String>>> {
        let missing = target.to_string().contains("missing");
        let refused = Problem::Refused { code: 404, reason: "NotFound".to_owned(), message: String::new() };
        let answer = if missing { Err(ClusterError::new("delete", refused)) } else { Ok(vec![target.to_string()]) };
        async { answer }.boxed()
    }

    fn exec<'a>(&'a self, _: &'a str, argv: &'a [String], _: Duration) -> BoxFuture<'a, Result<ExecOutput>> {
        let stdout = argv.join("\n").into_bytes();
        async { Ok(ExecOutput { stdout, stderr: Vec::new(), exit: 0, truncated: false }) }.boxed()
    }

    fn sql<'a>(&'a self, pod: &'a str, sql: &'a str, _: Via, limit: Duration) -> BoxFuture<'a, SqlRun> {
        async move {
            if self.state.lock().unwrap().script.hangs.is_some_and(|text| sql.contains(text)) {
                std::future::pending::<()>().await;
            }
            let _ = limit;
            let slow = self.state.lock().unwrap().script.hangs_for.filter(|(text, _)| sql.contains(text));
            if let Some((_, time)) = slow {
                tokio::time::sleep(time).await;
            }
            let outcome = |sql: &str| SqlOutcome { sql: sql.to_owned(), reply: self.answer(sql), elapsed: None };
            let outcomes: Vec<SqlOutcome> = sql.split(';').map(|sql| outcome(sql.trim())).collect();
            let text = format!("{outcomes:?}");
            let seen =
                Seen::new(EvidenceKind::Command, format!("{sql} in {pod}"), sql, self.now(), text.as_bytes(), 4096);
            SqlRun { outcomes: Ok(outcomes), seen: vec![seen] }
        }
        .boxed()
    }

    fn logs<'a>(&'a self, _: &'a str, _: bool) -> BoxFuture<'a, Result<String>> {
        async {
            let Script { panics, log, .. } = self.state.lock().unwrap().script;
            assert!(!panics, "the fake panics");
            Ok(log.to_owned())
        }
        .boxed()
    }

    fn names(&self, _: Kind) -> BoxFuture<'_, Result<Vec<String>>> {
        async { Ok(vec!["something".to_owned()]) }.boxed()
    }

    fn volumes(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        async { Ok(Vec::new()) }.boxed()
    }

    fn diagnostics(&self) -> BoxFuture<'_, Vec<Seen>> {
        async { vec![Seen::new(EvidenceKind::Events, "events", "kubectl get events", self.now(), b"none", 64)] }.boxed()
    }

    fn prepare(&self) -> BoxFuture<'_, Result<()>> {
        async { Ok(()) }.boxed()
    }

    fn clean(&self) -> BoxFuture<'_, Result<()>> {
        async { Ok(()) }.boxed()
    }

    fn cluster(&self) -> Option<Cluster> {
        None
    }
}
