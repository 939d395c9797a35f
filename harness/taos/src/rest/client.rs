use std::{future::Future, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinHandle,
    time::timeout,
};

use super::{RestError, parse};
use crate::SqlOutcome;

// restfulRowLimit is 10240 rows; the widest row of 2.x has 16 KiB, but nobody here selects those.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// Who asks.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
}

impl Default for Login {
    /// The administrator as every server is born with.
    fn default() -> Self {
        Self { user: "root".to_owned(), password: "taosdata".to_owned() }
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// An HTTP connection to a REST service. Not to be used again after an error.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    login: Login,
    driver: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Begins to speak HTTP over `io`, which a task drives until the connection is dropped.
    pub async fn open(
        io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        login: Login,
    ) -> Result<Self, RestError> {
        let (sender, driver) = http1::handshake(TokioIo::new(io)).await.map_err(|error| no_http(&error))?;
        let driver = tokio::spawn(async move {
            // Its error comes to the request, too.
            let _ = driver.await;
        });
        Ok(Self { sender, login, driver })
    }

    /// True if the server has closed the connection.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Sends one statement. `database` is the one to use, for servers that take it in the path. An answer has to come
    /// within `limit`.
    pub async fn query(&mut self, sql: &str, database: Option<&str>, limit: Duration) -> Result<SqlOutcome, RestError> {
        let request = self.request(sql, database)?;
        let (status, body) = bounded(limit, self.exchange(request)).await?;
        parse(status, &body, sql)
    }

    fn request(&self, sql: &str, database: Option<&str>) -> Result<Request<Full<Bytes>>, RestError> {
        let path = match database {
            Some(name) if name.is_empty() || !name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_') => {
                return Err(RestError::Unsendable { message: format!("`{name}` is no name of a database") });
            }
            Some(name) => format!("/rest/sql/{name}"),
            None => "/rest/sql".to_owned(),
        };
        let credentials = STANDARD.encode(format!("{}:{}", self.login.user, self.login.password));
        Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::AUTHORIZATION, format!("Basic {credentials}"))
            .body(Full::new(Bytes::copy_from_slice(sql.as_bytes())))
            .map_err(|error| RestError::Unsendable { message: error.to_string() })
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<(u16, Bytes), RestError> {
        self.sender.ready().await.map_err(|error| RestError::NoHttp { message: error.to_string(), sent: false })?;
        let response = self.sender.send_request(request).await.map_err(|error| no_http(&error))?;
        let status = response.status().as_u16();
        match Limited::new(response.into_body(), MAX_BODY).collect().await {
            Ok(body) => Ok((status, body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Err(RestError::TooLarge { bytes: MAX_BODY }),
            Err(error) => Err(RestError::NoHttp { message: error.to_string(), sent: true }),
        }
    }
}

fn no_http(error: &hyper::Error) -> RestError {
    RestError::NoHttp { message: error.to_string(), sent: !error.is_canceled() }
}

async fn bounded<T>(limit: Duration, work: impl Future<Output = Result<T, RestError>>) -> Result<T, RestError> {
    timeout(limit, work).await.unwrap_or(Err(RestError::TimedOut { limit }))
}

/// Sends one statement over a byte stream of its own, as the administrator.
pub async fn query(
    io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    sql: &str,
    database: Option<&str>,
    limit: Duration,
) -> Result<SqlOutcome, RestError> {
    bounded(limit, async { Connection::open(io, Login::default()).await?.query(sql, database, limit).await }).await
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;
    use crate::Reply;

    /// A server that reads one request, answers it and hands it back.
    fn server(status: &'static str, body: &'static str) -> (DuplexStream, JoinHandle<String>) {
        let (client, mut server) = duplex(64 * 1024);
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let task = tokio::spawn(async move {
            let mut request = vec![0; 4096];
            let length = server.read(&mut request).await.unwrap();
            server.write_all(answer.as_bytes()).await.unwrap();
            // Held open: the answer's length alone ends it.
            let mut rest = [0; 1];
            let _ = server.read(&mut rest).await;
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        (client, task)
    }

    const LIMIT: Duration = Duration::from_secs(5);
    const DONE: &str = "{\"status\":\"succ\",\"head\":[\"affected_rows\"],\"column_meta\":[[\"affected_rows\",4,4]],\"data\":[[2]],\"rows\":1}";

    #[tokio::test(start_paused = true)]
    async fn a_statement_is_posted_and_answered() {
        let (io, task) = server("200 OK", DONE);
        let outcome = query(io, "insert into t values(now,1)", Some("d1"), LIMIT).await.unwrap();
        assert_eq!(outcome.reply, Ok(Reply::Affected(2)));
        let request = task.await.unwrap();
        assert!(request.starts_with("POST /rest/sql/d1 HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("authorization: Basic cm9vdDp0YW9zZGF0YQ==\r\n"), "{request}");
        assert!(request.ends_with("insert into t values(now,1)"), "{request}");
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_at_the_limit() {
        let (client, _server) = duplex(1024);
        let error = query(client, "show dnodes", None, LIMIT).await.unwrap_err();
        assert_eq!(error, RestError::TimedOut { limit: LIMIT });
        assert!(error.may_have_happened());
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_stream_is_no_answer() {
        let (client, server) = duplex(1024);
        drop(server);
        let error = query(client, "show dnodes", None, LIMIT).await.unwrap_err();
        assert!(matches!(error, RestError::NoHttp { .. }), "{error:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_rest_service_is_told() {
        let (io, _task) = server("404 Not Found", "not found");
        let error = query(io, "show dnodes", None, LIMIT).await.unwrap_err();
        assert_eq!(error, RestError::Unreadable { status: 404, near: "not found".to_owned() });
        assert!(!error.may_have_happened());
    }

    #[tokio::test(start_paused = true)]
    async fn a_database_cannot_smuggle_a_path() {
        let (client, _server) = duplex(1024);
        let error = query(client, "select 1", Some("../login"), LIMIT).await.unwrap_err();
        assert!(matches!(error, RestError::Unsendable { .. }));
    }
}
