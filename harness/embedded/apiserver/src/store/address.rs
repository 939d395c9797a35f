use std::{collections::BTreeSet, net::Ipv4Addr};

use serde_json::{Value, json};

use super::state::State;
use crate::{
    ApiError, Cause,
    kind::{Kind, of},
};

const NODE_PORTS: (u64, u64) = (30_000, 32_767);

/// Gives a Service its cluster address and node ports. Addresses are in 10.96.0.0/16, as kubeadm sets it.
pub(super) fn assign(state: &mut State, kind: &Kind, name: &str, service: &mut Value) -> Result<(), ApiError> {
    let kind_of_service = text(service, "/spec/type");
    if kind_of_service == "ExternalName" {
        return Ok(());
    }
    let wanted = text(service, "/spec/clusterIP");
    if wanted.is_empty() {
        let used = in_use(state, name, service, "/spec/clusterIP");
        let address = (0..65_536).map(|_| draw_address(state)).find(|address| !used.contains(address));
        let address = address.ok_or_else(|| ApiError::internal("range of cluster addresses is full"))?;
        service["spec"]["clusterIP"] = address.into();
    } else if wanted != "None" {
        check_address(state, kind, name, service, &wanted)?;
    }
    let address = service["spec"]["clusterIP"].clone();
    service["spec"]["clusterIPs"] = json!([address]);
    if kind_of_service == "NodePort" || kind_of_service == "LoadBalancer" {
        assign_node_ports(state, service);
    }
    Ok(())
}

fn check_address(state: &State, kind: &Kind, name: &str, service: &Value, wanted: &str) -> Result<(), ApiError> {
    let refuse = |why: &str| {
        let value = json!([wanted]);
        Err(ApiError::invalid(kind, name, vec![Cause::invalid("spec.clusterIPs", &value, why)]))
    };
    match wanted.parse::<Ipv4Addr>().map(|address| address.octets()) {
        Ok([10, 96, ..]) => {}
        Ok(_) => {
            return refuse(
                "failed to allocate IP: the provided IP is not in the valid range. The range of valid IPs is 10.96.0.0/16",
            );
        }
        Err(_) => return refuse("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
    }
    if in_use(state, name, service, "/spec/clusterIP").contains(wanted) {
        return refuse(&format!("failed to allocate IP {wanted}: provided IP is already allocated"));
    }
    Ok(())
}

fn draw_address(state: &mut State) -> String {
    let (third, fourth) = (state.addresses.between(0, 255), state.addresses.between(2, 254));
    format!("10.96.{third}.{fourth}")
}

fn in_use(state: &State, name: &str, service: &Value, pointer: &str) -> BTreeSet<String> {
    let namespace = text(service, "/metadata/namespace");
    let others = of("", "Service").map(|kind| state.list(kind, None)).unwrap_or_default();
    let others = others.iter().filter(|other| other.name() != name || other.namespace() != namespace);
    others.map(|other| other.text(pointer).to_owned()).collect()
}

fn assign_node_ports(state: &mut State, service: &mut Value) {
    let services = of("", "Service").map(|kind| state.list(kind, None)).unwrap_or_default();
    let ports = |value: &Value| -> Vec<u64> {
        let ports = value.pointer("/spec/ports").and_then(Value::as_array);
        ports.into_iter().flatten().filter_map(|port| port["nodePort"].as_u64()).filter(|port| *port > 0).collect()
    };
    let mut used: BTreeSet<u64> = services.iter().flat_map(|service| ports(service.value())).collect();
    used.extend(ports(service));
    let Some(entries) = service.pointer_mut("/spec/ports").and_then(Value::as_array_mut) else { return };
    for entry in entries {
        if entry["nodePort"].as_u64().unwrap_or_default() > 0 {
            continue;
        }
        let drawn = std::iter::repeat_with(|| state.addresses.between(NODE_PORTS.0, NODE_PORTS.1)).take(10_000);
        if let Some(port) = drawn.into_iter().find(|port| !used.contains(port)) {
            used.insert(port);
            entry["nodePort"] = port.into();
        }
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}
