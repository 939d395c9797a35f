use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use seatrial_chaos::{CopyRead, History, Inserts, Journal, JournalError, Progress, ReadBack, Running};
use seatrial_cluster::Via;

/// The workloads of a scenario, by name.
#[derive(Clone, Default)]
pub(crate) struct Workloads {
    loads: Arc<Mutex<BTreeMap<String, Load>>>,
    /// Rows that were acknowledged when the current step began.
    marks: Arc<Mutex<BTreeMap<String, u64>>>,
}

/// A workload.
pub(crate) enum Load {
    /// It inserts.
    Running(Running),
    /// It has ended.
    Stopped(Stopped),
}

/// What is left of a workload that has ended.
#[derive(Clone)]
pub(crate) struct Stopped {
    pub inserts: Inserts,
    pub history: Arc<History>,
    pub progress: Progress,
    pub journal: Option<Arc<Journal>>,
    /// Whether the history was written down.
    pub whole: Result<(), JournalError>,
}

impl Workloads {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Load>> {
        self.loads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, name: &str, running: Running) {
        self.lock().insert(name.to_owned(), Load::Running(running));
    }

    /// Notes that a step begins.
    pub fn mark(&self) {
        let loads = self.lock();
        let acked = loads.iter().map(|(name, load)| {
            let progress = match load {
                Load::Running(running) => running.progress(),
                Load::Stopped(stopped) => stopped.progress,
            };
            (name.clone(), progress.acked)
        });
        *self.marks.lock().unwrap_or_else(PoisonError::into_inner) = acked.collect();
    }

    /// Rows that were acknowledged before the current step.
    pub fn marked(&self, name: &str) -> u64 {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied().unwrap_or(0)
    }

    /// The totals of a workload; none if it was not started.
    pub fn progress(&self, name: &str) -> Option<Progress> {
        match self.lock().get(name)? {
            Load::Running(running) => Some(running.progress()),
            Load::Stopped(stopped) => Some(stopped.progress),
        }
    }

    /// The client that a workload uses.
    pub fn client(&self, name: &str) -> Option<Via> {
        match self.lock().get(name)? {
            Load::Running(running) => Some(running.inserts().via),
            Load::Stopped(stopped) => Some(stopped.inserts.via),
        }
    }

    /// What is left of a workload, if it has ended.
    pub fn stopped(&self, name: &str) -> Option<Stopped> {
        match self.lock().get(name)? {
            Load::Running(_) => None,
            Load::Stopped(stopped) => Some(stopped.clone()),
        }
    }

    /// Ends a workload: it sends no more, and what is under way ends within its limit. False if it does not run.
    pub async fn stop(&self, name: &str) -> bool {
        let running = match self.lock().remove(name) {
            Some(Load::Running(running)) => running,
            Some(stopped) => {
                self.lock().insert(name.to_owned(), stopped);
                return false;
            }
            None => return false,
        };
        let (inserts, journal) = (running.inserts().clone(), running.journal());
        let history = running.stop().await;
        let summary = seatrial_chaos::Summary::of(&history);
        let progress =
            Progress { attempted: summary.attempted, acked: summary.acked, failed: summary.failed, info: summary.info };
        let whole = journal.as_ref().map_or(Ok(()), |journal| journal.whole());
        let stopped = Stopped { inserts, history: Arc::new(history), progress, journal, whole };
        self.lock().insert(name.to_owned(), Load::Stopped(stopped));
        true
    }

    /// Keeps what was read back of a workload that has ended, and writes it down if it is news.
    pub fn keep(&self, name: &str, found: ReadBack, led: BTreeMap<i32, i32>) -> Option<Arc<History>> {
        let mut loads = self.lock();
        let Some(Load::Stopped(stopped)) = loads.get_mut(name) else { return None };
        let history = Arc::make_mut(&mut stopped.history);
        let copy = CopyRead { rows: found.rows, led };
        let news = history.copies.last() != Some(&copy) || history.tables != found.tables;
        if let Some(journal) = stopped.journal.as_ref().filter(|_| news) {
            journal.read_back(&copy, found.tables.as_deref());
        }
        history.keep(copy);
        history.tables = found.tables;
        Some(Arc::clone(&stopped.history))
    }

    /// Ends all workloads at once: what those did that nobody has stopped.
    pub fn abandon(&self) -> Vec<(String, History)> {
        let loads = std::mem::take(&mut *self.lock());
        let running = loads.into_iter().filter_map(|(name, load)| match load {
            Load::Running(running) => Some((name, running.abandon())),
            Load::Stopped(_) => None,
        });
        running.collect()
    }
}
