use seatrial_cluster::{ClusterError, Problem};
use thiserror::Error;

use super::UnderlayError;

/// Why a fault could not be done, or taken back.
#[derive(Debug, Error)]
pub enum FaultError {
    /// There is nobody to do it to.
    #[error("{0}")]
    Nobody(String),
    /// The server refused it.
    #[error("the server refused it: {0}")]
    Refused(String),
    /// The server took it on and did not bring it to its end, in its time and with nothing else broken.
    #[error("the server never ended it: {0}")]
    Unfinished(String),
    /// Filling the volume would fill more than the volume.
    #[error("only a volume that is a file system of its own can be filled: {0}")]
    SharedVolume(String),
    /// The environment cannot do it.
    #[error("this environment reaches nothing below Kubernetes, so it cannot do {0}")]
    NoUnderlay(String),
    /// Kubernetes did not do it.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// What is below Kubernetes did not do it.
    #[error(transparent)]
    Underlay(#[from] UnderlayError),
}

impl FaultError {
    pub(super) fn nobody(why: impl Into<String>) -> Self {
        Self::Nobody(why.into())
    }

    /// True if it is the server's failure, and no lack of the environment or of the schedule.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Unfinished(_))
    }

    /// The same as what it is while something else is broken: then nobody can say why it did not end.
    pub(super) fn excused(self) -> Self {
        match self {
            Self::Unfinished(text) => Self::Refused(text),
            other => other,
        }
    }

    /// True if there may be somebody to do it to in a moment: no pod, or none in which a command can be run yet.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Nobody(_) => true,
            Self::Cluster(error) => matches!(*error.problem, Problem::NotStarted(_)),
            _ => false,
        }
    }
}
