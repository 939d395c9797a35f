use jiff::Timestamp;

use super::{DatabaseSettings, Row, Schema};
use crate::{
    Column, ColumnKind, Precision, SqlError, Value,
    ast::{InsertPart, Literal, TimeUnit, Using},
    codes,
    moment::parse_timestamp,
    parse::{invalid, invalid_near},
};

/// The rows of one part of an `insert`, as the table's schema wants them, in the order of their times; of several
/// rows of one time the first is kept, as the client library does.
///
/// `now` is the client's clock. A row out of the range that the database keeps fails the whole part.
pub fn bind_insert(
    part: &InsertPart,
    schema: &Schema,
    settings: &DatabaseSettings,
    now: Timestamp,
) -> Result<Vec<Row>, SqlError> {
    if part.rows.is_empty() {
        return Err(SqlError::of(codes::TSC_INVALID_SQL));
    }
    let places = column_places(part, schema)?;
    let width = schema.columns.len().saturating_sub(1);
    let units = units_of(now, settings.precision);
    let mut rows = Vec::with_capacity(part.rows.len());
    for cells in &part.rows {
        let end = || cells.last().map_or(part.source.len(), |cell| cell.place);
        if cells.len() > places.len() {
            let place = cells.get(places.len()).map_or_else(end, |cell| cell.place);
            // The parser was at the comma before it.
            let rest = part.source.get(..place).map_or(0, |before| before.trim_end().len().saturating_sub(1));
            return Err(syntax_near(&part.source, rest, ") expected"));
        }
        if cells.len() < places.len() {
            let rest = part.source.get(end()..).and_then(|rest| rest.find(')')).map_or(0, |at| end() + at);
            return Err(syntax_near(&part.source, rest, "invalid data or symbol"));
        }
        let mut time = None;
        let mut values = vec![Value::Null; width];
        for (cell, place) in cells.iter().zip(&places) {
            let Some(column) = schema.columns.get(*place) else { continue };
            let bound = bind_value(&cell.value, column.kind, settings.precision, units)
                .map_err(|what| cell_error(part, cell.place, &cell.value, what))?;
            match place.checked_sub(1) {
                None => time = Some(bound),
                Some(at) => {
                    if let Some(slot) = values.get_mut(at) {
                        *slot = bound;
                    }
                }
            }
        }
        let time = match time {
            Some(Value::Timestamp(time)) => time,
            // A NULL time is 0, which is out of any range.
            _ => 0,
        };
        rows.push(Row { time, values });
    }
    rows.sort_by_key(|row| row.time);
    rows.dedup_by_key(|row| row.time);
    let (oldest, newest) = settings.time_range(units);
    if rows.iter().any(|row| row.time < oldest || row.time > newest) {
        return Err(SqlError::of(codes::TDB_TIMESTAMP_OUT_OF_RANGE));
    }
    Ok(rows)
}

/// The places in the schema of the columns that the part names.
fn column_places(part: &InsertPart, schema: &Schema) -> Result<Vec<usize>, SqlError> {
    let Some(names) = &part.columns else { return Ok((0..schema.columns.len()).collect()) };
    let mut places = Vec::with_capacity(names.len());
    for (name, place) in names {
        places.push(
            schema.column_index(name).ok_or_else(|| {
                invalid_near(part.source.get(*place..).unwrap_or_default(), "invalid column/tag name")
            })?,
        );
    }
    if places.contains(&0) { Ok(places) } else { Err(invalid("primary timestamp column can not be null")) }
}

/// The values of all tags of a new table, in the order of the super table's schema.
pub fn bind_tags(using: &Using, schema: &Schema, precision: Precision, now: Timestamp) -> Result<Vec<Value>, SqlError> {
    let units = units_of(now, precision);
    let mut tags = vec![Value::Null; schema.tags.len()];
    let places: Vec<usize> = match &using.names {
        None => (0..schema.tags.len()).collect(),
        Some(names) => {
            let find = |name: &String| schema.tag_index(name).ok_or_else(|| invalid("invalid column/tag name"));
            names.iter().map(find).collect::<Result<_, _>>()?
        }
    };
    if places.len() != using.tags.len() {
        return Err(invalid("tags number not matched"));
    }
    for (literal, place) in using.tags.iter().zip(places) {
        let (Some(tag), Some(slot)) = (schema.tags.get(place), tags.get_mut(place)) else { continue };
        *slot = bind_tag(literal, tag, precision, units)?;
    }
    Ok(tags)
}

/// The place and the new value of a tag in `alter table ... set tag`.
pub fn bind_tag_change(
    schema: &Schema,
    name: &str,
    value: &Literal,
    precision: Precision,
    now: Timestamp,
) -> Result<(usize, Value), SqlError> {
    let index = schema.tag_index(name).ok_or_else(|| SqlError::of(codes::MND_TAG_NOT_EXIST))?;
    let tag = schema.tags.get(index).ok_or_else(|| SqlError::of(codes::MND_TAG_NOT_EXIST))?;
    Ok((index, bind_tag(value, tag, precision, units_of(now, precision))?))
}

/// The value of one tag.
fn bind_tag(literal: &Literal, tag: &Column, precision: Precision, now: i64) -> Result<Value, SqlError> {
    bind_value(literal, tag.kind, precision, now).map_err(|what| match what {
        "string data overflow" | "Argument list too long" => invalid("tag value too long"),
        _ => invalid("invalid tag value"),
    })
}

fn cell_error(part: &InsertPart, place: usize, value: &Literal, what: &str) -> SqlError {
    let rest = part.source.get(place..).unwrap_or_default();
    let near = match value {
        Literal::Text(text) => text,
        _ => rest,
    };
    // The client reports all errors of rows under this code.
    SqlError::new(codes::TSC_SQL_SYNTAX_ERROR, invalid_near(near, what).text)
}

fn syntax_near(source: &str, place: usize, what: &str) -> SqlError {
    let error = invalid_near(source.get(place..).unwrap_or_default(), what);
    SqlError::new(codes::TSC_SQL_SYNTAX_ERROR, error.text.replacen("invalid SQL: ", "syntax error near ", 1))
}

/// The time in units of the precision.
pub(super) fn units_of(now: Timestamp, precision: Precision) -> i64 {
    let per_unit = i128::from(1_000_000 / precision.per_milli());
    i64::try_from(now.as_nanosecond().div_euclid(per_unit)).unwrap_or(i64::MAX)
}

/// A literal as a value of a column; the error is what the client says about it.
pub(super) fn bind_value(
    literal: &Literal,
    kind: ColumnKind,
    precision: Precision,
    now: i64,
) -> Result<Value, &'static str> {
    if is_null(literal, kind) {
        return Ok(Value::Null);
    }
    match kind {
        ColumnKind::Bool => boolean(literal).ok_or("invalid bool data"),
        ColumnKind::TinyInt => integer(literal, -127, 127, "invalid tinyint data", "data overflow"),
        ColumnKind::UTinyInt => {
            integer(literal, 0, 254, "invalid unsigned tinyint data", "unsigned tinyint data overflow")
        }
        ColumnKind::SmallInt => integer(literal, -32_767, 32_767, "invalid smallint data", "smallint data overflow"),
        ColumnKind::USmallInt => {
            integer(literal, 0, 65_534, "invalid unsigned smallint data", "unsigned smallint data overflow")
        }
        ColumnKind::Int => integer(literal, -2_147_483_647, 2_147_483_647, "invalid int data", "int data overflow"),
        ColumnKind::UInt => {
            integer(literal, 0, 4_294_967_294, "invalid unsigned int data", "unsigned int data overflow")
        }
        ColumnKind::BigInt => {
            let most = i128::from(i64::MAX);
            integer(literal, -most, most, "invalid bigint data", "bigint data overflow")
        }
        ColumnKind::UBigInt => {
            let most = i128::from(u64::MAX) - 1;
            integer(literal, 0, most, "invalid unsigned bigint data", "unsigned bigint data overflow")
        }
        ColumnKind::Float => float(literal)
            .filter(|number| number.abs() <= f64::from(f32::MAX))
            .map(|number| Value::Float(round_to_float(number)))
            .ok_or("illegal float data"),
        ColumnKind::Double => float(literal).map(Value::Float).ok_or("illegal double data"),
        ColumnKind::Binary(width) => {
            let text = text(literal);
            if text.len() > usize::from(width) { Err("string data overflow") } else { Ok(Value::Text(text)) }
        }
        ColumnKind::NChar(width) => {
            let text = text(literal);
            let long = text.chars().count() > usize::from(width);
            if long { Err("Argument list too long") } else { Ok(Value::Text(text)) }
        }
        ColumnKind::Timestamp => time_of(literal, precision, now).map(Value::Timestamp).ok_or("invalid timestamp"),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a float column keeps 32 bits; the range was checked")]
pub(super) fn round_to_float(number: f64) -> f64 {
    f64::from(number as f32)
}

fn is_null(literal: &Literal, kind: ColumnKind) -> bool {
    match literal {
        Literal::Null => true,
        // The word in quotes is NULL too, but in text columns.
        Literal::Text(text) => !kind.is_text() && kind != ColumnKind::Timestamp && text.eq_ignore_ascii_case("null"),
        _ => false,
    }
}

fn boolean(literal: &Literal) -> Option<Value> {
    let value = match literal {
        Literal::Bool(value) => *value,
        Literal::Int(number) => *number != 0,
        Literal::Float(number) => *number != 0.0,
        Literal::Text(text) if text == "true" => true,
        Literal::Text(text) if text == "false" => false,
        _ => return None,
    };
    Some(Value::Bool(value))
}

fn integer(
    literal: &Literal,
    low: i128,
    high: i128,
    no_number: &'static str,
    overflow: &'static str,
) -> Result<Value, &'static str> {
    let number = match literal {
        Literal::Int(number) => *number,
        Literal::Float(number) => round(*number).ok_or(no_number)?,
        Literal::Text(text) => match text.trim().parse::<i128>() {
            Ok(number) => number,
            Err(_) => text.trim().parse::<f64>().ok().and_then(round).ok_or(no_number)?,
        },
        _ => return Err(no_number),
    };
    if number < low || number > high {
        return Err(overflow);
    }
    match (i64::try_from(number), u64::try_from(number)) {
        (Ok(number), _) => Ok(Value::Int(number)),
        (_, Ok(number)) => Ok(Value::UInt(number)),
        _ => Err(overflow),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a cast of floats saturates, and the range is checked after it")]
fn round(number: f64) -> Option<i128> {
    number.is_finite().then(|| number.round() as i128)
}

fn float(literal: &Literal) -> Option<f64> {
    let number = match literal {
        #[expect(clippy::cast_precision_loss, reason = "the nearest double is what the server keeps")]
        Literal::Int(number) => *number as f64,
        Literal::Float(number) => *number,
        Literal::Text(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

fn text(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) => text.clone(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(number) => number.to_string(),
        Literal::Float(number) => number.to_string(),
        Literal::Time { .. } => "now".to_owned(),
        Literal::Null => String::new(),
    }
}

/// The time that a literal means.
pub(super) fn time_of(literal: &Literal, precision: Precision, now: i64) -> Option<i64> {
    match literal {
        Literal::Int(units) => i64::try_from(*units).ok(),
        Literal::Text(text) => parse_timestamp(text, precision),
        Literal::Time { base, spans } => {
            let mut at = match base {
                None => now,
                Some(base) => time_of(base, precision, now)?,
            };
            for (count, unit) in spans {
                at = at.checked_add(count.checked_mul(units_in(*unit, precision))?)?;
            }
            Some(at)
        }
        _ => None,
    }
}

fn units_in(unit: TimeUnit, precision: Precision) -> i64 {
    let milli = precision.per_milli();
    let day = 86_400_000 * milli;
    match unit {
        TimeUnit::Nanosecond => milli / 1_000_000,
        TimeUnit::Microsecond => milli / 1_000,
        TimeUnit::Millisecond => milli,
        TimeUnit::Second => 1_000 * milli,
        TimeUnit::Minute => 60_000 * milli,
        TimeUnit::Hour => 3_600_000 * milli,
        TimeUnit::Day => day,
        TimeUnit::Week => 7 * day,
        TimeUnit::Month => 30 * day,
        TimeUnit::Year => 365 * day,
    }
}
