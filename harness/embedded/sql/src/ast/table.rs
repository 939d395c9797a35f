use std::sync::Arc;

use crate::{ColumnKind, Dialect};

/// A table's name, with the database if it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    /// The database; the connection's own if `None`.
    pub database: Option<String>,
    /// The table.
    pub table: String,
}

/// A column or a tag in `create table`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnDef {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ColumnKind,
}

/// A unit of time in `now + 1s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// `b`: nanosecond.
    Nanosecond,
    /// `u`
    Microsecond,
    /// `a`
    Millisecond,
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`
    Day,
    /// `w`
    Week,
    /// `n`: 30 days where a fixed length is needed.
    Month,
    /// `y`: 365 days where a fixed length is needed.
    Year,
}

/// A value as it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A number with a point or an exponent.
    Float(f64),
    /// A quoted text, without quotes and escapes.
    Text(String),
    /// A time: `now`, a number of units or a quoted time, plus or minus spans.
    Time {
        /// `None` is `now`.
        base: Option<Box<Literal>>,
        /// What is added (or, negative, subtracted), in order.
        spans: Vec<(i64, TimeUnit)>,
    },
}

/// One `create table ... using ...`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateSubTable {
    /// Name of the new table.
    pub table: TableName,
    /// `if not exists`
    pub if_not_exists: bool,
    /// The super table and the values of its tags.
    pub using: Using,
}

/// `using <super table> [(tag, ...)] tags (value, ...)`
#[derive(Clone, Debug, PartialEq)]
pub struct Using {
    /// The super table.
    pub parent: TableName,
    /// The tags that get a value, if they are named.
    pub names: Option<Vec<String>>,
    /// The values.
    pub tags: Vec<Literal>,
    /// Whose words errors use.
    pub dialect: Dialect,
}

/// What `alter table` changes.
#[derive(Clone, Debug, PartialEq)]
pub enum TableChange {
    /// `add column`
    AddColumn(ColumnDef),
    /// `drop column`
    DropColumn(String),
    /// `add tag`
    AddTag(ColumnDef),
    /// `drop tag`
    DropTag(String),
    /// `modify column`: a wider text (3.x)
    ModifyColumn(ColumnDef),
    /// `modify tag`: a wider text (3.x)
    ModifyTag(ColumnDef),
    /// `rename column old new` (3.x)
    RenameColumn {
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// `change tag old new` (2.x), `rename tag old new` (3.x)
    RenameTag {
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// `set tag name = value`
    SetTag {
        /// The tag.
        name: String,
        /// Its new value.
        value: Literal,
    },
}

/// `insert into`
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// One part for each table that is named; a table may come twice.
    pub parts: Vec<InsertPart>,
}

/// The rows for one table.
#[derive(Clone, Debug, PartialEq)]
pub struct InsertPart {
    /// The table.
    pub table: TableName,
    /// How to create the table if it is not there.
    pub using: Option<Using>,
    /// The columns that get a value, if they are named, and where in the statement their names stand.
    pub columns: Option<Vec<(String, usize)>>,
    /// The rows. None if the statement ends after the table's name, which is an error once the table is known.
    pub rows: Vec<Vec<Cell>>,
    /// The whole statement, for the texts of errors.
    pub source: Arc<str>,
    /// Whose words errors use.
    pub dialect: Dialect,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The value.
    pub value: Literal,
    /// Where in the statement it stands, for the texts of errors.
    pub place: usize,
}
