//! The contract between our parsers and a real server: a few statements over both ways.

use std::time::Duration;

use seatrial_taos::{EndPoint, SqlOutcome, dnodes, mnodes, rest, shell};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use super::{Contract, RestDialect, container::Container};

/// One statement.
const STATEMENT: Duration = Duration::from_secs(20);
const DATABASE: &str = "seatrial_probe";

/// Runs a statement in the shell of the container and reads what it prints.
pub(super) async fn shell(container: &Container, sql: &str) -> Result<SqlOutcome, String> {
    let argv = shell::argv(&[sql]);
    let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
    let ran = container.run(&argv, STATEMENT).await.map_err(|error| error.to_string())?;
    let outcomes = shell::parse(&ran.stdout, &ran.stderr, ran.exit, &[sql]).map_err(|error| error.to_string())?;
    outcomes.into_iter().next().ok_or_else(|| "no outcome".to_owned())
}

/// The end point of the only dnode, if it is ready.
pub(super) fn ready_dnode(outcome: &SqlOutcome) -> Result<EndPoint, String> {
    let table = outcome.table().map_err(|error| error.text)?;
    let list = dnodes(table).map_err(|error| error.to_string())?;
    let ready = list.into_iter().find(|dnode| dnode.status == "ready");
    ready.map(|dnode| dnode.end_point).ok_or_else(|| "no dnode is ready".to_owned())
}

/// What is expected of an answer.
enum Expected {
    Dnodes,
    Mnodes,
    Rows(usize),
    Error,
    Success,
}

fn statements() -> Vec<(String, Expected)> {
    vec![
        ("show dnodes".to_owned(), Expected::Dnodes),
        ("show mnodes".to_owned(), Expected::Mnodes),
        (format!("select * from {DATABASE}.t"), Expected::Error),
        (format!("create database {DATABASE}"), Expected::Success),
        (format!("create table {DATABASE}.t (ts timestamp, n int)"), Expected::Success),
        (
            format!("insert into {DATABASE}.t values ('2021-06-01 00:00:00.000', 1) ('2021-06-01 00:00:01.000', null)"),
            Expected::Success,
        ),
        (format!("select ts, n from {DATABASE}.t"), Expected::Rows(2)),
        (format!("drop database {DATABASE}"), Expected::Success),
    ]
}

fn judge(outcome: &SqlOutcome, expected: &Expected) -> Result<String, String> {
    let text = |outcome: &SqlOutcome| match &outcome.reply {
        Ok(reply) => reply.to_string(),
        Err(error) => {
            format!("error {}: {}", error.code_text().unwrap_or_else(|| "without code".to_owned()), error.text)
        }
    };
    match expected {
        Expected::Dnodes => ready_dnode(outcome).map(|end_point| format!("{end_point} is ready")),
        Expected::Mnodes => {
            let table = outcome.table().map_err(|error| error.text)?;
            let list = mnodes(table).map_err(|error| error.to_string())?;
            if list.is_empty() { Err("no mnode".to_owned()) } else { Ok(format!("{} mnode(s)", list.len())) }
        }
        Expected::Rows(rows) => {
            let table = outcome.table().map_err(|error| error.text)?;
            if table.rows.len() == *rows {
                Ok(text(outcome))
            } else {
                Err(format!("{rows} rows expected: {}", text(outcome)))
            }
        }
        Expected::Error if outcome.reply.is_err() => Ok(text(outcome)),
        Expected::Success if outcome.reply.is_ok() => Ok(text(outcome)),
        Expected::Error | Expected::Success => Err(format!("not expected: {}", text(outcome))),
    }
}

/// Sends all statements through the shell.
pub(super) async fn through_shell(container: &Container) -> Vec<Contract> {
    let mut contract = Vec::new();
    for (sql, expected) in statements() {
        let outcome = shell(container, &sql).await.and_then(|outcome| judge(&outcome, &expected));
        contract.push(Contract { via: "shell", sql, outcome });
    }
    contract
}

/// Sends all statements through REST.
pub(super) async fn through_rest(host: &str, port: u16) -> Vec<Contract> {
    let mut contract = Vec::new();
    for (sql, expected) in statements() {
        let outcome = match timeout(STATEMENT, TcpStream::connect((host, port))).await {
            Ok(Ok(stream)) => rest::query(stream, &sql, None, STATEMENT).await.map_err(|error| error.to_string()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("no connection in time".to_owned()),
        };
        let outcome = outcome.and_then(|outcome| judge(&outcome, &expected));
        contract.push(Contract { via: "rest", sql, outcome });
    }
    contract
}

/// Which REST service answers, tried until `patience` has run out.
pub(super) async fn dialect(host: &str, port: u16, patience: Duration) -> Option<RestDialect> {
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_millis(100);
    loop {
        if let Ok(Some(answer)) = timeout(Duration::from_secs(5), raw(host, port)).await
            && let Some(dialect) = told_by(&answer)
        {
            return Some(dialect);
        }
        if Instant::now() + pause > deadline {
            return None;
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

/// The words of an answer tell who gave it.
fn told_by(answer: &str) -> Option<RestDialect> {
    if !answer.starts_with("HTTP/1.") {
        return None;
    }
    let body = answer.split_once("\r\n\r\n")?.1;
    if body.contains("\"status\":") {
        Some(RestDialect::Taosd)
    } else if body.contains("\"code\":") {
        Some(RestDialect::Adapter)
    } else {
        None
    }
}

async fn raw(host: &str, port: u16) -> Option<String> {
    let mut stream = TcpStream::connect((host, port)).await.ok()?;
    // root:taosdata, as every server is born with.
    let request = "POST /rest/sql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic cm9vdDp0YW9zZGF0YQ==\r\nConnection: close\r\nContent-Length: 14\r\n\r\nshow databases";
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    let mut buffer = vec![0; 4096];
    // Some servers keep the connection open in spite of `close`: the first words are enough.
    while answer.len() < 64 * 1024 {
        let length = stream.read(&mut buffer).await.ok()?;
        answer.extend_from_slice(&buffer[..length]);
        let text = String::from_utf8_lossy(&answer);
        if length == 0 || told_by(&text).is_some() {
            return Some(text.into_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_tell_who_answered() {
        let answer = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{body}");
        assert_eq!(told_by(&answer("{\"status\":\"succ\",\"head\":[]}")), Some(RestDialect::Taosd));
        assert_eq!(told_by(&answer("{\"code\":0,\"column_meta\":[]}")), Some(RestDialect::Adapter));
        assert_eq!(told_by(&answer("<html>")), None);
        assert_eq!(told_by("SSH-2.0"), None);
    }
}
