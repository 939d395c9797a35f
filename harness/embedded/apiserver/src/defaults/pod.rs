use k8s_openapi::api::core::v1::{
    Container, EmptyDirVolumeSource, EnvVar, Pod, PodSecurityContext, PodSpec, PodStatus, Probe, ResourceRequirements,
    Toleration, Volume,
};

use super::Defaults;

impl Defaults for Pod {
    fn set_defaults(&mut self) {
        let Some(spec) = &mut self.spec else { return };
        pod_spec(spec);
        // What admission plug-ins add to pods, but not to templates.
        let account = spec.service_account_name.get_or_insert_with(|| "default".into()).clone();
        spec.service_account.get_or_insert(account);
        spec.priority.get_or_insert(0);
        spec.preemption_policy.get_or_insert_with(|| "PreemptLowerPriority".into());
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let tolerations = spec.tolerations.get_or_insert_default();
            let covered = |toleration: &Toleration| {
                toleration.key.as_deref().is_none_or(|named| named == key)
                    && toleration.effect.as_deref().is_none_or(|effect| effect == "NoExecute")
            };
            if !tolerations.iter().any(covered) {
                tolerations.push(Toleration {
                    key: Some(key.into()),
                    operator: Some("Exists".into()),
                    effect: Some("NoExecute".into()),
                    toleration_seconds: Some(300),
                    value: None,
                });
            }
        }
        let class = qos_class(spec);
        let status = self.status.get_or_insert_with(PodStatus::default);
        status.phase.get_or_insert_with(|| "Pending".into());
        status.qos_class.get_or_insert_with(|| class.into());
    }
}

/// Defaults of a pod's specification, also of one in a template.
pub(super) fn pod_spec(spec: &mut PodSpec) {
    spec.restart_policy.get_or_insert_with(|| "Always".into());
    spec.termination_grace_period_seconds.get_or_insert(30);
    spec.dns_policy.get_or_insert_with(|| "ClusterFirst".into());
    spec.scheduler_name.get_or_insert_with(|| "default-scheduler".into());
    spec.security_context.get_or_insert_with(PodSecurityContext::default);
    if let Some(account) = spec.service_account_name.clone() {
        spec.service_account.get_or_insert(account);
    } else if let Some(account) = spec.service_account.clone() {
        spec.service_account_name.get_or_insert(account);
    }
    spec.volumes.iter_mut().flatten().for_each(volume);
    spec.init_containers.iter_mut().flatten().for_each(container);
    spec.containers.iter_mut().for_each(container);
    spec.enable_service_links.get_or_insert(true);
}

fn container(container: &mut Container) {
    container.termination_message_path.get_or_insert_with(|| "/dev/termination-log".into());
    container.termination_message_policy.get_or_insert_with(|| "File".into());
    let image = container.image.as_deref().unwrap_or_default();
    let policy = if floating(image) { "Always" } else { "IfNotPresent" };
    container.image_pull_policy.get_or_insert_with(|| policy.into());
    for port in container.ports.iter_mut().flatten() {
        port.protocol.get_or_insert_with(|| "TCP".into());
    }
    container.env.iter_mut().flatten().for_each(env);
    resources(container.resources.get_or_insert_default());
    for checked in [&mut container.liveness_probe, &mut container.readiness_probe, &mut container.startup_probe] {
        checked.iter_mut().for_each(probe);
    }
}

/// True if the reference names no version, or `latest`: such images are pulled at every start.
fn floating(image: &str) -> bool {
    if image.contains('@') {
        return false;
    }
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

fn env(variable: &mut EnvVar) {
    let field = variable.value_from.as_mut().and_then(|source| source.field_ref.as_mut());
    if let Some(field) = field {
        field.api_version.get_or_insert_with(|| "v1".into());
    }
}

/// A limit is also the request, unless the request is given.
fn resources(resources: &mut ResourceRequirements) {
    for (name, quantity) in resources.limits.clone().unwrap_or_default() {
        resources.requests.get_or_insert_default().entry(name).or_insert(quantity);
    }
}

fn probe(probe: &mut Probe) {
    let unset = |field: &mut Option<i32>, default| {
        if field.is_none_or(|value| value == 0) {
            *field = Some(default);
        }
    };
    unset(&mut probe.timeout_seconds, 1);
    unset(&mut probe.period_seconds, 10);
    unset(&mut probe.success_threshold, 1);
    unset(&mut probe.failure_threshold, 3);
    if let Some(get) = &mut probe.http_get {
        get.path.get_or_insert_with(|| "/".into());
        get.scheme.get_or_insert_with(|| "HTTP".into());
    }
    if let Some(call) = &mut probe.grpc {
        call.service.get_or_insert_default();
    }
}

fn volume(volume: &mut Volume) {
    const READABLE: i32 = 0o644;
    if *volume == (Volume { name: volume.name.clone(), ..Volume::default() }) {
        volume.empty_dir = Some(EmptyDirVolumeSource::default());
    }
    if let Some(source) = &mut volume.config_map {
        source.default_mode.get_or_insert(READABLE);
    }
    if let Some(source) = &mut volume.secret {
        source.default_mode.get_or_insert(READABLE);
    }
    if let Some(source) = &mut volume.downward_api {
        source.default_mode.get_or_insert(READABLE);
        for item in source.items.iter_mut().flatten() {
            item.field_ref.iter_mut().for_each(|field| {
                field.api_version.get_or_insert_with(|| "v1".into());
            });
        }
    }
    if let Some(source) = &mut volume.projected {
        source.default_mode.get_or_insert(READABLE);
    }
    if let Some(source) = &mut volume.host_path {
        source.type_.get_or_insert_default();
    }
}

fn qos_class(spec: &PodSpec) -> &'static str {
    let containers = || spec.init_containers.iter().flatten().chain(&spec.containers);
    let amount = |container: &Container, limits: bool, name: &str| {
        let resources = container.resources.as_ref()?;
        let side = if limits { &resources.limits } else { &resources.requests };
        side.as_ref()?.get(name).map(|quantity| quantity.0.clone())
    };
    let mut any = false;
    let mut guaranteed = true;
    for container in containers() {
        for name in ["cpu", "memory"] {
            let (request, limit) = (amount(container, false, name), amount(container, true, name));
            any |= request.is_some() || limit.is_some();
            guaranteed &= limit.is_some() && request == limit;
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pod_gets_what_kubelets_rely_on() {
        let mut pod: Pod = serde_json::from_value(json!({
            "metadata": {"name": "a"},
            "spec": {"containers": [
                {"name": "a", "image": "tdengine/tdengine:2.1.1.0", "ports": [{"containerPort": 6030}],
                 "readinessProbe": {"exec": {"command": ["true"]}, "initialDelaySeconds": 5, "timeoutSeconds": 5000},
                 "env": [{"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]},
                {"name": "b", "image": "registry:5000/b"}]}
        }))
        .unwrap();
        pod.set_defaults();
        let spec = pod.spec.unwrap();
        let probe = spec.containers[0].readiness_probe.clone().unwrap();
        assert_eq!(
            (probe.period_seconds, probe.timeout_seconds, probe.failure_threshold),
            (Some(10), Some(5000), Some(3))
        );
        assert_eq!(spec.containers[0].image_pull_policy.as_deref(), Some("IfNotPresent"));
        assert_eq!(spec.containers[1].image_pull_policy.as_deref(), Some("Always"));
        assert_eq!(spec.containers[0].ports.as_ref().unwrap()[0].protocol.as_deref(), Some("TCP"));
        assert_eq!(spec.termination_grace_period_seconds, Some(30));
        assert_eq!(spec.tolerations.unwrap().len(), 2);
        assert_eq!(pod.status.unwrap().qos_class.as_deref(), Some("BestEffort"));
    }
}
