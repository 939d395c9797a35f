//! Nodes that lose their power, and get it back; what the control plane does about nodes that it hears nothing of.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use k8s_openapi::api::core::v1::{Node, Pod, Taint};
use seatrial_apiserver::{Deletion, Propagation};
use tokio::{sync::watch, time::sleep};

use super::{
    Kubelet, Shared,
    pod::PodWorker,
    state::{End, Phase},
};
use crate::meta;

/// From the last heartbeat of a node until the control plane takes it for lost (`node-monitor-grace-period`).
const LOST: Duration = Duration::from_secs(50);
/// From then until its pods are deleted (the default toleration of `node.kubernetes.io/unreachable`).
const EVICTION: Duration = Duration::from_secs(300);
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// The exit code that containerd gives to containers that it finds dead.
const FOUND_DEAD: u8 = 255;

impl Kubelet {
    /// Takes the power from a node: all its processes are gone at once, and nobody is told. False if there is no such
    /// node, or if the control plane runs on it.
    pub fn stop_node(&self, node: &str) -> bool {
        let shared = &self.0;
        if !shared.nodes.contains_key(node) || node.ends_with("control-plane") {
            return false;
        }
        shared.dark.send_if_modified(|dark| dark.insert(node.to_owned()));
        shared.lose_sight(node);
        true
    }

    /// Gives a node its power back.
    pub fn start_node(&self, node: &str) {
        self.0.dark.send_if_modified(|dark| dark.remove(node));
        self.0.catch_sight(node);
    }

    /// True if a node has power; none if there is no such node.
    pub fn node_runs(&self, node: &str) -> Option<bool> {
        self.0.nodes.contains_key(node).then(|| !self.0.is_dark(node))
    }

    /// Nodes without power, in words; empty if all have it.
    pub fn disturbances(&self) -> Vec<String> {
        self.0.dark.borrow().iter().map(|node| format!("{node} has no power")).collect()
    }
}

impl Shared {
    pub(super) fn is_dark(&self, node: &str) -> bool {
        self.dark.borrow().contains(node)
    }

    async fn has_power(&self, node: &str, power: bool) {
        let mut dark = self.dark.subscribe();
        // The sender lives as long as this.
        let _ = dark.wait_for(|dark| dark.contains(node) != power).await;
    }

    /// The control plane hears nothing of a node any more.
    pub(super) fn lose_sight(self: &Arc<Self>, node: &str) {
        if self.unheard.send_if_modified(|unheard| unheard.insert(node.to_owned())) {
            tokio::spawn(Arc::clone(self).miss(node.to_owned()));
        }
    }

    /// It hears of it again, unless there is another reason why it does not.
    pub(super) fn catch_sight(&self, node: &str) {
        if !self.is_dark(node) && !self.world.network.is_island(node) {
            self.unheard.send_if_modified(|unheard| unheard.remove(node));
        }
    }

    pub(super) fn is_unheard(&self, node: &str) -> bool {
        self.unheard.borrow().contains(node)
    }

    async fn heard(&self, node: &str) {
        let mut unheard = self.unheard.subscribe();
        // The sender lives as long as this.
        let _ = unheard.wait_for(|unheard| !unheard.contains(node)).await;
    }

    /// What the control plane does about a node that it hears nothing of.
    async fn miss(self: Arc<Self>, node: String) {
        tokio::select! {
            biased;
            () = self.heard(&node) => return,
            () = sleep(LOST) => self.judge(&node, false),
        }
        tokio::select! {
            biased;
            () = self.heard(&node) => {}
            () = sleep(EVICTION) => {
                for pod in self.pods_on(&node) {
                    let how = Deletion { propagation: Propagation::Background, ..Deletion::default() };
                    // Somebody may have deleted it before.
                    let _ = self.store.delete::<Pod>(meta::namespace(pod.as_ref()), meta::name(pod.as_ref()), how);
                }
            }
        }
        self.heard(&node).await;
        self.judge(&node, true);
    }

    fn pods_on(&self, node: &str) -> Vec<Arc<Pod>> {
        let pods = self.store.list::<Pod>(None);
        pods.into_iter().filter(|pod| meta::pod_node(pod) == Some(node)).collect()
    }

    /// Writes down whether a node is there, and with it its pods.
    fn judge(&self, node: &str, there: bool) {
        let now = meta::now(&self.world);
        // Nobody else deletes nodes, and pods that are gone need no status.
        let _ = self.store.modify::<Node>("", node, |object| {
            let conditions = object.status.get_or_insert_default().conditions.get_or_insert_default();
            for condition in conditions.iter_mut().filter(|condition| condition.type_ == "Ready") {
                if there { "True" } else { "Unknown" }.clone_into(&mut condition.status);
                condition.reason = Some(if there { "KubeletReady" } else { "NodeStatusUnknown" }.to_owned());
                condition.last_transition_time = Some(now.clone());
            }
            let taints = object.spec.get_or_insert_default().taints.get_or_insert_default();
            taints.retain(|taint| taint.key != UNREACHABLE);
            if !there {
                let taint = |effect: &str| Taint {
                    key: UNREACHABLE.to_owned(),
                    effect: effect.to_owned(),
                    time_added: Some(now.clone()),
                    ..Taint::default()
                };
                taints.extend([taint("NoSchedule"), taint("NoExecute")]);
            }
        });
        for pod in self.pods_on(node).iter().map(Arc::as_ref).filter(|_| !there) {
            let _ = self.store.modify::<Pod>(meta::namespace(pod), meta::name(pod), |pod| {
                let conditions = pod.status.get_or_insert_default().conditions.get_or_insert_default();
                for condition in conditions.iter_mut().filter(|condition| condition.type_ == "Ready") {
                    "False".clone_into(&mut condition.status);
                    condition.last_transition_time = Some(now.clone());
                }
            });
        }
    }
}

impl PodWorker {
    pub(super) async fn power_lost(&self) {
        self.kubelet.has_power(&self.node, false).await;
    }

    /// All processes of the pod are gone, and its network, and nobody is told; until the node is back. Then its kubelet
    /// finds dead containers, which it starts again in a new sandbox.
    pub(super) async fn sleep_without_power(&self) {
        let lost = self.kubelet.world.clock.now();
        let mut handles = Vec::new();
        {
            let mut state = self.state();
            for slot in state.slots() {
                let Some(container) = state.container_mut(slot) else { continue };
                handles.extend(container.handle.take());
                if let Phase::Running { since } = container.phase {
                    let id = container.id.clone();
                    container.phase =
                        Phase::Ended(End { code: FOUND_DEAD, started: since, finished: lost, id, starved: false });
                    container.restarts += 1;
                }
                (container.ready, container.started) = (false, false);
            }
        }
        for handle in handles {
            handle.signal(seatrial_sim::Signal::Kill);
        }
        self.leave_network();
        self.kubelet.has_power(&self.node, true).await;
    }
}

/// None of the nodes.
pub(super) fn no_node() -> watch::Sender<BTreeSet<String>> {
    watch::Sender::new(BTreeSet::new())
}
