//! What places for scenarios on real clusters have in common.

use std::sync::Arc;

use jiff::Timestamp;
use kube::Client;
use seatrial_cluster::{Cluster, Limits};
use seatrial_engine::EnvironmentError as Failure;

use crate::{Cause, EnvironmentError, Result, leftovers::request, namespace};

/// A namespace of a real cluster, on the clock of this machine.
pub(crate) struct Place {
    pub cluster: Cluster,
}

impl Place {
    pub fn new(client: Client, namespace: &str) -> Self {
        Self { cluster: Cluster::new(client, namespace, Limits::default(), Arc::new(Timestamp::now)) }
    }

    /// Asks for the end of the namespace; one that is gone already is no error.
    pub async fn dismiss(&self) -> Result<()> {
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
