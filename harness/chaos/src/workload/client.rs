use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use seatrial_cluster::{Cluster, ClusterError, ConnectorSession, Problem, RestSession, Result, Via};
use seatrial_taos::SqlOutcome;

/// Somebody who runs statements on a server: a writer has one of its own.
pub trait Client: Send {
    /// Runs one statement on the server in `pod`, within `limit`.
    fn run<'a>(&'a mut self, pod: &'a str, sql: &'a str, limit: Duration) -> BoxFuture<'a, Result<SqlOutcome>>;
}

/// A client that reaches servers through the Kubernetes API.
#[derive(Debug)]
pub struct ClusterClient {
    cluster: Cluster,
    via: Via,
    rest: Option<RestSession>,
    connector: Option<ConnectorSession>,
}

impl ClusterClient {
    /// A client that uses the shell in the pods, their REST service, or the official connector.
    pub fn new(cluster: Cluster, via: Via) -> Self {
        Self { cluster, via, rest: None, connector: None }
    }

    async fn answer(&mut self, pod: &str, sql: &str, limit: Duration) -> Result<SqlOutcome> {
        match self.via {
            Via::Shell => {}
            Via::Rest => {
                let session = match self.rest.take().filter(|session| session.pod() == pod) {
                    Some(session) => self.rest.insert(session),
                    None => self.rest.insert(self.cluster.rest(pod)),
                };
                return session.query(sql, limit).await;
            }
            Via::Connector => {
                let session = match self.connector.take().filter(|session| session.pod() == pod) {
                    Some(session) => self.connector.insert(session),
                    None => self.connector.insert(self.cluster.connector(pod)),
                };
                return session.query(sql, limit).await;
            }
        }
        let outcomes = self.cluster.sql(pod, sql, Via::Shell, limit).await.outcomes?;
        let none = || ClusterError::new(format!("run `{sql}`"), Problem::Invalid("no statement".to_owned()));
        outcomes.into_iter().next().ok_or_else(none)
    }
}

impl Client for ClusterClient {
    fn run<'a>(&'a mut self, pod: &'a str, sql: &'a str, limit: Duration) -> BoxFuture<'a, Result<SqlOutcome>> {
        self.answer(pod, sql, limit).boxed()
    }
}
