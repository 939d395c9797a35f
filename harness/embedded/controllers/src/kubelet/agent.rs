//! What the API server asks of a kubelet: exec, logs, port-forward.

use std::sync::{Arc, PoisonError};

use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::Pod;
use seatrial_apiserver::{ApiError, ContainerLogView, NodeAgent};
use seatrial_sim::{Defect, ExecIo, ExitStatus};
use tokio::{io::DuplexStream, time::sleep};

use super::{
    Kubelet, Shared, delays,
    pod::PodWorker,
    state::{Phase, Slot},
};
use crate::meta;

const PIPE: usize = 64 * 1024;

impl NodeAgent for Kubelet {
    fn exec(
        &self,
        namespace: &str,
        pod: &str,
        container: Option<&str>,
        io: ExecIo,
    ) -> Result<BoxFuture<'static, ExitStatus>, ApiError> {
        let mut worker = self.0.find(namespace, pod)?;
        if self.0.world.defects.has(Defect::ExecInFirstPod) {
            worker = self.0.first(namespace).unwrap_or(worker);
        }
        let phase = meta::pod_phase(&worker.pod()).to_owned();
        if phase == "Succeeded" || phase == "Failed" {
            let message = format!("cannot exec into a container in a completed pod; current phase is {phase}");
            return Err(ApiError::bad_request(message));
        }
        let (slot, name) = slot_of(&worker, container)?;
        let running =
            worker.state().container(slot).filter(|found| found.is_running()).and_then(|found| found.handle.clone());
        let Some(handle) = running else {
            return Err(ApiError::new(500, "InternalError", format!("container not found (\"{name}\")")));
        };
        let delay = self.0.dice.lock().unwrap_or_else(PoisonError::into_inner).millis(delays::EXEC.0, delays::EXEC.1);
        Ok(async move {
            sleep(delay).await;
            tokio::select! {
                biased;
                status = handle.exec(io) => status,
                // All processes of a container end with its PID 1.
                _ = handle.wait() => ExitStatus::KILLED,
            }
        }
        .boxed())
    }

    fn logs(
        &self,
        namespace: &str,
        pod: &str,
        container: Option<&str>,
        previous: bool,
    ) -> Result<ContainerLogView, ApiError> {
        let worker = self.0.find(namespace, pod)?;
        let (slot, name) = slot_of(&worker, container)?;
        let state = worker.state();
        let found = state.container(slot);
        if previous {
            let missing = || {
                ApiError::bad_request(format!("previous terminated container \"{name}\" in pod \"{pod}\" not found"))
            };
            // While a container waits for its restart, the log of the ended instance is the newest.
            let waits = found.is_some_and(|found| matches!(found.phase, Phase::Waiting { .. }));
            let log = found.and_then(|found| if waits { found.log.clone() } else { found.previous_log.clone() });
            return Ok(ContainerLogView { log: log.ok_or_else(missing)?, ended: std::future::ready(()).boxed() });
        }
        let Some(log) = found.and_then(|found| found.log.clone()) else {
            let why = match found.map(|found| &found.phase) {
                Some(Phase::Waiting { reason: "ContainerCreating" | "PodInitializing", .. }) | None => {
                    format!("container \"{name}\" in pod \"{pod}\" is waiting to start: ContainerCreating")
                }
                Some(Phase::Waiting { reason, message }) => {
                    let detail = message.as_deref().filter(|_| reason.contains("Image"));
                    let what = match detail {
                        Some(_) => "trying and failing to pull image".to_owned(),
                        None => (*reason).to_owned(),
                    };
                    format!("container \"{name}\" in pod \"{pod}\" is waiting to start: {what}")
                }
                Some(_) => format!("container \"{name}\" in pod \"{pod}\" is not available"),
            };
            return Err(ApiError::bad_request(why));
        };
        let handle = found.filter(|found| found.is_running()).and_then(|found| found.handle.clone());
        let ended = async move {
            if let Some(handle) = handle {
                handle.wait().await;
            }
        };
        Ok(ContainerLogView { log, ended: ended.boxed() })
    }

    fn forward(&self, namespace: &str, pod: &str, port: u16) -> Result<DuplexStream, ApiError> {
        let worker = self.0.find(namespace, pod)?;
        let ip = {
            let state = worker.state();
            state.ip.filter(|_| !state.over)
        };
        let Some(ip) = ip else {
            let phase = meta::pod_phase(&worker.pod()).to_owned();
            let message = format!("unable to forward port because pod is not running. Current status={phase}");
            return Err(ApiError::new(500, "InternalError", message));
        };
        match self.0.world.network.connect(worker.node_ip, ip, port) {
            Ok(listener) => {
                let (near, far) = tokio::io::duplex(PIPE);
                listener.accept(far, worker.node_ip);
                Ok(near)
            }
            Err(why) => Err(ApiError::new(
                500,
                "InternalError",
                format!(
                    "error forwarding port {port} to pod {}, uid : failed to execute portforward in network namespace: \
                     failed to connect to localhost:{port} inside namespace, IPv4: dial tcp4 127.0.0.1:{port}: connect: {why}",
                    worker.uid
                ),
            )),
        }
    }
}

impl Shared {
    /// The pod of the namespace whose name comes first.
    fn first(&self, namespace: &str) -> Option<Arc<PodWorker>> {
        let workers = self.workers().into_iter();
        let of_it = workers.filter(|worker| worker.namespace == namespace && !worker.input.borrow().gone);
        of_it.min_by(|a, b| a.name.cmp(&b.name))
    }

    fn find(&self, namespace: &str, name: &str) -> Result<Arc<PodWorker>, ApiError> {
        if let Some(worker) = self.worker(namespace, name) {
            if self.is_unheard(&worker.node) {
                let ip = worker.node_ip;
                let message = format!("error dialing backend: dial tcp {ip}:10250: connect: no route to host");
                return Err(ApiError::new(500, "InternalError", message));
            }
            return Ok(worker);
        }
        match self.store.get::<Pod>(namespace, name) {
            Some(_) => Err(ApiError::bad_request(format!("pod {name} does not have a host assigned"))),
            None => Err(ApiError::not_found("", "pods", name)),
        }
    }
}

fn slot_of(worker: &PodWorker, container: Option<&str>) -> Result<(Slot, String), ApiError> {
    let state = worker.state();
    let names: Vec<_> = state.main.iter().map(|container| container.name.clone()).collect();
    let pod = &worker.name;
    match container {
        Some(name) => match state.find(name) {
            Some(slot) => Ok((slot, name.to_owned())),
            None => Err(ApiError::bad_request(format!("container {name} is not valid for pod {pod}"))),
        },
        None => match names.as_slice() {
            [only] => Ok((Slot { init: false, index: 0 }, only.clone())),
            _ => Err(ApiError::bad_request(format!(
                "a container name must be specified for pod {pod}, choose one of: [{}]",
                names.join(" ")
            ))),
        },
    }
}
