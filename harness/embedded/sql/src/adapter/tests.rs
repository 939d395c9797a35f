use std::sync::Arc;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message},
};

use super::{AdapterDialect, serve_connection};
use crate::{Dialect, golden::server::Server};

const BASIC: &str = "Basic cm9vdDp0YW9zZGF0YQ==";

/// A connection to an adapter of a version, whose server has a table of two rows.
async fn connect(version: &str) -> DuplexStream {
    let server = Server::of(Dialect::of(version));
    let prepare = ["create database a", "create table a.t(ts timestamp, n int, w nchar(8))"];
    let (client, stream) = duplex(1 << 20);
    let mut session = crate::shell::Connector::connect(&server, &crate::shell::Login::default()).await.unwrap();
    for sql in prepare {
        session.execute(sql).await.unwrap();
    }
    session.execute("insert into a.t values(1795392000000, 1, '涛')(1795392001000, null, null)").await.unwrap();
    tokio::spawn(serve_connection(stream, AdapterDialect::of(version), Arc::new(server)));
    client
}

async fn rest(method: &str, path: &str, authorization: &str, sql: &str) -> (u16, Json) {
    let mut client = connect("3.3.0.1").await;
    let name = if authorization.is_empty() { "X-None" } else { "Authorization" };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{name}: {authorization}\r\n\
         Content-Length: {}\r\n\r\n{sql}",
        sql.len()
    );
    client.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or(Json::Null))
}

#[tokio::test(start_paused = true)]
async fn rest_answers_as_3x_does() {
    let (status, body) = rest("POST", "/rest/sql", BASIC, "select ts, n from a.t").await;
    let meta = json!([["ts", "TIMESTAMP", 8], ["n", "INT", 4]]);
    let data = json!([["2026-11-23T00:00:00.000Z", 1], ["2026-11-23T00:00:01.000Z", null]]);
    assert_eq!((status, body), (200, json!({"code": 0, "column_meta": meta, "data": data, "rows": 2})));
    let (status, body) = rest("POST", "/rest/sql/a", BASIC, "insert into t(ts, n) values(1795392002000, 3)").await;
    assert_eq!(
        (status, &body["data"], &body["column_meta"]),
        (200, &json!([[1]]), &json!([["affected_rows", "INT", 4]]))
    );
    let (status, body) = rest("POST", "/rest/sql", BASIC, "bogus").await;
    assert_eq!((status, body), (200, json!({"code": 0x2600, "desc": "syntax error near \"bogus\""})));
    let (status, body) = rest("POST", "/rest/sql", "", "show dnodes").await;
    assert_eq!((status, body), (401, json!({"code": 0x1105, "desc": "no auth info input"})));
    assert_eq!(rest("POST", "/rest/sqlt", BASIC, "select 1").await.0, 404);
    assert_eq!(rest("GET", "/-/ping", "", "").await.0, 200);
}

type Socket = WebSocketStream<DuplexStream>;

async fn ask(socket: &mut Socket, action: &str, arguments: Json) -> Json {
    socket.send(Message::text(json!({"action": action, "args": arguments}).to_string())).await.unwrap();
    match socket.next().await.unwrap().unwrap() {
        Message::Text(text) => serde_json::from_str(&text).unwrap(),
        Message::Binary(frame) => json!(frame.to_vec()),
        other => panic!("{other}"),
    }
}

async fn logged_in(version: &str) -> Socket {
    let (mut socket, _) = client_async("ws://localhost/rest/ws", connect(version).await).await.unwrap();
    let reply = ask(&mut socket, "version", Json::Null).await;
    assert_eq!((&reply["code"], &reply["version"]), (&json!(0), &json!(version)));
    let login = json!({"req_id": 1, "user": "root", "password": "taosdata", "db": "a"});
    assert_eq!(ask(&mut socket, "conn", login).await["code"], 0);
    socket
}

#[tokio::test(start_paused = true)]
async fn a_result_is_fetched_block_by_block() {
    let mut socket = logged_in("3.3.0.1").await;
    let reply = ask(&mut socket, "query", json!({"req_id": 2, "sql": "select n, w from t"})).await;
    assert_eq!((&reply["req_id"], &reply["fields_names"]), (&json!(2), &json!(["n", "w"])));
    assert_eq!((&reply["fields_types"], &reply["is_update"]), (&json!([4, 10]), &json!(false)));
    let id = &reply["id"];
    let next = ask(&mut socket, "fetch", json!({"req_id": 3, "id": id})).await;
    assert_eq!((&next["rows"], &next["completed"]), (&json!(2), &json!(false)));
    let block = ask(&mut socket, "fetch_block", json!({"req_id": 4, "id": id})).await;
    assert_eq!(
        block.as_array().unwrap()[8..16],
        json!([1, 0, 0, 0, 0, 0, 0, 0]).as_array().unwrap()[..],
        "the result's id"
    );
    let end = ask(&mut socket, "fetch", json!({"req_id": 5, "id": id})).await;
    assert_eq!(end["completed"], true);
    let gone = ask(&mut socket, "fetch", json!({"req_id": 6, "id": id})).await;
    assert_eq!((&gone["code"], &gone["message"]), (&json!(0xffff), &json!("result is nil")));
}

#[tokio::test(start_paused = true)]
async fn errors_and_updates_are_told_apart() {
    let mut socket = logged_in("3.3.0.1").await;
    let reply = ask(&mut socket, "query", json!({"req_id": 2, "sql": "insert into t(ts, n) values(now, 5)"})).await;
    assert_eq!((&reply["is_update"], &reply["affected_rows"]), (&json!(true), &json!(1)));
    let reply = ask(&mut socket, "query", json!({"req_id": 3, "sql": "bogus"})).await;
    let expected = (&json!(0x2600), &json!("syntax error near \"bogus\""), &json!(3));
    assert_eq!((&reply["code"], &reply["message"], &reply["req_id"]), expected);
    let reply = ask(&mut socket, "conn", json!({"req_id": 4, "user": "root", "password": "taosdata", "db": ""})).await;
    assert_eq!(reply["message"], "duplicate connections");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_told_by_code() {
    let (mut socket, _) = client_async("ws://localhost/rest/ws", connect("3.3.0.1").await).await.unwrap();
    let reply = ask(&mut socket, "query", json!({"req_id": 1, "sql": "select 1"})).await;
    assert_eq!(reply["message"], "server not connected");
    let login = json!({"req_id": 2, "user": "root", "password": "wrong", "db": ""});
    let reply = ask(&mut socket, "conn", login).await;
    assert_eq!((&reply["code"], &reply["message"]), (&json!(3), &json!("Authentication failure")));
}

#[tokio::test(start_paused = true)]
async fn the_path_depends_on_the_version() {
    assert!(client_async("ws://localhost/ws", connect("3.3.0.1").await).await.is_ok());
    let refused = client_async("ws://localhost/ws", connect("3.0.5.0").await).await;
    assert!(matches!(refused, Err(Error::Http(answer)) if answer.status() == 404));
}

#[tokio::test(start_paused = true)]
async fn statements_and_rows_travel_in_binary_frames_from_3_3_0_8_on() {
    let mut socket = logged_in("3.3.6.0").await;
    let sql = b"select n from t";
    let mut frame = [9_u64.to_le_bytes(), 0_u64.to_le_bytes(), 6_u64.to_le_bytes()].concat();
    frame.extend(1_u16.to_le_bytes());
    frame.extend(u32::try_from(sql.len()).unwrap().to_le_bytes());
    frame.extend(sql);
    socket.send(Message::binary(frame)).await.unwrap();
    let Message::Text(text) = socket.next().await.unwrap().unwrap() else { panic!("no text") };
    let reply: Json = serde_json::from_str(&text).unwrap();
    assert_eq!((&reply["action"], &reply["req_id"]), (&json!("binary_query"), &json!(9)));
    for finished in [0, 1] {
        let id = reply["id"].as_u64().unwrap();
        let mut frame = [10_u64.to_le_bytes(), id.to_le_bytes(), 7_u64.to_le_bytes()].concat();
        frame.extend(1_u16.to_le_bytes());
        socket.send(Message::binary(frame)).await.unwrap();
        let Message::Binary(frame) = socket.next().await.unwrap().unwrap() else { panic!("no frame") };
        assert_eq!(frame[..16], [[0xff; 8], 7_u64.to_le_bytes()].concat());
        assert_eq!(frame[34..42], [0; 8], "no error, no message");
        assert_eq!(frame[50], finished);
    }
}
