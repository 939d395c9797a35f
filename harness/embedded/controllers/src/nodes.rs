//! The nodes of the cluster, as kind makes them, and their heartbeats.

use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

use k8s_openapi::{
    api::{
        coordination::v1::{Lease, LeaseSpec},
        core::v1::{
            DaemonEndpoint, Node, NodeAddress, NodeCondition, NodeDaemonEndpoints, NodeSpec, NodeStatus,
            NodeSystemInfo, Taint,
        },
    },
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{MicroTime, ObjectMeta},
    },
};
use seatrial_apiserver::{ApiError, Store};
use seatrial_sim::Dice;
use tokio::time::Instant;

use crate::{changes::Controller, meta};

/// How often a node renews its lease here. Real ones do every 10 s, which would cost more than anything else in an idle hour.
const HEARTBEAT: Duration = Duration::from_secs(600);
const LEASES: &str = "kube-node-lease";

/// Names and addresses of a control plane and `workers` workers.
pub(crate) fn names(workers: u32) -> BTreeMap<String, Ipv4Addr> {
    let name = |number: u32| match number {
        0 => "seatrial-control-plane".to_owned(),
        1 => "seatrial-worker".to_owned(),
        number => format!("seatrial-worker{number}"),
    };
    // Docker's network of kind: the gateway is .1.
    let address = |number: u32| Ipv4Addr::from(u32::from(Ipv4Addr::new(172, 18, 0, 2)).saturating_add(number));
    (0..=workers).map(|number| (name(number), address(number))).collect()
}

/// What a node offers to pods.
pub(crate) fn allocatable(cores: u32) -> BTreeMap<String, Quantity> {
    let offer = [
        ("cpu", cores.to_string()),
        ("memory", "8Gi".into()),
        ("ephemeral-storage", "100Gi".into()),
        ("pods", "110".into()),
    ];
    offer.into_iter().map(|(resource, amount)| (resource.to_owned(), Quantity(amount))).collect()
}

/// Makes the Node objects. With workers, the control plane takes no ordinary pods, as in kind.
pub(crate) fn create(
    store: &Store,
    nodes: &BTreeMap<String, Ipv4Addr>,
    cores: u32,
    version: &str,
) -> Result<(), ApiError> {
    for (index, (name, address)) in (0_u32..).zip(nodes) {
        store.create(&build(store, name, *address, cores, version, index, nodes.len() > 1))?;
    }
    Ok(())
}

fn build(store: &Store, name: &str, address: Ipv4Addr, cores: u32, version: &str, index: u32, workers: bool) -> Node {
    let now = meta::now(store.world());
    let control_plane = name.ends_with("control-plane");
    let mut labels: BTreeMap<String, String> = [
        ("kubernetes.io/hostname", name),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("beta.kubernetes.io/arch", "amd64"),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect();
    let mut taints = None;
    if control_plane {
        labels.insert("node-role.kubernetes.io/control-plane".into(), String::new());
        if workers {
            let key = "node-role.kubernetes.io/control-plane".to_owned();
            taints = Some(vec![Taint { key, effect: "NoSchedule".into(), ..Taint::default() }]);
        }
    }
    let condition = |kind: &str, status: &str, reason: &str, message: &str| NodeCondition {
        type_: kind.into(),
        status: status.into(),
        reason: Some(reason.into()),
        message: Some(message.into()),
        last_heartbeat_time: Some(now.clone()),
        last_transition_time: Some(now.clone()),
    };
    let conditions = vec![
        condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ];
    let at = |kind: &str, address: String| NodeAddress { type_: kind.into(), address };
    let mut ids = store.world().chance.stream(&format!("nodes/{name}"));
    let range = format!("10.244.{index}.0/24");
    Node {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some(labels),
            annotations: Some(BTreeMap::from([("node.alpha.kubernetes.io/ttl".into(), "0".into())])),
            ..ObjectMeta::default()
        },
        spec: Some(NodeSpec {
            pod_cidr: Some(range.clone()),
            pod_cidrs: Some(vec![range]),
            provider_id: Some(format!("kind://docker/seatrial/{name}")),
            taints,
            ..NodeSpec::default()
        }),
        status: Some(NodeStatus {
            addresses: Some(vec![at("InternalIP", address.to_string()), at("Hostname", name.to_owned())]),
            allocatable: Some(allocatable(cores)),
            capacity: Some(allocatable(cores)),
            conditions: Some(conditions),
            daemon_endpoints: Some(NodeDaemonEndpoints { kubelet_endpoint: Some(DaemonEndpoint { port: 10_250 }) }),
            node_info: Some(NodeSystemInfo {
                architecture: "amd64".into(),
                operating_system: "linux".into(),
                os_image: "Seatrial embedded cluster".into(),
                kernel_version: "6.1.0".into(),
                container_runtime_version: "containerd://2.2.0".into(),
                kubelet_version: version.to_owned(),
                machine_id: ids.uuid().replace('-', ""),
                system_uuid: ids.uuid(),
                boot_id: ids.uuid(),
                ..NodeSystemInfo::default()
            }),
            ..NodeStatus::default()
        }),
    }
}

/// Renews the leases of the nodes.
pub(crate) struct Heartbeats {
    store: Store,
    nodes: Vec<String>,
    dice: Dice,
    next: Option<Instant>,
}

impl Heartbeats {
    pub(crate) fn new(store: &Store, nodes: impl Iterator<Item = String>) -> Self {
        let dice = store.world().chance.stream("controllers/heartbeats");
        Self { store: store.clone(), nodes: nodes.collect(), dice, next: None }
    }

    fn renew(&self, name: &str) {
        let now = MicroTime(self.store.world().clock.now());
        let renewed = self.store.modify::<Lease>(LEASES, name, |lease| {
            lease.spec.get_or_insert_default().renew_time = Some(now.clone());
        });
        if renewed.is_err() {
            let lease = Lease {
                metadata: ObjectMeta {
                    name: Some(name.to_owned()),
                    namespace: Some(LEASES.to_owned()),
                    ..ObjectMeta::default()
                },
                spec: Some(LeaseSpec {
                    holder_identity: Some(name.to_owned()),
                    lease_duration_seconds: Some(40),
                    renew_time: Some(now),
                    ..LeaseSpec::default()
                }),
            };
            // Tried again at the next beat.
            let _ = self.store.create(&lease);
        }
    }
}

impl Controller for Heartbeats {
    fn reconcile(&mut self) -> Option<Instant> {
        let now = Instant::now();
        if self.next.is_none_or(|next| next <= now) {
            for node in &self.nodes {
                self.renew(node);
            }
            self.next = Some(now + HEARTBEAT);
        }
        self.next
    }

    fn reaction(&mut self) -> Duration {
        self.dice.millis(1, 10)
    }
}
