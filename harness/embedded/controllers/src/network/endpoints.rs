use std::{collections::BTreeMap, sync::Arc, time::Duration};

use k8s_openapi::{
    api::{
        core::v1::{ObjectReference, Pod, Service},
        discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice},
    },
    apimachinery::pkg::{
        apis::meta::v1::{ObjectMeta, OwnerReference},
        util::intstr::IntOrString,
    },
};
use seatrial_apiserver::{Deletion, Store};
use seatrial_sim::{Defect, Defects, Dice};
use tokio::time::Instant;

use super::slices::SERVICE_NAME;
use crate::{changes::Controller, meta, selector};

const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";

/// Keeps one EndpointSlice for every Service that selects pods.
pub(crate) struct Endpoints {
    store: Store,
    dice: Dice,
}

impl Endpoints {
    pub(crate) fn new(store: &Store) -> Self {
        Self { store: store.clone(), dice: store.world().chance.stream("controllers/endpoints") }
    }
}

impl Controller for Endpoints {
    fn reconcile(&mut self) -> Option<Instant> {
        let services = self.store.list::<Service>(None);
        let slices = self.store.list::<EndpointSlice>(None);
        let mut pods: BTreeMap<String, Vec<Arc<Pod>>> = BTreeMap::new();
        for service in services.iter().map(Arc::as_ref) {
            let selects =
                service.spec.as_ref().and_then(|spec| spec.selector.as_ref()).is_some_and(|labels| !labels.is_empty());
            if !selects || meta::deleting(service) {
                continue;
            }
            let namespace = meta::namespace(service);
            let pods = pods.entry(namespace.to_owned()).or_insert_with(|| self.store.list::<Pod>(Some(namespace)));
            let own = slices.iter().map(Arc::as_ref).find(|slice| belongs(slice, service));
            self.keep(service, pods, own);
        }
        for slice in slices.iter().map(Arc::as_ref).filter(|slice| label(slice, MANAGED_BY) == Some(MANAGER)) {
            if !services.iter().any(|service| belongs(slice, service)) {
                // The collector may have been faster.
                let _ = self.store.delete::<EndpointSlice>(meta::namespace(slice), meta::name(slice), Deletion::now());
            }
        }
        None
    }

    fn reaction(&mut self) -> Duration {
        self.dice.millis(10, 60)
    }
}

impl Endpoints {
    fn keep(&self, service: &Service, pods: &[Arc<Pod>], own: Option<&EndpointSlice>) {
        let wanted = build(service, pods, &self.store.world().defects);
        // Whatever goes wrong here (a namespace that ends, say) is tried again at the next change.
        let _ = match own {
            None => self.store.create(&wanted),
            Some(own) if own.endpoints == wanted.endpoints && own.ports == wanted.ports => return,
            Some(own) => self.store.modify::<EndpointSlice>(meta::namespace(own), meta::name(own), |slice| {
                slice.endpoints.clone_from(&wanted.endpoints);
                slice.ports.clone_from(&wanted.ports);
            }),
        };
    }
}

fn label<'a>(slice: &'a EndpointSlice, key: &str) -> Option<&'a str> {
    slice.metadata.labels.as_ref()?.get(key).map(String::as_str)
}

fn belongs(slice: &EndpointSlice, service: &Service) -> bool {
    meta::namespace(slice) == meta::namespace(service)
        && label(slice, SERVICE_NAME) == Some(meta::name(service))
        && meta::controller(&slice.metadata).is_some_and(|owner| owner.uid == meta::uid(service))
}

/// The slice of a Service as its pods are now.
fn build(service: &Service, pods: &[Arc<Pod>], defects: &Defects) -> EndpointSlice {
    let spec = service.spec.clone().unwrap_or_default();
    let published = spec.publish_not_ready_addresses == Some(true) && !defects.has(Defect::EarlyNamesIgnored);
    let chosen = |pod: &&Pod| {
        selector::has_all(spec.selector.as_ref(), &pod.metadata) && !meta::pod_has_ended(pod) && address(pod).is_some()
    };
    let members: Vec<_> = pods.iter().map(Arc::as_ref).filter(chosen).collect();
    let endpoints = members.iter().filter_map(|pod| endpoint(service, pod, published)).collect();
    let ports = spec.ports.iter().flatten().map(|port| EndpointPort {
        name: Some(port.name.clone().unwrap_or_default()),
        port: match &port.target_port {
            Some(IntOrString::Int(number)) => Some(*number),
            Some(IntOrString::String(name)) => members.iter().find_map(|pod| named_port(pod, name)),
            None => Some(port.port),
        },
        protocol: Some(port.protocol.clone().unwrap_or_else(|| "TCP".into())),
        app_protocol: port.app_protocol.clone(),
    });
    let mut labels = service.metadata.labels.clone().unwrap_or_default();
    labels.insert(SERVICE_NAME.into(), meta::name(service).into());
    labels.insert(MANAGED_BY.into(), MANAGER.into());
    if spec.cluster_ip.as_deref() == Some("None") {
        labels.insert("service.kubernetes.io/headless".into(), String::new());
    }
    let owner: OwnerReference = meta::controller_reference(service);
    EndpointSlice {
        metadata: ObjectMeta {
            generate_name: Some(format!("{}-", meta::name(service))),
            namespace: service.metadata.namespace.clone(),
            labels: Some(labels),
            owner_references: Some(vec![owner]),
            ..ObjectMeta::default()
        },
        address_type: "IPv4".into(),
        endpoints: Some(endpoints),
        ports: Some(ports.collect()),
    }
}

fn address(pod: &Pod) -> Option<&str> {
    pod.status.as_ref()?.pod_ip.as_deref()
}

fn named_port(pod: &Pod, name: &str) -> Option<i32> {
    let ports =
        pod.spec.iter().flat_map(|spec| &spec.containers).flat_map(|container| container.ports.iter().flatten());
    ports.into_iter().find(|port| port.name.as_deref() == Some(name)).map(|port| port.container_port)
}

fn endpoint(service: &Service, pod: &Pod, published: bool) -> Option<Endpoint> {
    let spec = pod.spec.as_ref()?;
    let (serving, terminating) = (meta::pod_is_ready(pod), meta::deleting(pod));
    let ours = spec.subdomain.as_deref() == Some(meta::name(service));
    Some(Endpoint {
        addresses: vec![address(pod)?.to_owned()],
        conditions: Some(EndpointConditions {
            ready: Some(published || serving && !terminating),
            serving: Some(published || serving),
            terminating: Some(terminating),
        }),
        hostname: spec.hostname.clone().filter(|_| ours),
        node_name: spec.node_name.clone(),
        target_ref: Some(ObjectReference {
            kind: Some("Pod".into()),
            namespace: pod.metadata.namespace.clone(),
            name: pod.metadata.name.clone(),
            uid: pod.metadata.uid.clone(),
            ..ObjectReference::default()
        }),
        ..Endpoint::default()
    })
}
