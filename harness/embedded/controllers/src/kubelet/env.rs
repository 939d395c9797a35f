//! The environment of a container: `envFrom`, service links, `env`, references of all sorts.

use std::collections::BTreeMap;

use k8s_openapi::{
    ByteString,
    api::core::v1::{ConfigMap, Container, EnvFromSource, EnvVarSource, Pod, Secret, Service},
    apimachinery::pkg::api::resource::Quantity,
};
use seatrial_apiserver::Store;
use seatrial_sim::Defect;
use thiserror::Error;

use super::expand::expand;
use crate::{meta, quantity};

/// Why a container cannot be configured (`CreateContainerConfigError`).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub(crate) struct ConfigError(String);

/// What fields of the running pod can refer to.
pub(crate) struct Place<'a> {
    pub(crate) pod: &'a Pod,
    pub(crate) pod_ip: &'a str,
    pub(crate) host_ip: &'a str,
    /// What `resourceFieldRef` gives for a limit that is not set.
    pub(crate) allocatable: &'a BTreeMap<String, Quantity>,
}

/// The environment of `container`.
pub(crate) fn environment(
    store: &Store,
    place: &Place<'_>,
    container: &Container,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let namespace = meta::namespace(place.pod);
    let mut env = BTreeMap::from([("HOSTNAME".to_owned(), meta::name(place.pod).to_owned())]);
    env.extend(service_links(store, place.pod));
    for source in container.env_from.iter().flatten() {
        env.extend(all_of(store, namespace, source)?);
    }
    for variable in container.env.iter().flatten() {
        let value = match (&variable.value, &variable.value_from) {
            (Some(value), _) if !value.is_empty() => Some(expand(value, |name| env.get(name).map(String::as_str))),
            (_, Some(source)) => referred(store, place, container, source)?,
            _ => Some(String::new()),
        };
        if let Some(value) = value {
            env.insert(variable.name.clone(), value);
        }
    }
    Ok(env)
}

fn all_of(store: &Store, namespace: &str, source: &EnvFromSource) -> Result<Vec<(String, String)>, ConfigError> {
    let prefix = source.prefix.as_deref().unwrap_or_default();
    let named = |data: BTreeMap<String, String>| {
        data.into_iter().map(|(key, value)| (format!("{prefix}{key}"), value)).collect::<Vec<_>>()
    };
    if let Some(reference) = &source.config_map_ref {
        return match store.get::<ConfigMap>(namespace, &reference.name) {
            Some(map) => {
                let mut data = map.data.clone().unwrap_or_default();
                if store.world().defects.has(Defect::EnvironmentIncomplete) {
                    data.pop_last();
                }
                Ok(named(data))
            }
            None if reference.optional == Some(true) => Ok(Vec::new()),
            None => Err(missing("configmap", &reference.name)),
        };
    }
    if let Some(reference) = &source.secret_ref {
        return match store.get::<Secret>(namespace, &reference.name) {
            Some(secret) => Ok(named(texts(&secret))),
            None if reference.optional == Some(true) => Ok(Vec::new()),
            None => Err(missing("secret", &reference.name)),
        };
    }
    Ok(Vec::new())
}

fn missing(kind: &str, name: &str) -> ConfigError {
    ConfigError(format!("{kind} \"{name}\" not found"))
}

fn texts(secret: &Secret) -> BTreeMap<String, String> {
    let text = |bytes: &ByteString| String::from_utf8_lossy(&bytes.0).into_owned();
    let data = secret.data.iter().flatten().map(|(key, bytes)| (key.clone(), text(bytes)));
    data.chain(secret.string_data.clone().unwrap_or_default()).collect()
}

fn referred(
    store: &Store,
    place: &Place<'_>,
    container: &Container,
    source: &EnvVarSource,
) -> Result<Option<String>, ConfigError> {
    let namespace = meta::namespace(place.pod);
    if let Some(field) = &source.field_ref {
        return self::field(place, &field.field_path).map(Some);
    }
    if let Some(reference) = &source.resource_field_ref {
        let owner = reference.container_name.as_deref().unwrap_or(&container.name);
        let containers = place.pod.spec.iter().flat_map(|spec| &spec.containers);
        let owner = containers.into_iter().find(|other| other.name == owner).unwrap_or(container);
        let quantity = resource(owner, &reference.resource, place.allocatable);
        let value = quantity.and_then(|quantity| quantity::divided(&quantity, reference.divisor.as_ref()));
        return Ok(Some(value.unwrap_or(0).to_string()));
    }
    if let Some(reference) = &source.config_map_key_ref {
        let optional = reference.optional == Some(true);
        let Some(map) = store.get::<ConfigMap>(namespace, &reference.name) else {
            return if optional { Ok(None) } else { Err(missing("configmap", &reference.name)) };
        };
        return match map.data.as_ref().and_then(|data| data.get(&reference.key).cloned()) {
            None if !optional => Err(no_key(&reference.key, "ConfigMap", namespace, &reference.name)),
            value => Ok(value),
        };
    }
    if let Some(reference) = &source.secret_key_ref {
        let optional = reference.optional == Some(true);
        let Some(secret) = store.get::<Secret>(namespace, &reference.name) else {
            return if optional { Ok(None) } else { Err(missing("secret", &reference.name)) };
        };
        return match texts(&secret).remove(&reference.key) {
            None if !optional => Err(no_key(&reference.key, "Secret", namespace, &reference.name)),
            value => Ok(value),
        };
    }
    Ok(None)
}

fn no_key(key: &str, kind: &str, namespace: &str, name: &str) -> ConfigError {
    ConfigError(format!("couldn't find key {key} in {kind} {namespace}/{name}"))
}

/// The value of a pod's field, as the downward API gives it.
pub(crate) fn field(place: &Place<'_>, path: &str) -> Result<String, ConfigError> {
    let (pod, meta) = (place.pod, &place.pod.metadata);
    let spec = |pick: fn(&k8s_openapi::api::core::v1::PodSpec) -> Option<String>| pod.spec.as_ref().and_then(pick);
    let keyed = |prefix: &str, map: &Option<BTreeMap<String, String>>| {
        let key = path.strip_prefix(prefix)?.strip_suffix("']")?;
        Some(map.as_ref().and_then(|map| map.get(key)).cloned().unwrap_or_default())
    };
    let value = match path {
        "metadata.name" => meta.name.clone(),
        "metadata.namespace" => meta.namespace.clone(),
        "metadata.uid" => meta.uid.clone(),
        "spec.nodeName" => spec(|spec| spec.node_name.clone()),
        "spec.serviceAccountName" => spec(|spec| spec.service_account_name.clone()),
        "status.podIP" | "status.podIPs" => Some(place.pod_ip.to_owned()),
        "status.hostIP" | "status.hostIPs" => Some(place.host_ip.to_owned()),
        _ => {
            let label = keyed("metadata.labels['", &meta.labels);
            let known = label.or_else(|| keyed("metadata.annotations['", &meta.annotations));
            return known.ok_or_else(|| ConfigError(format!("unsupported fieldPath: {path}")));
        }
    };
    Ok(value.unwrap_or_default())
}

fn resource(container: &Container, name: &str, allocatable: &BTreeMap<String, Quantity>) -> Option<Quantity> {
    let (which, resource) = name.split_once('.')?;
    let resources = container.resources.as_ref();
    let limits = resources.and_then(|resources| resources.limits.as_ref()).and_then(|limits| limits.get(resource));
    if which == "limits" {
        return limits.or_else(|| allocatable.get(resource)).cloned();
    }
    let requests = resources.and_then(|resources| resources.requests.as_ref());
    requests.and_then(|requests| requests.get(resource)).cloned()
}

/// Variables that tell a pod of the Services of its namespace, and of the API server.
fn service_links(store: &Store, pod: &Pod) -> Vec<(String, String)> {
    let namespace = meta::namespace(pod);
    let links = pod.spec.as_ref().and_then(|spec| spec.enable_service_links).unwrap_or(true);
    let mut services: Vec<_> = store.get::<Service>("default", "kubernetes").into_iter().collect();
    if links {
        services.extend(store.list::<Service>(Some(namespace)));
    }
    services.iter().flat_map(|service| links_of(service)).collect()
}

fn links_of(service: &Service) -> Vec<(String, String)> {
    let Some(spec) = &service.spec else { return Vec::new() };
    let ip = spec.cluster_ip.as_deref().unwrap_or_default();
    if ip.is_empty() || ip == "None" {
        return Vec::new();
    }
    let upper = |text: &str| text.to_ascii_uppercase().replace('-', "_");
    let name = upper(meta::name(service));
    let mut out = vec![(format!("{name}_SERVICE_HOST"), ip.to_owned())];
    for (index, port) in spec.ports.iter().flatten().enumerate() {
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        let (number, lower) = (port.port, protocol.to_ascii_lowercase());
        let url = format!("{lower}://{ip}:{number}");
        if index == 0 {
            out.push((format!("{name}_SERVICE_PORT"), number.to_string()));
            out.push((format!("{name}_PORT"), url.clone()));
        }
        if let Some(port_name) = port.name.as_deref().filter(|port_name| !port_name.is_empty()) {
            out.push((format!("{name}_SERVICE_PORT_{}", upper(port_name)), number.to_string()));
        }
        let prefix = format!("{name}_PORT_{number}_{}", protocol.to_ascii_uppercase());
        out.push((prefix.clone(), url));
        out.push((format!("{prefix}_PROTO"), lower));
        out.push((format!("{prefix}_PORT"), number.to_string()));
        out.push((format!("{prefix}_ADDR"), ip.to_owned()));
    }
    out
}
