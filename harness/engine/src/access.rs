//! What the runner does to a cluster, as a trait: the real thing is [`seatrial_cluster::Cluster`].

use std::{collections::BTreeMap, time::Duration};

use futures::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use jiff::Timestamp;
use seatrial_cluster::{
    Applied, Cluster, ExecOutput, Kind, Result, Seen, Snapshot, SqlRun, Target, Via, manifests::Manifests,
};
use seatrial_taos::SqlOutcome;

/// Everything that the runner does to a cluster.
pub trait Access: Send + Sync {
    /// The time on the clock of the cluster.
    fn now(&self) -> Timestamp;
    /// The state of the namespace, now and after every change.
    fn watch(&self) -> BoxStream<'static, Result<Snapshot>>;
    /// The state of the namespace, read now.
    fn snapshot(&self) -> BoxFuture<'_, Result<Snapshot>>;
    /// Applies manifests.
    fn apply<'a>(&'a self, manifests: &'a Manifests) -> BoxFuture<'a, Result<Vec<Applied>>>;
    /// Sets the number of pods.
    fn scale<'a>(&'a self, statefulset: &'a str, replicas: u32) -> BoxFuture<'a, Result<()>>;
    /// Restarts the pods one after the other.
    fn restart<'a>(&'a self, statefulset: &'a str) -> BoxFuture<'a, Result<()>>;
    /// Sets the image of the first container of its pods, the server.
    fn set_image<'a>(&'a self, statefulset: &'a str, image: &'a str) -> BoxFuture<'a, Result<()>>;
    /// Changes keys of a `ConfigMap`.
    fn configure<'a>(&'a self, name: &'a str, data: &'a BTreeMap<String, String>) -> BoxFuture<'a, Result<()>>;
    /// Deletes and waits until it is gone.
    fn delete<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Vec<String>>>;
    /// Runs a command in a pod.
    fn exec<'a>(&'a self, pod: &'a str, argv: &'a [String], limit: Duration) -> BoxFuture<'a, Result<ExecOutput>>;
    /// Runs SQL in a pod.
    fn sql<'a>(&'a self, pod: &'a str, sql: &'a str, via: Via, limit: Duration) -> BoxFuture<'a, SqlRun>;
    /// A quicker way for SQL that only reads than [`Self::sql`], if there is one.
    fn quick(&self) -> Option<&dyn Quick> {
        None
    }
    /// The log of a pod's container.
    fn logs<'a>(&'a self, pod: &'a str, previous: bool) -> BoxFuture<'a, Result<String>>;
    /// Names of all objects of a kind.
    fn names(&self, kind: Kind) -> BoxFuture<'_, Result<Vec<String>>>;
    /// Volumes that claims of the namespace have or had.
    fn volumes(&self) -> BoxFuture<'_, Result<Vec<String>>>;
    /// What a person would look at after a failure.
    fn diagnostics(&self) -> BoxFuture<'_, Vec<Seen>>;
    /// Makes the namespace.
    fn prepare(&self) -> BoxFuture<'_, Result<()>>;
    /// Deletes the namespace with all that is in it.
    fn clean(&self) -> BoxFuture<'_, Result<()>>;
    /// The cluster itself, for workloads; none if it is not one.
    fn cluster(&self) -> Option<Cluster>;
}

/// A quick way for SQL that only reads.
pub trait Quick: Send + Sync {
    /// What the statements answer in `pod`.
    fn glimpse<'a>(&'a self, pod: &'a str, sql: &'a str) -> BoxFuture<'a, Result<Vec<SqlOutcome>>>;
}

impl Access for Cluster {
    fn now(&self) -> Timestamp {
        Self::now(self)
    }

    fn watch(&self) -> BoxStream<'static, Result<Snapshot>> {
        let watch = Self::watch(self);
        stream::unfold(Some(watch), |watch| async {
            let mut watch = watch?;
            match watch.changed().await.cloned() {
                Ok(snapshot) => Some((Ok(snapshot), Some(watch))),
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed()
    }

    fn snapshot(&self) -> BoxFuture<'_, Result<Snapshot>> {
        Self::snapshot(self).boxed()
    }

    fn apply<'a>(&'a self, manifests: &'a Manifests) -> BoxFuture<'a, Result<Vec<Applied>>> {
        Self::apply(self, manifests).boxed()
    }

    fn scale<'a>(&'a self, statefulset: &'a str, replicas: u32) -> BoxFuture<'a, Result<()>> {
        Self::scale(self, statefulset, replicas).boxed()
    }

    fn restart<'a>(&'a self, statefulset: &'a str) -> BoxFuture<'a, Result<()>> {
        Self::restart(self, statefulset).boxed()
    }

    fn set_image<'a>(&'a self, statefulset: &'a str, image: &'a str) -> BoxFuture<'a, Result<()>> {
        Self::set_image(self, statefulset, image).boxed()
    }

    fn configure<'a>(&'a self, name: &'a str, data: &'a BTreeMap<String, String>) -> BoxFuture<'a, Result<()>> {
        Self::patch_config_map(self, name, data).boxed()
    }

    fn delete<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Vec<String>>> {
        Self::delete(self, target, true).boxed()
    }

    fn exec<'a>(&'a self, pod: &'a str, argv: &'a [String], limit: Duration) -> BoxFuture<'a, Result<ExecOutput>> {
        Self::exec(self, pod, None, argv, limit).boxed()
    }

    fn sql<'a>(&'a self, pod: &'a str, sql: &'a str, via: Via, limit: Duration) -> BoxFuture<'a, SqlRun> {
        Self::sql(self, pod, sql, via, limit).boxed()
    }

    fn logs<'a>(&'a self, pod: &'a str, previous: bool) -> BoxFuture<'a, Result<String>> {
        Self::logs(self, pod, None, previous).boxed()
    }

    fn names(&self, kind: Kind) -> BoxFuture<'_, Result<Vec<String>>> {
        Self::names(self, kind, "").boxed()
    }

    fn volumes(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        self.volume_names().boxed()
    }

    fn diagnostics(&self) -> BoxFuture<'_, Vec<Seen>> {
        Self::diagnostics(self).boxed()
    }

    fn prepare(&self) -> BoxFuture<'_, Result<()>> {
        self.ensure_namespace().boxed()
    }

    fn clean(&self) -> BoxFuture<'_, Result<()>> {
        self.delete_namespace().boxed()
    }

    fn cluster(&self) -> Option<Cluster> {
        Some(self.clone())
    }
}
