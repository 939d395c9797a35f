//! A pod's status as its kubelet reports it: a function of what the kubelet knows.

use k8s_openapi::{
    api::core::v1::{
        ContainerState as ApiState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
        ContainerStatus, HostIP, Pod, PodCondition, PodIP, PodStatus,
    },
    apimachinery::pkg::apis::meta::v1::Time,
};

use super::state::{ContainerState, End, Phase, PodState};
use crate::meta::whole_seconds;

/// The status of `pod`, whose present status lends the conditions that did not change.
pub(crate) fn pod_status(pod: &Pod, state: &PodState, host_ip: &str, now: &Time) -> PodStatus {
    let old = pod.status.clone().unwrap_or_default();
    let phase = phase(pod, state);
    let conditions = conditions(pod, state, phase, old.conditions.clone().unwrap_or_default(), now);
    let ip = state.ip.map(|ip| ip.to_string());
    PodStatus {
        phase: Some(phase.to_owned()),
        conditions: Some(conditions),
        host_ip: Some(host_ip.to_owned()),
        host_ips: Some(vec![HostIP { ip: host_ip.to_owned() }]),
        pod_ips: ip.clone().map(|ip| vec![PodIP { ip }]),
        pod_ip: ip,
        start_time: state.accepted.map(whole_seconds),
        observed_generation: pod.metadata.generation,
        init_container_statuses: (!state.init.is_empty())
            .then(|| state.init.iter().map(|container| container_status(container, true)).collect()),
        container_statuses: Some(state.main.iter().map(|container| container_status(container, false)).collect()),
        ..old
    }
}

fn container_status(container: &ContainerState, init: bool) -> ContainerStatus {
    let id = (!container.id.is_empty()).then(|| container.id.clone());
    let completed = matches!(&container.phase, Phase::Ended(end) if end.code == 0);
    ContainerStatus {
        name: container.name.clone(),
        image: container.image.clone(),
        image_id: if id.is_some() { format!("docker.io/{}", container.image) } else { String::new() },
        container_id: id,
        ready: if init { completed } else { container.ready },
        started: Some(container.started),
        restart_count: i32::try_from(container.restarts).unwrap_or(i32::MAX),
        state: Some(match &container.phase {
            Phase::Waiting { reason, message } => ApiState {
                waiting: Some(ContainerStateWaiting { reason: Some((*reason).to_owned()), message: message.clone() }),
                ..ApiState::default()
            },
            Phase::Running { since } => ApiState {
                running: Some(ContainerStateRunning { started_at: Some(whole_seconds(*since)) }),
                ..ApiState::default()
            },
            Phase::Ended(end) => ended(end),
        }),
        last_state: Some(container.last.as_ref().map(ended).unwrap_or_default()),
        ..ContainerStatus::default()
    }
}

fn ended(end: &End) -> ApiState {
    ApiState {
        terminated: Some(ContainerStateTerminated {
            exit_code: i32::from(end.code),
            reason: Some(end.reason().to_owned()),
            started_at: Some(whole_seconds(end.started)),
            finished_at: Some(whole_seconds(end.finished)),
            container_id: Some(end.id.clone()),
            ..ContainerStateTerminated::default()
        }),
        ..ApiState::default()
    }
}

fn restarts(pod: &Pod) -> &str {
    pod.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref()).unwrap_or("Always")
}

fn phase(pod: &Pod, state: &PodState) -> &'static str {
    let failed = |container: &ContainerState| match &container.phase {
        Phase::Ended(end) => end.code != 0,
        _ => container.last.as_ref().is_some_and(|end| end.code != 0),
    };
    let policy = restarts(pod);
    if state.over {
        let any = state.main.iter().any(|container| failed(container) || !matches!(container.phase, Phase::Ended(_)));
        let init = state.init.iter().any(|container| !completed(container));
        return if any || init { "Failed" } else { "Succeeded" };
    }
    if state.init.iter().any(|container| !completed(container)) {
        let lost = state.init.iter().any(|container| matches!(container.phase, Phase::Ended(_)) && failed(container));
        return if lost && policy == "Never" { "Failed" } else { "Pending" };
    }
    let fresh =
        |container: &ContainerState| matches!(container.phase, Phase::Waiting { .. }) && container.last.is_none();
    if state.main.iter().any(fresh) {
        "Pending"
    } else if state.main.iter().any(ContainerState::is_running) || policy == "Always" {
        "Running"
    } else if state.main.iter().all(|container| !failed(container)) {
        "Succeeded"
    } else if policy == "Never" && state.main.iter().all(|container| matches!(container.phase, Phase::Ended(_))) {
        "Failed"
    } else {
        "Running"
    }
}

fn completed(container: &ContainerState) -> bool {
    matches!(&container.phase, Phase::Ended(end) if end.code == 0)
}

fn conditions(pod: &Pod, state: &PodState, phase: &str, old: Vec<PodCondition>, now: &Time) -> Vec<PodCondition> {
    let names = |pick: &dyn Fn(&ContainerState) -> bool, all: &[ContainerState]| -> Vec<String> {
        all.iter().filter(|container| pick(container)).map(|container| container.name.clone()).collect()
    };
    let raw = names(&|container| !completed(container), &state.init);
    let unready = names(&|container| !container.ready, &state.main);
    let done = phase == "Succeeded";
    let initialized = if raw.is_empty() || done {
        condition("Initialized", true, None)
    } else {
        let message = format!("containers with incomplete status: [{}]", raw.join(" "));
        condition("Initialized", false, Some(("ContainersNotInitialized", message)))
    };
    let readiness = |kind| {
        if done {
            condition(kind, false, Some(("PodCompleted", String::new())))
        } else if unready.is_empty() {
            condition(kind, true, None)
        } else {
            let message = format!("containers with unready status: [{}]", unready.join(" "));
            let reason = if phase == "Failed" { "PodFailed" } else { "ContainersNotReady" };
            condition(kind, false, Some((reason, if phase == "Failed" { String::new() } else { message })))
        }
    };
    let own = [
        condition("PodReadyToStartContainers", state.ip.is_some() && !state.over && !done, None),
        initialized,
        readiness("Ready"),
        readiness("ContainersReady"),
    ];
    let generation = pod.metadata.generation;
    let mut out: Vec<PodCondition> = own
        .into_iter()
        .map(|new| {
            let before = old.iter().find(|before| before.type_ == new.type_ && before.status == new.status);
            let since = before.and_then(|before| before.last_transition_time.clone()).unwrap_or_else(|| now.clone());
            PodCondition { last_transition_time: Some(since), observed_generation: generation, ..new }
        })
        .collect();
    // PodScheduled and others belong to other components.
    out.extend(old.into_iter().filter(|before| !OWN.contains(&before.type_.as_str())));
    out
}

const OWN: [&str; 4] = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"];

fn condition(kind: &str, holds: bool, why: Option<(&str, String)>) -> PodCondition {
    let (reason, message) = why
        .map_or((None, None), |(reason, message)| (Some(reason.to_owned()), (!message.is_empty()).then_some(message)));
    PodCondition {
        type_: kind.to_owned(),
        status: if holds { "True" } else { "False" }.to_owned(),
        reason,
        message,
        ..PodCondition::default()
    }
}
