//! One container of a pod: started, watched, started again.

use std::{sync::Arc, time::Duration};

use k8s_openapi::api::core::v1::Container as Spec;
use seatrial_sim::{Container, ContainerContext, ContainerLog, Defect, ExitStatus, Image, Signal};
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    backoff::BackOff,
    delays, env,
    env::{ConfigError, Place},
    expand::expand,
    image, mounts,
    pod::PodWorker,
    prober,
    state::{ContainerState, End, Phase, Slot},
};
use crate::events::News;

/// Runs a container, again and again if the pod's restart policy says so. True if its last exit code was 0.
pub(crate) async fn run(pod: &PodWorker, slot: Slot) -> bool {
    let Some(spec) = spec_of(pod, slot) else { return true };
    let mut backoff = BackOff::default();
    loop {
        let image = image::wait_for(pod, slot, &spec).await;
        let context = configured(pod, slot, &spec).await;
        let status = run_once(pod, slot, &spec, image.as_ref(), context).await;
        pod.pause(delays::NOTICE).await;
        ended(pod, slot, status);
        if !again(pod, slot, status) {
            return status.success();
        }
        wait_backoff(pod, slot, &mut backoff).await;
        if !pod.kubelet.world.defects.has(Defect::RestartsNotCounted) {
            pod.state().container_mut(slot).into_iter().for_each(|container| container.restarts += 1);
        }
    }
}

pub(crate) fn spec_of(pod: &PodWorker, slot: Slot) -> Option<Spec> {
    let object = pod.pod();
    let spec = object.spec.as_ref()?;
    if slot.init {
        spec.init_containers.as_ref()?.get(slot.index).cloned()
    } else {
        spec.containers.get(slot.index).cloned()
    }
}

pub(crate) fn field_path(slot: Slot, name: &str) -> String {
    if slot.init { format!("spec.initContainers{{{name}}}") } else { format!("spec.containers{{{name}}}") }
}

fn again(pod: &PodWorker, slot: Slot, status: ExitStatus) -> bool {
    if pod.kubelet.world.defects.has(Defect::NoRestart) {
        return false;
    }
    let object = pod.pod();
    let policy = object.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref()).unwrap_or("Always");
    match policy {
        "Never" => false,
        "OnFailure" => !status.success(),
        _ => !slot.init || !status.success(),
    }
}

async fn configured(pod: &PodWorker, slot: Slot, spec: &Spec) -> ContainerContext {
    loop {
        match context(pod, slot, spec) {
            Ok(context) => return context,
            Err(why) => {
                let message = why.to_string();
                pod.tell(News::warning("Failed", format!("Error: {message}")).at(field_path(slot, &spec.name)));
                pod.change(slot, |container| {
                    container.phase = Phase::Waiting { reason: "CreateContainerConfigError", message: Some(message) };
                });
                pod.pause(delays::CONFIG_RETRY).await;
            }
        }
    }
}

fn context(pod: &PodWorker, slot: Slot, spec: &Spec) -> Result<ContainerContext, ConfigError> {
    let object = pod.pod();
    let identity = pod.identity();
    let (pod_ip, host_ip) = (identity.ip.to_string(), pod.node_ip.to_string());
    let place = Place { pod: &object, pod_ip: &pod_ip, host_ip: &host_ip, allocatable: &pod.kubelet.allocatable };
    let mut env = env::environment(&pod.kubelet.store, &place, spec)?;
    if pod.kubelet.world.defects.has(Defect::EnvironmentKept) {
        env = pod.kubelet.first_environment(&pod.namespace, &pod.name, env);
    }
    let expanded = |words: &Option<Vec<String>>| {
        let words = words.as_ref().filter(|words| !words.is_empty())?;
        Some(words.iter().map(|word| expand(word, |name| env.get(name).map(String::as_str))).collect())
    };
    let (command, args) = (expanded(&spec.command), expanded(&spec.args));
    let state = pod.state();
    let restarts = state.container(slot).map_or(0, |container| container.restarts);
    Ok(ContainerContext {
        world: pod.kubelet.world.clone(),
        pod: identity,
        container: spec.name.clone(),
        image: spec.image.clone().unwrap_or_default(),
        command,
        args,
        env,
        mounts: mounts::by_path(spec, &state.mounts),
        cores: pod.kubelet.cores,
        log: ContainerLog::new(pod.kubelet.world.clock),
        restarts,
    })
}

async fn run_once(
    pod: &PodWorker,
    slot: Slot,
    spec: &Spec,
    image: &dyn Image,
    context: ContainerContext,
) -> ExitStatus {
    let field = field_path(slot, &spec.name);
    pod.tell(News::normal("Created", "Container created").at(field.clone()));
    pod.pause(delays::START).await;
    let log = context.log.clone();
    let handle = image.start(context);
    let since = pod.kubelet.world.clock.now();
    let id = pod.random_id();
    let probed = !pod.kubelet.world.defects.has(Defect::ReadyWithoutProbe)
        && (spec.startup_probe.is_some() || spec.readiness_probe.is_some());
    pod.change(slot, |container| {
        if let Phase::Ended(end) = &container.phase {
            container.last = Some(end.clone());
        }
        container.phase = Phase::Running { since };
        container.id = id;
        container.started = spec.startup_probe.is_none();
        container.ready = !probed;
        container.handle = Some(Arc::clone(&handle));
        container.previous_log = container.log.replace(log);
    });
    pod.tell(News::normal("Started", "Container started").at(field.clone()));
    tokio::select! {
        biased;
        status = handle.wait() => status,
        kind = prober::watch(pod, slot, spec, &handle) => {
            let message = format!(
                "Container {} failed {} probe, will be restarted", spec.name, kind.title().to_ascii_lowercase(),
            );
            pod.tell(News::normal("Killing", message).at(field));
            stop(handle.as_ref(), grace(pod)).await
        }
    }
}

fn grace(pod: &PodWorker) -> Duration {
    let object = pod.pod();
    let seconds = object.spec.as_ref().and_then(|spec| spec.termination_grace_period_seconds).unwrap_or(30);
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

async fn stop(handle: &dyn Container, grace: Duration) -> ExitStatus {
    handle.signal(Signal::Term);
    if let Ok(status) = tokio::time::timeout(grace, handle.wait()).await {
        return status;
    }
    handle.signal(Signal::Kill);
    handle.wait().await
}

/// Notes that a container has ended.
pub(crate) fn ended(pod: &PodWorker, slot: Slot, status: ExitStatus) {
    let finished = pod.kubelet.world.clock.now();
    pod.change(slot, |container| end(container, status, finished));
}

fn end(container: &mut ContainerState, status: ExitStatus, finished: jiff::Timestamp) {
    let Phase::Running { since } = container.phase else { return };
    let (id, starved) = (container.id.clone(), std::mem::take(&mut container.starved));
    container.phase = Phase::Ended(End { code: status.code, started: since, finished, id, starved });
    container.ready = false;
    container.started = false;
    container.handle = None;
}

async fn wait_backoff(pod: &PodWorker, slot: Slot, backoff: &mut BackOff) {
    let failed = Instant::now();
    let eager = pod.kubelet.world.defects.has(Defect::NoBackOff);
    let delay = if eager { Duration::ZERO } else { backoff.delay(failed) };
    if !delay.is_zero() {
        let over = failed + delay;
        let shown = pod.draw(delays::SHOW_END);
        sleep_until((failed + shown).min(over)).await;
        let Some(name) = pod.state().container(slot).map(|container| container.name.clone()) else { return };
        let who = format!("{name} in pod {}_{}({})", pod.name, pod.namespace, pod.uid);
        let field = field_path(slot, &name);
        pod.tell(News::warning("BackOff", format!("Back-off restarting failed container {who}")).at(field));
        let seconds = delay.as_secs();
        let wait = match (seconds / 60, seconds % 60) {
            (0, seconds) => format!("{seconds}s"),
            (minutes, seconds) => format!("{minutes}m{seconds}s"),
        };
        let message = format!(
            "back-off {wait} restarting failed container={name} pod={}_{}({})",
            pod.name, pod.namespace, pod.uid
        );
        pod.change(slot, |container| {
            if let Phase::Ended(end) = &container.phase {
                container.last = Some(end.clone());
            }
            container.phase = Phase::Waiting { reason: "CrashLoopBackOff", message: Some(message) };
        });
        sleep_until(over).await;
        sleep(pod.draw(delays::BACKOFF_SLACK)).await;
    }
    backoff.advance(failed, Instant::now());
}
