use std::fmt::Write as _;

use crate::{Answer, ColumnKind, Precision, Rows, SqlError, Value, codes, moment::format_timestamp};

/// How times appear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    /// `/rest/sql`: `2026-11-23 05:26:24.249`
    Local,
    /// `/rest/sqlt`: a number of units.
    Number,
    /// `/rest/sqlutc`: `2026-11-23T05:26:24.249+0000`
    Utc,
}

/// The body of a success.
pub(super) fn success(answer: &Answer, times: Times, most_rows: usize) -> String {
    match answer {
        Answer::Rows(rows) => table(rows, times, most_rows),
        Answer::Affected(count) => affected(*count),
        Answer::Done | Answer::Use(_) => affected(0),
    }
}

fn affected(count: u64) -> String {
    format!(
        r#"{{"status":"succ","head":["affected_rows"],"column_meta":[["affected_rows",4,4]],"data":[[{count}]],"rows":1}}"#
    )
}

fn table(rows: &Rows, times: Times, most_rows: usize) -> String {
    let names: Vec<_> = rows.columns.iter().map(|column| quoted(&column.name)).collect();
    let meta = rows.columns.iter().zip(&names);
    let meta: Vec<_> =
        meta.map(|(column, name)| format!("[{name},{},{}]", column.kind.code(), column.kind.width())).collect();
    let mut body =
        format!(r#"{{"status":"succ","head":[{}],"column_meta":[{}],"data":["#, names.join(","), meta.join(","));
    let shown = rows.rows.len().min(most_rows);
    for (number, row) in rows.rows.iter().take(shown).enumerate() {
        if number > 0 {
            body.push(',');
        }
        let cells: Vec<_> = rows
            .columns
            .iter()
            .zip(row)
            .map(|(column, value)| cell(value, column.kind, rows.precision, times))
            .collect();
        body.extend(["[", &cells.join(","), "]"]);
    }
    // Writing to a String cannot fail.
    let _ = write!(body, r#"],"rows":{shown}}}"#);
    body
}

fn cell(value: &Value, kind: ColumnKind, precision: Precision, times: Times) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => u8::from(*value).to_string(),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => float(*number, kind),
        Value::Text(text) => quoted(text),
        Value::Timestamp(units) => match times {
            Times::Number => units.to_string(),
            Times::Local => quoted(&format_timestamp(*units, precision)),
            Times::Utc => quoted(&format!("{}+0000", format_timestamp(*units, precision).replacen(' ', "T", 1))),
        },
    }
}

/// Numbers beyond ten digits have an exponent.
fn float(number: f64, kind: ColumnKind) -> String {
    let digits = if kind == ColumnKind::Float { 5 } else { 9 };
    if !number.is_finite() {
        return "null".to_owned();
    }
    if number.abs() <= 1e10 {
        return format!("{number:.digits$}");
    }
    let text = format!("{number:.digits$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{mantissa}e+{exponent:0>2}"),
        None => text,
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The body of an error.
pub(super) fn error(error: &SqlError) -> String {
    // The service knows the text of the statement's error for this code alone.
    let text = if error.code == codes::TSC_INVALID_SQL {
        format!("invalid SQL: {}", error.text.replace('"', "'").replace('\n', " "))
    } else {
        let standard = codes::text(error.code);
        if standard.is_empty() { error.text.clone() } else { standard.to_owned() }
    };
    status("error", error.short_code(), &text)
}

/// `{"status":...,"code":...,"desc":...}`
pub(super) fn status(status: &str, code: u16, text: &str) -> String {
    format!(r#"{{"status":"{status}","code":{code},"desc":{}}}"#, quoted(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Column;

    #[test]
    fn a_table_is_as_recorded() {
        let rows = Rows {
            columns: vec![
                Column::new("ts", ColumnKind::Timestamp),
                Column::new("f", ColumnKind::Float),
                Column::new("d", ColumnKind::Double),
                Column::new("b", ColumnKind::Binary(5)),
            ],
            rows: vec![
                vec![Value::Timestamp(1_795_392_000_000), Value::Float(1.5), Value::Float(1e20), Value::text("涛\"思")],
                vec![Value::Timestamp(0), Value::Null, Value::Null, Value::Null],
            ],
            precision: Precision::Milli,
        };
        assert_eq!(
            success(&Answer::Rows(rows.clone()), Times::Local, 1),
            r#"{"status":"succ","head":["ts","f","d","b"],"column_meta":[["ts",9,8],["f",6,4],["d",7,8],["b",8,5]],"#
                .to_owned()
                + r#""data":[["2026-11-23 00:00:00.000",1.50000,1.000000000e+20,"涛\"思"]],"rows":1}"#
        );
        let utc = success(&Answer::Rows(rows), Times::Utc, 10);
        assert!(utc.ends_with(r#"["1970-01-01T00:00:00.000+0000",null,null,null]],"rows":2}"#), "{utc}");
    }

    #[test]
    fn errors_are_as_recorded() {
        let body = error(&SqlError::new(codes::TSC_SQL_SYNTAX_ERROR, "syntax error near \"bogus\""));
        assert_eq!(body, r#"{"status":"error","code":534,"desc":"Syntax error in SQL"}"#);
        let body = error(&SqlError::new(codes::TSC_INVALID_SQL, "invalid SQL: invalid column name"));
        assert_eq!(body, r#"{"status":"error","code":512,"desc":"invalid SQL: invalid SQL: invalid column name"}"#);
    }
}
