use k8s_openapi::{
    api::{
        apps::v1::{ControllerRevision, StatefulSet},
        core::v1::{Endpoints, Service, ServicePort, ServiceSpec},
        discovery::v1::EndpointSlice,
        networking::v1::NetworkPolicy,
        policy::v1::PodDisruptionBudget,
    },
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};
use serde_json::Value;

use super::{labels, or_none};

pub(super) fn stateful_set(set: &StatefulSet, name: Value, age: Value) -> Vec<Value> {
    let ready = set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0);
    let wanted = set.spec.replicas.unwrap_or(0);
    let containers = set.spec.template.spec.as_ref().map(|spec| spec.containers.as_slice()).unwrap_or_default();
    let names: Vec<_> = containers.iter().map(|container| container.name.as_str()).collect();
    let images: Vec<_> = containers.iter().map(|container| container.image.as_deref().unwrap_or_default()).collect();
    vec![name, format!("{ready}/{wanted}").into(), age, names.join(",").into(), images.join(",").into()]
}

pub(super) fn revision(revision: &ControllerRevision, name: Value, age: Value) -> Vec<Value> {
    let owners = revision.metadata.owner_references.iter().flatten();
    let owner = owners.into_iter().find(|owner| owner.controller == Some(true)).map(|owner| {
        let group = owner.api_version.split_once('/').map_or("", |(group, _)| group);
        let dot = if group.is_empty() { "" } else { "." };
        format!("{}{dot}{group}/{}", owner.kind.to_ascii_lowercase(), owner.name)
    });
    vec![name, or_none(owner.as_deref()), revision.revision.unwrap_or(0).into(), age]
}

pub(super) fn budget(budget: &PodDisruptionBudget, name: Value, age: Value) -> Vec<Value> {
    let amount = |amount: Option<&IntOrString>| match amount {
        None => Value::from("N/A"),
        Some(IntOrString::Int(number)) => number.to_string().into(),
        Some(IntOrString::String(text)) => text.as_str().into(),
    };
    let spec = budget.spec.as_ref();
    vec![
        name,
        amount(spec.and_then(|spec| spec.min_available.as_ref())),
        amount(spec.and_then(|spec| spec.max_unavailable.as_ref())),
        budget.status.as_ref().and_then(|status| status.disruptions_allowed).unwrap_or(0).into(),
        age,
    ]
}

pub(super) fn service(service: &Service, name: Value, age: Value) -> Vec<Value> {
    let nothing = ServiceSpec::default();
    let spec = service.spec.as_ref().unwrap_or(&nothing);
    let kind = spec.type_.as_deref().unwrap_or("ClusterIP");
    vec![
        name,
        kind.into(),
        or_none(spec.cluster_ip.as_deref()),
        external_address(service, spec, kind),
        ports(spec.ports.as_deref().unwrap_or_default()),
        age,
        labels(spec.selector.as_ref()),
    ]
}

fn external_address(service: &Service, spec: &ServiceSpec, kind: &str) -> Value {
    let mut addresses: Vec<String> = spec.external_ips.clone().unwrap_or_default();
    match kind {
        "ExternalName" => return or_none(spec.external_name.as_deref()),
        "LoadBalancer" => {
            let balancer = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
            let given = balancer.and_then(|balancer| balancer.ingress.as_deref()).unwrap_or_default();
            let given = given.iter().filter_map(|point| point.ip.clone().or_else(|| point.hostname.clone()));
            addresses = given.chain(addresses).collect();
            if addresses.is_empty() {
                return "<pending>".into();
            }
        }
        _ => {}
    }
    or_none(Some(&addresses.join(",")))
}

fn ports(ports: &[ServicePort]) -> Value {
    let text = |port: &ServicePort| {
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        match port.node_port.filter(|port| *port > 0) {
            Some(node_port) => format!("{}:{node_port}/{protocol}", port.port),
            None => format!("{}/{protocol}", port.port),
        }
    };
    or_none(Some(&ports.iter().map(text).collect::<Vec<_>>().join(",")))
}

pub(super) fn slice(slice: &EndpointSlice, name: Value, age: Value) -> Vec<Value> {
    let ports: Vec<_> = slice.ports.iter().flatten().map(|port| port.port.unwrap_or(0).to_string()).collect();
    let ports =
        if slice.ports.as_ref().is_none_or(Vec::is_empty) { "<unset>".into() } else { Value::from(shortened(&ports)) };
    let addresses: Vec<_> =
        slice.endpoints.iter().flatten().flat_map(|endpoint| endpoint.addresses.iter().cloned()).collect();
    let addresses = if addresses.is_empty() { "<unset>".into() } else { shortened(&addresses) };
    vec![name, slice.address_type.as_str().into(), ports, addresses.into(), age]
}

pub(super) fn endpoints(endpoints: &Endpoints, name: Value, age: Value) -> Vec<Value> {
    let mut list = Vec::new();
    for subset in endpoints.subsets.iter().flatten() {
        let addresses = subset.addresses.as_deref().unwrap_or_default();
        let ports = subset.ports.as_deref().unwrap_or_default();
        if ports.is_empty() {
            list.extend(addresses.iter().map(|address| address.ip.clone()));
        }
        for port in ports {
            list.extend(addresses.iter().map(|address| format!("{}:{}", address.ip, port.port)));
        }
    }
    let text = if list.is_empty() { "<none>".into() } else { shortened(&list) };
    vec![name, text.into(), age]
}

/// The first three, and how many more there are.
fn shortened(list: &[String]) -> String {
    let shown = list.iter().take(3).cloned().collect::<Vec<_>>().join(",");
    if list.len() > 3 { format!("{shown} + {} more...", list.len() - 3) } else { shown }
}

pub(super) fn policy(policy: &NetworkPolicy, name: Value, age: Value) -> Vec<Value> {
    let selector = policy.spec.as_ref().and_then(|spec| spec.pod_selector.as_ref());
    vec![name, selector.map_or_else(|| "<none>".into(), selector_text), age]
}

fn selector_text(selector: &LabelSelector) -> Value {
    let mut texts: Vec<_> =
        selector.match_labels.iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
    for expression in selector.match_expressions.iter().flatten() {
        let values = expression.values.as_deref().unwrap_or_default().join(",");
        let key = &expression.key;
        texts.push(match expression.operator.as_str() {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.clone(),
        });
    }
    or_none(Some(&texts.join(",")))
}
