use std::{collections::BTreeMap, fmt, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Event, History};

/// The longest time in which nothing was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stall {
    /// When it began: with an acknowledgement, or with the workload.
    pub from: Timestamp,
    /// When it ended.
    pub to: Timestamp,
    /// Its length in milliseconds.
    pub ms: u64,
}

/// A time in which inserts were not acknowledged, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorWindow {
    /// The first error.
    pub from: Timestamp,
    /// The last.
    pub to: Timestamp,
    /// What was said, and how often.
    pub errors: BTreeMap<String, u64>,
}

/// A history in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Inserts that were sent.
    pub attempted: u64,
    /// Acknowledged.
    pub acked: u64,
    /// Failed for certain.
    pub failed: u64,
    /// Not known, those without any answer included.
    pub info: u64,
    /// The slowest acknowledgement, in milliseconds.
    pub slowest_ms: u64,
    /// The longest time without any acknowledgement, by anybody.
    pub longest_stall: Option<Stall>,
    /// When there were errors. A single acknowledgement ends a window.
    pub error_windows: Vec<ErrorWindow>,
}

fn millis(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond().saturating_sub(from.as_millisecond())).unwrap_or(0)
}

/// Milliseconds from `from` until inserts work again: until the acknowledgement of an insert that was sent after
/// `from`, behind which no error comes within a minute. `None` if that did not happen.
pub fn recovery_ms(history: &History, from: Timestamp) -> Option<u64> {
    const QUIET_MS: u64 = 60_000;
    let mut works: Option<Timestamp> = None;
    for operation in history.operations.iter().filter(|operation| operation.at >= from) {
        match &operation.event {
            Event::Ok { took_ms } if millis(from, operation.at) >= *took_ms => {
                works.get_or_insert(operation.at);
            }
            Event::Fail { .. } | Event::Info { .. } => {
                if works.is_some_and(|works| millis(works, operation.at) > QUIET_MS) {
                    break;
                }
                works = None;
            }
            Event::Ok { .. } | Event::Invoke => {}
        }
    }
    works.map(|works| millis(from, works))
}

impl Summary {
    /// The numbers of a history.
    pub fn of(history: &History) -> Self {
        let mut summary = Self::default();
        let Some(first) = history.operations.first() else { return summary };
        let mut last_ack = first.at;
        let mut window: Option<ErrorWindow> = None;
        for operation in &history.operations {
            match &operation.event {
                Event::Invoke => summary.attempted += 1,
                Event::Ok { took_ms } => {
                    summary.acked += 1;
                    summary.slowest_ms = summary.slowest_ms.max(*took_ms);
                    summary.stall(last_ack, operation.at);
                    last_ack = operation.at;
                    summary.error_windows.extend(window.take());
                }
                Event::Fail { error, .. } | Event::Info { error, .. } => {
                    let certain = matches!(operation.event, Event::Fail { .. });
                    *(if certain { &mut summary.failed } else { &mut summary.info }) += 1;
                    let open = || ErrorWindow { from: operation.at, to: operation.at, errors: BTreeMap::new() };
                    let window = window.get_or_insert_with(open);
                    window.to = operation.at;
                    *window.errors.entry(error.clone()).or_default() += 1;
                }
            }
        }
        summary.error_windows.extend(window);
        if let Some(last) = history.operations.last() {
            summary.stall(last_ack, last.at);
        }
        // What was sent and has no end.
        summary.info = summary.attempted.saturating_sub(summary.acked + summary.failed);
        summary
    }

    fn stall(&mut self, from: Timestamp, to: Timestamp) {
        let ms = millis(from, to);
        if self.longest_stall.as_ref().is_none_or(|longest| ms > longest.ms) {
            self.longest_stall = Some(Stall { from, to, ms });
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { attempted, acked, failed, info, .. } = self;
        write!(f, "{attempted} rows sent: {acked} acknowledged, {failed} failed, {info} not known")?;
        if let Some(stall) = &self.longest_stall {
            write!(f, "; longest time without acknowledgement {:?}", Duration::from_millis(stall.ms))?;
        }
        for window in &self.error_windows {
            let errors: Vec<_> = window.errors.iter().map(|(text, count)| format!("{count} x {text}")).collect();
            write!(f, "\n{} to {}: {}", window.from, window.to, errors.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Operation, RowId};

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    fn operation(ms: i64, sequence: u64, event: Event) -> Operation {
        Operation { at: at(ms), row: RowId { writer: 0, sequence }, pod: "p".into(), event }
    }

    #[test]
    fn stalls_and_windows_of_errors_are_found() {
        let info = |text: &str| Event::Info { took_ms: 5, error: text.to_owned() };
        let history = History {
            operations: vec![
                operation(0, 0, Event::Invoke),
                operation(10, 0, Event::Ok { took_ms: 10 }),
                operation(100, 1, Event::Invoke),
                operation(200, 1, info("a")),
                operation(300, 2, Event::Invoke),
                operation(350, 2, Event::Fail { took_ms: 50, error: "b".to_owned() }),
                operation(400, 3, Event::Invoke),
                operation(900, 3, Event::Ok { took_ms: 500 }),
                operation(1000, 4, Event::Invoke),
                operation(1010, 4, info("a")),
                operation(1100, 5, Event::Invoke),
            ],
            ..History::default()
        };
        let summary = Summary::of(&history);
        assert_eq!((summary.attempted, summary.acked, summary.failed, summary.info), (6, 2, 1, 3));
        assert_eq!(summary.longest_stall, Some(Stall { from: at(10), to: at(900), ms: 890 }));
        assert_eq!(summary.slowest_ms, 500);
        let windows: Vec<_> =
            summary.error_windows.iter().map(|window| (window.from, window.to, window.errors.len())).collect();
        assert_eq!(windows, [(at(200), at(350), 2), (at(1010), at(1010), 1)]);
        assert!(summary.to_string().starts_with("6 rows sent: 2 acknowledged, 1 failed, 3 not known; longest"));
    }

    #[test]
    fn a_recovery_begins_with_the_first_insert_that_stays_good() {
        let info = || Event::Info { took_ms: 5, error: "x".to_owned() };
        let history = History {
            operations: vec![
                operation(900, 0, Event::Ok { took_ms: 1 }),
                // It was sent before the fault ended.
                operation(1_100, 1, Event::Ok { took_ms: 500 }),
                operation(2_000, 2, Event::Ok { took_ms: 10 }),
                operation(3_000, 3, info()),
                operation(4_000, 4, Event::Ok { took_ms: 10 }),
            ],
            ..History::default()
        };
        assert_eq!(recovery_ms(&history, at(1_000)), Some(3_000));
        assert_eq!(recovery_ms(&history, at(3_995)), None);
    }

    #[test]
    fn a_stall_may_last_to_the_end() {
        let history = History {
            operations: vec![
                operation(0, 0, Event::Invoke),
                operation(5, 0, Event::Ok { took_ms: 5 }),
                operation(10, 1, Event::Invoke),
                operation(9000, 1, Event::Info { took_ms: 8990, error: "x".to_owned() }),
            ],
            ..History::default()
        };
        assert_eq!(Summary::of(&history).longest_stall.unwrap().ms, 8995);
        assert_eq!(Summary::of(&History::default()), Summary::default());
    }
}
