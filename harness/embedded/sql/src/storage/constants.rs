use crate::{
    Column, ColumnKind, Precision, Rows, SqlError, Value,
    ast::{Expr, Function, Literal, Select},
    codes,
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
}

/// Answers a `select` that has no `from`; `None` if it has one.
pub fn constants(select: &Select, facts: &Constants<'_>) -> Option<Result<Rows, SqlError>> {
    select.from.is_none().then(|| answer(select, facts))
}

fn answer(select: &Select, facts: &Constants<'_>) -> Result<Rows, SqlError> {
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
