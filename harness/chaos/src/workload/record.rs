use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use seatrial_cluster::Clock;

use super::Outcome;
use crate::{Begun, Event, History, Journal, JournalError, Operation, Reading, RowId, TableChange, history::Line};

/// Most rows that a workload sends, so that its history has a bound. Writers that have sent their share end.
pub const MOST_ROWS: u64 = 1_000_000;
/// Most reads and changes of tables that are kept of a workload.
const MOST_OTHERS: usize = 20_000;
/// Most bytes of an error that are kept.
const ERROR: usize = 500;

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

/// What is noted of a workload while it runs, in memory and in its journal.
pub(super) struct Record {
    pub begun: Begun,
    clock: Clock,
    journal: Option<Arc<Journal>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    history: History,
    progress: Progress,
    /// Place of the newest row that was sent.
    newest: u64,
}

/// What an outcome is in a history.
pub(super) fn event(outcome: Outcome, took_ms: u64) -> Event {
    let short = |error: String| seatrial_record::bounded(&error, ERROR).0.to_owned();
    match outcome {
        Outcome::Ok => Event::Ok { took_ms },
        Outcome::Fail(error) => Event::Fail { took_ms, error: short(error) },
        Outcome::Info(error) => Event::Info { took_ms, error: short(error) },
    }
}

impl Record {
    pub fn new(begun: Begun, journal: Option<Arc<Journal>>, clock: Clock) -> Self {
        let history = History { begun: Some(begun.clone()), ..History::default() };
        let record = Self { begun, clock, journal, state: Mutex::new(State { history, ..State::default() }) };
        record.write(|| Line::Begun { workload: record.begun.clone() });
        record
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, line: impl FnOnce() -> Line) {
        if let Some(journal) = &self.journal {
            journal.add(&line());
        }
    }

    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub fn insert(&self, row: RowId, pod: &Arc<str>, event: Event) {
        let operation = Operation { at: self.now(), row, pod: Arc::clone(pod), event };
        self.write(|| Line::Operation(operation.clone()));
        let mut state = self.state();
        let place = self.begun.place(row);
        let State { history, progress, newest } = &mut *state;
        *newest = place.max(*newest);
        let count = match operation.event {
            Event::Invoke => &mut progress.attempted,
            Event::Ok { .. } => &mut progress.acked,
            Event::Fail { .. } => &mut progress.failed,
            Event::Info { .. } => &mut progress.info,
        };
        *count += 1;
        history.operations.push(operation);
    }

    pub fn reading(&self, reading: Reading) {
        self.write(|| Line::Reading(reading.clone()));
        let mut state = self.state();
        if state.history.readings.len() < MOST_OTHERS {
            state.history.readings.push(reading);
        }
    }

    pub fn change(&self, changed: &str, make: bool, pod: &Arc<str>, event: Event) {
        let change = TableChange { at: self.now(), changed: changed.to_owned(), make, pod: Arc::clone(pod), event };
        self.write(|| Line::Change(change.clone()));
        let mut state = self.state();
        if state.history.changes.len() < MOST_OTHERS {
            state.history.changes.push(change);
        }
    }

    /// Place of the newest row that was sent.
    pub fn newest(&self) -> u64 {
        self.state().newest
    }

    pub fn progress(&self) -> Progress {
        self.state().progress
    }

    pub fn take(&self) -> History {
        std::mem::take(&mut self.state().history)
    }

    pub fn journal(&self) -> Option<&Arc<Journal>> {
        self.journal.as_ref()
    }

    pub fn whole(&self) -> Result<(), JournalError> {
        self.journal.as_ref().map_or(Ok(()), |journal| journal.whole())
    }
}
