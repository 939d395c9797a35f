use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ContainerState, ContainerStatus, PersistentVolumeClaim, Pod},
};
use kube::ResourceExt;

use crate::{ClaimState, PodState, StatefulSetState};

fn count(number: Option<i32>) -> u32 {
    number.and_then(|number| number.try_into().ok()).unwrap_or(0)
}

/// Why a container waits or ended, and the message that goes with it.
fn reason_of(state: &ContainerState) -> Option<(String, Option<String>)> {
    if let Some(waiting) = &state.waiting {
        return waiting.reason.clone().map(|reason| (reason, waiting.message.clone()));
    }
    let ended = state.terminated.as_ref()?;
    let reason = ended.reason.clone().filter(|reason| !reason.is_empty()).unwrap_or_else(|| match ended.signal {
        Some(signal) if signal != 0 => format!("Signal:{signal}"),
        _ => format!("ExitCode:{}", ended.exit_code),
    });
    Some((reason, ended.message.clone()))
}

impl From<&Pod> for PodState {
    /// What kubectl prints under STATUS follows `printPod` of `pkg/printers/internalversion/printers.go`.
    fn from(pod: &Pod) -> Self {
        let status = pod.status.clone().unwrap_or_default();
        let phase = status.phase.unwrap_or_else(|| "Unknown".to_owned());
        let containers = status.container_statuses.unwrap_or_default();
        let condition = |kind: &str| status.conditions.iter().flatten().find(|condition| condition.type_ == kind);
        let ready = condition("Ready").is_some_and(|condition| condition.status == "True");
        let deleting = pod.metadata.deletion_timestamp.is_some();

        let mut shown = status.reason.clone().filter(|reason| !reason.is_empty()).unwrap_or_else(|| phase.clone());
        let mut reason = status.reason.clone().map(|reason| (reason, status.message.clone()));
        let unscheduled = condition("PodScheduled").filter(|condition| condition.status == "False");
        if let Some(why) = unscheduled {
            reason = reason.or_else(|| why.reason.clone().map(|reason| (reason, why.message.clone())));
        }
        let init = status.init_container_statuses.unwrap_or_default();
        let total = init.len();
        let waiting_init = init.iter().enumerate().find_map(|(index, container)| {
            let state = container.state.as_ref()?;
            let done = state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0);
            (!done).then(|| (index, reason_of(state)))
        });
        if let Some((index, why)) = waiting_init {
            shown = match &why {
                Some((reason, _)) if reason != "PodInitializing" => format!("Init:{reason}"),
                _ => format!("Init:{index}/{total}"),
            };
            reason = why.or(reason);
        } else {
            let runs =
                |container: &ContainerStatus| container.state.as_ref().is_some_and(|state| state.running.is_some());
            let running = containers.iter().any(|container| container.ready && runs(container));
            // The first container's reason wins, so they are walked backwards.
            for why in containers.iter().rev().filter_map(|container| reason_of(container.state.as_ref()?)) {
                shown.clone_from(&why.0);
                reason = Some(why);
            }
            if shown == "Completed" && running {
                (if ready { "Running" } else { "NotReady" }).clone_into(&mut shown);
            }
        }
        if deleting {
            let lost = status.reason.as_deref() == Some("NodeLost");
            (if lost { "Unknown" } else { "Terminating" }).clone_into(&mut shown);
        }
        let name = pod.name_any();
        let (reason, message) = reason.map_or((None, None), |(reason, message)| (Some(reason), message));
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let all = pod.spec.as_ref().map_or(containers.len(), |spec| spec.containers.len());
        Self {
            ordinal: name.rsplit_once('-').and_then(|(_, ordinal)| ordinal.parse().ok()),
            uid: pod.uid().unwrap_or_default(),
            status: shown,
            phase,
            ready,
            containers: (number(containers.iter().filter(|container| container.ready).count()), number(all)),
            restarts: containers.iter().map(|container| count(Some(container.restart_count))).sum(),
            reason,
            message,
            ip: status.pod_ip.filter(|ip| !ip.is_empty()),
            node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
            deleting,
            running: containers
                .iter()
                .any(|container| container.state.as_ref().is_some_and(|state| state.running.is_some())),
            ended: containers
                .iter()
                .flat_map(|container| [&container.last_state, &container.state])
                .filter_map(|state| state.as_ref()?.terminated.as_ref())
                .find_map(|end| end.reason.clone()),
            image_id: containers.first().map(|first| first.image_id.clone()).filter(|id| !id.is_empty()),
            name,
        }
    }
}

impl From<&PersistentVolumeClaim> for ClaimState {
    fn from(claim: &PersistentVolumeClaim) -> Self {
        Self {
            name: claim.name_any(),
            uid: claim.uid().unwrap_or_default(),
            phase: claim.status.as_ref().and_then(|status| status.phase.clone()).unwrap_or_default(),
            volume: claim.spec.as_ref().and_then(|spec| spec.volume_name.clone()).filter(|name| !name.is_empty()),
            deleting: claim.metadata.deletion_timestamp.is_some(),
        }
    }
}

impl From<&StatefulSet> for StatefulSetState {
    fn from(set: &StatefulSet) -> Self {
        let status = set.status.clone().unwrap_or_default();
        // An absent number of replicas means one.
        let replicas = count(set.spec.replicas.or(Some(1)));
        let (current, ready, updated) =
            (count(Some(status.replicas)), count(status.ready_replicas), count(status.updated_replicas));
        let observed = status.observed_generation >= set.metadata.generation;
        let newest = status.current_revision == status.update_revision || updated == replicas;
        let settled = observed && current == replicas && ready == replicas && (replicas == 0 || newest);
        Self { name: set.name_any(), replicas, current, ready, updated, observed, settled }
    }
}

impl std::fmt::Display for PodState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}/{}", self.status, self.containers.0, self.containers.1)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn pod(status: &Value) -> PodState {
        let pod = json!({
            "metadata": { "name": "tdengine-2", "uid": "u" }, "status": status,
            "spec": { "containers": [{ "name": "tdengine" }], "nodeName": "n" },
        });
        PodState::from(&serde_json::from_value::<Pod>(pod).unwrap())
    }

    fn container(state: &Value, ready: bool) -> Value {
        json!({ "name": "tdengine", "image": "i", "imageID": "", "ready": ready, "restartCount": 3, "state": state })
    }

    #[rstest]
    #[case(json!({ "running": {} }), true, "Running")]
    #[case(json!({ "waiting": { "reason": "CrashLoopBackOff", "message": "back-off 40s" } }), false, "CrashLoopBackOff")]
    #[case(json!({ "terminated": { "exitCode": 1, "reason": "Error" } }), false, "Error")]
    #[case(json!({ "terminated": { "exitCode": 137, "signal": 9 } }), false, "Signal:9")]
    #[case(json!({ "terminated": { "exitCode": 3 } }), false, "ExitCode:3")]
    #[case(json!({ "waiting": { "reason": "ErrImagePull" } }), false, "ErrImagePull")]
    fn a_pod_has_the_status_that_kubectl_prints(#[case] state: Value, #[case] ready: bool, #[case] status: &str) {
        let ready_condition = if ready { "True" } else { "False" };
        let pod = pod(&json!({
            "phase": "Running", "podIP": "10.244.0.5", "containerStatuses": [container(&state, ready)],
            "conditions": [{ "type": "Ready", "status": ready_condition }],
        }));
        assert_eq!((pod.status.as_str(), pod.ready, pod.restarts, pod.ordinal), (status, ready, 3, Some(2)));
        assert_eq!(pod.containers, (u32::from(ready), 1));
    }

    #[test]
    fn a_pod_that_cannot_be_scheduled_says_why() {
        let pod = pod(&json!({
            "phase": "Pending",
            "conditions": [{ "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no node" }],
        }));
        assert_eq!((pod.status.as_str(), pod.reason.as_deref()), ("Pending", Some("Unschedulable")));
        assert_eq!(pod.message.as_deref(), Some("no node"));
    }

    #[test]
    fn a_set_is_settled_when_all_its_pods_are_new_and_ready() {
        let set = |ready: i32, updated: i32, replicas: i32, seen: i64| {
            let set = json!({
                "metadata": { "name": "tdengine", "generation": 2 }, "spec": { "replicas": 3, "selector": {}, "template": {} },
                "status": { "replicas": replicas, "readyReplicas": ready, "updatedReplicas": updated,
                    "observedGeneration": seen, "currentRevision": "a", "updateRevision": "b" },
            });
            StatefulSetState::from(&serde_json::from_value::<StatefulSet>(set).unwrap()).settled
        };
        assert!(set(3, 3, 3, 2));
        assert!(!set(2, 3, 3, 2), "one is not ready");
        assert!(!set(3, 2, 3, 2), "one is old");
        assert!(!set(3, 3, 4, 2), "one too many");
        assert!(!set(3, 3, 3, 1), "not seen yet");
    }
}
