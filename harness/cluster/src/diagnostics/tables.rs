//! Objects as `kubectl get` shows them.

use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{PersistentVolumeClaim, Pod, Service},
    discovery::v1::Endpoint,
};
use kube::ResourceExt;
use seatrial_record::Table;

use super::redact::redact;
use crate::PodState;

pub(super) fn table(columns: &[&str], rows: Vec<Vec<String>>) -> Table {
    Table {
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        rows: rows.into_iter().map(|row| row.into_iter().map(Some).collect()).collect(),
    }
}

pub(super) fn or_none(text: Option<String>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or_else(|| "<none>".to_owned())
}

pub(super) fn pod_table(pods: &[Pod]) -> Table {
    let row = |pod: &Pod| {
        let state = PodState::from(pod);
        vec![
            state.name,
            format!("{}/{}", state.containers.0, state.containers.1),
            state.status,
            state.restarts.to_string(),
            or_none(state.ip),
            or_none(state.node),
            or_none(state.message.map(|message| redact(&message).replace('\n', " "))),
        ]
    };
    table(&["NAME", "READY", "STATUS", "RESTARTS", "IP", "NODE", "MESSAGE"], pods.iter().map(row).collect())
}

pub(super) fn set_table(sets: &[StatefulSet]) -> Table {
    let row = |set: &StatefulSet| {
        let state = crate::StatefulSetState::from(set);
        let ready = format!("{}/{}", state.ready, state.replicas);
        vec![state.name, ready, state.current.to_string(), state.updated.to_string()]
    };
    table(&["NAME", "READY", "PODS", "UP-TO-DATE"], sets.iter().map(row).collect())
}

pub(super) fn claim_table(claims: &[PersistentVolumeClaim]) -> Table {
    let row = |claim: &PersistentVolumeClaim| {
        let state = crate::ClaimState::from(claim);
        let phase = if state.deleting { "Terminating".to_owned() } else { state.phase };
        let class = claim.spec.as_ref().and_then(|spec| spec.storage_class_name.clone());
        vec![state.name, phase, or_none(state.volume), or_none(class)]
    };
    table(&["NAME", "STATUS", "VOLUME", "STORAGECLASS"], claims.iter().map(row).collect())
}

pub(super) fn service_table(services: &[Service]) -> Table {
    let row = |service: &Service| {
        let spec = service.spec.clone().unwrap_or_default();
        let ports = spec.ports.unwrap_or_default();
        let port = |port: &k8s_openapi::api::core::v1::ServicePort| {
            format!("{}/{}", port.port, port.protocol.as_deref().unwrap_or("TCP"))
        };
        vec![
            service.name_any(),
            or_none(spec.cluster_ip),
            spec.publish_not_ready_addresses.unwrap_or(false).to_string(),
            ports.iter().map(port).collect::<Vec<_>>().join(","),
        ]
    };
    table(&["NAME", "CLUSTER-IP", "PUBLISH-NOT-READY", "PORTS"], services.iter().map(row).collect())
}

pub(super) fn slice_table(endpoints: &[(String, Endpoint)]) -> Table {
    let row = |(slice, endpoint): &(String, Endpoint)| {
        let ready = endpoint.conditions.as_ref().and_then(|conditions| conditions.ready);
        vec![
            slice.clone(),
            or_none(endpoint.hostname.clone()),
            endpoint.addresses.join(","),
            ready.map_or_else(|| "unknown".to_owned(), |ready| ready.to_string()),
            or_none(endpoint.target_ref.as_ref().and_then(|target| target.name.clone())),
        ]
    };
    table(&["SLICE", "HOSTNAME", "ADDRESSES", "READY", "POD"], endpoints.iter().map(row).collect())
}
