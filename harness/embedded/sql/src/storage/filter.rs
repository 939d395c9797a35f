use std::cmp::Ordering;

use super::{
    Schema,
    bind::{bind_value, time_of},
    catalog::like,
};
use crate::{
    ColumnKind, Dialect, Precision, SqlError, Value,
    ast::{Comparison, Condition, Literal},
    codes::v3,
    parse::invalid,
};

/// A value of a row, by where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The timestamp.
    Time,
    /// A column after the first, counted from 0.
    Column(usize),
    /// A tag.
    Tag(usize),
    /// The table's name.
    TableName,
}

impl Place {
    /// Where a name is found, and the type there.
    pub(super) fn of(name: &str, schema: &Schema) -> Option<(Self, ColumnKind)> {
        if matches!(name, "_c0" | "_rowts") {
            return Some((Self::Time, ColumnKind::Timestamp));
        }
        if name == "tbname" {
            return Some((Self::TableName, ColumnKind::Binary(192)));
        }
        if let Some(at) = schema.column_index(name) {
            let place = at.checked_sub(1).map_or(Self::Time, Self::Column);
            return schema.columns.get(at).map(|column| (place, column.kind));
        }
        let at = schema.tag_index(name)?;
        schema.tags.get(at).map(|tag| (Self::Tag(at), tag.kind))
    }

    /// True for what belongs to the table as a whole.
    pub(super) fn is_tag(self) -> bool {
        matches!(self, Self::Tag(_) | Self::TableName)
    }
}

/// A row as a filter sees it.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) table: &'a str,
    pub(super) tags: &'a [Value],
    pub(super) time: i64,
    pub(super) values: &'a [Value],
}

impl View<'_> {
    pub(super) fn get(&self, place: Place) -> Value {
        let found = match place {
            Place::Time => return Value::Timestamp(self.time),
            Place::TableName => return Value::text(self.table),
            Place::Column(at) => self.values.get(at),
            Place::Tag(at) => self.tags.get(at),
        };
        found.cloned().unwrap_or(Value::Null)
    }
}

/// A condition bound to a schema.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Compare(Place, Comparison, Value),
    IsNull(Place, bool),
    In(Place, Vec<Value>),
}

/// What conditions are bound with.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) schema: &'a Schema,
    pub(super) precision: Precision,
    pub(super) now: i64,
    pub(super) dialect: Dialect,
}

impl Filter {
    pub(super) fn bind(condition: &Condition, scope: Scope<'_>) -> Result<Self, SqlError> {
        let dialect = scope.dialect;
        let place = |name: &str| {
            let v3 = || v3::named(v3::PAR_INVALID_COLUMN, name);
            Place::of(name, scope.schema).ok_or_else(|| dialect.either(|| invalid("illegal column name"), v3))
        };
        Ok(match condition {
            Condition::And(left, right) => {
                Self::And(Box::new(Self::bind(left, scope)?), Box::new(Self::bind(right, scope)?))
            }
            Condition::Or(left, right) => {
                Self::Or(Box::new(Self::bind(left, scope)?), Box::new(Self::bind(right, scope)?))
            }
            Condition::Not(inner) => Self::Not(Box::new(Self::bind(inner, scope)?)),
            Condition::IsNull { column, negated } => Self::IsNull(place(column)?.0, *negated),
            Condition::In { column, values } => {
                let (place, kind) = place(column)?;
                if dialect.is_v3() {
                    let values = values.iter().map(|value| operand(value, kind, scope)).collect::<Result<_, _>>()?;
                    return Ok(Self::In(place, values));
                }
                if place != Place::TableName {
                    return Err(invalid("not supported filter condition"));
                }
                let names = values.iter().filter_map(|value| match value {
                    Literal::Text(name) => Some(Value::Text(name.to_lowercase())),
                    _ => None,
                });
                Self::In(place, names.collect())
            }
            Condition::Compare { column, comparison, value } => {
                let (place, kind) = place(column)?;
                if place == Place::TableName && *comparison != Comparison::Like && !dialect.is_v3() {
                    return Err(invalid("only in/like allowed in filter table name"));
                }
                if *comparison == Comparison::Like && !kind.is_text() {
                    let v3 = || v3::named(v3::PAR_WRONG_VALUE_TYPE, column);
                    return Err(dialect.either(|| invalid("wildcard string should be less than 20 characters"), v3));
                }
                Self::Compare(place, *comparison, operand(value, kind, scope)?)
            }
        })
    }

    pub(super) fn accepts(&self, row: View<'_>) -> bool {
        match self {
            Self::And(left, right) => left.accepts(row) && right.accepts(row),
            Self::Or(left, right) => left.accepts(row) || right.accepts(row),
            // What is neither true nor false (a comparison with NULL) is not looked at here.
            Self::Not(inner) => !inner.accepts(row),
            Self::IsNull(place, negated) => row.get(*place).is_null() != *negated,
            Self::In(place, values) => {
                let value = row.get(*place);
                values.iter().any(|operand| compare(&value, Comparison::Equal, operand))
            }
            Self::Compare(place, comparison, operand) => compare(&row.get(*place), *comparison, operand),
        }
    }

    /// The first and the last time that a row may have.
    pub(super) fn times(&self) -> (i64, i64) {
        match self {
            Self::And(left, right) => {
                let (left, right) = (left.times(), right.times());
                (left.0.max(right.0), left.1.min(right.1))
            }
            Self::Or(left, right) => {
                let (left, right) = (left.times(), right.times());
                (left.0.min(right.0), left.1.max(right.1))
            }
            Self::Compare(Place::Time, comparison, Value::Timestamp(time)) => match comparison {
                Comparison::Equal => (*time, *time),
                Comparison::Less | Comparison::LessOrEqual => (i64::MIN, *time),
                Comparison::Greater | Comparison::GreaterOrEqual => (*time, i64::MAX),
                Comparison::NotEqual | Comparison::Like => (i64::MIN, i64::MAX),
            },
            _ => (i64::MIN, i64::MAX),
        }
    }
}

fn operand(value: &Literal, kind: ColumnKind, scope: Scope<'_>) -> Result<Value, SqlError> {
    let v3 = || v3::error(v3::PAR_WRONG_VALUE_TYPE);
    let unsupported = || scope.dialect.either(|| invalid("not supported filter condition"), v3);
    let bind = |kind| bind_value(scope.dialect, value, kind, scope.precision, scope.now);
    match kind {
        ColumnKind::Timestamp => {
            let v3 = || v3::error(v3::PAR_WRONG_VALUE_TYPE);
            time_of(value, scope.precision, scope.now)
                .map(Value::Timestamp)
                .ok_or_else(|| scope.dialect.either(|| invalid("invalid timestamp"), v3))
        }
        ColumnKind::Binary(_) | ColumnKind::NChar(_) => match value {
            Literal::Text(text) => Ok(Value::Text(text.clone())),
            _ => Err(unsupported()),
        },
        ColumnKind::Bool => bind(kind).map_err(|_| unsupported()),
        // Numbers are compared as numbers, whatever the column can hold.
        _ => match value {
            Literal::Int(_) | Literal::Float(_) => bind(ColumnKind::Double).map_err(|_| unsupported()),
            _ => Err(unsupported()),
        },
    }
}

fn compare(value: &Value, comparison: Comparison, operand: &Value) -> bool {
    if value.is_null() || operand.is_null() {
        return false;
    }
    if comparison == Comparison::Like {
        return match (value, operand) {
            (Value::Text(text), Value::Text(pattern)) => like(pattern, text),
            _ => false,
        };
    }
    let order = order(value, operand);
    match comparison {
        Comparison::Equal | Comparison::Like => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    }
}

/// The order of two values: NULL first, numbers by size, texts by their bytes.
pub(super) fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => left.as_bytes().cmp(right.as_bytes()),
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Float(left), right) => left.total_cmp(&number(right)),
        (left, Value::Float(right)) => number(left).total_cmp(right),
        _ => whole(left).cmp(&whole(right)),
    }
}

fn whole(value: &Value) -> i128 {
    match value {
        Value::Int(number) | Value::Timestamp(number) => i128::from(*number),
        Value::UInt(number) => i128::from(*number),
        Value::Bool(value) => i128::from(*value),
        Value::Null | Value::Float(_) | Value::Text(_) => 0,
    }
}

/// A number as a double.
#[expect(clippy::cast_precision_loss, reason = "sums and averages of the server are doubles too")]
pub(super) fn number(value: &Value) -> f64 {
    match value {
        Value::Float(number) => *number,
        other => whole(other) as f64,
    }
}
