use k8s_openapi::api::{
    core::v1::Service,
    discovery::v1::{Endpoint, EndpointSlice},
};

use crate::meta;

/// Label with the name of the Service that a slice belongs to.
pub(super) const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// True if the slice tells of the pods behind this Service.
pub(super) fn is_of(slice: &EndpointSlice, service: &Service) -> bool {
    let named = slice.metadata.labels.as_ref().and_then(|labels| labels.get(SERVICE_NAME));
    meta::namespace(slice) == meta::namespace(service) && named.map(String::as_str) == Some(meta::name(service))
}

/// The endpoints that may get connections.
pub(super) fn ready(slice: &EndpointSlice) -> impl Iterator<Item = &Endpoint> {
    slice
        .endpoints
        .iter()
        .flatten()
        .filter(|endpoint| endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true))
}
