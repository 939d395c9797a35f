use jiff::Timestamp;

use super::bind::{time_of, units_of};
use crate::{
    Column, ColumnKind, Precision, Rows, SqlError, Value,
    ast::{Expr, Function, Literal, Select},
    codes::{self, v3},
    parse::invalid,
};

/// What a connection knows without asking a vnode.
#[derive(Clone, Copy, Debug)]
pub struct Constants<'a> {
    /// `server_version()`
    pub server_version: &'a str,
    /// `client_version()`
    pub client_version: &'a str,
    /// `database()`
    pub database: Option<&'a str>,
    /// `current_user()`
    pub user: &'a str,
    /// `now()`
    pub now: Timestamp,
}

/// Answers a `select` that has no `from`; `None` if it has one.
pub fn constants(select: &Select, facts: &Constants<'_>) -> Option<Result<Rows, SqlError>> {
    select.from.is_none().then(|| answer(select, facts))
}

fn answer(select: &Select, facts: &Constants<'_>) -> Result<Rows, SqlError> {
    if select.dialect.is_v3() {
        return v3_answer(select, facts);
    }
    let [item] = select.items.as_slice() else { return Err(invalid("only one expression allowed")) };
    let text = |text: &str| (ColumnKind::Binary(u16::try_from(text.len()).unwrap_or(u16::MAX)), Value::text(text));
    let named = |value: Option<&str>| (ColumnKind::Binary(256), value.map_or(Value::Null, Value::from));
    let (name, (kind, value)) = match &item.expr {
        Expr::Call { function: Function::ServerVersion, .. } => ("server_version()", text(facts.server_version)),
        Expr::Call { function: Function::ClientVersion, .. } => ("client_version()", text(facts.client_version)),
        Expr::Call { function: Function::Database, .. } => ("database()", named(facts.database)),
        Expr::Call { function: Function::CurrentUser, .. } => ("current_user()", named(Some(facts.user))),
        Expr::Call { function: Function::ServerStatus, .. } | Expr::Constant(Literal::Int(1)) => {
            ("server_status()", (ColumnKind::Int, Value::Int(1)))
        }
        Expr::Call { .. } => return Err(SqlError::of(codes::TSC_INVALID_SQL)),
        _ => return Err(invalid("invalid expression in select clause")),
    };
    let name = item.alias.as_deref().unwrap_or(name);
    Ok(Rows { columns: vec![Column::new(name, kind)], rows: vec![vec![value]], precision: Precision::Milli })
}

/// In 3.x any constants and functions without a table, several at once; each column has the name that was written.
fn v3_answer(select: &Select, facts: &Constants<'_>) -> Result<Rows, SqlError> {
    let now = units_of(facts.now, Precision::Milli);
    let text = |text: &str| (ColumnKind::Binary(u16::try_from(text.len()).unwrap_or(u16::MAX)), Value::text(text));
    let (mut columns, mut row) = (Vec::new(), Vec::new());
    for item in &select.items {
        let (kind, value) = match &item.expr {
            Expr::Call { function, .. } => match function {
                Function::ServerVersion => text(facts.server_version),
                Function::ClientVersion => text(facts.client_version),
                Function::Database => facts.database.map_or((ColumnKind::Binary(64), Value::Null), text),
                Function::CurrentUser => text(&format!("{}@%", facts.user)),
                Function::ServerStatus => (ColumnKind::Int, Value::Int(1)),
                Function::Timezone => text("UTC (UTC, +0000)"),
                Function::Now => (ColumnKind::Timestamp, Value::Timestamp(now)),
                _ => return Err(v3::error(v3::PAR_NOT_SINGLE_GROUP)),
            },
            Expr::Constant(literal) => match literal {
                Literal::Null => (ColumnKind::Binary(4), Value::Null),
                Literal::Bool(value) => (ColumnKind::Bool, Value::Bool(*value)),
                Literal::Int(number) => {
                    let number = i64::try_from(*number).map_err(|_| v3::error(v3::PAR_WRONG_VALUE_TYPE))?;
                    (ColumnKind::BigInt, Value::Int(number))
                }
                Literal::Float(number) => (ColumnKind::Double, Value::Float(*number)),
                Literal::Text(value) => text(value),
                Literal::Time { .. } => {
                    let time = time_of(literal, Precision::Milli, now);
                    let time = time.ok_or_else(|| v3::error(v3::PAR_WRONG_VALUE_TYPE))?;
                    (ColumnKind::Timestamp, Value::Timestamp(time))
                }
            },
            Expr::All | Expr::Column(_) => return Err(v3::named(v3::PAR_INVALID_COLUMN, &item.text)),
        };
        columns.push(Column::new(item.alias.as_deref().unwrap_or(&item.text), kind));
        row.push(value);
    }
    Ok(Rows { columns, rows: vec![row], precision: Precision::Milli })
}
