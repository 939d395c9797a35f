use std::time::Duration;

use seatrial_connector::{Client, ConnectorError, Target};
use seatrial_taos::{SqlOutcome, Version, rest, rest::Login};
use tokio::time::{Instant, timeout};

use crate::{Cluster, ClusterError, Problem, Result, tunnel::Tunnel};

/// The official connector as a client of one pod: by websocket through a tunnel.
#[derive(Debug)]
pub struct ConnectorSession {
    cluster: Cluster,
    pod: String,
    open: Option<(Tunnel, Client)>,
}

impl Cluster {
    /// A client of a pod that is the official connector.
    pub fn connector(&self, pod: &str) -> ConnectorSession {
        ConnectorSession { cluster: self.clone(), pod: pod.to_owned(), open: None }
    }
}

impl ConnectorSession {
    /// The pod.
    pub fn pod(&self) -> &str {
        &self.pod
    }

    /// Runs one statement within `limit`. After anything but an answer of the server all is built anew.
    pub async fn query(&mut self, sql: &str, limit: Duration) -> Result<SqlOutcome> {
        let tried = format!("run `{sql}` by the connector in pod/{}", self.pod);
        let deadline = Instant::now() + limit;
        if self.open.is_none() {
            let opening = timeout(limit, self.dial(&tried, limit));
            self.open =
                Some(opening.await.map_err(|_| ClusterError::new(&tried, ConnectorError::TimedOut { limit }))??);
        }
        let Some((_, client)) = &mut self.open else { return Err(ClusterError::new(tried, Problem::ConnectionLost)) };
        let answer = client.query(sql, deadline.saturating_duration_since(Instant::now())).await;
        if answer.is_err() {
            self.open = None;
        }
        answer.map_err(|error| ClusterError::new(tried, error))
    }

    async fn dial(&self, tried: &str, limit: Duration) -> Result<(Tunnel, Client)> {
        // Told before anything is opened.
        Client::refuse_simulated_time().await.map_err(|error| ClusterError::new(tried, error))?;
        // The connector panics on versions that it does not understand, and takes a server without websocket for one
        // that does not let it in.
        let outcome = self.cluster.rest(&self.pod).query("select server_version()", limit).await?;
        let table = outcome.table().map_err(|error| ClusterError::new(tried, error))?;
        let text = table.rows.first().and_then(|row| row.first()?.as_deref()).unwrap_or_default();
        let version: Option<Version> = text.parse().ok();
        let tunnel = self.cluster.tunnel(&self.pod, rest::PORT).await?;
        let client = Client::new(Target::Websocket(tunnel.address()), Login::default(), version.as_ref());
        Ok((tunnel, client.map_err(|error| ClusterError::new(tried, error))?))
    }
}
