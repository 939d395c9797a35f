//! The REST service on port 6041, over any byte stream: that of taosd 2.1 and that of taosAdapter (2.4 on, 3.x).

mod answer;
mod client;

use std::time::Duration;

use thiserror::Error;

pub use answer::parse;
pub use client::{Connection, Login, query};

/// The port of the REST service, unless `serverPort` was changed (it is that plus 11).
pub const PORT: u16 = 6041;

/// Why there is no answer from the REST service. An error that the server gives for a statement is not one of these
/// but an [`crate::SqlError`] in the outcome.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RestError {
    /// No HTTP answer came: nobody listens, or the connection broke. `sent` says whether the statement may have been
    /// carried out.
    #[error("no answer from the REST service: {message}")]
    NoHttp {
        /// What happened.
        message: String,
        /// False if the request was certainly not taken by the server.
        sent: bool,
    },
    /// The answer did not come in time. The statement may have been carried out.
    #[error("the REST service did not answer within {limit:?}")]
    TimedOut {
        /// The bound.
        limit: Duration,
    },
    /// The answer is larger than the bound.
    #[error("the answer of the REST service is larger than {bytes} bytes")]
    TooLarge {
        /// The bound.
        bytes: usize,
    },
    /// The answer is not one of a TDengine REST service.
    #[error("HTTP status {status}, and no answer of a TDengine REST service: {near}")]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// What is wrong, or the beginning of the body.
        near: String,
    },
    /// A text that cannot be part of a request, say a database name with a line feed.
    #[error("cannot be sent: {message}")]
    Unsendable {
        /// Why.
        message: String,
    },
}

impl RestError {
    /// True if the statement may have been carried out although no answer came.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::NoHttp { sent, .. } => *sent,
            Self::TimedOut { .. } | Self::TooLarge { .. } => true,
            // A proxy's or another server's answer says nothing about it, a 404 does.
            Self::Unreadable { status, .. } => *status >= 500 || *status < 400,
            Self::Unsendable { .. } => false,
        }
    }
}
