use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{Container, ContainerPort, EnvVar, ResourceRequirements, VolumeMount},
    apimachinery::pkg::api::resource::Quantity,
};
use serde_json::Value;

use super::{
    names::{Rule, name, port_name},
    one_of, port_number,
    probes::probe,
};
use crate::{Cause, quantity::amount};

/// What a container can refer to.
pub(super) struct Place<'a> {
    pub(super) volumes: &'a [String],
    pub(super) initial: bool,
}

pub(super) fn container(faults: &mut Vec<Cause>, field: &str, container: &Container, place: &Place<'_>) {
    let at = |child: &str| format!("{field}.{child}");
    if container.name.is_empty() {
        faults.push(Cause::required(at("name"), ""));
    } else {
        name(faults, &at("name"), &container.name, Rule::Label);
    }
    match container.image.as_deref() {
        None | Some("") => faults.push(Cause::required(at("image"), "")),
        Some(image) if image.trim() != image => {
            let message = "must not have leading or trailing whitespace";
            faults.push(Cause::invalid(at("image"), &image.into(), message));
        }
        Some(_) => {}
    }
    let policies = ["Always", "IfNotPresent", "Never"];
    one_of(faults, at("imagePullPolicy"), container.image_pull_policy.as_deref(), &policies);
    ports(faults, &at("ports"), container.ports.as_deref().unwrap_or_default());
    for (index, variable) in container.env.iter().flatten().enumerate() {
        env(faults, &format!("{field}.env[{index}]"), variable);
    }
    mounts(faults, &at("volumeMounts"), container.volume_mounts.as_deref().unwrap_or_default(), place);
    if let Some(given) = &container.resources {
        resources(faults, &at("resources"), given);
    }
    let probes = [
        ("livenessProbe", &container.liveness_probe),
        ("readinessProbe", &container.readiness_probe),
        ("startupProbe", &container.startup_probe),
    ];
    for (kind, given) in probes {
        let Some(given) = given else { continue };
        if place.initial && container.restart_policy.as_deref() != Some("Always") {
            faults.push(Cause::forbidden(at(kind), "may not be set for init containers without restartPolicy=Always"));
        } else {
            probe(faults, &at(kind), given, kind);
        }
    }
}

fn ports(faults: &mut Vec<Cause>, field: &str, ports: &[ContainerPort]) {
    let mut seen: Vec<&str> = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let at = |child: &str| format!("{field}[{index}].{child}");
        if let Some(text) = port.name.as_deref().filter(|text| !text.is_empty()) {
            port_name(faults, &at("name"), text);
            if seen.contains(&text) {
                faults.push(Cause::duplicate(at("name"), &text.into()));
            }
            seen.push(text);
        }
        if port.container_port == 0 {
            faults.push(Cause::required(at("containerPort"), ""));
        } else {
            port_number(faults, at("containerPort"), port.container_port);
        }
        if let Some(host_port) = port.host_port.filter(|port| *port != 0) {
            port_number(faults, at("hostPort"), host_port);
        }
        one_of(faults, at("protocol"), port.protocol.as_deref(), &["SCTP", "TCP", "UDP"]);
    }
}

fn env(faults: &mut Vec<Cause>, field: &str, variable: &EnvVar) {
    if variable.name.is_empty() {
        faults.push(Cause::required(format!("{field}.name"), ""));
    } else if variable.name.contains('=') {
        let value = Value::from(variable.name.as_str());
        faults.push(Cause::invalid(
            format!("{field}.name"),
            &value,
            "a valid environment variable name must consist only of printable ASCII characters other than '='",
        ));
    }
    let Some(source) = &variable.value_from else { return };
    let field = format!("{field}.valueFrom");
    let given = [
        source.field_ref.is_some(),
        source.resource_field_ref.is_some(),
        source.config_map_key_ref.is_some(),
        source.secret_key_ref.is_some(),
        source.file_key_ref.is_some(),
    ];
    let message = match given.into_iter().filter(|given| *given).count() {
        0 => Some("must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"),
        1 if variable.value.as_ref().is_some_and(|value| !value.is_empty()) => {
            Some("may not be specified when `value` is not empty")
        }
        1 => None,
        _ => Some("may not have more than one field specified at a time"),
    };
    if let Some(message) = message {
        faults.push(Cause::invalid(field.as_str(), &"".into(), message));
    }
    if let Some(path) = source.field_ref.as_ref().map(|reference| reference.field_path.as_str()) {
        let known = [
            "metadata.name",
            "metadata.namespace",
            "metadata.uid",
            "spec.nodeName",
            "spec.serviceAccountName",
            "status.hostIP",
            "status.hostIPs",
            "status.podIP",
            "status.podIPs",
        ];
        let entry = path.starts_with("metadata.labels[") || path.starts_with("metadata.annotations[");
        if path.is_empty() {
            faults.push(Cause::required(format!("{field}.fieldRef.fieldPath"), ""));
        } else if !entry {
            one_of(faults, format!("{field}.fieldRef.fieldPath"), Some(path), &known);
        }
    }
}

fn mounts(faults: &mut Vec<Cause>, field: &str, mounts: &[VolumeMount], place: &Place<'_>) {
    let mut paths: Vec<&str> = Vec::new();
    for (index, mount) in mounts.iter().enumerate() {
        let at = |child: &str| format!("{field}[{index}].{child}");
        if mount.name.is_empty() {
            faults.push(Cause::required(at("name"), ""));
        } else if !place.volumes.contains(&mount.name) {
            faults.push(Cause::not_found(at("name"), &mount.name.as_str().into()));
        }
        if mount.mount_path.is_empty() {
            faults.push(Cause::required(at("mountPath"), ""));
        } else if paths.contains(&mount.mount_path.as_str()) {
            faults.push(Cause::invalid(at("mountPath"), &mount.mount_path.as_str().into(), "must be unique"));
        }
        paths.push(&mount.mount_path);
    }
}

fn resources(faults: &mut Vec<Cause>, field: &str, resources: &ResourceRequirements) {
    let nothing = BTreeMap::new();
    let (limits, requests) =
        (resources.limits.as_ref().unwrap_or(&nothing), resources.requests.as_ref().unwrap_or(&nothing));
    for (side, list) in [("limits", limits), ("requests", requests)] {
        for (resource, given) in list {
            quantity(faults, &format!("{field}.{side}[{resource}]"), given);
        }
    }
    for (resource, request) in requests {
        let Some(limit) = limits.get(resource) else { continue };
        if let (Some(asked), Some(most)) = (amount(request), amount(limit))
            && asked > most
        {
            let message = format!("must be less than or equal to {resource} limit of {}", limit.0);
            faults.push(Cause::invalid(format!("{field}.requests"), &request.0.as_str().into(), &message));
        }
    }
}

/// Checks that a quantity is one, and not negative.
pub(super) fn quantity(faults: &mut Vec<Cause>, field: &str, quantity: &Quantity) {
    let message = match amount(quantity) {
        None => "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        Some(amount) if amount < 0.0 => "must be greater than or equal to 0",
        Some(_) => return,
    };
    faults.push(Cause::invalid(field, &quantity.0.as_str().into(), message));
}
