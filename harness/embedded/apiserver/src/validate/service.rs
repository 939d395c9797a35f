use k8s_openapi::{
    api::{
        core::v1::{Endpoints, Service, ServicePort, ServiceSpec},
        discovery::v1::EndpointSlice,
    },
    apimachinery::pkg::util::intstr::IntOrString,
};
use serde_json::{Value, json};

use super::{
    Validate,
    names::{Rule, labels, meta, name, port_name},
    one_of, port_number,
};
use crate::Cause;

impl Validate for Service {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Label1035);
        let nothing = ServiceSpec::default();
        let spec = self.spec.as_ref().unwrap_or(&nothing);
        let kind = spec.type_.as_deref().unwrap_or_default();
        let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
        one_of(faults, "spec.type", Some(kind), &kinds);
        let headless = spec.cluster_ip.as_deref() == Some("None");
        let ports = spec.ports.as_deref().unwrap_or_default();
        if ports.is_empty() && !headless && kind != "ExternalName" {
            faults.push(Cause::required("spec.ports", ""));
        }
        if headless && (kind == "NodePort" || kind == "LoadBalancer") {
            let message = format!("may not be set to 'None' for {kind} services");
            faults.push(Cause::invalid("spec.clusterIPs[0]", &json!("None"), &message));
        }
        if kind == "ExternalName" {
            match spec.external_name.as_deref() {
                None | Some("") => faults.push(Cause::required("spec.externalName", "")),
                Some(host) => name(faults, "spec.externalName", host, Rule::Subdomain),
            }
        }
        check_ports(faults, ports);
        labels(faults, "spec.selector", spec.selector.iter().flatten());
        one_of(faults, "spec.sessionAffinity", spec.session_affinity.as_deref(), &["ClientIP", "None"]);
    }

    fn validate_update(&self, old: &Self, faults: &mut Vec<Cause>) {
        let addresses = |service: &Self| service.spec.as_ref().and_then(|spec| spec.cluster_ips.clone());
        let external =
            |service: &Self| service.spec.as_ref().and_then(|spec| spec.type_.as_deref()) == Some("ExternalName");
        let (new, before) = (addresses(self), addresses(old));
        if !external(self) && !external(old) && before.is_some() && new != before {
            faults.push(Cause::invalid("spec.clusterIPs[0]", &json!(new), "may not change once set"));
        }
    }
}

fn check_ports(faults: &mut Vec<Cause>, ports: &[ServicePort]) {
    let mut names: Vec<&str> = Vec::new();
    let mut numbers: Vec<(i32, Option<&str>)> = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let at = |child: &str| format!("spec.ports[{index}].{child}");
        match port.name.as_deref().unwrap_or_default() {
            "" if ports.len() > 1 => faults.push(Cause::required(at("name"), "")),
            "" => {}
            text => {
                name(faults, &at("name"), text, Rule::Label);
                if names.contains(&text) {
                    faults.push(Cause::duplicate(at("name"), &text.into()));
                }
                names.push(text);
            }
        }
        port_number(faults, at("port"), port.port);
        one_of(faults, at("protocol"), port.protocol.as_deref(), &["SCTP", "TCP", "UDP"]);
        match &port.target_port {
            Some(IntOrString::Int(number)) => port_number(faults, at("targetPort"), *number),
            Some(IntOrString::String(text)) => port_name(faults, &at("targetPort"), text),
            None => {}
        }
        let number = (port.port, port.protocol.as_deref());
        if numbers.contains(&number) {
            let value = json!({ "port": port.port, "protocol": port.protocol, "targetPort": 0 });
            faults.push(Cause::duplicate(format!("spec.ports[{index}]"), &value));
        }
        numbers.push(number);
    }
}

impl Validate for EndpointSlice {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
        if self.address_type.is_empty() {
            faults.push(Cause::required("addressType", ""));
        } else {
            one_of(faults, "addressType", Some(&self.address_type), &["FQDN", "IPv4", "IPv6"]);
        }
        for (index, endpoint) in self.endpoints.iter().flatten().enumerate() {
            if endpoint.addresses.is_empty() {
                let field = format!("endpoints[{index}].addresses");
                faults.push(Cause::required(field, "must contain at least 1 address"));
            }
        }
    }

    fn validate_update(&self, old: &Self, faults: &mut Vec<Cause>) {
        if self.address_type != old.address_type {
            let value = Value::from(self.address_type.as_str());
            faults.push(Cause::invalid("addressType", &value, super::IMMUTABLE));
        }
    }
}

impl Validate for Endpoints {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(spec: &Value) -> Service {
        serde_json::from_value(json!({"metadata": {"name": "taosd"}, "spec": spec})).unwrap()
    }

    #[test]
    fn a_cluster_address_stays() {
        let old = service(&json!({"type": "ClusterIP", "clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"]}));
        let new = service(&json!({"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]}));
        let mut faults = Vec::new();
        new.validate_update(&old, &mut faults);
        assert_eq!(faults[0].message, "Invalid value: [\"None\"]: may not change once set");
    }

    #[test]
    fn several_ports_need_names_of_their_own() {
        let ports = json!([
            {"port": 6030, "protocol": "TCP", "name": "a"}, {"port": 6030, "protocol": "UDP", "name": "a"},
            {"port": 6030, "protocol": "TCP"}
        ]);
        let mut faults = Vec::new();
        service(&json!({"type": "ClusterIP", "sessionAffinity": "None", "ports": ports})).validate(&mut faults);
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["spec.ports[1].name", "spec.ports[2].name", "spec.ports[2]"]);
    }
}
