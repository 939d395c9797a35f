use std::{io, sync::Arc};

use futures::future::BoxFuture;
use jiff::Timestamp;
use seatrial_chaos::Underlay;
use seatrial_cluster::{Clock, Cluster, Limits};
use seatrial_record::Detail;
use thiserror::Error;
use tokio::runtime::Runtime;

use crate::Access;

/// Where scenarios run: `embedded`, `kind`, `kubeconfig`.
pub trait Environment: Send + Sync {
    /// Its name.
    fn name(&self) -> &str;
    /// The version of its Kubernetes API server.
    fn kubernetes(&self) -> BoxFuture<'_, Result<String, EnvironmentError>>;
    /// What else a reader should know of it: the image's digest, the node image, the host.
    fn details(&self) -> Vec<Detail> {
        Vec::new()
    }
    /// The time on its clock, for what happens outside of any cluster.
    fn now(&self) -> Timestamp;
    /// How its scenarios run side by side.
    fn lanes(&self) -> Lanes {
        Lanes::Shared
    }
    /// Memory, in bytes, that the pods of all scenarios may take together; none if nobody has to watch it.
    fn memory(&self) -> Option<u64> {
        None
    }
    /// Makes a place for one scenario: a fresh cluster, or a namespace in one.
    fn boot<'a>(&'a self, request: &'a BootRequest) -> BoxFuture<'a, Result<Box<dyn BootedCluster>, EnvironmentError>>;
}

/// How scenarios run side by side.
#[derive(Clone, Copy, Debug)]
pub enum Lanes {
    /// All on the runtime of the caller: they share a cluster, and its clock. Events are told as they happen.
    Shared,
    /// Each on a thread and a runtime of its own that this makes: they share nothing. Events are told in the order of
    /// the plan, so that the stream is the same however many run at once.
    Threads(fn() -> io::Result<Runtime>),
}

/// What a place for a scenario is needed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootRequest {
    /// Key of the scenario.
    pub key: String,
    /// The namespace that it should have.
    pub namespace: String,
    /// Seed of everything that is left to chance in it.
    pub seed: u64,
    /// 1, or more after a retry.
    pub attempt: u32,
    /// How many nodes for pods it needs, beside the control plane; any will do if 0.
    pub workers: u32,
    /// How many of its volumes have to be file systems of their own, with bounds that are theirs alone; any will do if 0.
    pub own_volumes: u32,
}

/// A place for one scenario.
pub trait BootedCluster: Send + Sync {
    /// How the cluster is reached.
    fn access(&self) -> Arc<dyn Access>;
    /// The namespace of the scenario.
    fn namespace(&self) -> &str;
    /// True if ending it sees to the namespace, too: the whole cluster is thrown away, say, or the end is only asked for.
    fn disposable(&self) -> bool;
    /// What is below its Kubernetes, for faults; none if that is out of reach.
    fn underlay(&self) -> Option<Arc<dyn Underlay>> {
        None
    }
    /// Ends it. With `keep` everything stays as it is, and the text says how to look at it.
    fn end(self: Box<Self>, keep: bool) -> BoxFuture<'static, Result<Option<String>, EnvironmentError>>;
}

/// Why an environment cannot do what is asked of it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{tried}: {happened}")]
pub struct EnvironmentError {
    /// What was tried.
    pub tried: String,
    /// What happened.
    pub happened: String,
    /// What the user can do.
    pub advice: String,
    /// True if it may go better a second time.
    pub retry: bool,
}

/// A place made of a client: for environments that have nothing to add.
#[derive(Clone)]
pub struct ClientCluster {
    cluster: Cluster,
    disposable: bool,
    underlay: Option<Arc<dyn Underlay>>,
}

impl ClientCluster {
    /// A place in the cluster behind `client`.
    pub fn new(client: kube::Client, namespace: &str, clock: Clock, disposable: bool) -> Self {
        let cluster = Cluster::new(client, namespace, Limits::default(), clock);
        Self { cluster, disposable, underlay: None }
    }

    /// The same place, with what is below its Kubernetes.
    #[must_use]
    pub fn on(mut self, underlay: Arc<dyn Underlay>) -> Self {
        self.underlay = Some(underlay);
        self
    }
}

impl BootedCluster for ClientCluster {
    fn access(&self) -> Arc<dyn Access> {
        Arc::new(self.cluster.clone())
    }

    fn namespace(&self) -> &str {
        self.cluster.namespace()
    }

    fn disposable(&self) -> bool {
        self.disposable
    }

    fn underlay(&self) -> Option<Arc<dyn Underlay>> {
        self.underlay.clone()
    }

    fn end(self: Box<Self>, _keep: bool) -> BoxFuture<'static, Result<Option<String>, EnvironmentError>> {
        Box::pin(async { Ok(None) })
    }
}
