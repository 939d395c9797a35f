use serde::{Deserialize, Serialize};

/// One cell of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// No value.
    Null,
    /// A `bool`.
    Bool(bool),
    /// Any integer type that fits, signed or unsigned.
    Int(i64),
    /// A `bigint unsigned` above [`i64::MAX`].
    UInt(u64),
    /// A `float` (rounded to 32 bits when stored) or `double`.
    Float(f64),
    /// A `binary` or `nchar`.
    Text(String),
    /// Units of the result's [`Precision`] since 1970-01-01 UTC.
    Timestamp(i64),
}

impl Value {
    /// A text value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// True for [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(i64::from(number))
    }
}

/// The type of a column; the width of text types is in bytes (`binary`) or characters (`nchar`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnKind {
    /// `bool`
    Bool,
    /// `tinyint`
    TinyInt,
    /// `smallint`
    SmallInt,
    /// `int`
    Int,
    /// `bigint`
    BigInt,
    /// `float`
    Float,
    /// `double`
    Double,
    /// `binary(n)`
    Binary(u16),
    /// `timestamp`
    Timestamp,
    /// `nchar(n)`
    NChar(u16),
    /// `tinyint unsigned`
    UTinyInt,
    /// `smallint unsigned`
    USmallInt,
    /// `int unsigned`
    UInt,
    /// `bigint unsigned`
    UBigInt,
}

impl ColumnKind {
    /// The number of the type on the wire and in REST's `column_meta`.
    pub fn code(self) -> u8 {
        match self {
            Self::Bool => 1,
            Self::TinyInt => 2,
            Self::SmallInt => 3,
            Self::Int => 4,
            Self::BigInt => 5,
            Self::Float => 6,
            Self::Double => 7,
            Self::Binary(_) => 8,
            Self::Timestamp => 9,
            Self::NChar(_) => 10,
            Self::UTinyInt => 11,
            Self::USmallInt => 12,
            Self::UInt => 13,
            Self::UBigInt => 14,
        }
    }

    /// The name that `describe` prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "BOOL",
            Self::TinyInt => "TINYINT",
            Self::SmallInt => "SMALLINT",
            Self::Int => "INT",
            Self::BigInt => "BIGINT",
            Self::Float => "FLOAT",
            Self::Double => "DOUBLE",
            Self::Binary(_) => "BINARY",
            Self::Timestamp => "TIMESTAMP",
            Self::NChar(_) => "NCHAR",
            Self::UTinyInt => "TINYINT UNSIGNED",
            Self::USmallInt => "SMALLINT UNSIGNED",
            Self::UInt => "INT UNSIGNED",
            Self::UBigInt => "BIGINT UNSIGNED",
        }
    }

    /// The name in 3.x.
    pub fn v3_name(self) -> &'static str {
        if matches!(self, Self::Binary(_)) { "VARCHAR" } else { self.name() }
    }

    /// The width in bytes (characters for `nchar`), as REST's `column_meta` and `describe` tell it.
    pub fn width(self) -> u16 {
        match self {
            Self::Bool | Self::TinyInt | Self::UTinyInt => 1,
            Self::SmallInt | Self::USmallInt => 2,
            Self::Int | Self::UInt | Self::Float => 4,
            Self::BigInt | Self::UBigInt | Self::Double | Self::Timestamp => 8,
            Self::Binary(width) | Self::NChar(width) => width,
        }
    }

    /// True for `binary` and `nchar`.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Binary(_) | Self::NChar(_))
    }

    /// True for types that can be summed.
    pub fn is_number(self) -> bool {
        !self.is_text() && !matches!(self, Self::Bool | Self::Timestamp)
    }
}

/// A column of a result or of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name, as printed.
    pub name: String,
    /// Its type.
    pub kind: ColumnKind,
}

impl Column {
    /// A column called `name`.
    pub fn new(name: impl Into<String>, kind: ColumnKind) -> Self {
        Self { name: name.into(), kind }
    }
}

/// The unit of timestamps in a database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// Milliseconds.
    #[default]
    Milli,
    /// Microseconds.
    Micro,
    /// Nanoseconds (not in 2.1.1.0).
    Nano,
}

impl Precision {
    /// `ms`, `us` or `ns`, as `show databases` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Milli => "ms",
            Self::Micro => "us",
            Self::Nano => "ns",
        }
    }

    /// Units in one millisecond.
    pub fn per_milli(self) -> i64 {
        match self {
            Self::Milli => 1,
            Self::Micro => 1_000,
            Self::Nano => 1_000_000,
        }
    }

    /// Digits after the decimal point of a second.
    pub fn digits(self) -> usize {
        match self {
            Self::Milli => 3,
            Self::Micro => 6,
            Self::Nano => 9,
        }
    }
}

/// A table of results.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rows {
    /// The columns, from left to right.
    pub columns: Vec<Column>,
    /// The rows; each has as many values as there are columns.
    pub rows: Vec<Vec<Value>>,
    /// The unit of all timestamps in `rows`.
    pub precision: Precision,
}

/// What a statement answers when it succeeds.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A table.
    Rows(Rows),
    /// So many rows were inserted.
    Affected(u64),
    /// Done; nothing to tell.
    Done,
    /// The connection's database is now this one.
    Use(String),
}
