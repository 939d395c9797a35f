use k8s_openapi::{
    ByteString,
    api::{
        apps::v1::ControllerRevision,
        coordination::v1::Lease,
        core::v1::{ConfigMap, Event, Namespace, NamespaceSpec, NamespaceStatus, Node, Secret, ServiceAccount},
        networking::v1::{NetworkPolicy, NetworkPolicyPort},
        policy::v1::PodDisruptionBudget,
    },
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::Defaults;

impl Defaults for ConfigMap {}
impl Defaults for ControllerRevision {}
impl Defaults for Event {}
impl Defaults for Lease {}
impl Defaults for Node {}
impl Defaults for ServiceAccount {}

impl Defaults for Namespace {
    fn set_defaults(&mut self) {
        if let Some(name) = self.metadata.name.clone() {
            let labels = self.metadata.labels.get_or_insert_default();
            labels.insert("kubernetes.io/metadata.name".into(), name);
        }
        let spec = self.spec.get_or_insert_with(NamespaceSpec::default);
        spec.finalizers.get_or_insert_with(|| vec!["kubernetes".into()]);
        let status = self.status.get_or_insert_with(NamespaceStatus::default);
        status.phase.get_or_insert_with(|| "Active".into());
    }
}

impl Defaults for Secret {
    fn set_defaults(&mut self) {
        self.type_.get_or_insert_with(|| "Opaque".into());
        for (key, text) in self.string_data.take().unwrap_or_default() {
            self.data.get_or_insert_default().insert(key, ByteString(text.into_bytes()));
        }
    }
}

impl Defaults for NetworkPolicy {
    fn set_defaults(&mut self) {
        let Some(spec) = &mut self.spec else { return };
        spec.pod_selector.get_or_insert_default();
        if spec.policy_types.as_ref().is_none_or(Vec::is_empty) {
            let mut types = vec!["Ingress".to_owned()];
            if spec.egress.as_ref().is_some_and(|rules| !rules.is_empty()) {
                types.push("Egress".into());
            }
            spec.policy_types = Some(types);
        }
        let protocol = |port: &mut NetworkPolicyPort| {
            port.protocol.get_or_insert_with(|| "TCP".into());
        };
        spec.ingress.iter_mut().flatten().flat_map(|rule| rule.ports.iter_mut().flatten()).for_each(protocol);
        spec.egress.iter_mut().flatten().flat_map(|rule| rule.ports.iter_mut().flatten()).for_each(protocol);
    }
}

impl Defaults for PodDisruptionBudget {
    fn set_defaults(&mut self) {
        if let Some(spec) = &mut self.spec
            && spec.min_available.is_none()
            && spec.max_unavailable.is_none()
        {
            spec.min_available = Some(IntOrString::Int(1));
        }
    }
}
