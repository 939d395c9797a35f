use std::{fmt::Write as _, sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep},
};

use super::{
    Client, Inserts, MOST_ROWS, Outcome,
    inserts::{PAUSE, stamp, turn},
    outcome_of,
    record::{Record, event},
};
use crate::{Event, RowId};

/// Milliseconds since then.
pub(super) fn since(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Waits until the next insert is due: at once if there is no rate.
async fn due(ticks: Option<&mut Interval>) {
    if let Some(ticks) = ticks {
        ticks.tick().await;
    }
}

/// Names of pods, shared by all operations.
pub(super) fn shared(pods: &[String]) -> Vec<Arc<str>> {
    pods.iter().map(|pod| Arc::from(pod.as_str())).collect()
}

/// One of the writers.
pub(super) struct Writer<C> {
    inserts: Arc<Inserts>,
    number: u32,
    client: C,
    record: Arc<Record>,
    target: String,
}

impl<C: Client> Writer<C> {
    pub fn new(inserts: &Arc<Inserts>, number: u32, client: C, record: &Arc<Record>) -> Self {
        let target = inserts.target(record.begun.table_of(RowId { writer: number, sequence: 0 }));
        Self { inserts: Arc::clone(inserts), number, client, record: Arc::clone(record), target }
    }

    pub async fn write(mut self, first: Instant, mut stop: watch::Receiver<bool>) {
        let mut ticks = self.inserts.every.map(|every| interval_at(first, every));
        if let Some(ticks) = &mut ticks {
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        let pods = shared(&self.inserts.pods);
        let mut at = usize::try_from(self.number).unwrap_or(0);
        let batch = u64::from(self.inserts.batch.max(1));
        for number in 0..MOST_ROWS / (u64::from(self.inserts.writers.max(1)) * batch) {
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                () = due(ticks.as_mut()) => {}
            }
            let Some(pod) = turn(&pods, at) else { return };
            let started = Instant::now();
            let row = |sequence| RowId { writer: self.number, sequence };
            let rows: Vec<RowId> = (number * batch..(number + 1) * batch).map(row).collect();
            let acked = self.insert(&pod, &rows).await;
            if !acked {
                at += 1;
            }
            if ticks.is_none() && !acked {
                sleep(PAUSE).await;
            } else if ticks.is_none() && started.elapsed().is_zero() {
                // On a simulated clock an answer may take no time at all, and then nothing else would happen ever again.
                sleep(Duration::from_millis(1)).await;
            }
        }
    }

    /// Inserts rows in one statement. True if they were acknowledged.
    async fn insert(&mut self, pod: &Arc<str>, rows: &[RowId]) -> bool {
        let mut sql = format!("insert into {} values", self.target);
        for row in rows {
            let stamp = stamp(&self.record.begun, *row);
            // Writing to a string does not fail.
            let _ = write!(sql, "({stamp}, {}, {})", row.writer, row.sequence);
            self.record.insert(*row, pod, Event::Invoke);
        }
        let started = Instant::now();
        let answer = self.client.run(pod, &sql, self.inserts.limit).await;
        let outcome = outcome_of(&answer, rows.len() as u64);
        let (acked, ended) = (outcome == Outcome::Ok, event(outcome, since(started)));
        for row in rows {
            self.record.insert(*row, pod, ended.clone());
        }
        acked
    }
}
