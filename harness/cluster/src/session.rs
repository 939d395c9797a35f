use std::time::Duration;

use seatrial_taos::{SqlOutcome, rest};

use crate::{ConnectorSession, RestSession, Result};

/// A session with one pod that goes on from statement to statement.
pub(crate) enum Session {
    Rest(RestSession),
    Connector(ConnectorSession),
}

impl Session {
    pub(crate) async fn query(&mut self, sql: &str, limit: Duration) -> Result<SqlOutcome> {
        match self {
            Self::Rest(session) => session.query(sql, limit).await,
            Self::Connector(session) => session.query(sql, limit).await,
        }
    }

    /// What the evidence of a statement is called.
    pub(crate) fn title(&self, sql: &str) -> String {
        match self {
            Self::Rest(session) => format!("{sql} by REST in {}", session.pod()),
            Self::Connector(session) => format!("{sql} by the connector in {}", session.pod()),
        }
    }

    /// How a statement is sent, as a person would say it.
    pub(crate) fn source(&self) -> String {
        match self {
            Self::Rest(session) => format!("POST {} to port {} of pod/{}", session.path(), rest::PORT, session.pod()),
            Self::Connector(session) => format!("websocket to port {} of pod/{}", rest::PORT, session.pod()),
        }
    }
}
