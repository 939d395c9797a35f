//! Names, namespaces, claims, budgets, scheduling, and what an idle hour costs.

use std::{
    any::Any,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::common::{Cluster, cluster, cluster_with, pod, service, set_flag, stateful_set};
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{
        ConfigMap, Event, Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod, Service, ServiceAccount,
    },
    discovery::v1::EndpointSlice,
    policy::v1::PodDisruptionBudget,
};
use seatrial_apiserver::Deletion;
use seatrial_sim::{ConnectError, Defect, Listener};
use serde_json::json;
use tokio::{io::DuplexStream, time::sleep};

const NAME: &str = "db-0.db.default.svc.cluster.local";

fn resolves(cluster: &Cluster, name: &str) -> bool {
    cluster.world.network.resolve("10.244.0.99".parse().unwrap(), name).is_ok()
}

async fn resolvable(cluster: &Cluster, wanted: bool) {
    cluster.until("name", || (resolves(cluster, NAME) == wanted).then_some(())).await;
}

#[tokio::test(start_paused = true)]
async fn a_name_resolves_only_while_its_pod_is_ready() {
    let cluster = cluster();
    set_flag(true);
    cluster.create::<Service>(service(false, false));
    let mut set = stateful_set(1);
    let container = &mut set["spec"]["template"]["spec"]["containers"][0];
    container["env"] = json!([{ "name": "IGNORE_TERM", "value": "1" }]);
    container["readinessProbe"] =
        json!({ "exec": { "command": ["flag", "x"] }, "initialDelaySeconds": 5, "periodSeconds": 5 });
    cluster.create::<StatefulSet>(set);
    cluster.until("running", || (cluster.state("db-0") == "Running").then_some(())).await;
    sleep(Duration::from_secs(1)).await;
    assert!(!resolves(&cluster, NAME), "published before it was ready");
    cluster.until_ready("db-0").await;
    resolvable(&cluster, true).await;
    let slices = cluster.store.list::<EndpointSlice>(Some("default"));
    let endpoint = &slices[0].endpoints.as_ref().unwrap()[0];
    assert_eq!(endpoint.hostname.as_deref(), Some("db-0"));
    // A Service with an address of its own has its own name too.
    assert!(resolves(&cluster, "db.default.svc.cluster.local"));
    set_flag(false);
    resolvable(&cluster, false).await;
    set_flag(true);
    resolvable(&cluster, true).await;
    cluster.store.delete::<Pod>("default", "db-0", Deletion::default()).unwrap();
    resolvable(&cluster, false).await;
    assert!(cluster.pod("db-0").is_some_and(|pod| pod.metadata.deletion_timestamp.is_some()));
    let slices = cluster.store.list::<EndpointSlice>(Some("default"));
    let conditions = slices[0].endpoints.as_ref().unwrap()[0].conditions.clone().unwrap();
    assert_eq!((conditions.ready, conditions.terminating), (Some(false), Some(true)));
    cluster.store.delete::<Service>("default", "db", Deletion::default()).unwrap();
    cluster.until("slice gone", || cluster.store.list::<EndpointSlice>(Some("default")).is_empty().then_some(())).await;
}

#[tokio::test(start_paused = true)]
async fn addresses_can_be_published_before_they_are_ready() {
    let cluster = cluster();
    cluster.create::<Service>(service(true, true));
    cluster.create::<StatefulSet>(stateful_set(1));
    resolvable(&cluster, true).await;
    assert!(!cluster.is_ready("db-0"));
    assert!(resolves(&cluster, "db.default.svc.cluster.local"));

    let planted = cluster_with(0, &[Defect::NamesAlwaysResolve]);
    planted.create::<Service>(service(false, false));
    planted.create::<StatefulSet>(stateful_set(1));
    planted.until("name", || resolves(&planted, NAME).then_some(())).await;
    assert!(!planted.is_ready("db-0"));
}

/// Notes who connects.
#[derive(Default)]
struct Door(Mutex<Vec<Ipv4Addr>>);

impl Listener for Door {
    fn accept(self: Arc<Self>, _: DuplexStream, peer: Ipv4Addr) {
        self.0.lock().unwrap().push(peer);
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_address_leads_to_a_ready_pod() {
    let cluster = cluster();
    let network = &cluster.world.network;
    let ip: Ipv4Addr =
        cluster.create::<Service>(service(false, false)).spec.unwrap().cluster_ip.unwrap().parse().unwrap();
    cluster.create::<StatefulSet>(stateful_set(1));
    cluster.until("running", || (cluster.state("db-0") == "Running").then_some(())).await;
    let pod: Ipv4Addr = cluster.pod("db-0").unwrap().status.unwrap().pod_ip.unwrap().parse().unwrap();
    assert_eq!(network.resolve(pod, NAME), Ok(pod), "a pod knows itself");
    assert_eq!(network.connect(pod, ip, 6030).err(), Some(ConnectError::Refused));
    cluster.until_ready("db-0").await;
    sleep(Duration::from_secs(1)).await;
    let door = Arc::new(Door::default());
    let listener: Arc<dyn Listener> = Arc::<Door>::clone(&door);
    let _open = network.listen(pod, 6030, listener);
    let at_service = network.connect(pod, ip, 6030).unwrap();
    Arc::clone(&at_service).accept(tokio::io::duplex(64).0, pod);
    assert_eq!(*door.0.lock().unwrap(), [pod]);
    assert!(at_service.as_any().downcast::<Door>().is_ok());
    cluster.store.delete::<Service>("default", "db", Deletion::default()).unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(network.connect(pod, ip, 6030).err(), Some(ConnectError::Unreachable));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_namespace_leaves_nothing() {
    let cluster = cluster();
    cluster.create::<Namespace>(json!({ "metadata": { "name": "ns" } }));
    cluster.until("account", || cluster.store.get::<ServiceAccount>("ns", "default")).await;
    cluster.until("certificate", || cluster.store.get::<ConfigMap>("ns", "kube-root-ca.crt")).await;
    let mut set = stateful_set(2);
    set["metadata"]["namespace"] = "ns".into();
    cluster.create::<StatefulSet>(set);
    let mut service = service(false, false);
    service["metadata"]["namespace"] = "ns".into();
    cluster.create::<Service>(service);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(cluster.store.list::<Pod>(Some("ns")).len(), 2);
    cluster.store.delete::<Namespace>("", "ns", Deletion::default()).unwrap();
    cluster.until("namespace gone", || cluster.store.get::<Namespace>("", "ns").is_none().then_some(())).await;
    assert!(cluster.store.list::<Pod>(Some("ns")).is_empty());
    assert!(cluster.store.list::<PersistentVolumeClaim>(Some("ns")).is_empty());
    assert!(cluster.store.list::<Event>(Some("ns")).is_empty());
    cluster.until("volumes gone", || cluster.store.list::<PersistentVolume>(None).is_empty().then_some(())).await;
    assert!(cluster.world.network.names().keys().all(|name| !name.contains(".ns.")));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_storage_class_leaves_the_pod_pending() {
    let cluster = cluster();
    let mut set = stateful_set(1);
    set["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"] = "gold".into();
    cluster.create::<StatefulSet>(set);
    sleep(Duration::from_secs(120)).await;
    assert!(cluster.pod("db-0").unwrap().spec.unwrap().node_name.is_none());
    let event = cluster.events("ProvisioningFailed").remove(0);
    assert_eq!(event.message.as_deref(), Some("storageclass.storage.k8s.io \"gold\" not found"));
    let why = cluster.events("FailedScheduling").remove(0).message.unwrap();
    assert!(why.starts_with("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_cordoned_node_takes_no_pods() {
    let cluster = cluster();
    let cordon = |on: bool| {
        let change = |node: &mut Node| node.spec.get_or_insert_default().unschedulable = Some(on);
        cluster.store.modify::<Node>("", "seatrial-control-plane", change).unwrap();
    };
    cordon(true);
    cluster.create::<Pod>(pod(json!({}), json!({})));
    sleep(Duration::from_secs(10)).await;
    let why = cluster.events("FailedScheduling").remove(0).message.unwrap();
    assert!(why.starts_with("0/1 nodes are available: 1 node(s) were unschedulable."), "{why}");
    cordon(false);
    cluster.until_ready("one").await;
    let condition = cluster.pod("one").unwrap().status.unwrap().conditions.unwrap();
    assert_eq!(condition.iter().filter(|condition| condition.type_ == "PodScheduled").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_budget_counts_healthy_pods() {
    let cluster = cluster();
    cluster.create::<StatefulSet>(stateful_set(2));
    cluster.create::<PodDisruptionBudget>(json!({
        "metadata": { "name": "db", "namespace": "default" },
        "spec": { "minAvailable": 1, "selector": { "matchLabels": { "app": "db" } } },
    }));
    cluster.until_ready("db-1").await;
    let allowed = || cluster.store.get::<PodDisruptionBudget>("default", "db")?.status.as_ref()?.disruptions_allowed;
    cluster.until("one may go", || (allowed() == Some(1)).then_some(())).await;
    cluster.store.delete::<Pod>("default", "db-1", Deletion::default()).unwrap();
    cluster.until("none may go", || (allowed() == Some(0)).then_some(())).await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_hour_writes_almost_nothing() {
    let cluster = cluster();
    cluster.create::<Service>(service(false, false));
    cluster.create::<StatefulSet>(stateful_set(3));
    cluster.until_ready("db-2").await;
    sleep(Duration::from_secs(60)).await;
    let before = *cluster.store.changed().borrow();
    sleep(Duration::from_secs(3600)).await;
    let written = *cluster.store.changed().borrow() - before;
    assert!(written < 20, "{written} writes in an idle hour");
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_cluster() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let cluster = cluster();
        cluster.create::<Service>(service(false, false));
        cluster.create::<StatefulSet>(stateful_set(2));
        cluster.until_ready("db-1").await;
        sleep(Duration::from_secs(5)).await;
        let events: Vec<_> = cluster
            .store
            .list::<Event>(None)
            .iter()
            .map(|event| serde_json::to_string(event.as_ref()).unwrap())
            .collect();
        let pods: Vec<_> =
            cluster.store.list::<Pod>(None).iter().map(|pod| serde_json::to_string(pod.as_ref()).unwrap()).collect();
        runs.push((events, pods));
    }
    assert_eq!(runs[0], runs[1]);
}
