use k8s_openapi::{
    api::{
        core::v1::{
            ClientIPConfig, Endpoints, LoadBalancerStatus, Service, ServiceSpec, ServiceStatus, SessionAffinityConfig,
        },
        discovery::v1::EndpointSlice,
    },
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::Defaults;

impl Defaults for Service {
    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_with(ServiceSpec::default);
        let kind = spec.type_.get_or_insert_with(|| "ClusterIP".into()).clone();
        let affinity = spec.session_affinity.get_or_insert_with(|| "None".into());
        if affinity == "ClientIP" {
            let config = spec.session_affinity_config.get_or_insert_with(SessionAffinityConfig::default);
            config.client_ip.get_or_insert_with(ClientIPConfig::default).timeout_seconds.get_or_insert(10_800);
        }
        for port in spec.ports.iter_mut().flatten() {
            port.protocol.get_or_insert_with(|| "TCP".into());
            let unset = port.target_port.as_ref().is_none_or(|target| {
                matches!(target, IntOrString::Int(0)) || *target == IntOrString::String(String::new())
            });
            if unset {
                port.target_port = Some(IntOrString::Int(port.port));
            }
        }
        if kind != "ExternalName" {
            spec.internal_traffic_policy.get_or_insert_with(|| "Cluster".into());
            spec.ip_families.get_or_insert_with(|| vec!["IPv4".into()]);
            spec.ip_family_policy.get_or_insert_with(|| "SingleStack".into());
        }
        if kind == "NodePort" || kind == "LoadBalancer" {
            spec.external_traffic_policy.get_or_insert_with(|| "Cluster".into());
        }
        if kind == "LoadBalancer" {
            spec.allocate_load_balancer_node_ports.get_or_insert(true);
        }
        let status = self.status.get_or_insert_with(ServiceStatus::default);
        status.load_balancer.get_or_insert_with(LoadBalancerStatus::default);
    }
}

impl Defaults for EndpointSlice {
    fn set_defaults(&mut self) {
        for port in self.ports.iter_mut().flatten() {
            port.name.get_or_insert_default();
            port.protocol.get_or_insert_with(|| "TCP".into());
        }
    }
}

impl Defaults for Endpoints {
    fn set_defaults(&mut self) {
        for port in self.subsets.iter_mut().flatten().flat_map(|subset| subset.ports.iter_mut().flatten()) {
            port.protocol.get_or_insert_with(|| "TCP".into());
        }
    }
}
