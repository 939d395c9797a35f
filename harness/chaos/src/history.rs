use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Which row: who wrote it, and the number that it gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowId {
    /// Number of the writer, from 0.
    pub writer: u32,
    /// Number of the row among those of its writer, from 0.
    pub sequence: u64,
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.writer, self.sequence)
    }
}

/// One thing that happened to an insert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Operation {
    /// When.
    pub at: Timestamp,
    /// The row.
    #[serde(flatten)]
    pub row: RowId,
    /// The pod that was asked.
    pub pod: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What can happen to an insert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// It was sent.
    Invoke,
    /// The server acknowledged it.
    Ok {
        /// Milliseconds since it was sent.
        took_ms: u64,
    },
    /// It failed for certain: the row was not written and never will be.
    Fail {
        /// Milliseconds since it was sent.
        took_ms: u64,
        /// What was said.
        error: String,
    },
    /// It is not known: the row may have been written, or may yet be.
    Info {
        /// Milliseconds since it was sent.
        took_ms: u64,
        /// What was said.
        error: String,
    },
}

/// A line that is no operation.
#[derive(Debug, Error)]
#[error("line {line} of the history: {source}")]
pub struct HistoryError {
    /// Number of the line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub source: serde_json::Error,
}

/// Everything that a workload did, in the order in which it happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The operations.
    pub operations: Vec<Operation>,
}

impl History {
    /// One JSON object a line.
    pub fn to_json_lines(&self) -> Result<String, serde_json::Error> {
        let mut text = String::new();
        for operation in &self.operations {
            text.push_str(&serde_json::to_string(operation)?);
            text.push('\n');
        }
        Ok(text)
    }

    /// Reads what [`History::to_json_lines`] wrote.
    pub fn from_json_lines(text: &str) -> Result<Self, HistoryError> {
        let mut operations = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let operation = serde_json::from_str(line);
            operations.push(operation.map_err(|source| HistoryError { line: index + 1, source })?);
        }
        Ok(Self { operations })
    }

    /// How each row ended; `None` for one whose end is missing, say because the run was stopped.
    pub(crate) fn rows(&self) -> std::collections::BTreeMap<RowId, Option<&Operation>> {
        let mut rows = std::collections::BTreeMap::new();
        for operation in &self.operations {
            let end = rows.entry(operation.row).or_insert(None);
            if operation.event != Event::Invoke {
                *end = Some(operation);
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_written_and_read() {
        let operation = |sequence, event| Operation {
            at: Timestamp::from_second(1_795_411_584).unwrap(),
            row: RowId { writer: 1, sequence },
            pod: "tdengine-0".to_owned(),
            event,
        };
        let error = "Unable to resolve FQDN".to_owned();
        let history = History {
            operations: vec![
                operation(0, Event::Invoke),
                operation(0, Event::Ok { took_ms: 3 }),
                operation(1, Event::Invoke),
                operation(1, Event::Info { took_ms: 24_561, error: error.clone() }),
                operation(2, Event::Fail { took_ms: 9_000, error }),
            ],
        };
        let text = history.to_json_lines().unwrap();
        assert!(text.starts_with(r#"{"at":"2026-11-23T"#), "{text}");
        assert!(text.contains(r#""writer":1,"sequence":0,"pod":"tdengine-0","event":"ok","took_ms":3}"#), "{text}");
        assert_eq!(History::from_json_lines(&text).unwrap(), history);
        assert_eq!(History::from_json_lines("\n{}\n").unwrap_err().line, 2);
    }
}
