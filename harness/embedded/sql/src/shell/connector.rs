use futures::future::BoxFuture;

use crate::{Answer, SqlError};

/// Whom to connect to, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// `-h`; the client's own `firstEp` if `None`.
    pub host: Option<String>,
    /// `-P`; the client's own `serverPort` if `None`.
    pub port: Option<u16>,
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
    /// Database to use from the start.
    pub database: Option<String>,
}

impl Default for Login {
    /// `root` with its standard password, at the client's own end point.
    fn default() -> Self {
        Self { host: None, port: None, user: "root".into(), password: "taosdata".into(), database: None }
    }
}

/// How far a server is, as `taos --check` of 3.x tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerStatus {
    /// It does not answer.
    Unavailable,
    /// It listens and is still starting.
    NetworkOk,
    /// It serves.
    ServiceOk,
    /// Some of its vnodes do not serve.
    ServiceDegraded,
    /// It is about to end.
    Exiting,
}

/// Makes connections from where it stands, say from inside a pod, taking the time that it takes there.
pub trait Connector: Send + Sync {
    /// Connects and logs in.
    fn connect<'a>(&'a self, login: &'a Login) -> BoxFuture<'a, Result<Box<dyn Session>, SqlError>>;

    /// Asks a server how far its start has come, as `taos -n startup` does. `Ok` is "initialized successfully".
    fn startup_check<'a>(&'a self, host: Option<&'a str>, port: Option<u16>) -> BoxFuture<'a, Result<(), SqlError>>;

    /// Asks a server how it is, as `taos --check` of 3.x does. The text is a detail, mostly empty. Servers of 2.x cannot
    /// say more than whether they serve.
    fn server_status<'a>(&'a self, host: Option<&'a str>, port: Option<u16>) -> BoxFuture<'a, (ServerStatus, String)> {
        Box::pin(async move {
            let answer = self.startup_check(host, port).await;
            (if answer.is_ok() { ServerStatus::ServiceOk } else { ServerStatus::Unavailable }, String::new())
        })
    }
}

/// One connection. It remembers the database of `use`.
pub trait Session: Send {
    /// Runs one statement (it may end with `;`), taking the time that it takes.
    fn execute<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<Answer, SqlError>>;
}

/// The files that the shell may read and write (`source`, `-f`, `>>`).
pub trait Files: Send + Sync {
    /// Creates or replaces a file; false if it cannot be written.
    fn write(&self, path: &str, bytes: Vec<u8>) -> bool;

    /// The content of a file.
    fn read(&self, path: &str) -> Option<Vec<u8>>;
}

/// A place without files.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl Files for NoFiles {
    fn write(&self, _: &str, _: Vec<u8>) -> bool {
        false
    }

    fn read(&self, _: &str) -> Option<Vec<u8>> {
        None
    }
}
