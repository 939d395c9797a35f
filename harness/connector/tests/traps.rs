//! Each trap of the connector, set by a server on loopback: none takes the harness with it, and the next call works.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures::{SinkExt as _, StreamExt as _};
use rstest::rstest;
use seatrial_connector::{Client, ConnectorError, Target};
use seatrial_taos::{Reply, Version, rest::Login};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};

const LIMIT: Duration = Duration::from_secs(5);
const INSERT: &str = "insert into t values(now, 1)";

/// What a server does wrong on its first connection. Later ones it serves well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trap {
    None,
    /// The connection breaks when a statement arrives.
    DropInFlight,
    /// It breaks after the first answer.
    DropIdle,
    /// The version comes too late.
    SlowVersion,
    /// The version is no row of numbers.
    OddVersion,
    /// No answer to a statement ever comes.
    Silence,
}

async fn server(trap: Trap) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let first = seen.fetch_add(1, Ordering::SeqCst) == 0;
            tokio::spawn(serve(socket, if first { trap } else { Trap::None }));
        }
    });
    (address, connections)
}

async fn serve(socket: TcpStream, trap: Trap) {
    let mut socket = accept_async(socket).await.unwrap();
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let request: Value = serde_json::from_str(&text).unwrap();
        let action = request["action"].as_str().unwrap().to_owned();
        // The client asks something when it connects; the trap waits for the statement.
        let statement = request["args"]["sql"].as_str().is_some_and(|sql| sql.starts_with("insert"));
        let trap = if action == "query" && !statement { Trap::None } else { trap };
        match (action.as_str(), trap) {
            ("version", Trap::SlowVersion) => sleep(Duration::from_secs(3)).await,
            ("query", Trap::DropInFlight) => return,
            // What is freed gets no answer; nor does anything from a server that is silent.
            ("free_result", _) | ("query", Trap::Silence) => continue,
            _ => {}
        }
        let version = if trap == Trap::OddVersion { "3.3.6.0-beta" } else { "3.3.0.1" };
        let mut reply = json!({"code": 0, "message": "", "action": action, "req_id": request["args"]["req_id"].as_u64().unwrap_or_default()});
        let more = match action.as_str() {
            "version" => json!({"version": version}),
            "query" => json!({"timing": 1, "id": 0, "is_update": true, "affected_rows": 1, "fields_count": 0,
                "fields_names": null, "fields_types": null, "fields_lengths": null, "precision": 0}),
            _ => json!({"timing": 1}),
        };
        reply.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        if send(&mut socket, reply).await.is_err() || (action == "query" && trap == Trap::DropIdle) {
            return;
        }
    }
}

async fn send(socket: &mut WebSocketStream<TcpStream>, reply: Value) -> Result<(), ()> {
    socket.send(Message::text(reply.to_string())).await.map_err(drop)
}

fn client(address: SocketAddr) -> Client {
    Client::new(Target::Websocket(address), Login::default(), Some(&Version(3, 3, 0, 1))).unwrap()
}

/// The next statement, with a handle that was built anew.
async fn works_again(client: &mut Client) {
    let outcome = client.query(INSERT, LIMIT).await.unwrap();
    assert_eq!(outcome.reply, Ok(Reply::Affected(1)));
    assert_eq!(client.built(), 2);
}

// With tokio 1.54 the connector panics when it connects.
#[tokio::test]
async fn a_statement_is_answered() {
    let (address, connections) = server(Trap::None).await;
    let mut client = client(address);
    for _ in 0..3 {
        assert_eq!(client.query(INSERT, LIMIT).await.unwrap().reply, Ok(Reply::Affected(1)));
    }
    assert_eq!((client.built(), connections.load(Ordering::SeqCst)), (1, 1), "one connection for all");
}

#[test]
fn tokio_is_held_below_the_version_that_panics() {
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
    let text = std::fs::read_to_string(lock).unwrap();
    let versions = text.split("[[package]]").filter(|package| package.contains("\nname = \"tokio\"\n"));
    let versions: Vec<_> = versions.map(|package| Version::find(package).unwrap()).collect();
    assert!(!versions.is_empty() && versions.iter().all(|version| *version < Version(1, 54, 0, 0)), "{versions:?}");
}

#[rstest]
#[case(Trap::DropInFlight)]
#[case(Trap::Silence)]
#[tokio::test]
async fn a_call_that_never_returns_ends_at_its_limit(#[case] trap: Trap) {
    let (address, _) = server(trap).await;
    let (mut client, limit, begun) = (client(address), Duration::from_millis(500), Instant::now());
    let error = client.query(INSERT, limit).await.unwrap_err();
    // What was sent into a connection that ends meanwhile is noticed at once, or never.
    let noticed = trap == Trap::DropInFlight && matches!(error, ConnectorError::Failed { sent: true, .. });
    assert!(noticed || error == ConnectorError::TimedOut { limit }, "{error:?}");
    assert!(error.may_have_happened() && begun.elapsed() < Duration::from_secs(10));
    works_again(&mut client).await;
}

#[tokio::test]
async fn a_handle_whose_connection_broke_is_not_used_again() {
    let (address, _) = server(Trap::DropIdle).await;
    let mut client = client(address);
    assert!(client.query(INSERT, LIMIT).await.is_ok());
    sleep(Duration::from_millis(200)).await;
    let error = client.query(INSERT, LIMIT).await.unwrap_err();
    assert!(matches!(error, ConnectorError::Failed { .. }), "{error:?}");
    works_again(&mut client).await;
}

#[rstest]
#[case(Trap::SlowVersion)]
#[case(Trap::OddVersion)]
#[tokio::test]
async fn a_panic_is_an_error_of_the_call(#[case] trap: Trap) {
    let (address, _) = server(trap).await;
    let mut client = client(address);
    let error = client.query(INSERT, LIMIT).await.unwrap_err();
    assert!(matches!(error, ConnectorError::Panicked { .. }), "{error:?}");
    assert!(error.to_string().starts_with("the connector panicked: "), "{error}");
    works_again(&mut client).await;
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = client(address).query("select 1", LIMIT).await.unwrap_err();
    assert!(matches!(error, ConnectorError::Failed { .. }), "{error:?}");
    assert!(!error.may_have_happened(), "{error}");
}

#[test]
fn a_server_without_websocket_is_refused() {
    let address = "127.0.0.1:6041".parse().unwrap();
    let error = Client::new(Target::Websocket(address), Login::default(), Some(&Version(2, 1, 1, 0))).unwrap_err();
    assert!(error.to_string().starts_with("TDengine 2.1.1.0 has no websocket"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn simulated_time_is_refused() {
    let mut client = client("127.0.0.1:1".parse().unwrap());
    assert_eq!(client.query("select 1", LIMIT).await.unwrap_err(), ConnectorError::SimulatedTime);
}

#[tokio::test]
async fn a_missing_library_is_told() {
    let library = Some(PathBuf::from("/nowhere/libtaos.so"));
    let target = Target::Native { host: "localhost".to_owned(), port: 6030, library };
    let mut client = Client::new(target, Login::default(), None).unwrap();
    let error = client.query("select 1", LIMIT).await.unwrap_err();
    assert!(matches!(error, ConnectorError::NoLibrary { .. }), "{error:?}");
}
