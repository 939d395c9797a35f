use std::sync::Arc;

use seatrial_sim::{Defect, Defects};
use seatrial_sql::storage::{Row, Write};

/// Defects of storing rows, where they are planted.
pub(crate) fn planted(defects: &Defects, inserts: &mut u64, write: &Arc<Write>) -> Arc<Write> {
    let Write::Insert { table, rows } = &**write else { return Arc::clone(write) };
    *inserts += 1;
    let mut rows: Vec<Row> = rows.clone();
    if defects.has(Defect::InsertLost) && *inserts % 2 == 1 {
        rows.pop();
    } else if defects.has(Defect::RowDuplicated) {
        rows.extend(rows.last().cloned().map(|row| Row { time: row.time.saturating_add(1), ..row }));
    } else if defects.has(Defect::OnlyFirstRowStored) {
        rows.truncate(1);
    } else {
        return Arc::clone(write);
    }
    Arc::new(Write::Insert { table: table.clone(), rows })
}

/// What a copy that follows stores of a write, if it is not all.
pub(crate) fn missed(defects: &Defects, write: &Arc<Write>) -> Option<Arc<Write>> {
    match &**write {
        Write::Insert { table, rows } if defects.has(Defect::FollowerMissesRow) => {
            let rows = rows.iter().filter(|row| row.time % 2 == 0).cloned().collect();
            Some(Arc::new(Write::Insert { table: table.clone(), rows }))
        }
        _ => None,
    }
}
