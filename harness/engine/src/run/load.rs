//! Workloads as steps.

use std::{sync::Arc, time::Duration};

use seatrial_chaos::{Inserts, Journal, JournalError, measure, recovery_ms};
use seatrial_cluster::{ClusterError, Seen, Via};
use seatrial_record::{Blame, Body, EvidenceKind, Recovery, Verdict};

use super::{
    Setting, Stage, Stop,
    act::{Acted, failed, refused},
    check::CheckEnd,
};
use crate::scenario::{Where, WorkloadAction};

/// How long an operation of a workload may take.
const OPERATION_LIMIT: Duration = Duration::from_secs(30);
/// How long it may take to make a workload's database and tables.
const PREPARE_LIMIT: Duration = Duration::from_secs(60);

/// Without its history, nobody can say what became of the rows.
fn unwritten(error: &JournalError) -> CheckEnd {
    CheckEnd { verdict: Verdict::Unknown, blame: Some(Blame::Environment), reason: error.to_string() }
}

impl Stage<'_> {
    pub(super) async fn work(&mut self, action: &WorkloadAction, setting: &Setting<'_>) -> Result<Acted, Stop> {
        match (&action.start, &action.stop) {
            (_, Some(name)) => self.end_load(name).await,
            (Some(name), None) => self.begin_load(name, action, setting).await,
            (None, None) => Ok(Err(refused(Blame::Harness, "a workload is either started or stopped"))),
        }
    }

    async fn end_load(&mut self, name: &str) -> Result<Acted, Stop> {
        let workloads = self.workloads.clone();
        self.drive(workloads.stop(name)).await?;
        let Some(stopped) = self.workloads.stopped(name) else {
            return Ok(Err(refused(Blame::Harness, format!("workload `{name}` does not run"))));
        };
        let source = format!("workload {name}");
        let progress = stopped.progress.to_string();
        let history = Seen::new(EvidenceKind::History, &source, &source, self.access.now(), progress.as_bytes(), 1024);
        self.record(vec![history])?;
        for span in measure(&stopped.history, &self.key, name) {
            self.tell(Body::Measured(span))?;
        }
        for (fault, over) in self.disturbed.clone() {
            if let Some(took_ms) = recovery_ms(&stopped.history, over) {
                let (scenario, what) = (self.key.clone(), format!("inserts of {name}"));
                self.tell(Body::Recovered(Recovery { scenario, what, fault: Some(fault), took_ms }))?;
            }
        }
        Ok(stopped.whole.as_ref().map_err(unwritten).copied())
    }

    async fn begin_load(&mut self, name: &str, action: &WorkloadAction, setting: &Setting<'_>) -> Result<Acted, Stop> {
        let Some(database) = &action.database else {
            return Ok(Err(refused(Blame::Harness, "a workload needs a database")));
        };
        let Some(cluster) = self.access.cluster() else {
            return Ok(Err(refused(Blame::Harness, "workloads need a cluster")));
        };
        let lens = self.lens(self.snapshot.clone());
        let pods = lens.pods_at(&Where::Each);
        let Some(first) = pods.first().cloned() else {
            return Ok(Err(refused(Blame::Product, "no pod is ready to start a workload in")));
        };
        let sql = format!("create database if not exists {database} replica {}", action.replica.unwrap_or(1));
        let access = self.access.clone();
        let run = self.drive(access.sql(&first, &sql, Via::Shell, PREPARE_LIMIT)).await?;
        self.record(run.seen)?;
        let made = run.outcomes.and_then(|outcomes| {
            let error = outcomes.into_iter().find_map(|outcome| outcome.reply.err());
            error.map_or(Ok(()), |error| Err(ClusterError::new(format!("run `{sql}`"), error)))
        });
        if let Err(error) = made {
            return Ok(Err(failed(&error)));
        }
        let inserts = Inserts {
            database: database.clone(),
            table: "rows".to_owned(),
            tables: action.tables.unwrap_or(1),
            writers: action.writers.unwrap_or(1),
            batch: action.batch.unwrap_or(1),
            every: action.rate.unwrap_or_default().interval(),
            readers: action.readers.unwrap_or(0),
            changes: action.changes,
            via: action.client.unwrap_or(setting.client).via(),
            pods,
            limit: OPERATION_LIMIT,
            seed: setting.seed,
        };
        if let Err(error) = self.drive(inserts.prepare(&cluster, PREPARE_LIMIT)).await? {
            return Ok(Err(failed(&error)));
        }
        let journal = match setting.histories {
            Some(folder) => match Journal::create(&folder.join(file_name(&self.key, name))) {
                Ok(journal) => Some(Arc::new(journal)),
                Err(error) => return Ok(Err(unwritten(&error))),
            },
            None => None,
        };
        Ok(match inserts.start(&cluster, journal) {
            Ok(running) => {
                self.workloads.add(name, running);
                Ok(())
            }
            Err(error) => Err(failed(&error)),
        })
    }
}

/// The file of a workload's history: `SCENARIO@MANIFESTS.WORKLOAD.jsonl`.
fn file_name(key: &str, workload: &str) -> String {
    let plain = |char: char| if char.is_ascii_alphanumeric() || "-_@#".contains(char) { char } else { '-' };
    let [key, workload] = [key, workload].map(|text| text.chars().map(plain).collect::<String>());
    format!("{key}.{workload}.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_stays_in_its_folder() {
        assert_eq!(file_name("bridge@headless#2", "rows"), "bridge@headless#2.rows.jsonl");
        assert_eq!(file_name("x@y", "../../rows"), "x@y.------rows.jsonl");
    }
}
