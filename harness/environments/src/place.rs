//! What places for scenarios on real clusters have in common.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use kube::Client;
use seatrial_chaos::Underlay;
use seatrial_engine::{Access, BootedCluster, EnvironmentError as Failure};

use crate::{
    Cause, EnvironmentError, Leftover, LeftoverKind, Result,
    leftovers::{self, request},
    namespace,
    real_access::{Placement, RealAccess},
    underlay::OwnVolumes,
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

/// A namespace of a real cluster.
pub(crate) struct Place {
    access: RealAccess,
    dismissed: Dismissed,
    underlay: Option<Arc<dyn Underlay>>,
    volumes: Option<OwnVolumes>,
}

impl Place {
    pub fn new(client: Client, namespace: &str, placement: Placement, dismissed: Dismissed) -> Self {
        Self { access: RealAccess::new(client, namespace, placement), dismissed, underlay: None, volumes: None }
    }

    /// The same place, with what is below its Kubernetes.
    pub fn on(self, underlay: Arc<dyn Underlay>) -> Self {
        Self { underlay: Some(underlay), ..self }
    }

    /// The same place, with volumes that were made for it.
    pub fn with(self, volumes: Option<OwnVolumes>) -> Self {
        Self { volumes, ..self }
    }
}

impl BootedCluster for Place {
    fn access(&self) -> Arc<dyn Access> {
        Arc::new(self.access.clone())
    }

    fn namespace(&self) -> &str {
        self.access.reached().namespace()
    }

    fn disposable(&self) -> bool {
        // Its end is asked for in `end`, and waited for at the end of the run.
        true
    }

    fn underlay(&self) -> Option<Arc<dyn Underlay>> {
        self.underlay.clone()
    }

    fn end(self: Box<Self>, keep: bool) -> BoxFuture<'static, std::result::Result<Option<String>, Failure>> {
        async move {
            let name = self.namespace();
            if keep {
                return Ok(Some(format!("the namespace {name} stays: `kubectl get all,pvc -n {name}`")));
            }
            self.dismissed.add(name);
            // One that is gone already is no error.
            namespace::dismiss(self.access.reached().client(), name).await?;
            if let Some(volumes) = &self.volumes {
                volumes.remove().await?;
            }
            Ok(None)
        }
        .boxed()
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
