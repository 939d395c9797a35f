use k8s_openapi::{
    ByteString,
    api::{
        coordination::v1::Lease,
        core::v1::{ConfigMap, Event, Namespace, Node, Secret, ServiceAccount},
        networking::v1::NetworkPolicy,
        policy::v1::PodDisruptionBudget,
    },
};
use serde_json::json;

use super::{
    IMMUTABLE, Validate,
    names::{Rule, config_key, meta, selector},
    one_of,
};
use crate::Cause;

const MOST_DATA: usize = 1024 * 1024;
const FROZEN: &str = "field is immutable when `immutable` is set";

impl Validate for Namespace {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Label);
    }
}

impl Validate for Node {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
    }
}

impl Validate for Lease {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
    }
}

impl Validate for ServiceAccount {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
    }
}

impl Validate for Event {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
        let own = self.metadata.namespace.as_deref().unwrap_or_default();
        let about = self.involved_object.namespace.as_deref().unwrap_or_default();
        // Events about cluster-scoped objects live in namespace default.
        if !(own == about || about.is_empty() && own == "default") {
            faults.push(Cause::invalid("involvedObject.namespace", &about.into(), "does not match event.namespace"));
        }
    }
}

impl Validate for ConfigMap {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
        let (texts, binaries) = (self.data.iter().flatten(), self.binary_data.iter().flatten());
        let mut size = 0;
        for (key, text) in texts {
            config_key(faults, "data", key);
            size += text.len();
            if self.binary_data.as_ref().is_some_and(|binaries| binaries.contains_key(key)) {
                faults.push(Cause::invalid(
                    format!("data[{key}]"),
                    &key.as_str().into(),
                    "duplicate of key present in binaryData",
                ));
            }
        }
        for (key, bytes) in binaries {
            config_key(faults, "binaryData", key);
            size += bytes.0.len();
        }
        check_size(faults, "", size);
    }

    fn validate_update(&self, old: &Self, faults: &mut Vec<Cause>) {
        if old.immutable != Some(true) {
            return;
        }
        if self.immutable != Some(true) {
            faults.push(Cause::forbidden("immutable", FROZEN));
        }
        if self.data != old.data {
            faults.push(Cause::forbidden("data", FROZEN));
        }
        if self.binary_data != old.binary_data {
            faults.push(Cause::forbidden("binaryData", FROZEN));
        }
    }
}

impl Validate for Secret {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
        let mut size = 0;
        for (key, ByteString(bytes)) in self.data.iter().flatten() {
            config_key(faults, "data", key);
            size += bytes.len();
        }
        check_size(faults, "data", size);
    }

    fn validate_update(&self, old: &Self, faults: &mut Vec<Cause>) {
        if self.type_ != old.type_ {
            faults.push(Cause::invalid("type", &json!(self.type_), IMMUTABLE));
        }
        if old.immutable == Some(true) && self.data != old.data {
            faults.push(Cause::forbidden("data", FROZEN));
        }
    }
}

fn check_size(faults: &mut Vec<Cause>, field: &str, size: usize) {
    if size > MOST_DATA {
        faults.push(Cause {
            reason: "FieldValueTooLong",
            field: field.into(),
            message: format!("Too long: may not be more than {MOST_DATA} bytes"),
        });
    }
}

impl Validate for NetworkPolicy {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
        let Some(spec) = &self.spec else { return };
        if let Some(pods) = &spec.pod_selector {
            selector(faults, "spec.podSelector", pods);
        }
        for (index, kind) in spec.policy_types.iter().flatten().enumerate() {
            one_of(faults, format!("spec.policyTypes[{index}]"), Some(kind), &["Egress", "Ingress"]);
        }
    }
}

impl Validate for PodDisruptionBudget {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
        let Some(spec) = &self.spec else { return };
        if spec.min_available.is_some() && spec.max_unavailable.is_some() {
            let message = "minAvailable and maxUnavailable cannot be both set";
            faults.push(Cause::invalid("spec", &json!(spec), message));
        }
        if let Some(pods) = &spec.selector {
            selector(faults, "spec.selector", pods);
        }
    }
}
