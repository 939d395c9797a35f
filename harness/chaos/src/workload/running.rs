use std::sync::Arc;

use tokio::{sync::watch, task::JoinSet};

use super::{Inserts, Progress, record::Record};
use crate::{History, Journal, JournalError};

/// A workload that runs. Dropping it ends it at once.
pub struct Running {
    inserts: Arc<Inserts>,
    record: Arc<Record>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("inserts", &self.inserts)
            .field("progress", &self.progress())
            .finish_non_exhaustive()
    }
}

impl Running {
    pub(super) fn new(
        inserts: Arc<Inserts>,
        record: Arc<Record>,
        stop: watch::Sender<bool>,
        tasks: JoinSet<()>,
    ) -> Self {
        Self { inserts, record, stop, tasks }
    }

    /// What it is.
    pub fn inserts(&self) -> &Inserts {
        &self.inserts
    }

    /// The totals now.
    pub fn progress(&self) -> Progress {
        self.record.progress()
    }

    /// Where it is written down.
    pub fn journal(&self) -> Option<Arc<Journal>> {
        self.record.journal().cloned()
    }

    /// Whether everything was written down so far.
    pub fn whole(&self) -> Result<(), JournalError> {
        self.record.whole()
    }

    /// Ends it at once, and returns what happened until now: what is under way has no end.
    pub fn abandon(self) -> History {
        self.record.take()
    }

    /// Sends nothing more, waits for what is under way (each has its limit), and returns what happened.
    pub async fn stop(mut self) -> History {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        self.record.take()
    }
}
