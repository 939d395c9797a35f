use std::{collections::BTreeMap, sync::Arc};

use seatrial_apiserver::{ApiError, Store};
use seatrial_sim::{Defect, Image};

use crate::{
    bootstrap,
    changes::{Changes, run},
    collector::Collector,
    config_restarts::ConfigRestarts,
    disks::Disks,
    disruption::Budgets,
    events::Recorder,
    kubelet::{Kubelet, Parts},
    namespaces::Namespaces,
    network::{Dns, Endpoints, Proxy},
    nodes,
    nodes::Heartbeats,
    scheduler::Scheduler,
    statefulset::StatefulSets,
    volumes::Volumes,
};

/// How an embedded cluster is made.
#[derive(Clone)]
pub struct Options {
    /// Workers beside the control plane. With none, the control plane runs all pods.
    pub nodes: u32,
    /// Images that all nodes have, by reference. Any other image cannot be pulled.
    pub images: BTreeMap<String, Arc<dyn Image>>,
    /// CPU cores of each node.
    pub cores: u32,
    /// Version that the kubelets report.
    pub version: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { nodes: 0, images: BTreeMap::new(), cores: 2, version: "v1.36.2".to_owned() }
    }
}

/// Makes the objects that every cluster has, and starts all controllers and kubelets on the current runtime.
///
/// # Errors
///
/// Refuses a store that is not empty.
pub fn start(store: &Store, options: Options) -> Result<Kubelet, ApiError> {
    let names = nodes::names(options.nodes);
    bootstrap::create(store)?;
    nodes::create(store, &names, options.cores, &options.version)?;
    let recorder = Recorder::new(store);
    let disks = Disks::default();
    let changes = || Changes::of(store, recorder.quiet());

    tokio::spawn(run(Heartbeats::new(store, names.keys().cloned()), changes()));
    tokio::spawn(run(Namespaces::new(store), changes()));
    tokio::spawn(run(StatefulSets::new(store, &recorder), changes()));
    tokio::spawn(run(Scheduler::new(store, &recorder), changes()));
    tokio::spawn(run(Volumes::new(store, &recorder, &disks), changes()));
    tokio::spawn(run(Endpoints::new(store), changes()));
    tokio::spawn(run(Dns::new(store), changes()));
    tokio::spawn(run(Proxy::new(store), changes()));
    tokio::spawn(run(Collector::new(store), changes()));
    tokio::spawn(run(Budgets::new(store), changes()));
    if store.world().defects.has(Defect::ConfigChangeRestarts) {
        tokio::spawn(run(ConfigRestarts::new(store), changes()));
    }
    Ok(Kubelet::start(Parts {
        store: store.clone(),
        recorder,
        disks,
        images: options.images,
        allocatable: nodes::allocatable(options.cores),
        cores: options.cores,
        nodes: names,
    }))
}
