use std::time::Duration;

use thiserror::Error;

/// Why the connector gave no answer of the server. What the server says against a statement is a
/// [`seatrial_taos::SqlError`] in the outcome.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConnectorError {
    /// No answer came in time. The connector has no limit of its own: when its connection breaks while a statement is
    /// under way, it waits for ever.
    #[error("the connector did not return within {limit:?}; its handle was given up")]
    TimedOut {
        /// The bound.
        limit: Duration,
    },
    /// The connector panicked.
    #[error("the connector panicked: {message}; its handle was given up")]
    Panicked {
        /// What it said.
        message: String,
    },
    /// The connector lost its connection, or could not make one. `sent` is false if the statement certainly did not
    /// reach a server.
    #[error("the connector failed: [{code:#06x}] {message}")]
    Failed {
        /// Its own code, `0xE000` and above.
        code: i32,
        /// What it said.
        message: String,
        /// Whether the statement may have been carried out.
        sent: bool,
    },
    /// The server's generation has no websocket.
    #[error(
        "TDengine {version} has no websocket (its adapter is there from 2.4 on); use the client `rest` or `shell`, or \
         the native library"
    )]
    NoWebsocket {
        /// Version of the server.
        version: String,
    },
    /// There is no native library.
    #[error(
        "the native library libtaos is not installed here ({tried}); install the client package of TDengine, or set \
         TAOS_LIBRARY_PATH"
    )]
    NoLibrary {
        /// Where it was looked for, or what the connector said.
        tried: String,
    },
    /// Time is simulated: it would not wait for the connector's sockets.
    #[error(
        "the connector needs the time of the machine, and here time is simulated; serve a cluster (`seatrial serve \
         --kubeconfig FILE`) and run against it (`--env kubeconfig`), or use the client `rest` or `shell`"
    )]
    SimulatedTime,
    /// The thread that runs the connector cannot be started.
    #[error("cannot start a thread for the connector: {message}")]
    NoThread {
        /// What the system says.
        message: String,
    },
}

impl ConnectorError {
    /// True if the statement may have been carried out although no answer came.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::TimedOut { .. } | Self::Panicked { .. } => true,
            Self::Failed { sent, .. } => *sent,
            Self::NoWebsocket { .. } | Self::NoLibrary { .. } | Self::SimulatedTime | Self::NoThread { .. } => false,
        }
    }
}
