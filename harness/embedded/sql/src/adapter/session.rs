use std::collections::BTreeMap;

use serde_json::Value as Json;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::{
    AdapterDialect,
    binary::{self, BinaryRequest},
    block,
    reply::{self, Head, OWN_ERROR},
};
use crate::{
    Answer, Rows, SqlError,
    codes::v3,
    shell::{Connector, Login, Session},
};

/// Rows of a block.
const BLOCK: usize = 4_096;

/// What one websocket knows: its connection to the server, and results that are being fetched.
pub(super) struct WsSession<'a> {
    dialect: &'a AdapterDialect,
    connector: &'a dyn Connector,
    connection: Option<Box<dyn Session>>,
    results: BTreeMap<u64, Fetching>,
    last_id: u64,
}

struct Fetching {
    rows: Rows,
    /// Rows that were fetched.
    at: usize,
    /// How many of them are in the block that `fetch_block` gives.
    block: usize,
}

impl Fetching {
    /// Goes on to the next block and tells how many rows it has.
    fn advance(&mut self) -> usize {
        self.at += self.block;
        self.block = (self.rows.rows.len() - self.at).min(BLOCK);
        self.block
    }

    fn encoded(&self) -> Vec<u8> {
        let rows = self.rows.rows.get(self.at..self.at + self.block).unwrap_or_default();
        block::encode(&self.rows.columns, rows)
    }
}

impl<'a> WsSession<'a> {
    pub(super) fn new(dialect: &'a AdapterDialect, connector: &'a dyn Connector) -> Self {
        Self { dialect, connector, connection: None, results: BTreeMap::new(), last_id: 0 }
    }

    /// Answers a text message; `None` for one that has no answer.
    pub(super) async fn text(&mut self, text: &str) -> Option<Message> {
        let request: Json = serde_json::from_str(text).ok()?;
        let arguments = request.get("args").unwrap_or(&Json::Null);
        let number = |name: &str| arguments.get(name).and_then(Json::as_u64).unwrap_or_default();
        let word = |name: &str| arguments.get(name).and_then(Json::as_str).unwrap_or_default();
        let action = request.get("action")?.as_str()?;
        let (request, id) = (number("req_id"), number("id"));
        let started = Instant::now();
        let head = |timing| Head { action: action.to_owned(), request, timing };
        Some(match action {
            "version" => reply::version(&self.dialect.version, request),
            "conn" => {
                let database = Some(word("db").to_owned()).filter(|name| !name.is_empty());
                let login = Login {
                    user: word("user").to_owned(),
                    password: word("password").to_owned(),
                    database,
                    ..Login::default()
                };
                let result = self.connector.connect(&login).await;
                let head = head(nanos(started));
                match result {
                    Ok(session) if self.connection.is_none() => {
                        self.connection = Some(session);
                        head.done()
                    }
                    Ok(_) => head.own_error(OWN_ERROR, "duplicate connections"),
                    Err(error) => head.failed(&error),
                }
            }
            "query" => self.query(action, request, word("sql")).await,
            "fetch" => {
                let Some(result) = self.results.get_mut(&id) else { return Some(missing(&head(0))) };
                let count = result.advance();
                let message = head(nanos(started)).next(id, &result.rows, count);
                if count == 0 {
                    self.results.remove(&id);
                }
                message
            }
            "fetch_block" => {
                let Some(result) = self.results.get(&id) else { return Some(missing(&head(0))) };
                if result.block == 0 {
                    return Some(head(0).own_error(OWN_ERROR, "block is nil"));
                }
                let mut frame = nanos(started).to_le_bytes().to_vec();
                frame.extend(id.to_le_bytes());
                frame.extend(result.encoded());
                Message::binary(frame)
            }
            "free_result" => {
                self.results.remove(&id);
                return None;
            }
            _ => head(0).own_error(OWN_ERROR, &format!("unknown action {action}")),
        })
    }

    /// Answers a binary message.
    pub(super) async fn binary(&mut self, frame: &[u8]) -> Option<Message> {
        match BinaryRequest::read(frame).filter(|_| self.dialect.binary)? {
            BinaryRequest::Query { request, sql } => Some(self.query("binary_query", request, &sql).await),
            BinaryRequest::Fetch { request, id } => {
                let started = Instant::now();
                let Some(result) = self.results.get_mut(&id) else {
                    let nil = SqlError::new(i32::from(OWN_ERROR), "result is nil");
                    return Some(Message::binary(binary::fetched(request, id, 0, Err(&nil))));
                };
                let block = if result.advance() == 0 { None } else { Some(result.encoded()) };
                if block.is_none() {
                    self.results.remove(&id);
                }
                Some(Message::binary(binary::fetched(request, id, nanos(started), Ok(block))))
            }
        }
    }

    async fn query(&mut self, action: &str, request: u64, sql: &str) -> Message {
        let started = Instant::now();
        let answer = match &mut self.connection {
            Some(connection) => connection.execute(sql).await,
            None => Err(SqlError::new(i32::from(OWN_ERROR), "server not connected")),
        };
        let head = Head { action: action.to_owned(), request, timing: nanos(started) };
        match answer {
            Err(error) => head.failed(&error),
            Ok(Answer::Affected(count)) => head.update(count),
            Ok(Answer::Done | Answer::Use(_)) => head.update(0),
            Ok(Answer::Rows(rows)) if rows.columns.is_empty() => head.failed(&v3::error(v3::INVALID_MSG)),
            Ok(Answer::Rows(rows)) => {
                self.last_id += 1;
                let message = head.columns(self.last_id, &rows);
                self.results.insert(self.last_id, Fetching { rows, at: 0, block: 0 });
                message
            }
        }
    }
}

fn missing(head: &Head) -> Message {
    head.own_error(OWN_ERROR, "result is nil")
}

fn nanos(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
