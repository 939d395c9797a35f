use std::{path::Path, sync::Arc};

use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use seatrial_engine::{BootRequest, BootedCluster, Environment, EnvironmentError as Failure};
use seatrial_record::Detail;

use crate::{
    KindCluster, KindOptions, Result, State, Tools,
    doctor::available,
    names::{fresh_id, namespace_name},
    namespace,
    place::{Dismissed, Place, kubernetes_version},
    real_access::Placement,
    underlay::{KindUnderlay, OwnVolumes},
};

/// The environment `kind`: one cluster for a run, a namespace in it for each scenario.
#[derive(Debug)]
pub struct KindEnvironment {
    cluster: KindCluster,
    run: String,
    details: Vec<Detail>,
    dismissed: Dismissed,
}

impl KindEnvironment {
    /// Makes the cluster, or takes up one that was kept.
    pub async fn start(tools: &Tools, state: &State, options: &KindOptions) -> Result<Self> {
        let cluster = KindCluster::boot(tools, state, options).await?;
        let details = cluster.details(tools, &options.images).await;
        Ok(Self { cluster, run: fresh_id(), details, dismissed: Dismissed::default() })
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
        let gone = if self.cluster.stays() { self.dismissed.gone(self.cluster.client()).await } else { Ok(()) };
        let kept = self.cluster.end().await?;
        gone.map(|()| kept)
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

    fn details(&self) -> Vec<Detail> {
        self.details.clone()
    }

    /// What is free on this machine once the nodes run: they are containers on it.
    fn memory(&self) -> Option<u64> {
        available(Path::new("/proc"))
    }

    fn boot<'a>(
        &'a self,
        request: &'a BootRequest,
    ) -> BoxFuture<'a, std::result::Result<Box<dyn BootedCluster>, Failure>> {
        async move {
            let workers = self.cluster.nodes().len().saturating_sub(1);
            if workers < usize::try_from(request.workers).unwrap_or(usize::MAX) {
                return Err(Failure {
                    tried: format!("make a place for {}", request.key),
                    happened: format!("it needs {} workers, the cluster has {workers}", request.workers),
                    advice: "give a cluster with more nodes: `--kind-config kind-config/three-workers.yaml`".to_owned(),
                    retry: false,
                });
            }
            let name = namespace_name(&request.key, &format!("{}{}", self.run, suffix(request.attempt)));
            let client = self.cluster.client().clone();
            let underlay = KindUnderlay { tools: self.cluster.tools().clone(), nodes: self.cluster.nodes().to_vec() };
            let volumes = match request.own_volumes {
                0 => None,
                count => OwnVolumes::make(underlay.clone(), client.clone(), &name, count).await?,
            };
            if let Err(error) = namespace::create(&client, &name, &self.run, None).await {
                if let Some(volumes) = &volumes {
                    volumes.remove().await?;
                }
                return Err(error.into());
            }
            // Only the claims of this namespace ask for that class, which needs no provisioner.
            let storage_class = volumes.as_ref().map(|_| name.clone());
            let placement = Placement { storage_class, ..Placement::default() };
            let place = Place::new(client, &name, placement, self.dismissed.clone());
            Ok(Box::new(place.on(Arc::new(underlay)).with(volumes)) as Box<dyn BootedCluster>)
        }
        .boxed()
    }
}

/// Namespaces of later attempts differ, since the first may still be ending.
pub(crate) fn suffix(attempt: u32) -> String {
    if attempt > 1 { format!("-{attempt}") } else { String::new() }
}
