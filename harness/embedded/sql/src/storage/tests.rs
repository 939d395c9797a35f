use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use proptest::prelude::*;
use rstest::rstest;

use super::{DatabaseSettings, Query, Row, Schema, Target, VnodeData, Write, bind_insert};
use crate::{
    Column, ColumnKind, Precision, Rows, SqlError, Value,
    ast::{DatabaseOptions, Statement},
    codes, parse,
};

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn schema() -> Arc<Schema> {
    Arc::new(Schema {
        columns: vec![Column::new("ts", ColumnKind::Timestamp), Column::new("n", ColumnKind::Int)],
        tags: vec![Column::new("loc", ColumnKind::Binary(8))],
    })
}

/// A vnode with tables of one super table `s`; each has its name as its tag.
fn vnode(tables: &[&str], update: bool) -> VnodeData {
    let mut data = VnodeData::new(Precision::Milli, update);
    for table in tables {
        let write = Write::CreateTable {
            table: (*table).to_owned(),
            schema: schema(),
            parent: Some("s".into()),
            tags: vec![Value::text(*table)],
        };
        data.apply(&write).unwrap();
    }
    data
}

fn insert(data: &mut VnodeData, sql: &str) -> Result<u64, SqlError> {
    let Statement::Insert(insert) = parse(sql)? else { panic!("{sql}") };
    let mut affected = 0;
    for part in insert.parts {
        let rows = bind_insert(&part, &schema(), &DatabaseSettings::default(), now())?;
        affected += data.apply(&Write::Insert { table: part.table.table, rows })?;
    }
    Ok(affected)
}

fn query(target: Target, sql: &str) -> Query {
    let Ok(Statement::Select(select)) = parse(sql) else { panic!("{sql}") };
    Query::bind(&select, target, &schema(), Precision::Milli, now()).unwrap()
}

fn select(vnodes: &[&VnodeData], sql: &str) -> Rows {
    let query = query(Target::Super("s".into()), sql);
    query.finish(vnodes.iter().map(|data| data.scan(&query)))
}

#[test]
fn aggregates_of_several_vnodes_are_those_of_all_rows() {
    let (mut one, mut two) = (vnode(&["a", "b"], false), vnode(&["c"], false));
    insert(&mut one, "insert into a values(now,1)(now+1s,2) b values(now-1s,3)").unwrap();
    insert(&mut two, "insert into c values(now+5s,null)(now+2s,10)").unwrap();
    let rows =
        select(&[&one, &two], "select count(*), count(n), sum(n), avg(n), min(n), max(n), first(n), last(n) from s");
    let expected = [5, 4, 16].map(Value::Int).into_iter().chain([Value::Float(4.0)]);
    let expected: Vec<_> = expected.chain([1, 10, 3, 10].map(Value::Int)).collect();
    assert_eq!(rows.rows, [expected]);
    let groups = select(&[&one, &two], "select count(*) from s where ts >= now group by loc");
    let row = |count, loc: &str| vec![Value::Int(count), Value::text(loc)];
    assert_eq!(groups.rows, [row(2, "a"), row(2, "c")]);
    let ordered = select(&[&two, &one], "select n from s where n > 1 order by ts desc limit 2 offset 1");
    assert_eq!(ordered.rows, [[Value::Int(2)], [Value::Int(3)]]);
}

#[test]
fn a_clone_is_another_copy() {
    let mut master = vnode(&["a"], false);
    insert(&mut master, "insert into a values(now,1)").unwrap();
    let slave = master.clone();
    insert(&mut master, "insert into a values(now+1s,2)").unwrap();
    assert_eq!((master.row_count(), slave.row_count()), (2, 1));
    assert!(master.forget_last_row());
    assert_eq!(master, slave);
}

#[rstest]
#[case(false, 1)]
#[case(true, 2)]
fn the_older_or_the_newer_row_of_one_time_stays(#[case] update: bool, #[case] stays: i64) {
    let mut data = vnode(&["a"], update);
    assert_eq!(insert(&mut data, "insert into a values(1795435200000,1)"), Ok(1));
    assert_eq!(insert(&mut data, "insert into a values(1795435200000,2)(1795435200000,3)"), Ok(1));
    assert_eq!(select(&[&data], "select n from s").rows, [[Value::Int(stays)]]);
}

#[test]
fn times_out_of_the_kept_range_are_refused() {
    let mut data = vnode(&["a"], false);
    let code = |sql: &str, data: &mut VnodeData| insert(data, sql).map_err(|error| error.code);
    assert_eq!(code("insert into a values(now-3651d,1)", &mut data), Err(codes::TDB_TIMESTAMP_OUT_OF_RANGE));
    assert_eq!(code("insert into a values(now+11d,1)", &mut data), Err(codes::TDB_TIMESTAMP_OUT_OF_RANGE));
    assert_eq!(code("insert into a values(now+9d,1)(now-3649d,2)", &mut data), Ok(2));
}

#[test]
fn a_table_that_is_not_here_is_no_table() {
    let mut data = vnode(&["a"], false);
    let rows = vec![Row { time: 0, values: vec![Value::Null] }];
    let error = data.apply(&Write::Insert { table: "b".into(), rows }).expect_err("no table");
    assert_eq!(error.code, codes::TDB_INVALID_TABLE_ID);
    data.apply(&Write::DropChildren { parent: "s".into() }).unwrap();
    assert_eq!(data.table_count(), 0);
}

#[rstest]
#[case("keep 30 days 5", Ok(()))]
#[case("keep 30,10,20", Ok(()))]
#[case("keep 10,20,30", Err(codes::MND_INVALID_DB_OPTION_KEEP))]
#[case("keep 5", Err(codes::MND_INVALID_DB_OPTION_KEEP))]
#[case("keep 30,20,10", Err(codes::MND_INVALID_DB_OPTION_KEEP))]
#[case("days 20 keep 10", Err(codes::MND_INVALID_DB_OPTION_KEEP))]
#[case("quorum 2", Err(codes::MND_INVALID_DB_OPTION))]
#[case("replica 2 quorum 2", Ok(()))]
#[case("blocks 2", Err(codes::MND_INVALID_DB_OPTION))]
#[case("minrows 500 maxrows 300", Err(codes::MND_INVALID_DB_OPTION))]
#[case("update 2", Err(codes::MND_INVALID_DB_OPTION))]
fn settings_are_checked(#[case] options: &str, #[case] result: Result<(), i32>) {
    let Ok(Statement::CreateDatabase { options, .. }) = parse(&format!("create database d {options}")) else {
        panic!("{options}")
    };
    let settings = DatabaseSettings::default().with(&options);
    assert_eq!(settings.map(drop).map_err(|error| error.code), result);
}

#[test]
fn settings_that_are_not_mentioned_stay() {
    let settings = DatabaseSettings::default();
    assert_eq!(settings.with(&DatabaseOptions::default()), Ok(settings.clone()));
    assert_eq!(settings.keep_text(), "3650,3650,3650");
    let thirty = DatabaseSettings { keep: [30; 3], ..settings };
    let sixty = thirty.altered(&DatabaseOptions { keep: vec![60], ..DatabaseOptions::default() });
    assert_eq!(sixty.map(|settings| settings.keep_text()), Ok("30,30,60".into()));
    let update = thirty.altered(&DatabaseOptions { update: Some(1), ..DatabaseOptions::default() });
    assert_eq!(update, Err(SqlError::of(codes::MND_INVALID_DB_OPTION)));
}

proptest! {
    #[test]
    fn what_is_inserted_is_selected(rows in prop::collection::btree_map(-86_400_000_i64..86_400_000, prop::option::of(-1_000_i64..1_000), 1..40)) {
        let mut data = vnode(&["a"], false);
        let base = now().as_millisecond();
        let text = |value: &Option<i64>| value.map_or("null".to_owned(), |value| value.to_string());
        let values: Vec<_> = rows.iter().rev().map(|(at, n)| format!("({},{})", base + at, text(n))).collect();
        let values = values.concat();
        prop_assert_eq!(insert(&mut data, &format!("insert into a values{values}")), Ok(rows.len() as u64));
        let seen: BTreeMap<_, _> = select(&[&data], "select ts, n from s")
            .rows
            .into_iter()
            .map(|row| match row.as_slice() {
                [Value::Timestamp(at), Value::Int(n)] => (at - base, Some(*n)),
                [Value::Timestamp(at), Value::Null] => (at - base, None),
                other => panic!("{other:?}"),
            })
            .collect();
        prop_assert_eq!(seen, rows);
    }
}
