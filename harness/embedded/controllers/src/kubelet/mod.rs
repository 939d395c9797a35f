//! The kubelets: they run the pods that are bound to their nodes.

mod address;
mod agent;
mod backoff;
mod cable;
mod container;
mod delays;
mod env;
mod expand;
mod image;
mod mounts;
mod pod;
mod power;
mod probe;
mod prober;
mod state;
mod status;
mod terminate;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::api::resource::Quantity};
use seatrial_apiserver::{Interest, Store};
use seatrial_sim::{Dice, Image, World};
use tokio::sync::watch;

use crate::{disks::Disks, events::Recorder, meta};
use address::Addresses;
use image::Images;
use pod::{Input, PodWorker};

/// The kubelets of all nodes of one embedded cluster. A clone is another handle to them.
#[derive(Clone)]
pub struct Kubelet(Arc<Shared>);

/// What a kubelet needs.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) world: World,
    pub(crate) recorder: Recorder,
    pub(crate) disks: Disks,
    pub(crate) images: Images,
    pub(crate) addresses: Addresses,
    /// Resources that a node offers to pods.
    pub(crate) allocatable: BTreeMap<String, Quantity>,
    /// Cores that containers see.
    pub(crate) cores: u32,
    nodes: BTreeMap<String, Ipv4Addr>,
    /// The workers of its pods by UID. Each belongs to its own task, so that a world whose tasks are gone is gone, too.
    workers: Mutex<BTreeMap<String, Weak<PodWorker>>>,
    /// The environment of the first pod of each namespace and name; filled only by a planted defect.
    first_environments: Mutex<BTreeMap<(String, String), BTreeMap<String, String>>>,
    /// Nodes without power.
    dark: watch::Sender<BTreeSet<String>>,
    /// Nodes that the control plane hears nothing of.
    unheard: watch::Sender<BTreeSet<String>>,
    dice: Mutex<Dice>,
}

/// What the kubelets of a cluster are made from.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) recorder: Recorder,
    pub(crate) disks: Disks,
    pub(crate) images: BTreeMap<String, Arc<dyn Image>>,
    pub(crate) allocatable: BTreeMap<String, Quantity>,
    pub(crate) cores: u32,
    /// Names and addresses of the nodes.
    pub(crate) nodes: BTreeMap<String, Ipv4Addr>,
}

impl Kubelet {
    /// Starts to look after the pods of all nodes.
    pub(crate) fn start(parts: Parts) -> Self {
        let world = parts.store.world().clone();
        for ip in parts.nodes.values() {
            world.network.add_host(*ip);
        }
        let shared = Arc::new(Shared {
            addresses: Addresses::new(parts.nodes.keys()),
            images: Images::new(parts.images),
            recorder: parts.recorder,
            disks: parts.disks,
            allocatable: parts.allocatable,
            cores: parts.cores,
            nodes: parts.nodes,
            workers: Mutex::default(),
            first_environments: Mutex::default(),
            dark: power::no_node(),
            unheard: power::no_node(),
            dice: Mutex::new(world.chance.stream("kubelet/agent")),
            store: parts.store,
            world,
        });
        tokio::spawn(Arc::clone(&shared).dispatch());
        Self(shared)
    }
}

impl Shared {
    /// The workers of all pods, in the order of their UIDs.
    fn workers(&self) -> Vec<Arc<PodWorker>> {
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        workers.values().filter_map(Weak::upgrade).collect()
    }

    /// The worker of the pod with this UID.
    fn worker_of(&self, uid: &str) -> Option<Arc<PodWorker>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).get(uid)?.upgrade()
    }

    /// The environment that the first pod of this name had, which is `own` if this is the first.
    pub(crate) fn first_environment(
        &self,
        namespace: &str,
        name: &str,
        own: BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let mut first = self.first_environments.lock().unwrap_or_else(PoisonError::into_inner);
        first.entry((namespace.to_owned(), name.to_owned())).or_insert(own).clone()
    }

    pub(crate) fn forget(&self, worker: &PodWorker) {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).remove(&worker.uid);
    }

    /// The pod of that name which the API server knows now.
    fn worker(&self, namespace: &str, name: &str) -> Option<Arc<PodWorker>> {
        let mut named = self.workers();
        named.retain(|worker| worker.namespace == namespace && worker.name == name);
        let present = named.iter().position(|worker| !worker.input.borrow().gone);
        named.into_iter().nth(present.unwrap_or(0))
    }

    async fn dispatch(self: Arc<Self>) {
        let mut pods = self.store.follow(Interest::Everything).and::<Pod>();
        loop {
            self.hand_out();
            pods.changed().await;
        }
    }

    /// Gives every worker the news of its pod, and starts workers for new pods.
    fn hand_out(self: &Arc<Self>) {
        let pods = self.store.list::<Pod>(None);
        for worker in self.workers() {
            if !pods.iter().any(|pod| meta::uid(pod.as_ref()) == worker.uid) {
                worker.input.send_if_modified(|input| !std::mem::replace(&mut input.gone, true));
            }
        }
        for pod in pods {
            let Some((node, ip)) = meta::pod_node(&pod).and_then(|node| self.nodes.get_key_value(node)) else {
                continue;
            };
            match self.worker_of(meta::uid(pod.as_ref())) {
                Some(worker) => update(&worker, pod),
                None if meta::pod_has_ended(&pod) && meta::deleting(pod.as_ref()) => {}
                None => {
                    let worker = Arc::new(PodWorker::new(Arc::clone(self), pod, node, *ip));
                    let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
                    workers.insert(worker.uid.clone(), Arc::downgrade(&worker));
                    drop(workers);
                    tokio::spawn(worker.run());
                }
            }
        }
    }
}

fn update(worker: &PodWorker, pod: Arc<Pod>) {
    worker.input.send_if_modified(|input| {
        let differs = input.pod.metadata.resource_version != pod.metadata.resource_version;
        if differs {
            *input = Input { pod, gone: input.gone };
        }
        differs
    });
}
