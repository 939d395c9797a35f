use std::{sync::Arc, time::Duration};

use seatrial_cluster::{Clock, Cluster, ClusterError, Problem, Result, Via};
use tokio::{sync::watch, task::JoinSet, time::Instant};

use super::{Client, ClusterClient, Running, changer::Changer, reader::Reader, record::Record, writer::Writer};
use crate::{Begun, Journal, RowId};

/// A workload of inserts: several writers, each of which sends one statement at a time to one table; and, if asked for,
/// readers and changes of other tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inserts {
    /// The database. It must exist.
    pub database: String,
    /// The table, or with several the beginning of their names. [`Inserts::prepare`] makes them.
    pub table: String,
    /// Number of tables, over which the writers are spread.
    pub tables: u32,
    /// Number of writers.
    pub writers: u32,
    /// Rows in one statement.
    pub batch: u32,
    /// Time from one insert of a writer to its next; longer if an insert takes longer. Whole milliseconds; none to send
    /// one as soon as the one before has ended.
    pub every: Option<Duration>,
    /// Number of readers: each reads the newest rows of one table after the other, once a second.
    pub readers: u32,
    /// True to make and to drop other tables of the database meanwhile, one every two seconds.
    pub changes: bool,
    /// How statements reach a server.
    pub via: Via,
    /// The pods to ask. Each begins with the one of its own number, and goes on to the next when one did not do what it
    /// was asked for.
    pub pods: Vec<String>,
    /// Bound of one operation; after it the outcome is not known.
    pub limit: Duration,
    /// Seed of what is left to chance: when each begins within its interval.
    pub seed: u64,
}

/// Between two reads of a reader.
const READ_EVERY: Duration = Duration::from_secs(1);
/// After an insert that was not acknowledged, if they are sent as fast as possible: a server that refuses at once is not
/// asked again and again within one moment.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

impl Inserts {
    /// Names of the tables with their database.
    pub fn targets(&self) -> Vec<String> {
        (0..self.tables).map(|number| self.target(number)).collect()
    }

    /// Name of a table with its database.
    pub fn target(&self, table: u32) -> String {
        let number = if self.tables > 1 { table.to_string() } else { String::new() };
        format!("{}.{}{number}", self.database, self.table)
    }

    fn check(&self) -> Result<()> {
        let name = |name: &str| {
            let mut chars = name.chars();
            chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
                && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
        };
        let message = if !name(&self.database) || !name(&self.table) {
            format!("`{}.{}` is no name of a table", self.database, self.table)
        } else if [self.writers, self.tables, self.batch].contains(&0) || self.pods.is_empty() {
            "it needs at least one writer, one table, one row in a statement and one pod".to_owned()
        } else if self.every.is_some_and(|every| every < Duration::from_millis(1)) || self.limit.is_zero() {
            "the interval must be at least 1 ms, and the limit more than nothing".to_owned()
        } else {
            return Ok(());
        };
        Err(ClusterError::new("start the inserts", Problem::Invalid(message)))
    }

    /// Makes the tables, through the first pod that can.
    pub async fn prepare(&self, cluster: &Cluster, limit: Duration) -> Result<()> {
        self.check()?;
        self.prepare_with(&mut ClusterClient::new(cluster.clone(), self.via), limit).await
    }

    pub(super) async fn prepare_with(&self, client: &mut dyn Client, limit: Duration) -> Result<()> {
        let mut last = None;
        'pods: for pod in &self.pods {
            for target in self.targets() {
                let sql = format!("create table if not exists {target} (ts timestamp, writer int, seq bigint)");
                let tried = || format!("make the table of the inserts by pod/{pod}");
                match client.run(pod, &sql, limit).await.map(|outcome| outcome.reply) {
                    Ok(Ok(_)) => continue,
                    Ok(Err(error)) => last = Some(ClusterError::new(tried(), error)),
                    Err(error) => last = Some(error),
                }
                continue 'pods;
            }
            return Ok(());
        }
        let none = || ClusterError::new("make the table of the inserts", Problem::Invalid("no pods".to_owned()));
        Err(last.unwrap_or_else(none))
    }

    /// Starts it. What happens is written to `journal`, too.
    pub fn start(self, cluster: &Cluster, journal: Option<Arc<Journal>>) -> Result<Running> {
        let (via, clock) = (self.via, cluster.clone());
        let client = || ClusterClient::new(cluster.clone(), via);
        self.start_with(client, &(Arc::new(move || clock.now()) as Clock), journal)
    }

    /// Starts it with a client each, and a clock.
    pub fn start_with<C: Client + 'static>(
        self,
        client: impl Fn() -> C,
        clock: &Clock,
        journal: Option<Arc<Journal>>,
    ) -> Result<Running> {
        self.check()?;
        let Self { writers, tables, .. } = self;
        let begun = Begun { database: self.database.clone(), writers, tables, base_ms: clock().as_millisecond() };
        let record = Arc::new(Record::new(begun, journal, Clock::clone(clock)));
        let stop = watch::Sender::new(false);
        let mut random = fastrand::Rng::with_seed(self.seed);
        let mut tasks = JoinSet::new();
        let every = self.every.unwrap_or(Duration::from_millis(1));
        let every_ms = u64::try_from(every.as_millis()).unwrap_or(u64::MAX).max(1);
        let inserts = Arc::new(self);
        for number in 0..writers {
            let first = Instant::now() + Duration::from_millis(random.u64(0..every_ms));
            let writer = Writer::new(&inserts, number, client(), &record);
            tasks.spawn(writer.write(first, stop.subscribe()));
        }
        for number in 0..inserts.readers {
            let first = Instant::now() + READ_EVERY;
            let reader = Reader::new(&inserts, number, client(), &record);
            tasks.spawn(reader.read(first, READ_EVERY, stop.subscribe()));
        }
        if inserts.changes {
            tasks.spawn(Changer::new(&inserts, client(), &record).change(stop.subscribe()));
        }
        Ok(Running::new(inserts, record, stop, tasks))
    }
}

/// The time stamp of a row, in milliseconds: all rows of a workload have different ones, and none before its start.
pub(super) fn stamp(begun: &Begun, row: RowId) -> i64 {
    begun.base_ms.saturating_add(i64::try_from(begun.place(row)).unwrap_or(i64::MAX))
}

/// The pod whose turn it is.
pub(super) fn turn(pods: &[Arc<str>], at: usize) -> Option<Arc<str>> {
    pods.get(at.checked_rem(pods.len())?).cloned()
}

#[cfg(test)]
#[path = "inserts_tests.rs"]
mod tests;
