use k8s_openapi::api::core::v1::{Pod, PodSpec};
use serde_json::Value;

use super::{
    Validate,
    containers::{Place, container},
    names::{Rule, meta},
    not_negative, one_of,
    volumes::volumes,
};
use crate::Cause;

const FROZEN: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

impl Validate for Pod {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
        match &self.spec {
            Some(spec) => pod_spec(faults, spec),
            None => faults.push(Cause::required("spec.containers", "")),
        }
    }

    fn validate_update(&self, old: &Self, faults: &mut Vec<Cause>) {
        let (Some(new), Some(old)) = (&self.spec, &old.spec) else { return };
        let mut allowed = new.clone();
        let images = |spec: &mut PodSpec, from: &PodSpec| {
            let pairs = spec.containers.iter_mut().zip(&from.containers);
            let initial = spec.init_containers.iter_mut().flatten().zip(from.init_containers.iter().flatten());
            pairs.chain(initial).for_each(|(container, old)| container.image.clone_from(&old.image));
        };
        images(&mut allowed, old);
        allowed.active_deadline_seconds = old.active_deadline_seconds;
        let kept = old.tolerations.iter().flatten().all(|one| new.tolerations.iter().flatten().any(|all| all == one));
        if kept {
            allowed.tolerations.clone_from(&old.tolerations);
        }
        if allowed != *old {
            faults.push(Cause::forbidden("spec", FROZEN));
        }
    }
}

fn pod_spec(faults: &mut Vec<Cause>, spec: &PodSpec) {
    let known = volumes(faults, spec.volumes.as_deref().unwrap_or_default());
    if spec.containers.is_empty() {
        faults.push(Cause::required("spec.containers", ""));
    }
    let mut names: Vec<&str> = Vec::new();
    let initial = spec.init_containers.iter().flatten().map(|one| ("initContainers", one));
    let all = initial.chain(spec.containers.iter().map(|one| ("containers", one)));
    let mut counts = [0_usize; 2];
    for (list, one) in all {
        let count = &mut counts[usize::from(list == "containers")];
        let field = format!("spec.{list}[{count}]");
        *count += 1;
        if names.contains(&one.name.as_str()) && !one.name.is_empty() {
            faults.push(Cause::duplicate(format!("{field}.name"), &Value::from(one.name.as_str())));
        }
        names.push(&one.name);
        container(faults, &field, one, &Place { volumes: &known, initial: list == "initContainers" });
    }
    one_of(faults, "spec.restartPolicy", spec.restart_policy.as_deref(), &["Always", "Never", "OnFailure"]);
    let policies = ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"];
    one_of(faults, "spec.dnsPolicy", spec.dns_policy.as_deref(), &policies);
    not_negative(faults, "spec.terminationGracePeriodSeconds", spec.termination_grace_period_seconds);
    if let Some(seconds) = spec.active_deadline_seconds.filter(|seconds| *seconds < 1) {
        let bounds = "must be between 1 and 2147483647, inclusive";
        faults.push(Cause::invalid("spec.activeDeadlineSeconds", &seconds.into(), bounds));
    }
    for (field, text) in [("spec.hostname", &spec.hostname), ("spec.subdomain", &spec.subdomain)] {
        if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
            super::names::name(faults, field, text, Rule::Label);
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::defaults::Defaults;

    fn faults(spec: &Value) -> Vec<String> {
        let mut pod: Pod = serde_json::from_value(json!({"metadata": {"name": "a"}, "spec": spec})).unwrap();
        pod.set_defaults();
        let mut faults = Vec::new();
        pod.validate(&mut faults);
        faults.into_iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect()
    }

    #[rstest]
    #[case(json!({}), "spec.containers: Required value")]
    #[case(json!({"containers": [{"name": "a"}]}), "spec.containers[0].image: Required value")]
    #[case(json!({"containers": [{"image": "a"}]}), "spec.containers[0].name: Required value")]
    #[case(json!({"containers": [{"name": "a", "image": "a"}, {"name": "a", "image": "a"}]}), "spec.containers[1].name: Duplicate value: \"a\"")]
    #[case(json!({"containers": [{"name": "a", "image": "a", "imagePullPolicy": "Often"}]}),
        "spec.containers[0].imagePullPolicy: Unsupported value: \"Often\": supported values: \"Always\", \"IfNotPresent\", \"Never\"")]
    #[case(json!({"containers": [{"name": "a", "image": "a", "ports": [{"containerPort": 70000}]}]}),
        "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive")]
    #[case(json!({"containers": [{"name": "a", "image": "a", "volumeMounts": [{"name": "data", "mountPath": "/d"}]}]}),
        "spec.containers[0].volumeMounts[0].name: Not found: \"data\"")]
    #[case(json!({"containers": [{"name": "a", "image": "a", "readinessProbe": {"periodSeconds": 1}}]}),
        "spec.containers[0].readinessProbe: Required value: must specify a handler type")]
    #[case(json!({"containers": [{"name": "a", "image": "a", "livenessProbe": {"tcpSocket": {"port": 0}}}]}),
        "spec.containers[0].livenessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive")]
    #[case(json!({"containers": [{"name": "a", "image": "a", "livenessProbe": {"exec": {"command": ["x"]}, "successThreshold": 2}}]}),
        "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1")]
    #[case(json!({"containers": [{"name": "a", "image": "a", "env": [{"name": "", "value": "x"}]}]}),
        "spec.containers[0].env[0].name: Required value")]
    #[case(json!({"containers": [{"name": "a", "image": "a"}], "restartPolicy": "Sometimes"}),
        "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"Never\", \"OnFailure\"")]
    #[case(json!({"containers": [{"name": "a", "image": "a", "resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "500m"}}}]}),
        "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 500m")]
    #[case(json!({"containers": [{"name": "a", "image": "a"}], "volumes": [{"name": "v", "configMap": {}}]}),
        "spec.volumes[0].configMap.name: Required value")]
    fn faults_read_as_those_of_the_real_server(#[case] spec: Value, #[case] expected: &str) {
        assert_eq!(faults(&spec), [expected]);
    }

    #[test]
    fn a_sound_pod_has_no_faults() {
        let spec = json!({
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "taosdata-0"}}],
            "containers": [{"name": "a", "image": "a", "ports": [{"containerPort": 6030, "name": "tcp6030"}],
                "resources": {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "2G"}},
                "env": [{"name": "X", "value": "1"}, {"name": "Y", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                "volumeMounts": [{"name": "data", "mountPath": "/var/lib/taos"}],
                "readinessProbe": {"exec": {"command": ["true"]}}, "livenessProbe": {"tcpSocket": {"port": 6030}}}],
        });
        assert_eq!(faults(&spec), Vec::<String>::new());
    }
}
