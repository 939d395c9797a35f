use std::time::Duration;

use seatrial_taos::{
    SqlOutcome,
    rest::{self, Connection, Login, RestError},
    used_database,
};
use tokio::time::timeout;

use crate::{Cluster, ClusterError, Problem, Result, exec::Refusal};

impl Cluster {
    /// A session with the REST service of a pod.
    pub fn rest(&self, pod: &str) -> RestSession {
        RestSession { cluster: self.clone(), pod: pod.to_owned(), connection: None, database: None }
    }
}

/// A session with the REST service of a pod, through a port-forward that is made when it is needed, and made again
/// when it broke, say because the pod was replaced by another of the same name.
#[derive(Debug)]
pub struct RestSession {
    cluster: Cluster,
    pod: String,
    connection: Option<(Connection, Refusal)>,
    database: Option<String>,
}

impl RestSession {
    /// The pod.
    pub fn pod(&self) -> &str {
        &self.pod
    }

    pub(crate) fn path(&self) -> String {
        self.database.as_ref().map_or_else(|| "/rest/sql".to_owned(), |name| format!("/rest/sql/{name}"))
    }

    /// Sends one statement. A database that was chosen with `use` stays chosen. A statement is sent again only if it
    /// certainly did not reach the server.
    pub async fn query(&mut self, sql: &str, limit: Duration) -> Result<SqlOutcome> {
        let tried = format!("run `{sql}` by REST in pod/{}", self.pod);
        let work = async {
            let reused = self.connection.is_some();
            match self.attempt(sql, limit).await {
                Err(error) if reused && certainly_unsent(&error) => self.attempt(sql, limit).await,
                other => other,
            }
        };
        let outcome = match timeout(limit, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ClusterError::new(&tried, RestError::TimedOut { limit })),
        };
        match &outcome {
            Ok(SqlOutcome { reply: Ok(_), .. }) => {
                if let Some(database) = used_database(sql) {
                    self.database = Some(database);
                }
            }
            Ok(_) => {}
            Err(_) => self.connection = None,
        }
        outcome
    }

    async fn attempt(&mut self, sql: &str, limit: Duration) -> Result<SqlOutcome> {
        let tried = format!("run `{sql}` by REST in pod/{}", self.pod);
        let fresh = self.connection.as_ref().is_none_or(|(connection, _)| connection.is_closed());
        if fresh {
            let stream = self.cluster.forward(&self.pod, rest::PORT).await?;
            let refusal = stream.refusal();
            let connection = Connection::open(stream, Login::default()).await;
            self.connection = Some((connection.map_err(|error| ClusterError::new(&tried, error))?, refusal));
        }
        let Some((connection, refusal)) = &mut self.connection else {
            return Err(ClusterError::new(tried, Problem::ConnectionLost));
        };
        let answer = connection.query(sql, self.database.as_deref(), limit).await;
        if answer.is_err() {
            // The refusal comes on a channel of its own, at the same time.
            tokio::task::yield_now().await;
        }
        // Only of a new connection does it say that nothing was sent: others may break later, with a message, too.
        let refused = refusal.get().filter(|message| fresh && message.contains("refused"));
        answer.map_err(|error| {
            self.connection = None;
            match refused {
                Some(message) => ClusterError::new(tried, Problem::Port { port: rest::PORT, message }),
                None => ClusterError::new(tried, error),
            }
        })
    }
}

fn certainly_unsent(error: &ClusterError) -> bool {
    match &*error.problem {
        Problem::Rest(error) => !error.may_have_happened() && matches!(error, RestError::NoHttp { .. }),
        _ => false,
    }
}
