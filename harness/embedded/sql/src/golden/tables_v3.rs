//! Takes every table of the 3.x recordings apart and prints it again, byte for byte.

use crate::{
    Column, ColumnKind, Dialect, Precision, Rows, Value, parse_timestamp,
    shell::{TableStyle, horizontal},
    system::SystemTable,
};

/// The columns of a table whose header has these names.
fn columns_of(names: &[&str], dialect: Dialect) -> Vec<Column> {
    let system = SystemTable::ALL.iter().map(|table| table.columns(dialect));
    let mut system =
        system.filter(|columns| columns.iter().map(|column| column.name.as_str()).eq(names.iter().copied()));
    system.next().unwrap_or_else(|| match names {
        ["name"] => vec![Column::new("name", ColumnKind::Binary(64))],
        ["count(*)"] => vec![Column::new("count(*)", ColumnKind::BigInt)],
        ["server_version()"] => vec![Column::new("server_version()", ColumnKind::Binary(7))],
        ["server_status()"] => vec![Column::new("server_status()", ColumnKind::Int)],
        other => panic!("a table with the columns {other:?}"),
    })
}

fn value(text: &str, kind: ColumnKind) -> Value {
    let plain = text.trim();
    match kind {
        _ if plain == "NULL" => Value::Null,
        ColumnKind::Timestamp => parse_timestamp(plain, Precision::Milli).map_or(Value::Null, Value::Timestamp),
        ColumnKind::Binary(_) => Value::text(text.get(1..).unwrap_or_default().trim_end()),
        _ => plain.parse().map_or(Value::Null, Value::Int),
    }
}

#[test]
fn every_recorded_table_is_printed_again() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../fixtures/recordings");
    let mut printed = 0;
    for set in ["hosts-3.3.0.1", "kind-3.3.0.1"] {
        for file in std::fs::read_dir(format!("{folder}/{set}")).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let older = path.to_string_lossy().contains("3.0.7.1");
            let dialect = if older { Dialect::V3_0 } else { Dialect::V3_3 };
            let lines: Vec<_> = text.lines().collect();
            for at in 1..lines.len() {
                let rule = lines[at].strip_suffix('\r').unwrap_or(lines[at]);
                if rule.len() < 10 || !rule.bytes().all(|byte| byte == b'=') || !lines[at - 1].contains('|') {
                    continue;
                }
                let names: Vec<_> = lines[at - 1].trim_end().trim_end_matches('|').split('|').map(str::trim).collect();
                let columns = columns_of(&names, dialect);
                let rows = lines.iter().skip(at + 1).take_while(|line| line.trim_end().ends_with('|'));
                let rows: Vec<Vec<_>> = rows
                    .map(|line| {
                        let cells = line.trim_end().trim_end_matches('|').split('|');
                        cells.zip(&columns).map(|(text, column)| value(text, column.kind)).collect()
                    })
                    .collect();
                // Some recorders strip the carriage returns.
                let expected = lines[at - 1..=at + rows.len()].join("\n").replace('\r', "") + "\n";
                let rows = Rows { columns, rows, precision: Precision::Milli };
                let style = TableStyle { dialect, ..TableStyle::default() };
                let seen = horizontal(&rows, style);
                assert!(seen.ends_with("|\r\n"), "{seen:?}");
                assert_eq!(seen.replace('\r', ""), expected, "{}:{at}", path.display());
                printed += 1;
            }
        }
    }
    assert!(printed > 50, "{printed}");
}
