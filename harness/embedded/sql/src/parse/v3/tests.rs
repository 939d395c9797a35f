use proptest::prelude::*;
use rstest::rstest;

use crate::{
    ColumnKind, Dialect, Precision,
    ast::{ClusterStatement, Condition, DnodeRef, DropMode, Expr, Function, Literal, NodeKind, Show, Statement},
    system::{SystemShow, SystemTable},
};

const V3: Dialect = Dialect::V3_3;

#[rstest]
#[case("bogus sql", 0x2600, "syntax error near \"bogus sql\"")]
#[case("drop dnode", 0x2601, "Incomplete SQL statement")]
#[case("create database d replica 5", 0x2619, "Invalid option replications: 5 valid range: [1, 3]")]
#[case("create database d wal_level 3", 0x2619, "Invalid option walLevel: 3, only 1, 2 allowed")]
#[case("create database d quorum 1", 0x2600, "syntax error near \"quorum 1\"")]
#[case("create table t(ts timestamp, ts int)", 0x263c, "Duplicated column names")]
#[case("create table t(n int, m int)", 0x2641, "First column must be timestamp")]
#[case("create table t(ts timestamp, value int)", 0x2600, "syntax error near \"value int)\"")]
#[case("insert into t values(now,abc)", 0x0216, "syntax error near 'abc)' (invalid data or symbol)")]
#[case("select nosuch(v) from t", 0x264d, "Invalid function name: nosuch")]
#[case("select v", 0x2602, "Invalid column name: v")]
#[case("select v from t limit -1", 0x2637, "soffset/offset can not be less than 0")]
#[case(
    "redistribute vgroup 2 dnode 1 dnode 2 dnode 3 dnode 4",
    0x2656,
    "The REDISTRIBUTE VGROUP statement only support 1 to 3 dnodes"
)]
#[case("create dnode 'a:99999'", 0x2612, "Port should be an integer that is less than 65535 and greater than 0")]
fn errors_are_the_clients(#[case] sql: &str, #[case] code: u16, #[case] text: &str) {
    let error = V3.parse(sql).expect_err(sql);
    assert_eq!((error.text.as_str(), error.short_code()), (text, code));
}

#[test]
fn two_copies_are_refused_by_the_client_before_3_3() {
    let sql = "create database d replica 2";
    assert!(V3.parse(sql).is_ok(), "the mnode refuses them");
    let error = Dialect::V3_0.parse(sql).unwrap_err();
    assert_eq!(error.text, "Invalid option replications: 2, only 1, 3 allowed");
}

#[rstest]
#[case("drop dnode 3", DropMode::Safe)]
#[case("drop dnode 3 force", DropMode::Force)]
#[case("DROP DNODE 3 UNSAFE;", DropMode::Unsafe)]
fn dnodes_are_dropped_in_three_ways(#[case] sql: &str, #[case] mode: DropMode) {
    assert_eq!(V3.parse(sql), Ok(Statement::DropDnode { dnode: DnodeRef::Id(3), mode }));
}

#[rstest]
#[case("create dnode 'tdengine-1.taosd'", "tdengine-1.taosd:6030")]
#[case("create dnode \"tdengine-1.taosd:7030\";", "tdengine-1.taosd:7030")]
#[case("create dnode localhost port 6130", "localhost:6130")]
fn end_points_have_a_port(#[case] sql: &str, #[case] end_point: &str) {
    assert_eq!(V3.parse(sql), Ok(Statement::CreateDnode { end_point: end_point.to_owned() }));
}

#[test]
fn the_documents_statements_are_understood() {
    let create = ClusterStatement::CreateNode { kind: NodeKind::Mnode, dnode: 2 };
    assert_eq!(V3.parse("create mnode on dnode 2"), Ok(Statement::Cluster(create)));
    assert_eq!(V3.parse("balance vgroup;"), Ok(Statement::Cluster(ClusterStatement::BalanceVgroup)));

    let sql =
        "create database if not exists test replica 3 vgroups 4 keep 365d,1000d duration 10 precision 'us' buffer 8";
    let Ok(Statement::CreateDatabase { options, .. }) = V3.parse(sql) else { panic!("{sql}") };
    assert_eq!((options.replica, options.vgroups, options.buffer), (Some(3), Some(4), Some(8)));
    assert_eq!(options.keep_minutes, [365 * 1_440, 1_000 * 1_440]);
    assert_eq!((options.duration, options.precision), (Some(14_400), Some(Precision::Micro)));

    let sql =
        "create stable if not exists test.meters (ts timestamp, `value` varchar(8)) tags (loc nchar(4)) comment 'x'";
    let Ok(Statement::CreateTable { columns, tags, .. }) = V3.parse(sql) else { panic!("{sql}") };
    assert_eq!((columns[1].name.as_str(), columns[1].kind, tags.len()), ("value", ColumnKind::Binary(8), 1));

    let sql = "insert into d.a using d.s tags('x') values(now(), 1)(now + 1s, 2) d.b values(now, 3)";
    let Ok(Statement::Insert(insert)) = V3.parse(sql) else { panic!("{sql}") };
    assert_eq!(insert.parts.len(), 2);
    assert_eq!(insert.parts[0].rows[0][0].value, Literal::Time { base: None, spans: Vec::new() });

    let sql = "SELECT LAST(ts), count(*) c, tbname FROM d.s WHERE ts > now() - 1h PARTITION BY tbname";
    let Ok(Statement::Select(select)) = V3.parse(sql) else { panic!("{sql}") };
    assert!(select.partition && matches!(select.condition, Some(Condition::Compare { .. })));
    assert_eq!((select.items[0].text.as_str(), select.items[1].alias.as_deref()), ("LAST(ts)", Some("c")));

    let sql = "select server_version(), now(), now() - 1d";
    let Ok(Statement::Select(select)) = V3.parse(sql) else { panic!("{sql}") };
    assert!(matches!(select.items[1].expr, Expr::Call { function: Function::Now, .. }));
    assert!(matches!(select.items[2].expr, Expr::Constant(Literal::Time { .. })));
}

#[rstest]
#[case("show dnodes", SystemShow::all(SystemTable::Dnodes))]
#[case("show transactions;", SystemShow::all(SystemTable::Transactions))]
#[case("show databases", SystemShow { only: Some("name"), ..SystemShow::all(SystemTable::Databases) })]
#[case("show vnodes on dnode 1", SystemShow { dnode: Some(1), ..SystemShow::all(SystemTable::Vnodes) })]
#[case("show dnode 1 variables", SystemShow { dnode: Some(1), ..SystemShow::all(SystemTable::DnodeVariables) })]
#[case("show cluster", SystemShow::all(SystemTable::Cluster))]
fn shows(#[case] sql: &str, #[case] show: SystemShow) {
    assert_eq!(V3.parse(sql), Ok(Statement::Show(Show::System(show))));
}

#[test]
fn liveness_is_asked_of_the_cluster_or_of_a_database() {
    assert_eq!(V3.parse("show cluster alive"), Ok(Statement::Show(Show::Alive { database: None })));
    assert_eq!(V3.parse("show d1.alive"), Ok(Statement::Show(Show::Alive { database: Some("d1".into()) })));
}

proptest! {
    #[test]
    fn any_text_is_safe(text in "\\PC{0,80}") {
        let _ = V3.parse(&text);
    }

    #[test]
    fn statements_cut_and_mixed_are_safe(
        words in prop::collection::vec(prop::sample::select(vec![
            "select", "*", "from", "t", "where", "ts", ">", "now", "-", "1d", "and", "(", ")", "or", "insert", "into",
            "values", ",", "'x'", "1.5", "using", "tags", "create", "table", "database", "replica", "2", ";", ".",
            "limit", "order", "by", "group", "drop", "dnode", "show", "alter", "count", "in", "not", "null", "é'",
            "`q", "`", "partition", "tbname", "mnode", "on", "balance", "vgroup", "force", "keep", "10m", "like",
        ]), 0..24),
    ) {
        let _ = V3.parse(&words.join(" "));
    }
}
