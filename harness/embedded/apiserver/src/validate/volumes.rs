use k8s_openapi::api::core::v1::Volume;
use serde_json::Value;

use super::names::{Rule, name};
use crate::Cause;

/// Checks volumes of a pod; returns their names.
pub(super) fn volumes(faults: &mut Vec<Cause>, volumes: &[Volume]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (index, volume) in volumes.iter().enumerate() {
        let field = format!("spec.volumes[{index}]");
        if volume.name.is_empty() {
            faults.push(Cause::required(format!("{field}.name"), ""));
        } else {
            name(faults, &format!("{field}.name"), &volume.name, Rule::Label);
            if names.contains(&volume.name) {
                faults.push(Cause::duplicate(format!("{field}.name"), &Value::from(volume.name.as_str())));
            }
        }
        source(faults, &field, volume);
        names.push(volume.name.clone());
    }
    names
}

fn source(faults: &mut Vec<Cause>, field: &str, volume: &Volume) {
    let sources = serde_json::to_value(volume).ok();
    let count = sources.as_ref().and_then(Value::as_object).map_or(0, |map| map.len().saturating_sub(1));
    if count > 1 {
        faults.push(Cause::forbidden(field, "may not specify more than 1 volume type"));
    }
    let mut required = |missing: bool, child: &str| {
        if missing {
            faults.push(Cause::required(format!("{field}.{child}"), ""));
        }
    };
    if let Some(source) = &volume.config_map {
        required(source.name.is_empty(), "configMap.name");
    }
    if let Some(source) = &volume.secret {
        required(source.secret_name.as_deref().unwrap_or_default().is_empty(), "secret.secretName");
    }
    if let Some(source) = &volume.persistent_volume_claim {
        required(source.claim_name.is_empty(), "persistentVolumeClaim.claimName");
    }
    if let Some(source) = &volume.host_path {
        required(source.path.is_empty(), "hostPath.path");
    }
}
