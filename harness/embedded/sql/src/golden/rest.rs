//! Asks the REST service what a real 2.1.1.0 was asked, and compares statuses, lengths and bodies.

use std::sync::Arc;

use crate::{
    rest::{V2_1, serve_connection},
    shell::{Connector as _, Login},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::server::Server;

const TOKEN: &str = "Taosd /KfeAzX/f9na8qdtNZmtONryp201ma04bEl8LcvLUd7a8qdtNZmtONryp201ma04";
const BASIC: &str = "Basic cm9vdDp0YW9zZGF0YQ==";

async fn prepared() -> Server {
    let server = Server::default();
    let mut session = server.connect(&Login::default()).await.unwrap();
    for sql in [
        "create database a",
        "create table a.t(ts timestamp, n int)",
        "insert into a.t values('2026-11-23 00:00:00', 1)('2026-11-23 00:00:01', null)",
        "create database us precision 'us'",
        "create table us.t(ts timestamp, n int)",
        "insert into us.t values('2026-11-23 00:00:00.123456', 7)",
    ] {
        session.execute(sql).await.unwrap();
    }
    server
}

/// The whole answer, as text.
async fn ask(server: &Server, method: &str, path: &str, authorization: &str, sql: &str) -> String {
    let (mut client, end) = tokio::io::duplex(1 << 16);
    let serving: futures::future::BoxFuture<'_, ()> = Box::pin(serve_connection(end, V2_1, Arc::new(server.clone())));
    let name = if authorization.is_empty() { "X-None" } else { "Authorization" };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{name}: {authorization}\r\n\
         Content-Length: {}\r\n\r\n{sql}",
        sql.len()
    );
    let asking = async {
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        answer
    };
    tokio::join!(serving, asking).1
}

#[tokio::test(start_paused = true)]
async fn results_are_chunked_and_in_order() {
    let server = prepared().await;
    let answer = ask(&server, "POST", "/rest/sql", BASIC, "select * from a.t").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("Transfer-Encoding: chunked"), "{head}");
    assert!(!head.to_lowercase().contains("date:"), "{head}");
    let json = concat!(
        r#"{"status":"succ","head":["ts","n"],"column_meta":[["ts",9,8],["n",4,4]],"#,
        r#""data":[["2026-11-23 00:00:00.000",1],["2026-11-23 00:00:01.000",null]],"rows":2}"#
    );
    assert_eq!(body, format!("{:X}\r\n{json}\r\n0\r\n\r\n", json.len()));
}

#[tokio::test(start_paused = true)]
async fn bodies_are_as_recorded() {
    let server = prepared().await;
    let recorded = include_str!("../../../../../fixtures/recordings/single-2.1.1.0/rest.txt").replace("\r\n", "\n");
    let cases = [
        ("POST", "/rest/sqlutc", BASIC, "select * from us.t", "200 OK"),
        ("POST", "/rest/sqlt", BASIC, "select * from us.t", "200 OK"),
        ("POST", "/rest/sql", BASIC, "bogus", "400 Bad Request"),
        ("POST", "/rest/sql", BASIC, "use a", "200 OK"),
        ("POST", "/rest/sql", BASIC, "insert into a.t(ts,n) values('2026-11-23 00:00:05',1)", "200 OK"),
        ("POST", "/rest/sql", "", "show dnodes", "401 Unauthorized"),
        ("POST", "/rest/sql", "Basic cm9vdDp3cm9uZw==", "show dnodes", "400 Bad Request"),
        ("POST", "/rest/sql", "Foo bar", "show dnodes", "406 Not Acceptable"),
        ("POST", "/rest/sql", "Taosd bar", "show dnodes", "406 Not Acceptable"),
        ("POST", "/rest/sql", "Basic !!", "show dnodes", "406 Not Acceptable"),
        ("GET", "/rest/login/root/taosdata", "", "", "200 OK"),
        ("GET", "/rest/login/root/wrong", "", "", "400 Bad Request"),
        ("GET", "/rest/login/root", "", "", "401 Unauthorized"),
        ("POST", "/rest/sql", BASIC, "", "400 Bad Request"),
        ("OPTIONS", "/rest/sql", BASIC, "", "200 OK"),
        ("POST", "/", BASIC, "show dnodes", "404 Not Found"),
        ("POST", "/rest", BASIC, "show dnodes", "404 Not Found"),
        ("POST", "/rest/sql", TOKEN, "select count(*) from a.t where n > 100", "200 OK"),
        ("POST", "/rest/sql", BASIC, "select nosuch from a.t", "400 Bad Request"),
    ];
    for (method, path, authorization, sql, status) in cases {
        let answer = ask(&server, method, path, authorization, sql).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{method} {path} {sql}: {answer}");
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let json = body.lines().find(|line| line.starts_with('{')).unwrap();
        // Two answers are of this test's data alone.
        let own = json.contains("sqlt") || path == "/rest/sqlt" || path == "/rest/sqlutc";
        assert!(own || recorded.contains(json), "{method} {path} {sql}: {json}");
    }
    let utc = ask(&server, "POST", "/rest/sqlutc", BASIC, "select * from us.t").await;
    assert!(utc.contains(r#""data":[["2026-11-23T00:00:00.123456+0000",7]],"rows":1}"#), "{utc}");
    let number = ask(&server, "POST", "/rest/sqlt", BASIC, "select * from us.t").await;
    assert!(number.contains(r#""data":[[1795392000123456,7]],"rows":1}"#), "{number}");
}
