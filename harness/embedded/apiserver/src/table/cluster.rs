use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::{
    coordination::v1::Lease,
    core::v1::{ConfigMap, Event, Namespace, Node, NodeStatus, Secret, ServiceAccount},
};
use serde_json::Value;

use super::{age::human, or_none};

pub(super) fn node(node: &Node, name: Value, age: Value) -> Vec<Value> {
    let nothing = NodeStatus::default();
    let status = node.status.as_ref().unwrap_or(&nothing);
    let address = |kind: &str| {
        let found = status.addresses.iter().flatten().find(|address| address.type_ == kind);
        or_none(found.map(|address| address.address.as_str()))
    };
    let info = status.node_info.as_ref();
    vec![
        name,
        node_state(node, status).into(),
        roles(node),
        age,
        info.map_or("", |info| info.kubelet_version.as_str()).into(),
        address("InternalIP"),
        address("ExternalIP"),
        unknown(info.map(|info| info.os_image.as_str())),
        unknown(info.map(|info| info.kernel_version.as_str())),
        unknown(info.map(|info| info.container_runtime_version.as_str())),
    ]
}

fn node_state(node: &Node, status: &NodeStatus) -> String {
    let ready = status.conditions.iter().flatten().find(|condition| condition.type_ == "Ready");
    let state = match ready.map(|condition| condition.status.as_str()) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    let cordoned = node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true));
    if cordoned { format!("{state},SchedulingDisabled") } else { state.into() }
}

fn roles(node: &Node) -> Value {
    let labels = node.metadata.labels.as_ref();
    let roles: Vec<_> = labels
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) if !role.is_empty() => Some(role),
            _ => (key == "kubernetes.io/role" && !value.is_empty()).then_some(value.as_str()),
        })
        .collect();
    or_none(Some(&roles.join(",")))
}

fn unknown(text: Option<&str>) -> Value {
    text.filter(|text| !text.is_empty()).unwrap_or("<unknown>").into()
}

pub(super) fn namespace(namespace: &Namespace, name: Value, age: Value) -> Vec<Value> {
    let phase = namespace.status.as_ref().and_then(|status| status.phase.as_deref());
    vec![name, phase.unwrap_or_default().into(), age]
}

pub(super) fn event(event: &Event, name: Value, now: Timestamp) -> Vec<Value> {
    let ago = |at: Option<Timestamp>| at.map_or_else(|| "<unknown>".into(), |at| human(now.duration_since(at)));
    let single = event.event_time.as_ref().map(|time| time.0);
    let first = event.first_timestamp.as_ref().map(|time| time.0).or(single);
    let series = event.series.as_ref();
    let last = series.and_then(|series| series.last_observed_time.as_ref()).map(|time| time.0);
    let last = last.or_else(|| event.last_timestamp.as_ref().map(|time| time.0)).or(first);
    let count = series.and_then(|series| series.count).or(event.count).unwrap_or(1);
    let mut last_seen = ago(last);
    let repeated = count > 1 && series.is_some();
    if repeated {
        last_seen = format!("{last_seen} (x{count} over {})", ago(first));
    }
    let object = &event.involved_object;
    let kind = object.kind.as_deref().unwrap_or_default().to_ascii_lowercase();
    let named = object.name.as_deref().filter(|name| !name.is_empty());
    let target = named.map_or_else(|| kind.clone(), |name| format!("{kind}/{name}"));
    vec![
        last_seen.into(),
        event.type_.as_deref().unwrap_or_default().into(),
        event.reason.as_deref().unwrap_or_default().into(),
        target.into(),
        object.field_path.as_deref().unwrap_or_default().into(),
        source(event),
        event.message.as_deref().unwrap_or_default().trim().into(),
        ago(first).into(),
        count.into(),
        name,
    ]
}

fn source(event: &Event) -> Value {
    let from = event.source.as_ref();
    let component = from
        .and_then(|from| from.component.as_deref())
        .filter(|text| !text.is_empty())
        .or(event.reporting_component.as_deref())
        .unwrap_or_default();
    let host = from
        .and_then(|from| from.host.as_deref())
        .filter(|text| !text.is_empty())
        .or(event.reporting_instance.as_deref())
        .unwrap_or_default();
    if host.is_empty() { component.into() } else { format!("{component}, {host}").into() }
}

pub(super) fn secret(secret: &Secret, name: Value, age: Value) -> Vec<Value> {
    let kind = secret.type_.as_deref().unwrap_or_default();
    vec![name, kind.into(), secret.data.as_ref().map_or(0, BTreeMap::len).into(), age]
}

pub(super) fn config_map(map: &ConfigMap, name: Value, age: Value) -> Vec<Value> {
    let texts = map.data.as_ref().map_or(0, BTreeMap::len);
    let binaries = map.binary_data.as_ref().map_or(0, BTreeMap::len);
    vec![name, (texts + binaries).into(), age]
}

pub(super) fn account(account: &ServiceAccount, name: Value, age: Value) -> Vec<Value> {
    vec![name, account.secrets.as_ref().map_or(0, Vec::len).into(), age]
}

pub(super) fn lease(lease: &Lease, name: Value, age: Value) -> Vec<Value> {
    let holder = lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref());
    vec![name, holder.unwrap_or_default().into(), age]
}
