use std::{collections::BTreeMap, fmt, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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

/// What a workload is; the first line of a stored history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Begun {
    /// The database.
    pub database: String,
    /// Number of writers.
    pub writers: u32,
    /// Number of tables: writer n writes into table n modulo this.
    pub tables: u32,
    /// Time stamp of the first row, in milliseconds.
    pub base_ms: i64,
}

impl Begun {
    /// Place of a row in the order of time stamps.
    pub fn place(&self, row: RowId) -> u64 {
        row.sequence.saturating_mul(self.writers.into()).saturating_add(row.writer.into())
    }

    /// The table of a row.
    pub fn table_of(&self, row: RowId) -> u32 {
        row.writer % self.tables.max(1)
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
    #[serde(with = "shared")]
    pub pod: Arc<str>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What can happen to an operation.
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
    /// It failed for certain: it was not done and never will be.
    Fail {
        /// Milliseconds since it was sent.
        took_ms: u64,
        /// What was said.
        error: String,
    },
    /// It is not known: it may have been done, or may yet be.
    Info {
        /// Milliseconds since it was sent.
        took_ms: u64,
        /// What was said.
        error: String,
    },
}

/// A look at the newest rows of a table while it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reading {
    /// When it was answered.
    pub at: Timestamp,
    /// When it was asked.
    pub began: Timestamp,
    /// Number of the reader, from 0.
    pub reader: u32,
    /// The pod that was asked.
    #[serde(with = "shared")]
    pub pod: Arc<str>,
    /// Number of the table.
    pub table: u32,
    /// All rows from this place on were asked for, see [`Begun::place`].
    pub from: u64,
    /// What was seen.
    #[serde(with = "pairs")]
    pub saw: Vec<RowId>,
    /// Why nothing was seen; none if it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Something that happened to a table beside those that are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TableChange {
    /// When.
    pub at: Timestamp,
    /// Name of the table.
    pub changed: String,
    /// True if it is made, false if it is dropped.
    pub make: bool,
    /// The pod that was asked.
    #[serde(with = "shared")]
    pub pod: Arc<str>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// All rows as they were read at the end, and from which copies: those that led their vgroups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopyRead {
    /// The rows.
    pub rows: Vec<RowId>,
    /// The dnode that led each vgroup; empty if that is not known.
    pub led: BTreeMap<i32, i32>,
}

/// Everything that a workload did, in the order in which it happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// What the workload is; none if its first line is missing.
    pub begun: Option<Begun>,
    /// The inserts.
    pub operations: Vec<Operation>,
    /// Looks while it ran.
    pub readings: Vec<Reading>,
    /// Tables that were made and dropped while it ran.
    pub changes: Vec<TableChange>,
    /// The rows that were there when all was read back at the end, the last time; none if that was never done.
    pub read: Option<Vec<RowId>>,
    /// All that was read at the end, each time that it was, whose copies it was, or that they had other rows.
    pub copies: Vec<CopyRead>,
    /// The tables that were there then; none if that was never asked.
    pub tables: Option<Vec<String>>,
}

/// How something that was sent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Acknowledged, and when.
    Acked(Timestamp),
    /// It failed for certain.
    Failed,
    /// It is not known, say because the end is missing.
    Open,
}

impl History {
    /// How each row ended.
    pub fn rows(&self) -> BTreeMap<RowId, Fate> {
        let mut rows = BTreeMap::new();
        for operation in &self.operations {
            let fate = rows.entry(operation.row).or_insert(Fate::Open);
            match operation.event {
                Event::Ok { .. } => *fate = Fate::Acked(operation.at),
                Event::Fail { .. } => *fate = Fate::Failed,
                Event::Invoke | Event::Info { .. } => {}
            }
        }
        rows
    }
}

/// Rows as pairs of numbers: short, for there are many.
pub(super) mod pairs {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::RowId;

    pub fn serialize<S: Serializer>(rows: &[RowId], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(rows.iter().map(|row| (row.writer, row.sequence)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RowId>, D::Error> {
        let pairs = Vec::<(u32, u64)>::deserialize(deserializer)?;
        Ok(pairs.into_iter().map(|(writer, sequence)| RowId { writer, sequence }).collect())
    }
}

/// Text that many share. Serde's own way is a feature of it, which would be on everywhere.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
        String::deserialize(deserializer).map(Arc::from)
    }
}
