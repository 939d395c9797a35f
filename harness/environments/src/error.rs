use std::path::PathBuf;

use seatrial_record::{Blame, ExitCode};
use thiserror::Error;

/// What kind of thing is wrong with the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// No `docker` command.
    DockerMissing,
    /// The Docker daemon does not answer.
    DockerStopped,
    /// This user may not talk to the Docker daemon.
    DockerForbidden,
    /// No `kind` command.
    KindMissing,
    /// The node image is not there.
    NodeImageMissing,
    /// The TDengine image is not there.
    ImageMissing,
    /// The image has no TDengine server in it.
    NotTdengine,
    /// The image has a TDengine server that does not work.
    ImageBroken,
    /// The disk is nearly full.
    DiskFull,
    /// The machine has too little memory.
    MemoryShort,
    /// kind could not make the cluster.
    ClusterFailed,
    /// The cluster was made and did not become ready.
    NotReady,
    /// The image could not be brought onto the nodes.
    LoadFailed,
    /// A cluster of that name is there and is not as asked for.
    Drifted,
    /// A kind configuration or an option that cannot be used.
    Config,
    /// The kubeconfig file cannot be read.
    Kubeconfig,
    /// No context was named, or one that does not exist.
    UnknownContext,
    /// The cluster forbids something that a run needs.
    Forbidden,
    /// No default storage class, or not the one that was asked for.
    NoStorageClass,
    /// The API server does not answer, or not as one.
    Unreachable,
    /// A command failed, could not be started, or did not end in time.
    Tool,
    /// A file of Seatrial's own could not be read or written.
    State,
    /// Something could not be removed.
    Leftover,
}

/// Why an environment cannot be used: what was tried, what happened, what to do about it. A run that ends so exits
/// with code 3.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{tried}: {happened}")]
pub struct EnvironmentError {
    /// What kind of thing it is.
    pub cause: Cause,
    /// What was tried, say `create the kind cluster seatrial-1a2b`.
    pub tried: String,
    /// What happened, cleaned.
    pub happened: String,
    /// What the user can do, a command where there is one.
    pub advice: String,
    /// A folder with logs, if some were collected.
    pub logs: Option<PathBuf>,
}

/// The result of everything that makes or uses an environment.
pub type Result<T> = std::result::Result<T, EnvironmentError>;

impl EnvironmentError {
    /// An error.
    pub fn new(cause: Cause, tried: impl Into<String>, happened: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { cause, tried: tried.into(), happened: happened.into(), advice: advice.into(), logs: None }
    }

    /// An error of a file of Seatrial's own.
    pub(crate) fn state(tried: impl Into<String>, error: impl std::fmt::Display) -> Self {
        let advice = "see whether the disk is full, and who owns the folder; `XDG_STATE_HOME` names another one";
        Self::new(Cause::State, tried, error.to_string(), advice)
    }

    /// An error of the API server.
    pub(crate) fn kube(tried: impl Into<String>, error: &kube::Error) -> Self {
        match error {
            kube::Error::Api(status) if matches!(status.code, 401 | 403) => {
                let advice = "use a context whose user may do this (`kubectl auth can-i --list`)";
                Self::new(Cause::Forbidden, tried, status.message.clone(), advice)
            }
            kube::Error::Api(status) => {
                let happened =
                    format!("the API server refused ({} {}): {}", status.code, status.reason, status.message);
                Self::new(
                    Cause::Unreachable,
                    tried,
                    happened,
                    "see what the API server says (`kubectl get --raw /readyz?verbose`)",
                )
            }
            other => Self::new(
                Cause::Unreachable,
                tried,
                chain(other),
                "see whether the cluster runs and can be reached (`kubectl cluster-info`)",
            ),
        }
    }

    /// The same with a folder of logs.
    #[must_use]
    pub fn with_logs(mut self, logs: Option<PathBuf>) -> Self {
        self.logs = logs.or(self.logs);
        self
    }

    /// Always the environment.
    pub fn blame(&self) -> Blame {
        Blame::Environment
    }

    /// The exit code that follows: 3.
    pub fn exit(&self) -> ExitCode {
        ExitCode::Environment
    }

    /// All of it, as a person reads it.
    pub fn render(&self) -> String {
        let logs = self.logs.as_ref().map(|logs| format!("logs:     {}\n", logs.display())).unwrap_or_default();
        format!("tried:    {}\nhappened: {}\nto do:    {}\n{logs}", self.tried, self.happened, self.advice)
    }
}

/// An error with its causes, which `kube` keeps apart.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let next = cause.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_all_three_things() {
        let error = EnvironmentError::new(Cause::DockerStopped, "ask Docker", "no answer", "start it")
            .with_logs(Some(PathBuf::from("logs")));
        assert_eq!(error.render(), "tried:    ask Docker\nhappened: no answer\nto do:    start it\nlogs:     logs\n");
        assert_eq!(error.exit().code(), 3);
        assert_eq!(error.blame(), Blame::Environment);
    }
}
