use std::fmt;

use futures::future::BoxFuture;
use seatrial_sim::{ContainerLog, ExecIo, ExitStatus};
use tokio::io::DuplexStream;

use crate::ApiError;

/// What the API server asks of the kubelets: everything that reaches into a pod.
pub trait NodeAgent: Send + Sync {
    /// Runs a command in a container (none: the first). The future ends with the command; dropping it kills the
    /// command.
    fn exec(
        &self,
        namespace: &str,
        pod: &str,
        container: Option<&str>,
        io: ExecIo,
    ) -> Result<BoxFuture<'static, ExitStatus>, ApiError>;

    /// The log of a container (none: the first), or of its previous instance.
    fn logs(
        &self,
        namespace: &str,
        pod: &str,
        container: Option<&str>,
        previous: bool,
    ) -> Result<ContainerLogView, ApiError>;

    /// Opens a connection to a port of a pod, from its node.
    fn forward(&self, namespace: &str, pod: &str, port: u16) -> Result<DuplexStream, ApiError>;
}

/// The log of one container instance.
pub struct ContainerLogView {
    /// Its lines.
    pub log: ContainerLog,
    /// Resolves when the container has ended, at once if it already has: then a follower has seen everything.
    pub ended: BoxFuture<'static, ()>,
}

impl fmt::Debug for ContainerLogView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerLogView").field("log", &self.log).finish_non_exhaustive()
    }
}
