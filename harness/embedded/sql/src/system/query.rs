use std::sync::Arc;

use jiff::Timestamp;

use super::SystemTable;
use crate::{
    Column, ColumnKind, Dialect, Precision, Rows, SqlError, Value,
    ast::{Expr, Item, Select},
    storage::{Query, Row, Schema, Target, VnodeData, Write},
};

/// The name of a column that holds the number of a row: a vnode's rows have a time, these have none.
const NUMBER: &str = "#";

/// Answers a query of a system table whose rows are `rows`, in the order of [`SystemTable::columns`].
pub fn query(
    select: &Select,
    table: SystemTable,
    dialect: Dialect,
    rows: Vec<Vec<Value>>,
    now: Timestamp,
) -> Result<Rows, SqlError> {
    let shown = table.columns(dialect);
    let mut columns = vec![Column::new(NUMBER, ColumnKind::Timestamp)];
    columns.extend(shown.iter().cloned());
    let schema = Arc::new(Schema { columns, tags: Vec::new() });
    let (_, name) = table.full_name();
    let mut data = VnodeData::new(Precision::Milli, true);
    let create =
        Write::CreateTable { table: name.to_owned(), schema: Arc::clone(&schema), parent: None, tags: Vec::new() };
    data.apply(&create)?;
    let rows = (0..).zip(rows).map(|(time, values)| Row { time, values }).collect();
    data.apply(&Write::Insert { table: name.to_owned(), rows })?;
    let query =
        Query::bind(&spelt_out(select, &shown), Target::Table(name.to_owned()), &schema, Precision::Milli, now)?;
    Ok(query.finish([data.scan(&query)]))
}

/// The query with its `*` replaced by the columns that are to be seen.
fn spelt_out(select: &Select, shown: &[Column]) -> Select {
    let column =
        |column: &Column| Item { expr: Expr::Column(column.name.clone()), alias: None, text: column.name.clone() };
    let items = select.items.iter().flat_map(|item| match item.expr {
        Expr::All => shown.iter().map(column).collect(),
        _ => vec![item.clone()],
    });
    Select { items: items.collect(), ..select.clone() }
}
