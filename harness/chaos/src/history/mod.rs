use std::fmt::{self, Write as _};

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
    /// The rows that were there when all was read back at the end; none if that was never done.
    pub read: Option<Vec<RowId>>,
}

/// A line of a stored history.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Read { read: Vec<(u32, u64)> },
    Operation(Operation),
}

/// The line that tells which rows were there.
pub(crate) fn read_line(rows: &[RowId]) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Line::Read { read: rows.iter().map(|row| (row.writer, row.sequence)).collect() })
}

impl History {
    /// One JSON object a line.
    pub fn to_json_lines(&self) -> Result<String, serde_json::Error> {
        let mut text = String::new();
        for operation in &self.operations {
            text.push_str(&serde_json::to_string(operation)?);
            text.push('\n');
        }
        if let Some(rows) = &self.read {
            text.push_str(&read_line(rows)?);
            text.push('\n');
        }
        Ok(text)
    }

    /// The history as Jepsen's tools read it: a map a line, times in nanoseconds since its beginning.
    pub fn to_edn(&self) -> String {
        let begun = self.operations.first().map(|operation| operation.at.as_nanosecond()).unwrap_or_default();
        let mut text = String::new();
        for (index, Operation { at, row, event, .. }) in self.operations.iter().enumerate() {
            let (kind, error) = match event {
                Event::Invoke => ("invoke", None),
                Event::Ok { .. } => ("ok", None),
                Event::Fail { error, .. } => ("fail", Some(error)),
                Event::Info { error, .. } => ("info", Some(error)),
            };
            let time = at.as_nanosecond() - begun;
            let error = error.map(|error| format!(", :error {error:?}")).unwrap_or_default();
            let RowId { writer, sequence } = row;
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "{{:index {index}, :time {time}, :type :{kind}, :process {writer}, :f :add, :value [{writer} {sequence}]{error}}}"
            );
        }
        if let Some(rows) = &self.read {
            let rows: Vec<String> =
                rows.iter().map(|RowId { writer, sequence }| format!("[{writer} {sequence}]")).collect();
            let rows = rows.join(" ");
            for kind in ["invoke", "ok"] {
                let value = if kind == "ok" { format!("#{{{rows}}}") } else { "nil".to_owned() };
                let _ = writeln!(text, "{{:type :{kind}, :process :reader, :f :read, :value {value}}}");
            }
        }
        text
    }

    /// Reads what [`History::to_json_lines`] wrote.
    pub fn from_json_lines(text: &str) -> Result<Self, HistoryError> {
        let mut history = Self::default();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match serde_json::from_str(line).map_err(|source| HistoryError { line: index + 1, source })? {
                Line::Operation(operation) => history.operations.push(operation),
                Line::Read { read } => {
                    let row = |(writer, sequence)| RowId { writer, sequence };
                    history.read = Some(read.into_iter().map(row).collect());
                }
            }
        }
        Ok(history)
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
            read: Some(vec![RowId { writer: 1, sequence: 0 }]),
        };
        let text = history.to_json_lines().unwrap();
        assert!(text.starts_with(r#"{"at":"2026-11-23T"#), "{text}");
        assert!(text.contains(r#""writer":1,"sequence":0,"pod":"tdengine-0","event":"ok","took_ms":3}"#), "{text}");
        assert_eq!(History::from_json_lines(&text).unwrap(), history);
        let edn = history.to_edn();
        assert!(edn.starts_with("{:index 0, :time 0, :type :invoke, :process 1, :f :add, :value [1 0]}\n"), "{edn}");
        assert!(edn.contains(":type :info, :process 1, :f :add, :value [1 1], :error \"Unable to resolve FQDN\"}"));
        assert!(edn.ends_with(":f :read, :value #{[1 0]}}\n"), "{edn}");
        assert_eq!(History::from_json_lines("\n{}\n").unwrap_err().line, 2);
    }
}
