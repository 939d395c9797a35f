use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::Timestamp;
use seatrial_embedded::{BootError, Defects, EmbeddedCluster, Options, paused_runtime};
use seatrial_engine::{BootRequest, BootedCluster, ClientCluster, Environment, EnvironmentError, Lanes};

use crate::underlay::EmbeddedUnderlay;

/// The embedded cluster: every scenario gets a fresh one, on a thread and a paused clock of its own. Waiting then costs
/// nothing, and a seed reproduces a run.
#[derive(Clone, Debug)]
pub struct Embedded {
    tdengine: String,
    defects: Defects,
}

impl Embedded {
    /// Embedded clusters that run version `tdengine`, with `defects` planted.
    pub fn new(tdengine: &str, defects: Defects) -> Result<Self, BootError> {
        EmbeddedCluster::knows(tdengine)?;
        Ok(Self { tdengine: tdengine.to_owned(), defects })
    }

    /// A fresh cluster for `request`, to be made [a place](Self::place_in).
    pub fn cluster(&self, request: &BootRequest) -> Result<EmbeddedCluster, BootError> {
        // The client's watchers wait a little longer or shorter by chance, from this thread's generator.
        fastrand::seed(request.seed);
        let mut options = Options { defects: self.defects.clone(), ..Options::new(request.seed, &self.tdengine) };
        options.workers = request.workers;
        EmbeddedCluster::boot(&options)
    }

    /// A place for a scenario in `cluster`.
    pub fn place_in(cluster: EmbeddedCluster, namespace: &str) -> ClientCluster {
        let clock = cluster.world().clock;
        let place = ClientCluster::new(cluster.client(), namespace, Arc::new(move || clock.now()), true);
        place.on(Arc::new(EmbeddedUnderlay(cluster)))
    }
}

impl Environment for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn kubernetes(&self) -> BoxFuture<'_, Result<String, EnvironmentError>> {
        Box::pin(async { Ok(EmbeddedCluster::KUBERNETES.to_owned()) })
    }

    fn now(&self) -> Timestamp {
        // All clusters start at that time.
        EmbeddedCluster::start()
    }

    fn lanes(&self) -> Lanes {
        Lanes::Threads(paused_runtime)
    }

    fn boot<'a>(&'a self, request: &'a BootRequest) -> BoxFuture<'a, Result<Box<dyn BootedCluster>, EnvironmentError>> {
        Box::pin(async move {
            let cluster = self.cluster(request).map_err(|error| EnvironmentError {
                tried: "boot an embedded cluster".to_owned(),
                happened: error.to_string(),
                advice: "choose a version that it has a model of".to_owned(),
                retry: false,
            })?;
            Ok(Box::new(Self::place_in(cluster, &request.namespace)) as Box<dyn BootedCluster>)
        })
    }
}
