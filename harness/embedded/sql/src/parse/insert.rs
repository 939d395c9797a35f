use std::sync::Arc;

use super::{
    Cursor, Parsed, invalid,
    lexer::Kind,
    literal::{plain, with_spans, word},
    table::{table_name, using},
};
use crate::{
    SqlError,
    ast::{Cell, Insert, InsertPart, Literal},
    codes,
};

/// What follows `insert`.
pub(super) fn insert(cursor: &mut Cursor<'_>) -> Parsed<Insert> {
    if cursor.at_end() {
        return Err(SqlError::of(codes::TSC_INVALID_SQL));
    }
    if !cursor.take("into") {
        return Err(cursor.invalid_near(cursor.peek().start, "keyword INTO is expected"));
    }
    if cursor.at_end() {
        return Err(SqlError::of(codes::TSC_INVALID_SQL));
    }
    let source: Arc<str> = cursor.slice(0, usize::MAX).into();
    let mut parts = Vec::new();
    while !cursor.at_end() {
        parts.push(part(cursor, &source)?);
    }
    Ok(Insert { parts })
}

fn part(cursor: &mut Cursor<'_>, source: &Arc<str>) -> Parsed<InsertPart> {
    let dialect = cursor.dialect();
    let place = cursor.peek().start;
    let table = table_name(cursor).map_err(|_| cursor.invalid_near(place, "table name invalid"))?;
    let using = if cursor.is("using") { Some(using(cursor)?) } else { None };
    let columns = if cursor.is("(") { Some(column_names(cursor)?) } else { None };
    if cursor.at_end() {
        // The client looks for the table first, and misses the rows then.
        return Ok(InsertPart { table, using, columns, rows: Vec::new(), source: Arc::clone(source), dialect });
    }
    if !cursor.take("values") {
        return Err(cursor.invalid_near(
            cursor.peek().start,
            if cursor.v3() { "keyword VALUES or FILE is expected" } else { "keyword VALUES or FILE required" },
        ));
    }
    let mut rows = Vec::new();
    while cursor.is("(") {
        rows.push(row(cursor)?);
        // A comma between rows is allowed and without meaning.
        if cursor.is(",") && cursor.peek_after(1) == Kind::Sign {
            cursor.next();
        }
    }
    if rows.is_empty() {
        return Err(SqlError::of(codes::TSC_SQL_SYNTAX_ERROR));
    }
    Ok(InsertPart { table, using, columns, rows, source: Arc::clone(source), dialect })
}

/// `(name, ...)`, with the places of the names.
fn column_names(cursor: &mut Cursor<'_>) -> Parsed<Vec<(String, usize)>> {
    cursor.expect("(")?;
    let mut names = Vec::new();
    while !cursor.take(")") {
        let place = cursor.peek().start;
        let name = cursor.name().map_err(|_| cursor.invalid_near(place, "invalid column/tag name"))?;
        if names.iter().any(|(before, _)| *before == name) {
            return Err(cursor.invalid_near(place, "duplicated column name"));
        }
        names.push((name, place));
        if !cursor.is(")") {
            cursor.expect(",")?;
        }
    }
    if names.is_empty() {
        return Err(invalid("primary timestamp column can not be null"));
    }
    Ok(names)
}

fn row(cursor: &mut Cursor<'_>) -> Parsed<Vec<Cell>> {
    cursor.expect("(")?;
    let mut cells = Vec::new();
    loop {
        cells.push(cell(cursor)?);
        if cursor.take(")") {
            return Ok(cells);
        }
        if !cursor.take(",") {
            let place = cursor.peek().start;
            return Err(cursor.near(place, ") expected"));
        }
    }
}

fn cell(cursor: &mut Cursor<'_>) -> Parsed<Cell> {
    let place = cursor.peek().start;
    let bad = |cursor: &Cursor<'_>| cursor.near(place, "invalid data or symbol");
    let negative = cursor.is("-");
    if (negative || cursor.is("+")) && matches!(cursor.peek_after(1), Kind::Integer | Kind::Float) {
        cursor.next();
    }
    let token = cursor.peek();
    let value = match token.kind {
        Kind::Integer | Kind::Float | Kind::Text => plain(token, cursor.text_of(token), negative),
        Kind::Word => word(cursor.text_of(token)).ok_or_else(|| bad(cursor))?,
        _ => return Err(bad(cursor)),
    };
    cursor.next();
    if cursor.v3() && cursor.is("(") && matches!(value, Literal::Time { .. }) {
        // `now()`
        cursor.next();
        cursor.expect(")")?;
    }
    let value = with_spans(cursor, value);
    // `now+` and `now+1x` are times that cannot be read.
    if (cursor.is("+") || cursor.is("-")) && matches!(value, Literal::Time { .. }) {
        return Err(SqlError::new(codes::TSC_SQL_SYNTAX_ERROR, cursor.invalid_near(place, "invalid timestamp").text));
    }
    Ok(Cell { value, place })
}
