use super::SystemTable;
use crate::{
    Dialect, SqlError,
    ast::{Comparison, Condition, Expr, Item, Literal, Select, TableName},
    codes::v3,
};

/// A `show` of 3.x that is a query of a system table.
#[derive(Clone, Debug, PartialEq)]
pub struct SystemShow {
    /// The table.
    pub table: SystemTable,
    /// The only column that is shown, if not all.
    pub only: Option<&'static str>,
    /// The database that it is of, if it is named.
    pub database: Option<String>,
    /// True if it is of one database: of that of `use` if none is named.
    pub of_database: bool,
    /// The column that `like` looks at, and its pattern.
    pub like: Option<(&'static str, String)>,
    /// The kind of tables that it is of: `NORMAL_TABLE` or `CHILD_TABLE`.
    pub kind: Option<&'static str>,
    /// The dnode that it is of.
    pub dnode: Option<i64>,
    /// The table that it is of.
    pub of_table: Option<String>,
}

impl SystemShow {
    /// A show of all of a table.
    pub fn all(table: SystemTable) -> Self {
        Self {
            table,
            only: None,
            database: None,
            of_database: false,
            like: None,
            kind: None,
            dnode: None,
            of_table: None,
        }
    }

    /// The query that it stands for. `current` is the database of `use`.
    pub fn select(&self, dialect: Dialect, current: Option<&str>) -> Result<Select, SqlError> {
        let database = self.database.as_deref().or(current);
        if self.of_database && database.is_none() {
            return Err(no_database());
        }
        let text = |column: &str, value: &str| compare(column, Comparison::Equal, Literal::Text(value.to_owned()));
        let mut conditions = Vec::new();
        if let Some(name) = database.filter(|_| self.of_database) {
            conditions.push(text("db_name", name));
        }
        if let Some(name) = &self.of_table {
            conditions.push(text("table_name", name));
        }
        if let Some(kind) = self.kind {
            conditions.push(text("type", kind));
        }
        if let Some((column, pattern)) = &self.like {
            conditions.push(compare(column, Comparison::Like, Literal::Text(pattern.clone())));
        }
        if let Some(id) = self.dnode {
            conditions.push(compare("dnode_id", Comparison::Equal, Literal::Int(id.into())));
        }
        let condition = conditions.into_iter().reduce(|left, right| Condition::And(Box::new(left), Box::new(right)));
        let (schema, name) = self.table.full_name();
        let item = match self.only {
            Some(column) => Item { expr: Expr::Column(column.to_owned()), alias: None, text: column.to_owned() },
            None => Item { expr: Expr::All, alias: None, text: "*".to_owned() },
        };
        Ok(Select {
            dialect,
            items: vec![item],
            from: Some(TableName { database: Some(schema.to_owned()), table: name.to_owned() }),
            condition,
            ..Select::default()
        })
    }
}

fn compare(column: &str, comparison: Comparison, value: Literal) -> Condition {
    Condition::Compare { column: column.to_owned(), comparison, value }
}

/// What the parser says of a `show` that needs a database when there is none; in these words, and not those of the code.
pub(crate) fn no_database() -> SqlError {
    SqlError::new(v3::PAR_SYNTAX_ERROR, "database not specified")
}
