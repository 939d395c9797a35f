use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, Pod, PodSpec, PodStatus};
use serde_json::Value;

use super::{age::human, or_none};

pub(super) fn pod(pod: &Pod, name: Value, age: Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (pod.spec.as_ref(), pod.status.as_ref());
    let summary = summary(pod, now);
    let total = spec.map_or(0, |spec| spec.containers.len() + sidecars(spec));
    let node = spec.and_then(|spec| spec.node_name.as_deref());
    vec![
        name,
        format!("{}/{total}", summary.ready).into(),
        summary.reason.into(),
        summary.restarts.into(),
        age,
        or_none(status.and_then(|status| status.pod_ip.as_deref())),
        or_none(node),
        or_none(status.and_then(|status| status.nominated_node_name.as_deref())),
        gates(spec, status),
    ]
}

struct Summary {
    ready: usize,
    reason: String,
    restarts: String,
}

/// What `kubectl get pods` says of a pod.
fn summary(pod: &Pod, now: Timestamp) -> Summary {
    let nothing = PodStatus::default();
    let status = pod.status.as_ref().unwrap_or(&nothing);
    let mut reason = status.phase.clone().unwrap_or_default();
    if let Some(own) = status.reason.as_ref().filter(|own| !own.is_empty()) {
        reason.clone_from(own);
    }
    let mut count = Restarts::default();
    let mut ready = 0;
    let initializing = initializing(pod, status, &mut reason, &mut ready, &mut count);
    if !initializing {
        ready += containers(status, &mut reason, &mut count);
    }
    let ended = matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"));
    if pod.metadata.deletion_timestamp.is_some() {
        if status.reason.as_deref() == Some("NodeLost") {
            reason = "Unknown".into();
        } else if !ended {
            reason = "Terminating".into();
        }
    }
    Summary { ready, reason, restarts: count.text(now) }
}

#[derive(Default)]
struct Restarts {
    count: i32,
    last: Option<Timestamp>,
}

impl Restarts {
    fn add(&mut self, status: &ContainerStatus) {
        self.count += status.restart_count;
        let ended = status.last_state.as_ref().and_then(|state| state.terminated.as_ref());
        let at = ended.and_then(|ended| ended.finished_at.as_ref()).map(|time| time.0);
        self.last = self.last.max(at);
    }

    fn text(&self, now: Timestamp) -> String {
        match self.last.filter(|_| self.count != 0) {
            Some(last) => format!("{} ({} ago)", self.count, human(now.duration_since(last))),
            None => self.count.to_string(),
        }
    }
}

/// Counts init containers; true if the pod still waits for one of them.
fn initializing(pod: &Pod, status: &PodStatus, reason: &mut String, ready: &mut usize, count: &mut Restarts) -> bool {
    let specs = pod.spec.as_ref().and_then(|spec| spec.init_containers.as_deref()).unwrap_or_default();
    for (index, container) in status.init_container_statuses.iter().flatten().enumerate() {
        let sidecar =
            specs.iter().any(|spec| spec.name == container.name && spec.restart_policy.as_deref() == Some("Always"));
        count.add(container);
        let state = container.state.clone().unwrap_or_default();
        match (&state.terminated, &state.waiting) {
            (Some(ended), _) if ended.exit_code == 0 => continue,
            (Some(ended), _) => *reason = format!("Init:{}", end_text(ended)),
            _ if sidecar && container.started == Some(true) => {
                *ready += usize::from(container.ready);
                continue;
            }
            (None, Some(waiting)) => {
                let text = waiting.reason.as_deref().filter(|text| !text.is_empty() && *text != "PodInitializing");
                *reason = text.map_or_else(|| format!("Init:{index}/{}", specs.len()), |text| format!("Init:{text}"));
            }
            (None, None) => *reason = format!("Init:{index}/{}", specs.len()),
        }
        return true;
    }
    false
}

/// The number of ready containers. The first container with something to say determines the reason.
fn containers(status: &PodStatus, reason: &mut String, count: &mut Restarts) -> usize {
    let mut ready = 0;
    let mut running = false;
    for container in status.container_statuses.iter().flatten().rev() {
        count.add(container);
        let state = container.state.clone().unwrap_or_default();
        let waiting = state.waiting.and_then(|waiting| waiting.reason).filter(|text| !text.is_empty());
        if let Some(text) = waiting {
            *reason = text;
        } else if let Some(ended) = &state.terminated {
            *reason = end_text(ended);
        } else if container.ready && state.running.is_some() {
            running = true;
            ready += 1;
        }
    }
    if reason == "Completed" && running {
        *reason = if is_ready(status) { "Running".into() } else { "NotReady".into() };
    }
    ready
}

fn end_text(ended: &ContainerStateTerminated) -> String {
    match (ended.reason.as_deref().unwrap_or_default(), ended.signal.unwrap_or(0)) {
        ("", 0) => format!("ExitCode:{}", ended.exit_code),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn is_ready(status: &PodStatus) -> bool {
    status.conditions.iter().flatten().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

fn sidecars(spec: &PodSpec) -> usize {
    let restartable = |container: &&_| -> bool {
        let container: &k8s_openapi::api::core::v1::Container = container;
        container.restart_policy.as_deref() == Some("Always")
    };
    spec.init_containers.iter().flatten().filter(restartable).count()
}

fn gates(spec: Option<&PodSpec>, status: Option<&PodStatus>) -> Value {
    let gates = spec.and_then(|spec| spec.readiness_gates.as_deref()).unwrap_or_default();
    if gates.is_empty() {
        return "<none>".into();
    }
    let conditions = status.and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let open = gates.iter().filter(|gate| {
        conditions.iter().any(|condition| condition.type_ == gate.condition_type && condition.status == "True")
    });
    format!("{}/{}", open.count(), gates.len()).into()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(json!({"phase": "Pending"}), "0/1", "Pending", "0")]
    #[case(json!({"phase": "Running", "containerStatuses": [{"name": "a", "ready": true, "state": {"running": {}}}]}),
        "1/1", "Running", "0")]
    #[case(json!({"phase": "Running", "containerStatuses": [{"name": "a", "restartCount": 3,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1, "finishedAt": "2021-06-30T07:59:30Z"}}}]}),
        "0/1", "CrashLoopBackOff", "3 (30s ago)")]
    #[case(json!({"phase": "Pending", "containerStatuses": [{"name": "a",
        "state": {"waiting": {"reason": "ErrImagePull"}}}]}), "0/1", "ErrImagePull", "0")]
    #[case(json!({"phase": "Running", "containerStatuses": [{"name": "a", "restartCount": 1,
        "state": {"terminated": {"exitCode": 137}}}]}), "0/1", "ExitCode:137", "1")]
    #[case(json!({"phase": "Pending", "initContainerStatuses": [{"name": "i",
        "state": {"waiting": {"reason": "PodInitializing"}}}]}), "0/1", "Init:0/0", "0")]
    #[case(json!({"phase": "Pending", "initContainerStatuses": [{"name": "i",
        "state": {"terminated": {"exitCode": 2, "reason": "Error"}}}]}), "0/1", "Init:Error", "0")]
    fn a_pod_reads_as_kubectl_prints_it(
        #[case] mut status: Value,
        #[case] ready: &str,
        #[case] reason: &str,
        #[case] restarts: &str,
    ) {
        for list in ["containerStatuses", "initContainerStatuses"] {
            for container in status.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                container["image"] = "i".into();
            }
        }
        let object = json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "a"}]}, "status": status});
        let object: Pod = serde_json::from_value(object).unwrap();
        let now = "2021-06-30T08:00:00Z".parse().unwrap();
        let cells = pod(&object, "a".into(), "0s".into(), now);
        assert_eq!(cells[1..4], [Value::from(ready), reason.into(), restarts.into()]);
    }
}
