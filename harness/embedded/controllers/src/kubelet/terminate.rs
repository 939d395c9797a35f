//! The end of a pod: signal, grace, kill, removal.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use k8s_openapi::api::core::v1::{Container as Spec, LifecycleHandler, Pod};
use seatrial_apiserver::{Deletion, Propagation};
use seatrial_sim::{Container, Signal, run_captured};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{
    container::{ended, field_path, spec_of},
    delays,
    pod::{Input, PodWorker},
    state::{Phase, Slot},
};
use crate::events::News;

/// Ends all containers of a pod that is being deleted (or already gone), and then the pod.
pub(crate) async fn terminate(pod: &Arc<PodWorker>) {
    pod.pause(delays::NOTICE_DELETION).await;
    let running = running(pod);
    for (slot, _) in &running {
        if let Some(spec) = spec_of(pod, *slot) {
            let message = format!("Stopping container {}", spec.name);
            pod.tell(News::normal("Killing", message).at(field_path(*slot, &spec.name)));
        }
    }
    let begun = Instant::now();
    join_all(running.iter().map(|(slot, handle)| end_container(pod, *slot, handle, begun))).await;
    pod.state().over = true;
    settle(pod);
    pod.report();
    pod.pause(delays::TEARDOWN).await;
    pod.leave_network();
    if !pod.input.borrow().gone {
        let how = Deletion {
            grace_seconds: Some(0),
            propagation: Propagation::Background,
            uid: Some(pod.uid.clone()),
            ..Deletion::default()
        };
        // A force deletion may have been faster.
        let _ = pod.kubelet.store.delete::<Pod>(&pod.namespace, &pod.name, how);
    }
    pod.kubelet.forget(pod);
}

fn running(pod: &PodWorker) -> Vec<(Slot, Arc<dyn Container>)> {
    let state = pod.state();
    let running = state.slots().into_iter().filter_map(|slot| {
        let container = state.container(slot)?;
        Some((slot, Arc::clone(container.handle.as_ref().filter(|_| container.is_running())?)))
    });
    running.collect()
}

/// Containers that wait for a restart will not get one: they show how they ended.
fn settle(pod: &PodWorker) {
    let mut state = pod.state();
    for slot in state.slots() {
        let Some(container) = state.container_mut(slot) else { continue };
        container.ready = false;
        if let (Phase::Waiting { .. }, Some(end)) = (&container.phase, container.last.clone()) {
            container.phase = Phase::Ended(end);
        }
    }
}

async fn end_container(pod: &PodWorker, slot: Slot, handle: &Arc<dyn Container>, begun: Instant) {
    let gentle = async {
        if let Some(hook) = spec_of(pod, slot).and_then(pre_stop) {
            run_hook(handle.as_ref(), &hook).await;
        }
        handle.signal(Signal::Term);
        handle.wait().await
    };
    let status = tokio::select! {
        biased;
        status = gentle => status,
        () = out_of_grace(pod, begun) => {
            handle.signal(Signal::Kill);
            handle.wait().await
        }
    };
    ended(pod, slot, status);
}

fn pre_stop(spec: Spec) -> Option<LifecycleHandler> {
    spec.lifecycle?.pre_stop
}

async fn run_hook(handle: &dyn Container, hook: &LifecycleHandler) {
    if let Some(command) = hook.exec.as_ref().and_then(|exec| exec.command.clone()) {
        // What it prints is nowhere shown; the grace period ends it at the latest.
        let _ = run_captured(handle, command, Duration::from_secs(24 * 3600)).await;
    } else if let Some(pause) = &hook.sleep {
        sleep(Duration::from_secs(u64::try_from(pause.seconds).unwrap_or(0))).await;
    }
}

/// Ends when the grace is over, which a second deletion can bring forward.
async fn out_of_grace(pod: &PodWorker, begun: Instant) {
    let mut input = pod.input.subscribe();
    loop {
        let grace = grace(&input.borrow_and_update());
        tokio::select! {
            biased;
            () = sleep_until(begun + grace) => return,
            changed = input.changed() => if changed.is_err() {
                // Nobody can change it any more.
                let _ = timeout(grace, std::future::pending::<()>()).await;
                return;
            }
        }
    }
}

fn grace(input: &Input) -> Duration {
    // A kubelet gives at least one second, also to a pod whose object is gone.
    if input.gone {
        return Duration::from_secs(1);
    }
    let meta = &input.pod.metadata;
    let own = input.pod.spec.as_ref().and_then(|spec| spec.termination_grace_period_seconds);
    let seconds = meta.deletion_grace_period_seconds.or(own).unwrap_or(30).max(1);
    Duration::from_secs(u64::try_from(seconds).unwrap_or(1))
}
