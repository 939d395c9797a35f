//! What places for scenarios on real clusters have in common.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use kube::Client;
use seatrial_cluster::{Cluster, Limits};
use seatrial_engine::EnvironmentError as Failure;

use crate::{
    Cause, EnvironmentError, Leftover, LeftoverKind, Result,
    leftovers::{self, request},
    namespace,
};

/// Until all namespaces of a run are gone. 5 min: pods use their grace period of 30 s, and volumes wait for them.
const GONE: Duration = Duration::from_secs(300);

/// Namespaces whose end was asked for. The next scenario does not wait for it, but the run does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dismissed(Arc<Mutex<Vec<String>>>);

impl Dismissed {
    fn add(&self, namespace: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(namespace.to_owned());
    }

    /// Waits until they are gone.
    pub async fn gone(&self, client: &Client) -> Result<()> {
        let names = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let left = |name| Leftover { kind: LeftoverKind::Namespace, name, owner: None, foreign: false };
        let left: Vec<_> = names.into_iter().map(left).collect();
        leftovers::remove(client, &left, GONE).await
    }
}

/// A namespace of a real cluster, on the clock of this machine.
pub(crate) struct Place {
    pub cluster: Cluster,
}

impl Place {
    pub fn new(client: Client, namespace: &str) -> Self {
        Self { cluster: Cluster::new(client, namespace, Limits::default(), Arc::new(Timestamp::now)) }
    }

    /// Asks for the end of the namespace; one that is gone already is no error.
    pub async fn dismiss(&self, dismissed: &Dismissed) -> Result<()> {
        dismissed.add(self.cluster.namespace());
        namespace::dismiss(self.cluster.client(), self.cluster.namespace()).await
    }

    pub fn how_to_look(&self) -> String {
        format!("the namespace {0} stays: `kubectl get all,pvc -n {0}`", self.cluster.namespace())
    }
}

/// The version of the API server.
pub(crate) async fn kubernetes_version(client: &Client) -> Result<String> {
    Ok(request("read the version of the API server", client.apiserver_version()).await?.git_version)
}

impl From<EnvironmentError> for Failure {
    fn from(error: EnvironmentError) -> Self {
        let retry = matches!(error.cause, Cause::Unreachable | Cause::NotReady | Cause::ClusterFailed);
        Self { tried: error.tried, happened: error.happened, advice: error.advice, retry }
    }
}
