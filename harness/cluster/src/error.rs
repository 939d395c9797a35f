use std::time::Duration;

use seatrial_connector::ConnectorError;
use seatrial_record::Blame;
use seatrial_taos::{SqlError, ViewError, rest::RestError, shell::ParseError};
use thiserror::Error;

/// What went wrong between the harness and a cluster: what was tried and what happened.
#[derive(Debug, Error)]
#[error("{tried}: {problem}")]
pub struct ClusterError {
    /// What was tried, say `scale statefulset/tdengine to 3`.
    pub tried: String,
    /// What happened.
    pub problem: Box<Problem>,
}

/// What happened.
#[derive(Debug, Error)]
pub enum Problem {
    /// The API server could not be reached, or broke the connection.
    #[error("no answer from the API server: {0}")]
    Unreachable(String),
    /// The API server refused.
    #[error("the API server refused ({code} {reason}): {message}")]
    Refused {
        /// HTTP status, say 409.
        code: u16,
        /// Machine-readable reason, say `Conflict`.
        reason: String,
        /// The server's message.
        message: String,
    },
    /// The API server does not serve this kind.
    #[error("the API server does not serve {kind} ({api_version})")]
    UnknownKind {
        /// The kind.
        kind: String,
        /// Its group and version.
        api_version: String,
    },
    /// A bound ran out.
    #[error("not within {bound:?} ({name}); last seen: {last}")]
    TimedOut {
        /// Name of the bound.
        name: String,
        /// The bound.
        bound: Duration,
        /// What was seen last.
        last: String,
    },
    /// The connection to a running command was lost: whether it did its work is not known.
    #[error("the connection to the command was lost before its exit code came")]
    ConnectionLost,
    /// The command could not be started, say because the container is not running.
    #[error("the command could not be started: {0}")]
    NotStarted(String),
    /// A port of a pod could not be reached.
    #[error("port {port} could not be reached: {message}")]
    Port {
        /// The port.
        port: u16,
        /// Why.
        message: String,
    },
    /// The shell could not connect to its server, or its output cannot be read for certain.
    #[error(transparent)]
    Shell(#[from] ParseError),
    /// The REST service did not answer, or not as one.
    #[error(transparent)]
    Rest(#[from] RestError),
    /// The official connector gave no answer of the server.
    #[error(transparent)]
    Connector(#[from] ConnectorError),
    /// The server answered with an error where a table was needed.
    #[error("the server answered: {0}")]
    Sql(#[from] SqlError),
    /// The server answered with another table.
    #[error(transparent)]
    View(#[from] ViewError),
    /// The caller asked for something that cannot be, say a kind that does not exist.
    #[error("{0}")]
    Invalid(String),
}

/// The result of everything that reaches for a cluster.
pub type Result<T> = std::result::Result<T, ClusterError>;

impl ClusterError {
    /// An error of something that was tried.
    pub fn new(tried: impl Into<String>, problem: impl Into<Problem>) -> Self {
        Self { tried: tried.into(), problem: Box::new(problem.into()) }
    }

    pub(crate) fn of(tried: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        |error| Self::new(tried, error)
    }

    /// True if what was asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(*self.problem, Problem::Refused { code: 404, .. })
    }

    /// True if a bound ran out.
    pub fn is_timeout(&self) -> bool {
        matches!(
            *self.problem,
            Problem::TimedOut { .. }
                | Problem::Rest(RestError::TimedOut { .. })
                | Problem::Connector(ConnectorError::TimedOut { .. })
        )
    }

    /// What the server or the shell said, if this is about TDengine: a failed connection counts as an answer, since
    /// the documents speak of it.
    pub fn sql_error(&self) -> Option<SqlError> {
        match &*self.problem {
            Problem::Sql(error) => Some(error.clone()),
            Problem::Shell(ParseError::ConnectFailed { reason, code }) => {
                Some(SqlError { code: *code, text: reason.clone() })
            }
            _ => None,
        }
    }

    /// What is probably to blame.
    pub fn blame(&self) -> Blame {
        match &*self.problem {
            Problem::Unreachable(_) | Problem::ConnectionLost => Blame::Environment,
            Problem::Refused { code, .. } => match code {
                400 | 422 => Blame::Manifest,
                404 | 409 | 410 => Blame::Harness,
                _ => Blame::Environment,
            },
            Problem::UnknownKind { .. } => Blame::Manifest,
            Problem::TimedOut { .. } | Problem::NotStarted(_) | Problem::Port { .. } | Problem::Sql(_) => {
                Blame::Product
            }
            Problem::Shell(error) => match error {
                ParseError::ConnectFailed { .. } | ParseError::ShellFailed { .. } => Blame::Product,
                _ => Blame::Harness,
            },
            Problem::Rest(error) => match error {
                RestError::NoHttp { .. } | RestError::TimedOut { .. } => Blame::Product,
                _ => Blame::Harness,
            },
            // An application would see the same.
            Problem::Connector(error) => match error {
                ConnectorError::TimedOut { .. } | ConnectorError::Panicked { .. } | ConnectorError::Failed { .. } => {
                    Blame::Product
                }
                _ => Blame::Harness,
            },
            Problem::View(_) | Problem::Invalid(_) => Blame::Harness,
        }
    }

    /// What the user can do.
    pub fn advice(&self) -> String {
        match &*self.problem {
            Problem::Unreachable(_) => "see whether the cluster still runs (`kubectl get nodes`) and repeat the run",
            Problem::ConnectionLost => "see whether the pod was deleted meanwhile, or the node is overloaded",
            Problem::Refused { code: 401 | 403, .. } => "use a context whose user may do this (`kubectl auth can-i`)",
            Problem::Refused { code: 404, .. } => "see what is there (`kubectl get all,pvc,cm`)",
            Problem::Refused { code: 409, .. } => "somebody else changed the object at the same time: repeat the run",
            Problem::Refused { code: 400 | 422, .. } => "correct the manifest",
            Problem::Refused { .. } => "repeat the run; if it stays, look at the API server's log",
            Problem::UnknownKind { .. } => "correct `apiVersion` and `kind`, or install what serves them",
            Problem::TimedOut { .. } => "look at the evidence of the step; on a slow machine raise the bound",
            Problem::NotStarted(_) => "see why the container does not run (`kubectl describe pod`)",
            Problem::Port { .. } => "see whether the server in the pod listens (`kubectl logs`)",
            Problem::Shell(ParseError::ConnectFailed { .. }) => "see whether taosd runs and its name resolves",
            Problem::Shell(ParseError::Ambiguous { .. }) => "send the statements one by one",
            Problem::Shell(_) => "the output is in the evidence; if it is of a known version, report it",
            Problem::Rest(_) => "see whether the REST service runs on port 6041 of the pod",
            Problem::Connector(ConnectorError::NoWebsocket { .. } | ConnectorError::NoLibrary { .. }) => {
                "choose another client (`--client rest` or `--client shell`)"
            }
            Problem::Connector(_) => {
                "see whether the adapter runs on port 6041 of the pod; compare with `--client rest`"
            }
            Problem::Sql(_) => "see the server's log in the evidence",
            Problem::View(_) => "see whether the profile fits the version of the server",
            Problem::Invalid(_) => "correct the scenario",
        }
        .to_owned()
    }
}

impl From<kube::Error> for Problem {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => {
                Self::Refused { code: status.code, reason: status.reason, message: status.message }
            }
            other => Self::Unreachable(chain(&other)),
        }
    }
}

// kube's own texts name the layer and leave the cause to `source`.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
