//! Takes every table of the 2.1.1.0 recordings apart and prints it again, byte for byte.

use crate::{
    Column, ColumnKind, Precision, Rows, Value, parse_timestamp,
    shell::{TableStyle, horizontal},
};

/// Types of the columns that appear in the recordings, by name.
fn kind_of(name: &str) -> ColumnKind {
    match name {
        "id" | "vnodes" | "cores" | "replica" | "quorum" | "days" | "v1_dnode" | "v2_dnode" | "v3_dnode" => {
            ColumnKind::SmallInt
        }
        "end_point" => ColumnKind::Binary(40),
        "status" => ColumnKind::Binary(10),
        "role" => ColumnKind::Binary(5),
        "create_time" | "created_time" => ColumnKind::Timestamp,
        "offline reason" | "keep0,keep1,keep(D)" => ColumnKind::Binary(24),
        "v1_status" | "v2_status" | "v3_status" => ColumnKind::Binary(9),
        "name" => ColumnKind::Binary(32),
        "wallevel" | "comp" | "cachelast" | "update" => ColumnKind::TinyInt,
        "precision" => ColumnKind::Binary(3),
        "count(*)" => ColumnKind::BigInt,
        _ => ColumnKind::Int,
    }
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

/// A table that starts at `lines[0]` and ends before the first line that is no row.
fn table(lines: &[&str]) -> (Rows, String) {
    let names: Vec<_> = lines[0].trim_end_matches('|').split('|').collect();
    let columns: Vec<_> = names
        .iter()
        .map(|name| {
            let mut kind = kind_of(name.trim());
            // These are wider or narrower in one `show` than in another, as the header shows.
            if let "role" | "status" = name.trim() {
                kind = ColumnKind::Binary(u16::try_from(name.len()).unwrap() - 2);
            }
            Column::new(name.trim(), kind)
        })
        .collect();
    let cells = |line: &str| -> Vec<Value> {
        let texts = line.trim_end_matches('|').split('|');
        texts.zip(&columns).map(|(text, column)| value(text, column.kind)).collect()
    };
    let rows: Vec<_> = lines.iter().skip(2).take_while(|line| line.ends_with('|')).map(|line| cells(line)).collect();
    let text = lines[..rows.len() + 2].join("\n") + "\n";
    (Rows { columns, rows, precision: Precision::Milli }, text)
}

#[test]
fn every_recorded_table_is_printed_again() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../fixtures/recordings");
    let mut printed = 0;
    for set in ["hosts-2.1.1.0", "kind-2.1.1.0"] {
        let mut files: Vec<_> =
            std::fs::read_dir(format!("{folder}/{set}")).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let lines: Vec<_> = text.lines().collect();
            for at in 1..lines.len() {
                let rule = !lines[at].is_empty() && lines[at].bytes().all(|byte| byte == b'=');
                if !rule || !lines[at - 1].ends_with('|') {
                    continue;
                }
                let (rows, expected) = table(&lines[at - 1..]);
                assert_eq!(horizontal(&rows, TableStyle::default()), expected, "{}:{at}", file.display());
                printed += 1;
            }
        }
    }
    assert!(printed > 90, "{printed}");
}
