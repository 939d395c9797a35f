use super::{
    Cursor, Parsed,
    lexer::{Kind, Token, unquote},
};
use crate::ast::{Literal, TimeUnit};

/// A value as `where` and tags have it: a number with a sign, a text, a time.
pub(super) fn literal(cursor: &mut Cursor<'_>) -> Parsed<Literal> {
    let negative = cursor.is("-");
    if negative || cursor.is("+") {
        if !matches!(cursor.peek_after(1), Kind::Integer | Kind::Float) {
            return Err(cursor.unexpected());
        }
        cursor.next();
    }
    let token = cursor.peek();
    let value = match token.kind {
        Kind::Integer | Kind::Float | Kind::Text => plain(token, cursor.text_of(token), negative),
        Kind::Word => word(cursor.text_of(token)).ok_or_else(|| cursor.unexpected())?,
        _ => return Err(cursor.unexpected()),
    };
    cursor.next();
    if cursor.v3() && cursor.is("(") && matches!(value, Literal::Time { .. }) {
        // `now()`
        cursor.next();
        cursor.expect(")")?;
    }
    Ok(with_spans(cursor, value))
}

/// The value of a number or a quoted text.
pub(super) fn plain(token: Token, text: &str, negative: bool) -> Literal {
    match token.kind {
        Kind::Integer => {
            let number = text.parse::<i128>().unwrap_or(i128::MAX);
            Literal::Int(if negative { -number } else { number })
        }
        Kind::Float => {
            let number = text.parse::<f64>().unwrap_or(f64::NAN);
            Literal::Float(if negative { -number } else { number })
        }
        _ => Literal::Text(unquote(text)),
    }
}

/// `null`, `true`, `false` or `now`.
pub(super) fn word(text: &str) -> Option<Literal> {
    match text.to_ascii_lowercase().as_str() {
        "null" => Some(Literal::Null),
        "true" => Some(Literal::Bool(true)),
        "false" => Some(Literal::Bool(false)),
        "now" => Some(Literal::Time { base: None, spans: Vec::new() }),
        _ => None,
    }
}

/// Takes `+ 1s - 2m` after a value.
pub(super) fn with_spans(cursor: &mut Cursor<'_>, value: Literal) -> Literal {
    let mut spans = Vec::new();
    while cursor.is("+") || cursor.is("-") {
        let negative = cursor.is("-");
        if cursor.peek_after(1) != Kind::Duration {
            break;
        }
        cursor.next();
        let token = cursor.next();
        spans
            .extend(duration(cursor.text_of(token)).map(|(count, unit)| (if negative { -count } else { count }, unit)));
    }
    match value {
        Literal::Time { base, spans: mut before } => {
            before.extend(spans);
            Literal::Time { base, spans: before }
        }
        value if spans.is_empty() => value,
        value => Literal::Time { base: Some(Box::new(value)), spans },
    }
}

/// `10s` as 10 and its unit.
pub(super) fn duration(text: &str) -> Option<(i64, TimeUnit)> {
    let unit = match text.chars().last()?.to_ascii_lowercase() {
        'b' => TimeUnit::Nanosecond,
        'u' => TimeUnit::Microsecond,
        'a' => TimeUnit::Millisecond,
        's' => TimeUnit::Second,
        'm' => TimeUnit::Minute,
        'h' => TimeUnit::Hour,
        'd' => TimeUnit::Day,
        'w' => TimeUnit::Week,
        'n' => TimeUnit::Month,
        'y' => TimeUnit::Year,
        _ => return None,
    };
    Some((text.get(..text.len() - 1)?.parse().unwrap_or(i64::MAX), unit))
}
