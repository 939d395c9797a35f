use std::{net::SocketAddr, panic::AssertUnwindSafe, path::PathBuf, thread};

use futures::{FutureExt as _, TryStreamExt as _};
use seatrial_record::Table;
use seatrial_taos::{Reply, rest::Login};
use taos::{AsyncFetchable as _, AsyncQueryable as _, AsyncTBuilder as _, Taos, TaosBuilder};
use tokio::{
    runtime::Builder,
    sync::{mpsc, oneshot},
};

use crate::{
    ConnectorError, native, quiet,
    rows::{Refusal, cell, changed},
};

/// Most rows of a result that are taken.
const MOST_ROWS: usize = 10_240;

/// Whom the connector connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The adapter's websocket at an address, which is mostly a tunnel's end on loopback.
    Websocket(SocketAddr),
    /// A server, through the native library, which resolves the names of all its dnodes by itself.
    Native {
        /// Its host.
        host: String,
        /// Its port, mostly 6030.
        port: u16,
        /// The library; the system's own if `None`.
        library: Option<PathBuf>,
    },
}

impl Target {
    /// The DSN, with the password as it is: the connector wants it so.
    pub(crate) fn dsn(&self, login: &Login) -> String {
        let Login { user, password } = login;
        match self {
            Self::Websocket(address) => format!("ws://{user}:{password}@{address}"),
            Self::Native { host, port, library } => {
                let library = library.as_ref().map(|path| format!("?libraryPath={}", path.display()));
                format!("taos://{user}:{password}@{host}:{port}{}", library.unwrap_or_default())
            }
        }
    }
}

/// What is to be done, and where the answer goes.
pub(crate) struct Job {
    pub(crate) sql: String,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// An answer of the server, or what went wrong.
pub(crate) type Answer = Result<Result<Reply, Refusal>, ConnectorError>;

/// Starts a thread that runs the connector until the sender is dropped, or a call panics.
pub(crate) fn start(target: &Target, login: &Login) -> Result<mpsc::Sender<Job>, ConnectorError> {
    quiet::keep_quiet();
    let (sender, jobs) = mpsc::channel(1);
    let (dsn, native) = (target.dsn(login), matches!(target, Target::Native { .. }));
    let run = move || {
        // Blocking threads of the runtime get the name, too.
        let runtime = Builder::new_current_thread().enable_all().thread_name(quiet::THREAD).build();
        let Ok(runtime) = runtime else { return };
        if native {
            runtime.block_on(native::work(dsn, jobs));
        } else {
            runtime.block_on(work(dsn, jobs));
        }
        // A call that never returns must not keep the thread.
        runtime.shutdown_background();
    };
    let started = thread::Builder::new().name(quiet::THREAD.to_owned()).spawn(run);
    started.map_err(|error| ConnectorError::NoThread { message: error.to_string() })?;
    Ok(sender)
}

async fn work(dsn: String, mut jobs: mpsc::Receiver<Job>) {
    let mut handle = None;
    while let Some(Job { sql, mut answer }) = jobs.recv().await {
        let call = AssertUnwindSafe(call(&dsn, &mut handle, &sql)).catch_unwind();
        let result = tokio::select! {
            result = call => result,
            // Nobody waits any more: the handle is given up with the runtime.
            () = answer.closed() => return,
        };
        let (result, over) = match result {
            Ok(result) => (Ok(result), false),
            Err(payload) => (Err(ConnectorError::Panicked { message: quiet::message(payload.as_ref()) }), true),
        };
        if answer.send(result).is_err() || over {
            return;
        }
    }
}

/// A new handle. The connector dials only when it is asked something, so it is: what fails here was not the statement.
async fn connect(dsn: &str) -> Result<Taos, taos::Error> {
    let taos = TaosBuilder::from_dsn(dsn)?.build().await?;
    taos.exec("select server_status()").await?;
    Ok(taos)
}

async fn call(dsn: &str, handle: &mut Option<Taos>, sql: &str) -> Result<Reply, Refusal> {
    let taos = match handle {
        Some(taos) => taos,
        None => handle.insert(connect(dsn).await.map_err(Refusal::unsent)?),
    };
    let mut results = taos.query(sql).await?;
    if results.fields().is_empty() {
        return Ok(changed(sql, results.affected_rows()));
    }
    let columns = results.fields().iter().map(|field| seatrial_record::clean(field.name().as_bytes())).collect();
    let mut table = Table { columns, rows: Vec::new() };
    let mut rows = results.rows();
    while let Some(row) = rows.try_next().await? {
        if table.rows.len() == MOST_ROWS {
            break;
        }
        table.rows.push(row.map(|(_, value)| cell(&value.to_value())).collect());
    }
    Ok(Reply::Rows(table))
}
