use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Begun, CopyRead, History, Operation, Reading, RowId, TableChange, model::pairs};

/// A line that is no part of a history.
#[derive(Debug, Error)]
#[error("line {line} of the history: {source}")]
pub struct HistoryError {
    /// Number of the line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub source: serde_json::Error,
}

/// A history that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the history {} is not complete: {happened}", path.display())]
pub struct JournalError {
    /// The file.
    pub path: PathBuf,
    /// What happened.
    pub happened: String,
}

/// A line of a stored history.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Line {
    Begun {
        workload: Begun,
    },
    Reading(Reading),
    Change(TableChange),
    Operation(Operation),
    Read {
        #[serde(with = "pairs")]
        read: Vec<RowId>,
        /// Pairs of vgroup and dnode: numbers cannot be keys here, since lines are told apart by what they have.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        led: Vec<(i32, i32)>,
    },
    Tables {
        tables: Vec<String>,
    },
}

/// Writes a history to a file as it happens, a line with one system call each: what was told is there after a kill.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    failed: Option<String>,
}

impl Journal {
    /// Creates `path` and the folder that it is in, or fails if the file exists: a history is never overwritten.
    pub fn create(path: &Path) -> Result<Self, JournalError> {
        let wrong = |error: io::Error| JournalError { path: path.to_owned(), happened: error.to_string() };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(wrong)?;
        }
        let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(wrong)?;
        Ok(Self { path: path.to_owned(), state: Mutex::new(State { file, failed: None }) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line. The first failure is kept, see [`Journal::whole`], and nothing is written behind a gap.
    pub(crate) fn add(&self, line: &Line) {
        let mut state = self.state();
        if state.failed.is_some() {
            return;
        }
        let written = serde_json::to_vec(line).map_err(io::Error::from).and_then(|mut bytes| {
            bytes.push(b'\n');
            state.file.write_all(&bytes)
        });
        state.failed = written.err().map(|error| error.to_string());
    }

    /// Adds what was read at the end.
    pub fn read_back(&self, copy: &CopyRead, tables: Option<&[String]>) {
        self.add(&line_of(copy));
        if let Some(tables) = tables {
            self.add(&Line::Tables { tables: tables.to_vec() });
        }
    }

    /// Whether everything was written so far.
    pub fn whole(&self) -> Result<(), JournalError> {
        match &self.state().failed {
            None => Ok(()),
            Some(happened) => Err(JournalError { path: self.path.clone(), happened: happened.clone() }),
        }
    }
}

fn line_of(copy: &CopyRead) -> Line {
    Line::Read { read: copy.rows.clone(), led: copy.led.iter().map(|(vgroup, dnode)| (*vgroup, *dnode)).collect() }
}

impl History {
    /// One JSON object a line.
    pub fn to_json_lines(&self) -> Result<String, serde_json::Error> {
        let begun = self.begun.iter().map(|begun| Line::Begun { workload: begun.clone() });
        let read = self.copies.iter().map(line_of);
        let tables = self.tables.iter().map(|tables| Line::Tables { tables: tables.clone() });
        let lines = begun
            .chain(self.operations.iter().cloned().map(Line::Operation))
            .chain(self.readings.iter().cloned().map(Line::Reading))
            .chain(self.changes.iter().cloned().map(Line::Change))
            .chain(read)
            .chain(tables);
        let mut text = String::new();
        for line in lines {
            text.push_str(&serde_json::to_string(&line)?);
            text.push('\n');
        }
        Ok(text)
    }

    /// Keeps what was read at the end.
    pub fn keep(&mut self, copy: CopyRead) {
        self.read = Some(copy.rows.clone());
        if self.copies.last() != Some(&copy) {
            self.copies.push(copy);
        }
    }

    /// Reads a history from JSON lines. The last line of a killed run may be cut short; that one is ignored.
    pub fn from_json_lines(text: &str) -> Result<Self, HistoryError> {
        let mut history = Self::default();
        let whole = text.ends_with('\n');
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).peekable();
        while let Some((index, line)) = lines.next() {
            match serde_json::from_str(line) {
                Ok(Line::Begun { workload }) => history.begun = Some(workload),
                Ok(Line::Operation(operation)) => history.operations.push(operation),
                Ok(Line::Reading(reading)) => history.readings.push(reading),
                Ok(Line::Change(change)) => history.changes.push(change),
                Ok(Line::Read { read, led }) => history.keep(CopyRead { rows: read, led: led.into_iter().collect() }),
                Ok(Line::Tables { tables }) => history.tables = Some(tables),
                Err(_) if lines.peek().is_none() && !whole => {}
                Err(source) => return Err(HistoryError { line: index + 1, source }),
            }
        }
        Ok(history)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::Event;

    fn history() -> History {
        let at = Timestamp::from_second(1_795_411_584).unwrap();
        let row = |sequence| RowId { writer: 1, sequence };
        let operation = |sequence, event| Operation { at, row: row(sequence), pod: "tdengine-0".into(), event };
        let error = "Unable to \"resolve\" FQDN".to_owned();
        History {
            begun: Some(Begun { database: "load".to_owned(), writers: 2, tables: 1, base_ms: 5 }),
            operations: vec![
                operation(0, Event::Invoke),
                operation(0, Event::Ok { took_ms: 3 }),
                operation(1, Event::Invoke),
                operation(1, Event::Info { took_ms: 24_561, error: error.clone() }),
                operation(2, Event::Fail { took_ms: 9_000, error }),
            ],
            readings: vec![Reading {
                at,
                began: at,
                reader: 0,
                pod: "tdengine-1".into(),
                table: 0,
                from: 0,
                saw: vec![row(0)],
                error: None,
            }],
            changes: vec![TableChange {
                at,
                changed: "extra0".to_owned(),
                make: true,
                pod: "tdengine-1".into(),
                event: Event::Ok { took_ms: 2 },
            }],
            read: Some(vec![row(0)]),
            copies: vec![
                CopyRead { rows: vec![row(0)], led: [(2, 1)].into() },
                CopyRead { rows: vec![row(0)], led: [(2, 3)].into() },
            ],
            tables: Some(vec!["rows".to_owned(), "extra0".to_owned()]),
        }
    }

    #[test]
    fn a_history_is_written_and_read() {
        let history = history();
        let text = history.to_json_lines().unwrap();
        assert!(text.contains(r#"{"at":"2026-11-23T"#), "{text}");
        assert!(text.contains(r#""writer":1,"sequence":0,"pod":"tdengine-0","event":"ok","took_ms":3}"#), "{text}");
        assert_eq!(History::from_json_lines(&text).unwrap(), history);
        assert_eq!(History::from_json_lines("\n{}\n").unwrap_err().line, 2);
    }

    #[test]
    fn what_was_told_before_a_kill_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("histories/rows.jsonl");
        let journal = Journal::create(&path).unwrap();
        let whole = history();
        journal.add(&Line::Begun { workload: whole.begun.clone().unwrap() });
        for operation in &whole.operations {
            journal.add(&Line::Operation(operation.clone()));
        }
        // Nobody closed the file.
        let mut text = std::fs::read_to_string(&path).unwrap();
        let read = History::from_json_lines(&text).unwrap();
        assert_eq!((read.operations, read.read), (whole.operations.clone(), None));
        text.truncate(text.len() - 9);
        assert_eq!(History::from_json_lines(&text).unwrap().operations.len(), whole.operations.len() - 1);
        assert_eq!(journal.whole(), Ok(()));
        assert!(Journal::create(&path).unwrap_err().to_string().contains("rows.jsonl"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told() {
        let file = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let journal = Journal { path: "/dev/full".into(), state: Mutex::new(State { file, failed: None }) };
        journal.read_back(&CopyRead::default(), None);
        assert!(journal.whole().unwrap_err().to_string().contains("not complete"));
    }
}
