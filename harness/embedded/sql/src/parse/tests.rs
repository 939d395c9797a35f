use proptest::prelude::*;
use rstest::rstest;

use super::parse;
use crate::ast::{DnodeRef, DropMode, Literal, Show, Statement, TimeUnit};

#[rstest]
#[case("bogus", "syntax error near \"bogus\"")]
#[case("selec * from t;", "syntax error near \"selec * from t;\"")]
#[case("select * from;", "syntax error near \";\"")]
#[case("select now();", "syntax error near \"();\"")]
#[case("drop dnode", "syntax error near 'Incomplete SQL statement'")]
#[case("create dnode localhost:17130;", "syntax error near \":17130;\"")]
#[case("@;", "syntax error near 'unrecognized token: \"@;\"'")]
#[case("create database r4 replica 4;", "invalid SQL: invalid db option replications: 4 valid range: [1, 3]")]
#[case("create database c wal 3", "invalid SQL: invalid db option walLevel: 3, only 1-2 allowed")]
#[case("create database c precision 'ns'", "invalid SQL: invalid time precision")]
#[case("create table x(n int);", "invalid SQL: illegal number of columns")]
#[case("create table x(ts timestamp, n int, n int)", "invalid SQL: duplicated column names")]
#[case("insert a.t values(now,1);", "invalid SQL: 'a.t values(now,1);' (keyword INTO is expected)")]
#[case("insert into a.t(ts,n) values (now,1;", "syntax error near ';' () expected)")]
#[case("insert into a.t(ts,b) values(now,abc);", "syntax error near 'abc);' (invalid data or symbol)")]
#[case("insert into a.t(ts,n) values(now+1x,1);", "invalid SQL: 'now+1x,1);' (invalid timestamp)")]
#[case("insert into a.t(ts,ts) values(now, now);", "invalid SQL: 'ts) values(now, now);' (duplicated column name)")]
#[case("show vnodes", "invalid SQL: No specified ip of dnode")]
#[case("use 1", "invalid SQL: invalid db name")]
#[case("", "syntax error near 'Incomplete SQL statement'")]
fn errors_are_the_clients(#[case] sql: &str, #[case] text: &str) {
    assert_eq!(parse(sql).expect_err(sql).text, text);
}

#[test]
fn a_long_rest_is_cut() {
    let error = parse("'unterminated; select 'unterminated from a.t; more and more").expect_err("unterminated");
    assert_eq!(error.text, "syntax error near \"'unterminated; select 'unterminated from a.t");
}

#[test]
fn the_documents_statements_are_understood() {
    let sql = "create database if not exists test replica 2;";
    let Ok(Statement::CreateDatabase { name, if_not_exists: true, options }) = parse(sql) else { panic!("{sql}") };
    assert_eq!((name.as_str(), options.replica), ("test", Some(2)));

    let Ok(Statement::DropDnode { dnode, .. }) = parse("drop dnode 'tdengine-3.taosd.default.svc.cluster.local:6030'")
    else {
        panic!("drop dnode")
    };
    assert_eq!(dnode, DnodeRef::EndPoint("tdengine-3.taosd.default.svc.cluster.local:6030".into()));
    assert_eq!(parse("DROP DNODE 3"), Ok(Statement::DropDnode { dnode: DnodeRef::Id(3), mode: DropMode::Safe }));
    assert_eq!(parse("show d1.vgroups"), Ok(Statement::Show(Show::Vgroups { database: Some("d1".into()) })));

    let Ok(Statement::Insert(insert)) = parse("insert into t1 values(now, 1)(now+1s, 2);") else { panic!("insert") };
    let [part] = insert.parts.as_slice() else { panic!("one part") };
    assert_eq!(part.rows.len(), 2);
    assert_eq!(part.rows[1][0].value, Literal::Time { base: None, spans: vec![(1, TimeUnit::Second)] });
    assert_eq!(part.rows[1][1].value, Literal::Int(2));
}

proptest! {
    #[test]
    fn any_text_is_safe(text in "\\PC{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn statements_cut_and_mixed_are_safe(
        words in prop::collection::vec(prop::sample::select(vec![
            "select", "*", "from", "t", "where", "ts", ">", "now", "-", "1d", "and", "(", ")", "or", "insert", "into",
            "values", ",", "'x'", "1.5", "using", "tags", "create", "table", "database", "replica", "2", ";", ".",
            "limit", "order", "by", "group", "drop", "dnode", "show", "alter", "count", "in", "between", "null", "é'",
        ]), 0..24),
    ) {
        let _ = parse(&words.join(" "));
    }
}
