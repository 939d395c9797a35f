use jiff::Timestamp;
use rstest::rstest;

use super::{SystemShow, SystemTable, query};
use crate::{
    Dialect, Rows, SqlError, Value,
    ast::{Select, Show, Statement, TableName},
    shell::{TableStyle, horizontal},
};

const V3: Dialect = Dialect::V3_3;

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn select(sql: &str, current: Option<&str>) -> Result<Select, SqlError> {
    match V3.parse(sql)? {
        Statement::Select(select) => Ok(select),
        Statement::Show(Show::System(show)) => show.select(V3, current),
        other => panic!("{other:?}"),
    }
}

fn vgroups() -> Vec<Vec<Value>> {
    let row = |id: i64, db: &str| {
        let mut row = vec![Value::Int(id), Value::text(db), Value::Int(0), Value::Int(2), Value::text("leader")];
        row.extend(vec![Value::Null; 6]);
        row.extend(vec![Value::Int(0); 3]);
        row
    };
    vec![row(2, "d1"), row(10, "d3"), row(3, "d1")]
}

fn ask(sql: &str, current: Option<&str>) -> Result<Rows, SqlError> {
    let select = select(sql, current)?;
    let table = SystemTable::find(select.from.as_ref().unwrap(), current).unwrap();
    query(&select, table, V3, vgroups(), now())
}

#[test]
fn a_show_is_a_query() {
    let rows = ask("show d1.vgroups", None).unwrap();
    assert_eq!(rows.rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>(), [Value::Int(2), Value::Int(3)]);
    assert_eq!(rows.columns.len(), 14);
    assert_eq!(ask("show vgroups", Some("d3")).unwrap().rows.len(), 1);
    let error = ask("show vgroups", None).unwrap_err();
    assert_eq!((error.text.as_str(), error.short_code()), ("database not specified", 0x2600));
}

#[rstest]
#[case("select count(*) from information_schema.ins_vgroups", "3")]
#[case("select max(vgroup_id) from information_schema.ins_vgroups where db_name = 'd1'", "3")]
#[case("select vgroup_id from ins_vgroups order by vgroup_id desc limit 1", "10")]
#[case("select vgroup_id v from ins_vgroups where v1_status like 'lead%' and not db_name in ('d1')", "10")]
fn system_tables_are_queried(#[case] sql: &str, #[case] first: &str) {
    let rows = ask(sql, Some("information_schema")).unwrap();
    let Value::Int(number) = rows.rows[0][0] else { panic!("{rows:?}") };
    assert_eq!((number.to_string().as_str(), rows.columns.len()), (first, 1));
}

#[test]
fn reserved_words_need_backquotes() {
    let error = ask("select vnodes from information_schema.ins_dnodes", None).unwrap_err();
    assert_eq!(error.text, "syntax error near \"vnodes from information_schema.ins_dnodes\"");
    assert!(select("select `vnodes` from information_schema.ins_dnodes", None).is_ok());
}

#[test]
fn a_missing_column_is_named() {
    let error = ask("select nosuch from information_schema.ins_vgroups", None).unwrap_err();
    assert_eq!((error.text.as_str(), error.short_code()), ("Invalid column name: nosuch", 0x2602));
}

#[test]
fn every_table_is_found_by_its_name() {
    for table in SystemTable::ALL {
        let (database, name) = table.full_name();
        let full = TableName { database: Some(database.to_owned()), table: name.to_owned() };
        assert_eq!(SystemTable::find(&full, None), Some(*table));
        assert!(table.columns(V3).len() >= table.columns(Dialect::V3_0).len());
    }
    let plain = TableName { database: None, table: "ins_dnodes".to_owned() };
    assert_eq!(SystemTable::find(&plain, None), None);
}

/// The header that the shell prints for a table of 3.x.
fn header(table: SystemTable, dialect: Dialect) -> String {
    let select = SystemShow::all(table).select(dialect, None).unwrap();
    let row = vec![Value::Null; table.columns(dialect).len()];
    let rows = query(&select, table, dialect, vec![row], now()).unwrap();
    horizontal(&rows, TableStyle { dialect, ..TableStyle::default() }).lines().next().unwrap().to_owned()
}

#[rstest]
#[case(SystemTable::Dnodes, "hosts-3.3.0.1/1.txt", V3)]
#[case(SystemTable::Mnodes, "hosts-3.3.0.1/1.txt", V3)]
#[case(SystemTable::Cluster, "hosts-3.3.0.1/1.txt", V3)]
#[case(SystemTable::Vgroups, "hosts-3.3.0.1/3b.txt", V3)]
#[case(SystemTable::Dnodes, "hosts-3.3.0.1/version-3.0.7.1.txt", Dialect::V3_0)]
#[case(SystemTable::Mnodes, "hosts-3.3.0.1/version-3.0.7.1.txt", Dialect::V3_0)]
fn headers_are_as_recorded(#[case] table: SystemTable, #[case] file: &str, #[case] dialect: Dialect) {
    let path = format!("{}/../../../fixtures/recordings/{file}", env!("CARGO_MANIFEST_DIR"));
    let recorded = std::fs::read_to_string(path).unwrap();
    let header = header(table, dialect);
    assert!(recorded.lines().any(|line| line.trim_end_matches('\r') == header), "{header}");
}
