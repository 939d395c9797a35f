use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use seatrial_cluster::Cluster;
use seatrial_engine::{Access, BootRequest, BootedCluster, Environment, EnvironmentError as Failure};

use crate::{
    KindCluster, KindOptions, Result, State, Tools,
    names::{fresh_id, namespace_name},
    namespace,
    place::{Place, kubernetes_version},
};

/// The environment `kind`: one cluster for a run, a namespace in it for each scenario.
#[derive(Debug)]
pub struct KindEnvironment {
    cluster: KindCluster,
    run: String,
}

impl KindEnvironment {
    /// Makes the cluster, or takes up one that was kept.
    pub async fn start(tools: &Tools, state: &State, options: &KindOptions) -> Result<Self> {
        Ok(Self { cluster: KindCluster::boot(tools, state, options).await?, run: fresh_id() })
    }

    /// The cluster.
    pub fn cluster(&self) -> &KindCluster {
        &self.cluster
    }

    /// Says whether the cluster stays after the run.
    pub fn set_stays(&mut self, stays: bool) {
        self.cluster.set_stays(stays);
    }

    /// Ends the run: deletes the cluster, or says how to look at it if it stays. To be called also after an
    /// interruption; without it, dropping the environment deletes the cluster.
    pub async fn shutdown(self) -> Result<Option<String>> {
        self.cluster.end().await
    }
}

impl Environment for KindEnvironment {
    fn name(&self) -> &'static str {
        "kind"
    }

    fn kubernetes(&self) -> BoxFuture<'_, std::result::Result<String, Failure>> {
        kubernetes_version(self.cluster.client()).map(|version| version.map_err(Failure::from)).boxed()
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn boot<'a>(
        &'a self,
        request: &'a BootRequest,
    ) -> BoxFuture<'a, std::result::Result<Box<dyn BootedCluster>, Failure>> {
        async move {
            let name = namespace_name(&request.key, &format!("{}{}", self.run, suffix(request.attempt)));
            namespace::create(self.cluster.client(), &name, &self.run, None).await?;
            let place = Place::new(self.cluster.client().clone(), &name);
            // In a cluster that goes anyway nobody waits for the end of each namespace.
            Ok(Box::new(KindPlace { place, stays: self.cluster.stays() }) as Box<dyn BootedCluster>)
        }
        .boxed()
    }
}

/// Namespaces of later attempts differ, since the first may still be ending.
pub(crate) fn suffix(attempt: u32) -> String {
    if attempt > 1 { format!("-{attempt}") } else { String::new() }
}

struct KindPlace {
    place: Place,
    stays: bool,
}

impl BootedCluster for KindPlace {
    fn access(&self) -> Arc<dyn Access> {
        Arc::new(self.place.cluster.clone())
    }

    fn namespace(&self) -> &str {
        Cluster::namespace(&self.place.cluster)
    }

    fn disposable(&self) -> bool {
        !self.stays
    }

    fn end(self: Box<Self>, keep: bool) -> BoxFuture<'static, std::result::Result<Option<String>, Failure>> {
        async move {
            if keep {
                return Ok(Some(self.place.how_to_look()));
            }
            self.place.dismiss().await?;
            Ok(None)
        }
        .boxed()
    }
}
