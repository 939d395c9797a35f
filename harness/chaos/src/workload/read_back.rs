use std::time::Duration;

use seatrial_cluster::ClusterError;
use seatrial_taos::SqlError;
use thiserror::Error;

use crate::{Client, History, Inserts, RowId};

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

/// Reads all rows of the workload's table, those that it did not write included, by ranges of time, through `pod`, each
/// range within `limit`. `base_ms` is that of [`crate::Running::base_ms`].
pub async fn read_back(
    client: &mut dyn Client,
    pod: &str,
    inserts: &Inserts,
    base_ms: i64,
    history: &History,
    limit: Duration,
) -> Result<Vec<RowId>, ReadBackError> {
    let last = history.operations.iter().map(|operation| operation.row.sequence).max().unwrap_or(0);
    let numbers = (last.saturating_add(1)).saturating_mul(inserts.writers.into());
    let end = base_ms.saturating_add(i64::try_from(numbers).unwrap_or(i64::MAX));
    let mut rows = Vec::new();
    // What lies before and after the workload's time does not belong there.
    let mut from = None;
    let mut to = base_ms;
    loop {
        let range = match from {
            None => format!("ts < {to}"),
            Some(from) if from >= end => format!("ts >= {from}"),
            Some(from) => format!("ts >= {from} and ts < {to}"),
        };
        let sql = format!("select writer, seq from {} where {range}", inserts.target());
        rows.extend(read(client, pod, sql, limit).await?);
        if from.is_some_and(|from| from >= end) {
            return Ok(rows);
        }
        from = Some(to);
        to = to.saturating_add(ROWS_AT_ONCE).min(end);
    }
}

async fn read(client: &mut dyn Client, pod: &str, sql: String, limit: Duration) -> Result<Vec<RowId>, ReadBackError> {
    let outcome = client.run(pod, &sql, limit).await?;
    let table = match outcome.table() {
        Ok(table) => table,
        Err(error) => return Err(ReadBackError::Sql { sql, error }),
    };
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
