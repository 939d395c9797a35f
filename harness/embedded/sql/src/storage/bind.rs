use jiff::Timestamp;

use super::{Row, Schema, TimeRange};
use crate::{
    Column, ColumnKind, Dialect, Precision, SqlError, Value,
    ast::{InsertPart, Literal, TimeUnit, Using},
    codes::{self, v3},
    moment::parse_timestamp,
    parse::{invalid, invalid_near},
};

/// The rows of one part of an `insert`, as the table's schema wants them, in the order of their times; of several
/// rows of one time the first is kept, as the client library of 2.x does, or the last, as that of 3.x does.
///
/// `now` is the client's clock. A row out of the range that the database keeps fails the whole part.
pub fn bind_insert(
    part: &InsertPart,
    schema: &Schema,
    settings: &impl TimeRange,
    now: Timestamp,
) -> Result<Vec<Row>, SqlError> {
    if part.rows.is_empty() {
        return Err(SqlError::of(codes::TSC_INVALID_SQL));
    }
    let places = column_places(part, schema)?;
    let width = schema.columns.len().saturating_sub(1);
    let precision = settings.precision();
    let units = units_of(now, precision);
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
            let bound = bind_value(part.dialect, &cell.value, column.kind, precision, units)
                .map_err(|what| cell_error(part, cell.place, &cell.value, &column.name, what))?;
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
    if part.dialect.is_v3() {
        rows.reverse();
    }
    rows.sort_by_key(|row| row.time);
    rows.dedup_by_key(|row| row.time);
    let (oldest, newest) = settings.time_range(units);
    if rows.iter().any(|row| row.time < oldest || row.time > newest) {
        // The code and its text are those of 3.x, too.
        return Err(SqlError::of(codes::TDB_TIMESTAMP_OUT_OF_RANGE));
    }
    Ok(rows)
}

/// The places in the schema of the columns that the part names.
fn column_places(part: &InsertPart, schema: &Schema) -> Result<Vec<usize>, SqlError> {
    let Some(names) = &part.columns else { return Ok((0..schema.columns.len()).collect()) };
    let mut places = Vec::with_capacity(names.len());
    for (name, place) in names {
        places.push(schema.column_index(name).ok_or_else(|| {
            let rest = part.source.get(*place..).unwrap_or_default();
            let v3 = || v3::named(v3::PAR_INVALID_COLUMN, name);
            part.dialect.either(|| invalid_near(rest, "invalid column/tag name"), v3)
        })?);
    }
    if places.contains(&0) {
        return Ok(places);
    }
    let v3 = || SqlError::new(v3::TSC_INVALID_OPERATION, "primary timestamp column can not be null");
    Err(part.dialect.either(|| invalid("primary timestamp column can not be null"), v3))
}

/// The values of all tags of a new table, in the order of the super table's schema.
pub fn bind_tags(using: &Using, schema: &Schema, precision: Precision, now: Timestamp) -> Result<Vec<Value>, SqlError> {
    let units = units_of(now, precision);
    let mut tags = vec![Value::Null; schema.tags.len()];
    let places: Vec<usize> = match &using.names {
        None => (0..schema.tags.len()).collect(),
        Some(names) => {
            let find = |name: &String| {
                let v3 = || v3::named(v3::PAR_INVALID_TAG_NAME, name);
                let missing = || using.dialect.either(|| invalid("invalid column/tag name"), v3);
                schema.tag_index(name).ok_or_else(missing)
            };
            names.iter().map(find).collect::<Result<_, _>>()?
        }
    };
    if places.len() != using.tags.len() {
        let v3 = || v3::error(v3::PAR_TAGS_NOT_MATCHED);
        return Err(using.dialect.either(|| invalid("tags number not matched"), v3));
    }
    for (literal, place) in using.tags.iter().zip(places) {
        let (Some(tag), Some(slot)) = (schema.tags.get(place), tags.get_mut(place)) else { continue };
        *slot = bind_tag(using.dialect, literal, tag, precision, units)?;
    }
    Ok(tags)
}

/// The place and the new value of a tag in `alter table ... set tag`.
pub fn bind_tag_change(
    dialect: Dialect,
    schema: &Schema,
    name: &str,
    value: &Literal,
    precision: Precision,
    now: Timestamp,
) -> Result<(usize, Value), SqlError> {
    let v3 = || v3::named(v3::PAR_INVALID_TAG_NAME, name);
    let missing = || dialect.either(|| SqlError::of(codes::MND_TAG_NOT_EXIST), v3);
    let index = schema.tag_index(name).ok_or_else(missing)?;
    let tag = schema.tags.get(index).ok_or_else(missing)?;
    Ok((index, bind_tag(dialect, value, tag, precision, units_of(now, precision))?))
}

/// The value of one tag.
fn bind_tag(
    dialect: Dialect,
    literal: &Literal,
    tag: &Column,
    precision: Precision,
    now: i64,
) -> Result<Value, SqlError> {
    bind_value(dialect, literal, tag.kind, precision, now).map_err(|what| match (is_too_long(what), dialect.is_v3()) {
        (true, false) => invalid("tag value too long"),
        (false, false) => invalid("invalid tag value"),
        (true, true) => v3::named(v3::PAR_VALUE_TOO_LONG, &tag.name),
        (false, true) => v3::named(v3::PAR_WRONG_VALUE_TYPE, &tag.name),
    })
}

/// True for what is said of texts that a column cannot hold.
fn is_too_long(what: &str) -> bool {
    matches!(what, "string data overflow" | "Argument list too long")
}

fn cell_error(part: &InsertPart, place: usize, value: &Literal, column: &str, what: &str) -> SqlError {
    let rest = part.source.get(place..).unwrap_or_default();
    if part.dialect.is_v3() {
        return if is_too_long(what) {
            v3::named(v3::PAR_VALUE_TOO_LONG, column)
        } else {
            syntax_near(&part.source, place, what)
        };
    }
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
    dialect: Dialect,
    literal: &Literal,
    kind: ColumnKind,
    precision: Precision,
    now: i64,
) -> Result<Value, &'static str> {
    if is_null(literal, kind) {
        return Ok(Value::Null);
    }
    if dialect.is_v3()
        && let Some((low, high)) = range_of(kind)
    {
        let (bad, overflow) = words_of(kind);
        return integer(literal, low, high, bad, overflow);
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

/// What a whole number may be in 3.x, whose NULL is no number.
fn range_of(kind: ColumnKind) -> Option<(i128, i128)> {
    Some(match kind {
        ColumnKind::TinyInt => (i8::MIN.into(), i8::MAX.into()),
        ColumnKind::SmallInt => (i16::MIN.into(), i16::MAX.into()),
        ColumnKind::Int => (i32::MIN.into(), i32::MAX.into()),
        ColumnKind::BigInt => (i64::MIN.into(), i64::MAX.into()),
        ColumnKind::UTinyInt => (0, u8::MAX.into()),
        ColumnKind::USmallInt => (0, u16::MAX.into()),
        ColumnKind::UInt => (0, u32::MAX.into()),
        ColumnKind::UBigInt => (0, u64::MAX.into()),
        _ => return None,
    })
}

/// What 3.x says of something that is no such number, and of one that is too large.
fn words_of(kind: ColumnKind) -> (&'static str, &'static str) {
    match kind {
        ColumnKind::TinyInt => ("invalid tinyint data", "tinyint data overflow"),
        ColumnKind::SmallInt => ("invalid smallint data", "smallint data overflow"),
        ColumnKind::Int => ("invalid int data", "int data overflow"),
        ColumnKind::UTinyInt => ("invalid unsigned tinyint data", "unsigned tinyint data overflow"),
        ColumnKind::USmallInt => ("invalid unsigned smallint data", "unsigned smallint data overflow"),
        ColumnKind::UInt => ("invalid unsigned int data", "unsigned int data overflow"),
        ColumnKind::UBigInt => ("invalid unsigned bigint data", "unsigned bigint data overflow"),
        _ => ("invalid bigint data", "bigint data overflow"),
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
