use std::{collections::BTreeMap, sync::Arc};

use seatrial_apiserver::{ApiError, Store};
use seatrial_sim::{Defect, Image};

use crate::{
    bootstrap,
    changes::spawn,
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

    let node_names: Vec<String> = names.keys().cloned().collect();
    spawn(store, |store| Heartbeats::new(store, node_names.into_iter()));
    spawn(store, Namespaces::new);
    spawn(store, |store| StatefulSets::new(store, &recorder));
    spawn(store, |store| Scheduler::new(store, &recorder));
    spawn(store, |store| Volumes::new(store, &recorder, &disks));
    spawn(store, Endpoints::new);
    spawn(store, Dns::new);
    spawn(store, Proxy::new);
    spawn(store, Collector::new);
    spawn(store, Budgets::new);
    if store.world().defects.has(Defect::ConfigChangeRestarts) {
        spawn(store, ConfigRestarts::new);
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
