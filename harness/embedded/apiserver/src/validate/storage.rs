use k8s_openapi::{
    api::{
        core::v1::{PersistentVolume, PersistentVolumeClaim},
        storage::v1::StorageClass,
    },
    apimachinery::pkg::api::resource::Quantity,
};
use serde_json::{Value, json};

use super::{
    IMMUTABLE, Validate,
    containers::quantity,
    names::{Rule, meta},
    one_of,
};
use crate::{Cause, quantity::amount};

const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const FROZEN: &str =
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

impl Validate for PersistentVolumeClaim {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
        let spec = self.spec.clone().unwrap_or_default();
        modes(faults, spec.access_modes.as_deref());
        let requests = spec.resources.and_then(|resources| resources.requests).unwrap_or_default();
        size(faults, "spec.resources[storage]", requests.get("storage"));
        one_of(faults, "spec.volumeMode", spec.volume_mode.as_deref(), &["Block", "Filesystem"]);
    }

    fn validate_update(&self, old: &Self, faults: &mut Vec<Cause>) {
        let (Some(new), Some(before)) = (&self.spec, &old.spec) else { return };
        let mut allowed = new.clone();
        allowed.resources.clone_from(&before.resources);
        allowed.volume_attributes_class_name.clone_from(&before.volume_attributes_class_name);
        // What is not yet decided may be decided.
        if before.volume_name.as_deref().unwrap_or_default().is_empty() {
            allowed.volume_name.clone_from(&before.volume_name);
        }
        if before.storage_class_name.is_none() {
            allowed.storage_class_name = None;
        }
        if allowed != *before {
            faults.push(Cause::forbidden("spec", FROZEN));
        }
        let asked = new.resources.as_ref().and_then(|resources| resources.requests.as_ref()?.get("storage"));
        let present = old.status.as_ref().and_then(|status| status.capacity.as_ref()?.get("storage"));
        if let (Some(asked), Some(present)) = (asked.and_then(amount), present.and_then(amount))
            && asked < present
        {
            let message = "field can not be less than status.capacity";
            faults.push(Cause::forbidden("spec.resources.requests.storage", message));
        }
    }
}

fn modes(faults: &mut Vec<Cause>, modes: Option<&[String]>) {
    let modes = modes.unwrap_or_default();
    if modes.is_empty() {
        faults.push(Cause::required("spec.accessModes", "at least 1 access mode is required"));
    }
    for mode in modes {
        one_of(faults, "spec.accessModes", Some(mode), &MODES);
    }
}

fn size(faults: &mut Vec<Cause>, field: &str, size: Option<&Quantity>) {
    let Some(size) = size else {
        faults.push(Cause::required(field, ""));
        return;
    };
    if amount(size) == Some(0.0) {
        faults.push(Cause::invalid(field, &size.0.as_str().into(), "must be greater than zero"));
    } else {
        quantity(faults, field, size);
    }
}

impl Validate for PersistentVolume {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
        let spec = self.spec.clone().unwrap_or_default();
        modes(faults, spec.access_modes.as_deref());
        match spec.capacity.as_ref().and_then(|capacity| capacity.get("storage")) {
            None => faults.push(Cause::required("spec.capacity", "")),
            Some(capacity) => size(faults, "spec.capacity[storage]", Some(capacity)),
        }
        let policies = ["Delete", "Recycle", "Retain"];
        let policy = spec.persistent_volume_reclaim_policy.as_deref();
        one_of(faults, "spec.persistentVolumeReclaimPolicy", policy, &policies);
        let known = [
            "accessModes",
            "capacity",
            "claimRef",
            "mountOptions",
            "nodeAffinity",
            "persistentVolumeReclaimPolicy",
            "storageClassName",
            "volumeAttributesClassName",
            "volumeMode",
        ];
        let fields = serde_json::to_value(&spec).unwrap_or_default();
        let sources = fields.as_object().into_iter().flatten().filter(|(key, _)| !known.contains(&key.as_str()));
        if sources.count() == 0 {
            faults.push(Cause::required("spec", "must specify a volume type"));
        }
    }
}

impl Validate for StorageClass {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
        if self.provisioner.is_empty() {
            faults.push(Cause::required("provisioner", ""));
        }
        one_of(faults, "reclaimPolicy", self.reclaim_policy.as_deref(), &["Delete", "Retain"]);
        let modes = ["Immediate", "WaitForFirstConsumer"];
        one_of(faults, "volumeBindingMode", self.volume_binding_mode.as_deref(), &modes);
    }

    fn validate_update(&self, old: &Self, faults: &mut Vec<Cause>) {
        if self.parameters != old.parameters {
            faults.push(Cause::forbidden("parameters", "updates to parameters are forbidden."));
        }
        if self.provisioner != old.provisioner {
            faults.push(Cause::forbidden("provisioner", "updates to provisioner are forbidden."));
        }
        if self.reclaim_policy != old.reclaim_policy {
            faults.push(Cause::forbidden("reclaimPolicy", "updates to reclaimPolicy are forbidden."));
        }
        if self.volume_binding_mode != old.volume_binding_mode {
            let value: Value = json!(self.volume_binding_mode);
            faults.push(Cause::invalid("volumeBindingMode", &value, IMMUTABLE));
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn claim(spec: &Value) -> PersistentVolumeClaim {
        serde_json::from_value(
            json!({"metadata": {"name": "c"}, "spec": spec, "status": {"capacity": {"storage": "10Gi"}}}),
        )
        .unwrap()
    }

    #[test]
    fn a_claim_needs_a_mode_and_a_size() {
        let mut faults = Vec::new();
        claim(&json!({"volumeMode": "Filesystem"})).validate(&mut faults);
        let texts: Vec<_> = faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
        assert_eq!(
            texts,
            [
                "spec.accessModes: Required value: at least 1 access mode is required",
                "spec.resources[storage]: Required value"
            ]
        );
    }

    #[rstest]
    #[case(json!({"storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}}), Some("spec"))]
    #[case(json!({"storageClassName": "standard", "resources": {"requests": {"storage": "20Gi"}}}), None)]
    #[case(json!({"storageClassName": "standard", "resources": {"requests": {"storage": "1Gi"}}}), Some("spec.resources.requests.storage"))]
    fn a_claim_only_grows(#[case] new: Value, #[case] fault: Option<&str>) {
        let old = claim(&json!({"storageClassName": "standard", "resources": {"requests": {"storage": "10Gi"}}}));
        let mut faults = Vec::new();
        claim(&new).validate_update(&old, &mut faults);
        assert_eq!(faults.first().map(|fault| fault.field.as_str()), fault);
    }
}
