use std::time::{Duration, Instant};

use seatrial_taos::{SqlOutcome, Version, rest::Login};
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep, timeout},
};

use crate::{
    ConnectorError, Target,
    rows::Refusal,
    worker::{self, Job},
};

/// How long a clock is watched to see whether it is that of the machine.
const WATCH: Duration = Duration::from_millis(20);

/// A client that uses the official connector. Its connection is made with the first statement, and made anew after
/// anything but an answer of the server: a broken handle of the connector never heals.
#[derive(Debug)]
pub struct Client {
    target: Target,
    login: Login,
    jobs: Option<mpsc::Sender<Job>>,
    built: u64,
}

impl Client {
    /// A client for a server of a known version. The websocket is refused for versions that have none.
    pub fn new(target: Target, login: Login, version: Option<&Version>) -> Result<Self, ConnectorError> {
        if let (Target::Websocket(_), Some(version)) = (&target, version)
            && *version < Version(2, 4, 0, 0)
        {
            return Err(ConnectorError::NoWebsocket { version: version.to_string() });
        }
        Ok(Self { target, login, jobs: None, built: 0 })
    }

    /// An error if the runtime's clock is paused: it would not wait for sockets, and what it calls a while is over at once.
    pub async fn refuse_simulated_time() -> Result<(), ConnectorError> {
        let begun = Instant::now();
        sleep(WATCH).await;
        if begun.elapsed() < WATCH { Err(ConnectorError::SimulatedTime) } else { Ok(()) }
    }

    /// How often a handle was built: more than once after failures.
    pub fn built(&self) -> u64 {
        self.built
    }

    /// Runs one statement within `limit`, which includes connecting.
    pub async fn query(&mut self, sql: &str, limit: Duration) -> Result<SqlOutcome, ConnectorError> {
        let result = timeout(limit, self.attempt(sql)).await.unwrap_or(Err(ConnectorError::TimedOut { limit }));
        let lost = result.is_err();
        if lost {
            // The thread ends when it finds nobody waiting.
            self.jobs = None;
        }
        result
    }

    async fn attempt(&mut self, sql: &str) -> Result<SqlOutcome, ConnectorError> {
        if self.jobs.as_ref().is_none_or(mpsc::Sender::is_closed) {
            Self::refuse_simulated_time().await?;
            self.jobs = Some(worker::start(&self.target, &self.login)?);
            self.built += 1;
        }
        let ended = || ConnectorError::Panicked { message: "its thread ended".to_owned() };
        let jobs = self.jobs.as_ref().ok_or_else(ended)?;
        let (answer, answered) = oneshot::channel();
        jobs.send(Job { sql: sql.to_owned(), answer }).await.map_err(|_| ended())?;
        let reply = match answered.await.map_err(|_| ended())?? {
            Ok(reply) => Ok(reply),
            Err(Refusal::Sql(error)) => Err(error),
            Err(Refusal::Own { code, message, sent }) => {
                return Err(ConnectorError::Failed { code, message, sent });
            }
        };
        Ok(SqlOutcome { sql: sql.to_owned(), reply, elapsed: None })
    }
}
