use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::{Answer, ColumnKind, Precision, Rows, SqlError, Value};

/// The body of a REST success.
pub(super) fn success(answer: &Answer, most_rows: usize) -> String {
    let body = match answer {
        Answer::Rows(rows) => table(rows, most_rows),
        Answer::Affected(count) => affected(*count),
        Answer::Done | Answer::Use(_) => affected(0),
    };
    body.to_string()
}

fn affected(count: u64) -> Json {
    json!({"code": 0, "column_meta": [["affected_rows", "INT", 4]], "data": [[count]], "rows": 1})
}

fn table(rows: &Rows, most_rows: usize) -> Json {
    let meta = rows.columns.iter().map(|column| json!([column.name, column.kind.v3_name(), column.kind.width()]));
    let meta: Vec<_> = meta.collect();
    let row = |row: &Vec<Value>| {
        let cells = row.iter().zip(&rows.columns).map(|(value, column)| cell(value, column.kind, rows.precision));
        Json::from(cells.collect::<Vec<_>>())
    };
    let data: Vec<_> = rows.rows.iter().take(most_rows).map(row).collect();
    json!({"code": 0, "column_meta": meta, "data": data, "rows": data.len()})
}

fn cell(value: &Value, kind: ColumnKind, precision: Precision) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(number) => json!(number),
        Value::UInt(number) => json!(number),
        Value::Float(number) if kind == ColumnKind::Float => json!(shortest(*number)),
        Value::Float(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Timestamp(units) => json!(time(*units, precision)),
    }
}

/// The double that has the shortest text of the number's 32 bits: 1.1 and not 1.100000023841858.
#[expect(clippy::cast_possible_truncation, reason = "a float column keeps 32 bits")]
fn shortest(number: f64) -> f64 {
    (number as f32).to_string().parse().unwrap_or(number)
}

/// A time as RFC 3339 has it, with all digits of the precision; a time that no calendar has is its number.
fn time(units: i64, precision: Precision) -> String {
    let nanos = i128::from(units) * i128::from(1_000_000 / precision.per_milli());
    match Timestamp::from_nanosecond(nanos) {
        Ok(at) => format!("{at:.digits$}", digits = precision.digits()),
        Err(_) => units.to_string(),
    }
}

/// The body of a REST error.
pub(super) fn error(error: &SqlError) -> String {
    message(error.short_code(), &error.text)
}

/// `{"code":...,"desc":...}`
pub(super) fn message(code: u16, text: &str) -> String {
    json!({"code": code, "desc": text}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Column;

    #[test]
    fn a_table_names_its_types_and_its_times_are_rfc_3339() {
        let columns = vec![
            Column::new("ts", ColumnKind::Timestamp),
            Column::new("f", ColumnKind::Float),
            Column::new("b", ColumnKind::Binary(5)),
        ];
        let rows = vec![vec![Value::Timestamp(1_500), Value::Float(f64::from(1.1_f32)), Value::text("涛\"")]];
        let body = success(&Answer::Rows(Rows { columns, rows, precision: Precision::Milli }), 10);
        assert_eq!(
            body,
            r#"{"code":0,"column_meta":[["ts","TIMESTAMP",8],["f","FLOAT",4],["b","VARCHAR",5]],"#.to_owned()
                + r#""data":[["1970-01-01T00:00:01.500Z",1.1,"涛\""]],"rows":1}"#
        );
    }
}
