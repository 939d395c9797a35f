use std::{sync::Arc, time::Duration};

use seatrial_cluster::ClusterError;
use seatrial_taos::SqlOutcome;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};

use super::{
    Client, Inserts, Outcome,
    inserts::turn,
    outcome::outcome_of_change,
    record::{Record, event},
    writer::{shared, since},
};
use crate::Event;

/// Between two changes.
const EVERY: Duration = Duration::from_secs(2);
/// A table is dropped when so many were made after it; every other one stays.
const LIVES: u64 = 2;

/// Makes and drops tables beside those that are written.
pub(super) struct Changer<C> {
    inserts: Arc<Inserts>,
    client: C,
    record: Arc<Record>,
}

impl<C: Client> Changer<C> {
    pub fn new(inserts: &Arc<Inserts>, client: C, record: &Arc<Record>) -> Self {
        Self { inserts: Arc::clone(inserts), client, record: Arc::clone(record) }
    }

    pub async fn change(mut self, mut stop: watch::Receiver<bool>) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (pods, mut at) = (shared(&self.inserts.pods), 0);
        for number in 0_u64.. {
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                _ = ticks.tick() => {}
            }
            let old = number.checked_sub(LIVES).filter(|old| old % 2 == 0);
            for (number, make) in [(Some(number), true), (old, false)] {
                let Some(number) = number else { continue };
                let Some(pod) = turn(&pods, at) else { return };
                if !self.one(&pod, number, make).await {
                    at += 1;
                }
            }
        }
    }

    /// True if it was acknowledged.
    async fn one(&mut self, pod: &Arc<str>, number: u64, make: bool) -> bool {
        let name = format!("extra{number}");
        let target = format!("{}.{name}", self.inserts.database);
        let sql =
            if make { format!("create table {target} (ts timestamp, v int)") } else { format!("drop table {target}") };
        self.record.change(&name, make, pod, Event::Invoke);
        let started = Instant::now();
        let answer: Result<SqlOutcome, ClusterError> = self.client.run(pod, &sql, self.inserts.limit).await;
        let outcome = outcome_of_change(&answer);
        let acked = outcome == Outcome::Ok;
        self.record.change(&name, make, pod, event(outcome, since(started)));
        acked
    }
}
