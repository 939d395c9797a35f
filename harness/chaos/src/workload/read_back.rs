use std::time::Duration;

use seatrial_cluster::ClusterError;
use seatrial_record::Table;
use seatrial_taos::SqlError;
use thiserror::Error;

use super::{Client, Inserts};
use crate::{Begun, History, RowId};

// Well below the 10240 rows that REST gives at most.
const ROWS_AT_ONCE: i64 = 4000;

/// Why the rows could not be read.
#[derive(Debug, Error)]
pub enum ReadBackError {
    /// No answer.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The server's error.
    #[error("`{sql}`: {error}")]
    Sql {
        /// The statement.
        sql: String,
        /// The error.
        error: SqlError,
    },
    /// The table is not the one that the workload made.
    #[error("`{sql}`: a row has `{cell}` where a number should be")]
    Cell {
        /// The statement.
        sql: String,
        /// The cell.
        cell: String,
    },
    /// As many rows as the server gives at most.
    #[error("`{sql}`: {rows} rows, more than there can be: the table holds others")]
    TooMany {
        /// The statement.
        sql: String,
        /// The rows.
        rows: usize,
    },
}

/// What was there at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadBack {
    /// Rows of the workload's tables.
    pub rows: Vec<RowId>,
    /// Tables of its database; none if it changed none.
    pub tables: Option<Vec<String>>,
}

/// Reads all rows of the workload's tables, those that it did not write included, by ranges of time, through `pod`, each
/// range within `limit`; and the names of tables, if it changed some.
pub async fn read_back(
    client: &mut dyn Client,
    pod: &str,
    inserts: &Inserts,
    history: &History,
    limit: Duration,
) -> Result<ReadBack, ReadBackError> {
    let Some(begun) = &history.begun else { return Ok(ReadBack::default()) };
    let places = history.operations.iter().map(|operation| begun.place(operation.row).saturating_add(1));
    let end = begun.base_ms.saturating_add(i64::try_from(places.max().unwrap_or(0)).unwrap_or(i64::MAX));
    let mut rows = Vec::new();
    for target in inserts.targets() {
        table(client, pod, &target, begun, end, limit, &mut rows).await?;
    }
    let tables = if inserts.changes { Some(names(client, pod, &inserts.database, limit).await?) } else { None };
    Ok(ReadBack { rows, tables })
}

/// Reads one table.
async fn table(
    client: &mut dyn Client,
    pod: &str,
    target: &str,
    begun: &Begun,
    end: i64,
    limit: Duration,
    rows: &mut Vec<RowId>,
) -> Result<(), ReadBackError> {
    // Of each range of time, a table has only its share.
    let step = ROWS_AT_ONCE.saturating_mul(begun.tables.max(1).into());
    // What lies before and after the workload's time does not belong there.
    let mut from = None;
    let mut to = begun.base_ms;
    loop {
        let range = match from {
            None => format!("ts < {to}"),
            Some(from) if from >= end => format!("ts >= {from}"),
            Some(from) => format!("ts >= {from} and ts < {to}"),
        };
        rows.extend(rows_of(client, pod, format!("select writer, seq from {target} where {range}"), limit).await?);
        if from.is_some_and(|from| from >= end) {
            return Ok(());
        }
        from = Some(to);
        to = to.saturating_add(step).min(end);
    }
}

async fn ask(client: &mut dyn Client, pod: &str, sql: &str, limit: Duration) -> Result<Table, ReadBackError> {
    let outcome = client.run(pod, sql, limit).await?;
    outcome.table().cloned().map_err(|error| ReadBackError::Sql { sql: sql.to_owned(), error })
}

/// Names of the tables of a database.
async fn names(
    client: &mut dyn Client,
    pod: &str,
    database: &str,
    limit: Duration,
) -> Result<Vec<String>, ReadBackError> {
    let table = ask(client, pod, &format!("show {database}.tables"), limit).await?;
    Ok(table.rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}

/// The rows that a query gives.
pub(super) async fn rows_of(
    client: &mut dyn Client,
    pod: &str,
    sql: String,
    limit: Duration,
) -> Result<Vec<RowId>, ReadBackError> {
    let table = ask(client, pod, &sql, limit).await?;
    if table.rows.len() > usize::try_from(ROWS_AT_ONCE).unwrap_or(usize::MAX) {
        return Err(ReadBackError::TooMany { rows: table.rows.len(), sql });
    }
    let mut rows = Vec::with_capacity(table.rows.len());
    for cells in &table.rows {
        let text = |at: usize| cells.get(at).cloned().flatten().unwrap_or_default();
        let (writer, sequence) = (text(0), text(1));
        match (writer.parse(), sequence.parse()) {
            (Ok(writer), Ok(sequence)) => rows.push(RowId { writer, sequence }),
            (Err(_), _) => return Err(ReadBackError::Cell { sql, cell: writer }),
            (_, Err(_)) => return Err(ReadBackError::Cell { sql, cell: sequence }),
        }
    }
    Ok(rows)
}
