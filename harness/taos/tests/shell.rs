//! What the shell prints, taken apart; outputs as 2.1.1.0 and 3.3.0.1 give them.

use std::time::Duration;

use rstest::rstest;
use seatrial_record::Table;
use seatrial_taos::{Reply, shell, shell::ParseError};

const BANNER: &str = "\nWelcome to the TDengine shell from Linux, Client Version:2.1.1.0\nCopyright (c) 2020 by TAOS Data, Inc. All rights reserved.\n\n";

fn parse(body: &str, stderr: &str, statements: &[&str]) -> Result<Vec<Result<Reply, String>>, ParseError> {
    let stdout = format!("{BANNER}taos> {}\n{body}", statements.join("; "));
    let outcomes = shell::parse(stdout.as_bytes(), stderr.as_bytes(), 0, statements)?;
    Ok(outcomes.into_iter().map(|outcome| outcome.reply.map_err(|error| error.text)).collect())
}

const DDL: &str = "Query OK, 0 of 0 row(s) in database (0.002771s)\n\n";
const ONE: &str = "Query OK, 1 of 1 row(s) in database (0.002771s)\n\n";
const COUNT: &str = "       count(*)        |\n========================\n                     7 |\nQuery OK, 1 row(s) in set (0.000590s)\n\n";

fn error(text: &str) -> String {
    format!("\nDB error: {text} (0.000583s)\n")
}

#[test]
fn an_error_goes_to_the_only_statement_that_has_no_result() {
    let sql = ["use test", "insert into t1 values(now,3)"];
    let outcomes = parse("Database changed.\n\n", &error("Unable to resolve FQDN"), &sql).unwrap();
    assert_eq!(outcomes[0], Ok(Reply::Done("Database changed.".into())));
    assert_eq!(outcomes[1], Err("Unable to resolve FQDN".into()));
    let outcomes = parse("", &(error("Invalid database name") + &error("Database not specified or available")), &sql);
    assert_eq!(
        outcomes.unwrap(),
        [Err("Invalid database name".into()), Err("Database not specified or available".into())]
    );
}

#[test]
fn a_definition_is_told_from_an_insert_by_its_count() {
    let sql = ["create table t(ts timestamp, n int)", "insert into t values(now,1)"];
    let exists = error("Table already exists");
    assert_eq!(parse(ONE, &exists, &sql).unwrap(), [Err("Table already exists".into()), Ok(Reply::Affected(1))]);
    let outcomes = parse(DDL, &exists, &sql).unwrap();
    assert!(outcomes[0].is_ok() && outcomes[1].is_err());
}

#[test]
fn what_cannot_be_told_is_not_guessed() {
    let sql = ["create database a", "create database b"];
    let result = parse(DDL, &error("Database already exists"), &sql);
    let texts = vec!["Database already exists".to_owned()];
    assert_eq!(result, Err(ParseError::Ambiguous { statements: 2, errors: 1, texts }));
}

#[test]
fn a_missing_result_is_noticed() {
    let result = parse(DDL, "", &["create database a", "use a"]);
    assert_eq!(result, Err(ParseError::Incomplete { statements: 2, results: 1, errors: 0 }));
    assert!(matches!(parse(COUNT, "", &["use a"]), Err(ParseError::Misfit { .. })));
}

#[rstest]
#[case("Query OK, 2 row(s) in set (0.000590s)")]
#[case("Query interrupted (Query terminated), 1 row(s) in set (0.000590s)")]
#[case("\n Notice: The result shows only the first 100 rows.\nQuery OK, 1 row(s) in set (0.1s)")]
#[case("")]
fn a_table_cut_short_is_an_error(#[case] footer: &str) {
    let body = format!("       count(*)        |\n========================\n                     7 |\n{footer}\n");
    let result = parse(&body, "", &["select count(*) from t"]);
    assert!(matches!(result, Err(ParseError::CutShort { .. } | ParseError::Unreadable { .. })), "{result:?}");
}

#[test]
fn a_table_without_rows_has_no_header() {
    let outcomes = parse("Query OK, 0 row(s) in set (0.0004s)\n\n", "", &["select * from t"]).unwrap();
    assert_eq!(outcomes, [Ok(Reply::Rows(Table::default()))]);
}

#[test]
fn rows_that_went_to_a_file_are_counted() {
    let outcomes = parse("Query OK, 3 row(s) in set (0.0004s)\n\n", "", &["show dnodes >> /tmp/x.csv"]).unwrap();
    assert_eq!(outcomes, [Ok(Reply::Done("Query OK, 3 row(s) in set (0.0004s)".into()))]);
}

#[test]
fn a_use_without_semicolon_is_answered_like_a_definition() {
    assert!(parse(DDL, "", &["use test"]).unwrap()[0].is_ok());
    assert_eq!(shell::line(&["use test"]), "use test;");
    assert_eq!(shell::line(&["use test", "show vgroups"]), "use test; show vgroups");
}

#[test]
fn silent_statements_take_no_result() {
    let outcomes = parse(COUNT, "", &["set max_binary_display_width 60", "select count(*) from t"]).unwrap();
    assert_eq!(outcomes[0], Ok(Reply::Done(String::new())));
    assert!(outcomes[1].as_ref().is_ok_and(|reply| reply.table().is_some()));
}

#[test]
fn times_are_read() {
    let stdout = format!("{BANNER}taos> use test; insert into t values(now,1)\nDatabase changed.\n\n");
    let stderr = b"\nDB error: Unable to resolve FQDN (24.561460s)\n";
    let outcomes = shell::parse(stdout.as_bytes(), stderr, 0, &["use test", "insert into t values(now,1)"]).unwrap();
    assert_eq!(outcomes[1].elapsed, Some(Duration::from_micros(24_561_460)));
}

#[test]
fn a_terminal_merges_the_streams() {
    let stdout = format!(
        "{BANNER}taos> use test; insert into t values(now,1)\r\nDatabase changed.\r\n\r\n\r\nDB error: Out of DNodes (0.1s)\r\n"
    );
    let outcomes = shell::parse(stdout.as_bytes(), b"", 0, &["use test", "insert into t values(now,1)"]).unwrap();
    assert_eq!(outcomes[1].reply.as_ref().map_err(|error| error.text.as_str()), Err("Out of DNodes"));
}

#[test]
fn a_code_that_is_printed_is_believed() {
    let stdout = "Welcome to the TDengine Command Line Interface, Client Version:3.3.6.0\r\n\r\ntaos> use x\r\n";
    let outcomes =
        shell::parse(stdout.as_bytes(), b"\r\nDB error: Database not exist [0x80000388] (0.1s)\r\n", 0, &["use x"]);
    let error = outcomes.unwrap().remove(0).reply.unwrap_err();
    assert_eq!((error.text.as_str(), error.code_text().as_deref()), ("Database not exist", Some("0x80000388")));
}

#[rstest]
#[case("taos connect failed, reason: Unable to resolve FQDN.\n\n", 1, "Unable to resolve FQDN", "0x80000015")]
#[case(
    "failed to connect to server, reason: Database is starting up\r\n",
    255,
    "Database is starting up",
    "0x80000130"
)]
fn a_failure_to_connect_has_its_reason(
    #[case] stdout: &str,
    #[case] exit: i32,
    #[case] text: &str,
    #[case] code: &str,
) {
    let Err(ParseError::ConnectFailed { reason, code: Some(found) }) =
        shell::parse(stdout.as_bytes(), b"", exit, &["x"])
    else {
        panic!("not told")
    };
    assert_eq!((reason.as_str(), format!("{found:#010x}").as_str()), (text, code));
}

#[test]
fn a_missing_shell_is_told() {
    let result = shell::parse(b"", b"sh: taos: command not found\n", 127, &["show dnodes"]);
    assert_eq!(result, Err(ParseError::ShellFailed { exit: 127, message: "sh: taos: command not found".into() }));
}
