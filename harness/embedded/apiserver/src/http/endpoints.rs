use std::sync::Arc;

use k8s_openapi::{
    api::{
        core::v1::{EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Service},
        discovery::v1::{Endpoint, EndpointSlice},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use crate::{Store, object::Object};

/// The old form of endpoint slices, which older clients still read: made up when asked for, not stored.
pub(super) fn endpoints(store: &Store, namespace: Option<&str>) -> Vec<Arc<Object>> {
    let slices = store.list::<EndpointSlice>(namespace);
    let services = store.list::<Service>(namespace);
    // Services without a selector or a slice have nobody who would write such an object.
    let written = services.into_iter().filter(|service| {
        let selects = service.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        selects.is_some_and(|selector| !selector.is_empty()) || slices.iter().any(|slice| belongs(slice, service))
    });
    let made = written.map(|service| {
        let own = slices.iter().map(Arc::as_ref).filter(|slice| belongs(slice, &service));
        Arc::new(Object::new(Box::new(made_of(&service, own)), store.revision()))
    });
    made.collect()
}

fn belongs(slice: &EndpointSlice, service: &Service) -> bool {
    let named = slice.metadata.labels.as_ref().and_then(|labels| labels.get("kubernetes.io/service-name"));
    slice.metadata.namespace == service.metadata.namespace && named == service.metadata.name.as_ref()
}

fn made_of<'a>(service: &Service, slices: impl Iterator<Item = &'a EndpointSlice>) -> Endpoints {
    let mut versions = vec![service.metadata.resource_version.clone().unwrap_or_default()];
    let mut subsets = Vec::new();
    for slice in slices {
        versions.extend(slice.metadata.resource_version.clone());
        let (ready, waiting): (Vec<_>, Vec<_>) =
            slice.endpoints.iter().flatten().partition(|endpoint| {
                endpoint.conditions.as_ref().and_then(|conditions| conditions.ready) != Some(false)
            });
        if ready.is_empty() && waiting.is_empty() {
            continue;
        }
        let ports = slice.ports.iter().flatten().map(|port| EndpointPort {
            name: port.name.clone().filter(|name| !name.is_empty()),
            port: port.port.unwrap_or(0),
            protocol: port.protocol.clone(),
            app_protocol: port.app_protocol.clone(),
        });
        subsets.push(EndpointSubset {
            addresses: addresses(&ready),
            not_ready_addresses: addresses(&waiting),
            ports: Some(ports.collect()),
        });
    }
    // The newest of what it is made of.
    versions.sort_by_key(|version| version.parse::<u64>().unwrap_or(0));
    Endpoints {
        metadata: ObjectMeta {
            name: service.metadata.name.clone(),
            namespace: service.metadata.namespace.clone(),
            labels: service.metadata.labels.clone(),
            creation_timestamp: service.metadata.creation_timestamp.clone(),
            resource_version: versions.pop(),
            uid: service.metadata.uid.clone(),
            ..ObjectMeta::default()
        },
        subsets: (!subsets.is_empty()).then_some(subsets),
    }
}

fn addresses(endpoints: &[&Endpoint]) -> Option<Vec<EndpointAddress>> {
    let addresses: Vec<_> = endpoints
        .iter()
        .flat_map(|endpoint| {
            endpoint.addresses.iter().map(|address| EndpointAddress {
                ip: address.clone(),
                hostname: endpoint.hostname.clone(),
                node_name: endpoint.node_name.clone(),
                target_ref: endpoint.target_ref.clone(),
            })
        })
        .collect();
    (!addresses.is_empty()).then_some(addresses)
}
