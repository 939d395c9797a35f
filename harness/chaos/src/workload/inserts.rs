use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use seatrial_cluster::{Clock, Cluster, ClusterError, Problem, Result, Via};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval_at},
};

use crate::{Client, ClusterClient, Event, History, Operation, Outcome, RowId, outcome_of};

/// A workload of inserts: several writers, each of which writes one row at a time into one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inserts {
    /// The database. It must exist.
    pub database: String,
    /// The table. [`Inserts::prepare`] makes it.
    pub table: String,
    /// Number of writers.
    pub writers: u32,
    /// Time from one insert of a writer to its next; longer if an insert takes longer. Whole milliseconds.
    pub every: Duration,
    /// How statements reach a server.
    pub via: Via,
    /// The pods to ask. A writer begins with the one of its own number, and goes on to the next when an insert was not
    /// acknowledged.
    pub pods: Vec<String>,
    /// Bound of one insert; after it the outcome is not known.
    pub limit: Duration,
    /// Seed of what is left to chance: when each writer begins within its interval.
    pub seed: u64,
}

/// Running totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Inserts that were sent.
    pub attempted: u64,
    /// Acknowledged.
    pub acked: u64,
    /// Failed for certain.
    pub failed: u64,
    /// Not known.
    pub info: u64,
}

impl std::fmt::Display for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { attempted, acked, failed, info } = self;
        write!(f, "{attempted} sent, {acked} acknowledged, {failed} failed, {info} not known")
    }
}

#[derive(Default)]
struct Shared {
    operations: Vec<Operation>,
    progress: Progress,
}

/// A workload that runs. Dropping it ends it at once.
pub struct Running {
    inserts: Inserts,
    base_ms: i64,
    shared: Arc<Mutex<Shared>>,
    stop: watch::Sender<bool>,
    writers: JoinSet<()>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("inserts", &self.inserts)
            .field("progress", &self.progress())
            .finish_non_exhaustive()
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The time stamp of a row, in milliseconds: all rows of a workload have different ones, and later than its start.
fn stamp(base_ms: i64, writers: u32, row: RowId) -> i64 {
    let number = row.sequence.saturating_mul(writers.into()).saturating_add(row.writer.into());
    base_ms.saturating_add(i64::try_from(number).unwrap_or(i64::MAX))
}

impl Inserts {
    /// The table's name with its database.
    pub fn target(&self) -> String {
        format!("{}.{}", self.database, self.table)
    }

    /// The statement that makes the table.
    pub fn definition(&self) -> String {
        format!("create table if not exists {} (ts timestamp, writer int, seq bigint)", self.target())
    }

    fn check(&self) -> Result<()> {
        let name = |name: &str| {
            let mut chars = name.chars();
            chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
                && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
        };
        let message = if !name(&self.database) || !name(&self.table) {
            format!("`{}` is no name of a table", self.target())
        } else if self.writers == 0 || self.pods.is_empty() {
            "it needs at least one writer and one pod".to_owned()
        } else if self.every < Duration::from_millis(1) || self.limit.is_zero() {
            "the interval must be at least 1 ms, and the limit more than nothing".to_owned()
        } else {
            return Ok(());
        };
        Err(ClusterError::new("start the inserts", Problem::Invalid(message)))
    }

    /// Makes the table, through the first pod that can.
    pub async fn prepare(&self, cluster: &Cluster, limit: Duration) -> Result<()> {
        self.check()?;
        self.prepare_with(&mut ClusterClient::new(cluster.clone(), self.via), limit).await
    }

    async fn prepare_with(&self, client: &mut dyn Client, limit: Duration) -> Result<()> {
        let (sql, mut last) = (self.definition(), None);
        for pod in &self.pods {
            let tried = || format!("make the table of the inserts by pod/{pod}");
            match client.run(pod, &sql, limit).await.map(|outcome| outcome.reply) {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) => last = Some(ClusterError::new(tried(), error)),
                Err(error) => last = Some(error),
            }
        }
        let none = || ClusterError::new("make the table of the inserts", Problem::Invalid("no pods".to_owned()));
        Err(last.unwrap_or_else(none))
    }

    /// Starts the writers.
    pub fn start(self, cluster: &Cluster) -> Result<Running> {
        let (via, clock) = (self.via, cluster.clone());
        let clients = (0..self.writers).map(|_| ClusterClient::new(cluster.clone(), via)).collect();
        self.start_with(clients, &(Arc::new(move || clock.now()) as Clock))
    }

    /// Starts the writers with a client each, and a clock.
    pub fn start_with<C: Client + 'static>(self, clients: Vec<C>, clock: &Clock) -> Result<Running> {
        self.check()?;
        let base_ms = clock().as_millisecond();
        let shared = Arc::new(Mutex::new(Shared::default()));
        let stop = watch::Sender::new(false);
        let mut random = fastrand::Rng::with_seed(self.seed);
        let mut writers = JoinSet::new();
        let every_ms = u64::try_from(self.every.as_millis()).unwrap_or(u64::MAX).max(1);
        for (number, client) in (0..self.writers).zip(clients) {
            let first = Instant::now() + Duration::from_millis(random.u64(0..every_ms));
            let writer = Writer {
                inserts: self.clone(),
                number,
                base_ms,
                client,
                clock: Clock::clone(clock),
                shared: Arc::clone(&shared),
            };
            writers.spawn(writer.write(first, stop.subscribe()));
        }
        Ok(Running { inserts: self, base_ms, shared, stop, writers })
    }
}

struct Writer<C> {
    inserts: Inserts,
    number: u32,
    base_ms: i64,
    client: C,
    clock: Clock,
    shared: Arc<Mutex<Shared>>,
}

impl<C: Client> Writer<C> {
    async fn write(mut self, first: Instant, mut stop: watch::Receiver<bool>) {
        let mut ticks = interval_at(first, self.inserts.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let pods = self.inserts.pods.clone();
        let mut at = usize::try_from(self.number).unwrap_or(0);
        for sequence in 0.. {
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                _ = ticks.tick() => {}
            }
            let Some(pod) = pods.get(at % pods.len().max(1)) else { return };
            if !self.insert(pod, RowId { writer: self.number, sequence }).await {
                at += 1;
            }
        }
    }

    /// True if it was acknowledged.
    async fn insert(&mut self, pod: &str, row: RowId) -> bool {
        let stamp = stamp(self.base_ms, self.inserts.writers, row);
        let target = self.inserts.target();
        let sql = format!("insert into {target} values({stamp}, {}, {})", row.writer, row.sequence);
        self.record(pod, row, Event::Invoke);
        let started = Instant::now();
        let answer = self.client.run(pod, &sql, self.inserts.limit).await;
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let outcome = outcome_of(&answer);
        let acked = outcome == Outcome::Ok;
        let event = match outcome {
            Outcome::Ok => Event::Ok { took_ms },
            Outcome::Fail(error) => Event::Fail { took_ms, error },
            Outcome::Info(error) => Event::Info { took_ms, error },
        };
        self.record(pod, row, event);
        acked
    }

    fn record(&self, pod: &str, row: RowId, event: Event) {
        let operation = Operation { at: (self.clock)(), row, pod: pod.to_owned(), event };
        let mut shared = lock(&self.shared);
        let progress = &mut shared.progress;
        let count = match operation.event {
            Event::Invoke => &mut progress.attempted,
            Event::Ok { .. } => &mut progress.acked,
            Event::Fail { .. } => &mut progress.failed,
            Event::Info { .. } => &mut progress.info,
        };
        *count += 1;
        shared.operations.push(operation);
    }
}

impl Running {
    /// What it is.
    pub fn inserts(&self) -> &Inserts {
        &self.inserts
    }

    /// The time stamp that the first row has, in milliseconds.
    pub fn base_ms(&self) -> i64 {
        self.base_ms
    }

    /// The totals now.
    pub fn progress(&self) -> Progress {
        lock(&self.shared).progress
    }

    /// What happened so far.
    pub fn history(&self) -> History {
        History { operations: lock(&self.shared).operations.clone(), read: None }
    }

    /// Sends no more inserts, waits for those under way (each has its limit), and returns what happened.
    pub async fn stop(mut self) -> History {
        self.stop.send_replace(true);
        while self.writers.join_next().await.is_some() {}
        History { operations: std::mem::take(&mut lock(&self.shared).operations), read: None }
    }
}

#[cfg(test)]
#[path = "inserts_tests.rs"]
mod tests;
