use std::{fmt, time::Duration};

use seatrial_record::Table;
use thiserror::Error;

/// What a server said against a statement.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{text}")]
pub struct SqlError {
    /// The whole error code, `0x8000....` as a signed number. From the shell it is looked up by its text and
    /// may therefore be unknown; REST gives it.
    pub code: Option<i32>,
    /// The server's own text.
    pub text: String,
}

impl SqlError {
    /// The code as people write it, say `0x80000331`.
    pub fn code_text(&self) -> Option<String> {
        self.code.map(|code| format!("{code:#010x}"))
    }
}

/// What a server answered to a statement that it carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A table. One without any row may have lost its columns: the shell prints no header then.
    Rows(Table),
    /// So many rows were written or deleted.
    Affected(u64),
    /// Done; the text is what the shell printed, empty by REST.
    Done(String),
}

impl Reply {
    /// The table, if it is one.
    pub fn table(&self) -> Option<&Table> {
        match self {
            Self::Rows(table) => Some(table),
            _ => None,
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(table) => write!(f, "{} row(s)", table.rows.len()),
            Self::Affected(rows) => write!(f, "{rows} row(s) affected"),
            Self::Done(text) if text.is_empty() => f.write_str("done"),
            Self::Done(text) => f.write_str(text),
        }
    }
}

/// One statement and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlOutcome {
    /// The statement as it was sent.
    pub sql: String,
    /// What the server answered.
    pub reply: Result<Reply, SqlError>,
    /// How long it took, as the shell measured it; none by REST.
    pub elapsed: Option<Duration>,
}

impl SqlOutcome {
    /// The table, or the reason why there is none.
    pub fn table(&self) -> Result<&Table, SqlError> {
        match &self.reply {
            Ok(Reply::Rows(table)) => Ok(table),
            Ok(other) => Err(SqlError { code: None, text: format!("expected a table, the answer was: {other}") }),
            Err(error) => Err(error.clone()),
        }
    }
}
