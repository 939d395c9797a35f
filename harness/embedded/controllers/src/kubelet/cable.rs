//! Nodes that are cut off from all others while everything on them goes on; and containers without memory.

use std::{collections::BTreeSet, net::Ipv4Addr, sync::Arc, time::Duration};

use seatrial_sim::{Network, Signal};
use tokio::time::sleep;

use super::{Kubelet, pod::PodWorker};

/// Between two packets of a connection that nobody answers; the kernel waits longer each time, up to two minutes.
const SENT_AGAIN: Duration = Duration::from_secs(10);

impl Kubelet {
    /// True if a node runs nothing of the control plane.
    pub fn is_worker(&self, node: &str) -> bool {
        self.0.nodes.contains_key(node) && !node.ends_with("control-plane")
    }

    /// Cuts a node off from all others, and from the control plane. False if it is no worker.
    pub fn disconnect_node(&self, node: &str) -> bool {
        if !self.is_worker(node) {
            return false;
        }
        let shared = &self.0;
        let mut hosts: BTreeSet<Ipv4Addr> = shared.nodes.get(node).copied().into_iter().collect();
        hosts.extend(shared.workers_on(node).iter().filter_map(|worker| worker.state().ip));
        shared.world.network.cut_off(node, hosts);
        shared.lose_sight(node);
        tokio::spawn(talk_in_vain(shared.world.network.clone(), node.to_owned()));
        true
    }

    /// Plugs the cable of a node in again. Its kubelet tells what has become of its pods.
    pub fn connect_node(&self, node: &str) {
        let shared = &self.0;
        shared.world.network.join(node);
        shared.catch_sight(node);
        for worker in shared.workers_on(node) {
            worker.report();
        }
    }

    /// How many packets to and from a node that is cut off were lost; none if it is not.
    pub fn unreceived(&self, node: &str) -> Option<u64> {
        self.0.world.network.lost_at(node)
    }

    /// Lets the kernel kill the containers of a pod for want of memory. False if none runs.
    pub fn exhaust(&self, uid: &str) -> bool {
        let Some(worker) = self.0.worker_of(uid) else { return false };
        let mut handles = Vec::new();
        {
            let mut state = worker.state();
            for container in state.main.iter_mut().filter(|container| container.is_running()) {
                container.starved = true;
                handles.extend(container.handle.clone());
            }
        }
        for handle in &handles {
            handle.signal(Signal::Kill);
        }
        !handles.is_empty()
    }
}

/// The kubelet and the control plane have connections: what they send each other is lost, and sent again.
async fn talk_in_vain(network: Network, node: String) {
    while network.lose_at(&node) {
        sleep(SENT_AGAIN).await;
    }
}

impl super::Shared {
    fn workers_on(&self, node: &str) -> Vec<Arc<PodWorker>> {
        self.workers().into_iter().filter(|worker| worker.node == node).collect()
    }
}
