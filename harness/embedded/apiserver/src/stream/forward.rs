use k8s_openapi::api::core::v1::Pod;
use tokio::io::DuplexStream;

use crate::{
    ApiError,
    http::{ApiServer, Query, Target},
};

/// A pod that ports are forwarded to.
#[derive(Clone)]
pub(super) struct ForwardTarget {
    server: ApiServer,
    namespace: String,
    pod: String,
}

impl ForwardTarget {
    /// Opens a connection to a port; an error says why not, in the kubelet's words.
    pub(super) fn dial(&self, port: u16) -> Result<DuplexStream, String> {
        self.server.agent().forward(&self.namespace, &self.pod, port).map_err(|error| error.message)
    }
}

/// The pod of a request, if it runs.
pub(super) fn target(server: &ApiServer, target: &Target) -> Result<ForwardTarget, ApiError> {
    let (namespace, name) = (target.scope(), target.name.as_deref().unwrap_or_default());
    let pod = server.store().get::<Pod>(namespace, name).ok_or_else(|| ApiError::missing(target.kind, name))?;
    if pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default().is_empty() {
        return Err(ApiError::bad_request(format!("pod {name} does not have a host assigned")));
    }
    Ok(ForwardTarget { server: server.clone(), namespace: namespace.to_owned(), pod: name.to_owned() })
}

/// The ports that are named in the request (`ports=1,2` or `ports=1&ports=2`).
pub(super) fn ports(query: &Query) -> Result<Vec<u16>, ApiError> {
    let bad = |text: &str| ApiError::bad_request(format!("unable to parse {text:?} as a port"));
    let ports: Result<Vec<u16>, _> = query
        .all("ports")
        .iter()
        .flat_map(|list| list.split(','))
        .map(|text| text.parse().ok().filter(|port| *port > 0).ok_or_else(|| bad(text)))
        .collect();
    match ports?.as_slice() {
        [] => Err(ApiError::bad_request("query parameter \"ports\" is required")),
        // Two channels a port, numbered by one byte.
        several if several.len() > 64 => Err(ApiError::bad_request("too many ports")),
        several => Ok(several.to_vec()),
    }
}
