use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at},
};

use super::{Client, Inserts, inserts::turn, read_back::rows_of, record::Record, writer::shared};
use crate::Reading;

/// Rows back from the newest that a read asks for.
const BACK: u64 = 400;

/// One of the readers.
pub(super) struct Reader<C> {
    inserts: Arc<Inserts>,
    number: u32,
    client: C,
    record: Arc<Record>,
}

impl<C: Client> Reader<C> {
    pub fn new(inserts: &Arc<Inserts>, number: u32, client: C, record: &Arc<Record>) -> Self {
        Self { inserts: Arc::clone(inserts), number, client, record: Arc::clone(record) }
    }

    pub async fn read(mut self, first: Instant, every: Duration, mut stop: watch::Receiver<bool>) {
        let mut ticks = interval_at(first, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let pods = shared(&self.inserts.pods);
        let mut at = usize::try_from(self.number).unwrap_or(0);
        for round in 0_u32.. {
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                _ = ticks.tick() => {}
            }
            let Some(pod) = turn(&pods, at) else { return };
            if !self.look(pod, self.number.wrapping_add(round) % self.inserts.tables).await {
                at += 1;
            }
        }
    }

    /// True if it was answered.
    async fn look(&mut self, pod: Arc<str>, table: u32) -> bool {
        let began = self.record.now();
        let from = self.record.newest().saturating_sub(BACK);
        let stamp = self.record.begun.base_ms.saturating_add(i64::try_from(from).unwrap_or(i64::MAX));
        let sql = format!("select writer, seq from {} where ts >= {stamp}", self.inserts.target(table));
        let answer = rows_of(&mut self.client, &pod, sql, self.inserts.limit).await;
        let at = self.record.now();
        let (saw, error) = match answer {
            Ok(rows) => (rows, None),
            Err(error) => (Vec::new(), Some(seatrial_record::bounded(&error.to_string(), 500).0.to_owned())),
        };
        let answered = error.is_none();
        self.record.reading(Reading { at, began, reader: self.number, pod, table, from, saw, error });
        answered
    }
}
