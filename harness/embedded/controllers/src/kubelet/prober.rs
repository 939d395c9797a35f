//! The probes of a running container.

use std::{
    future::pending,
    sync::{Arc, PoisonError},
    time::Duration,
};

use k8s_openapi::{
    api::core::v1::{Container as Spec, HTTPGetAction, Probe},
    apimachinery::pkg::util::intstr::IntOrString,
};
use seatrial_sim::{ConnectError, Container, run_captured};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    container::field_path,
    delays,
    pod::PodWorker,
    probe::{ProbeKind, Tally, Timing},
    state::Slot,
};
use crate::events::News;

/// Probes a container as long as it runs. Ends only when the container must be restarted: with the kind of the
/// probe that says so.
pub(crate) async fn watch(pod: &PodWorker, slot: Slot, spec: &Spec, handle: &Arc<dyn Container>) -> ProbeKind {
    let started = watch::Sender::new(spec.startup_probe.is_none());
    let run = Run { pod, slot, spec, handle, started: &started, since: Instant::now() };
    tokio::select! {
        biased;
        kind = run.probe(ProbeKind::Startup, spec.startup_probe.as_ref()) => kind,
        kind = run.probe(ProbeKind::Liveness, spec.liveness_probe.as_ref()) => kind,
        kind = run.probe(ProbeKind::Readiness, spec.readiness_probe.as_ref()) => kind,
    }
}

struct Run<'a> {
    pod: &'a PodWorker,
    slot: Slot,
    spec: &'a Spec,
    handle: &'a Arc<dyn Container>,
    started: &'a watch::Sender<bool>,
    since: Instant,
}

impl Run<'_> {
    async fn probe(&self, kind: ProbeKind, probe: Option<&Probe>) -> ProbeKind {
        let Some(probe) = probe else { return pending().await };
        let timing = Timing::of(probe);
        if kind != ProbeKind::Startup && !*self.started.borrow() {
            // The sender outlives this future.
            let _ = self.started.subscribe().wait_for(|started| *started).await;
        }
        let mut tally = Tally::default();
        let mut result = kind.initial();
        // While a container is not ready, the kubelet asks at once, not only at the next tick.
        let mut at_once = kind == ProbeKind::Readiness;
        loop {
            if !std::mem::take(&mut at_once) || !timing.due(self.since.elapsed()) {
                self.next_tick(timing.period).await;
            }
            if !timing.due(self.since.elapsed()) {
                continue;
            }
            let (success, output) = self.ask(probe, timing.timeout).await;
            if !success {
                let message = format!("{} probe failed: {output}", kind.title());
                self.pod.tell(News::warning("Unhealthy", message).at(field_path(self.slot, &self.spec.name)));
            }
            let Some(settled) = tally.count(success, &timing) else { continue };
            if !settled && kind != ProbeKind::Readiness {
                return kind;
            }
            if settled == result {
                continue;
            }
            result = settled;
            match kind {
                ProbeKind::Startup => {
                    let gated = self.spec.readiness_probe.is_some();
                    self.pod.change(self.slot, |container| {
                        container.started = true;
                        container.ready = !gated;
                    });
                    self.started.send_replace(true);
                    return pending().await;
                }
                ProbeKind::Readiness => self.pod.change(self.slot, |container| container.ready = settled),
                ProbeKind::Liveness => {}
            }
        }
    }

    async fn next_tick(&self, period: Duration) {
        let first = *self.pod.probing_since.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, now) = (first.unwrap_or(self.since), Instant::now());
        let tick = if first > now {
            first
        } else {
            let passed = now.duration_since(first).as_millis() / period.as_millis().max(1);
            first + period * u32::try_from(passed + 1).unwrap_or(u32::MAX)
        };
        sleep_until(tick).await;
    }

    async fn ask(&self, probe: &Probe, limit: Duration) -> (bool, String) {
        if let Some(command) = probe.exec.as_ref().and_then(|exec| exec.command.clone()) {
            return self.ask_command(command, limit).await;
        }
        if let Some(action) = &probe.tcp_socket {
            return match self.dial(&action.port, limit).await {
                Ok(_) => (true, String::new()),
                Err(why) => (false, why),
            };
        }
        if let Some(action) = &probe.http_get {
            return match timeout(limit, self.ask_http(action, limit)).await {
                Ok(answer) => answer,
                Err(_) => (false, "context deadline exceeded (Client.Timeout exceeded while awaiting headers)".into()),
            };
        }
        (true, String::new())
    }

    async fn ask_command(&self, command: Vec<String>, limit: Duration) -> (bool, String) {
        self.pod.pause(delays::PROBE_EXEC).await;
        let shown = command.join(" ");
        let answer = run_captured(self.handle.as_ref(), command, limit).await;
        match answer.status {
            Some(status) => {
                let mut output = answer.stdout;
                output.extend(answer.stderr);
                // The kubelet keeps 10 KiB of a probe's output.
                output.truncate(10 * 1024);
                (status.success(), String::from_utf8_lossy(&output).into_owned())
            }
            None => (false, format!("command timed out: \"{shown}\" timed out after {}s", limit.as_secs())),
        }
    }

    fn port(&self, port: &IntOrString) -> Option<u16> {
        match port {
            IntOrString::Int(number) => u16::try_from(*number).ok(),
            IntOrString::String(name) => {
                let ports = self.spec.ports.iter().flatten();
                let named = ports.into_iter().find(|port| port.name.as_deref() == Some(name));
                named.and_then(|port| u16::try_from(port.container_port).ok()).or_else(|| name.parse().ok())
            }
        }
    }

    async fn dial(&self, port: &IntOrString, limit: Duration) -> Result<Arc<dyn seatrial_sim::Listener>, String> {
        let Some(port) = self.port(port) else { return Err(format!("invalid port number: {port:?}")) };
        let Some(ip) = self.pod.state().ip else { return Err("pod has no address".into()) };
        match self.pod.kubelet.world.network.connect(self.pod.node_ip, ip, port) {
            Ok(listener) => Ok(listener),
            Err(ConnectError::Refused) => Err(format!("dial tcp {ip}:{port}: connect: connection refused")),
            Err(ConnectError::Unreachable) => {
                sleep(limit).await;
                Err(format!("dial tcp {ip}:{port}: i/o timeout"))
            }
        }
    }

    async fn ask_http(&self, action: &HTTPGetAction, limit: Duration) -> (bool, String) {
        const BUFFER: usize = 64 * 1024;
        let path = action.path.as_deref().unwrap_or("/");
        let listener = match self.dial(&action.port, limit).await {
            Ok(listener) => listener,
            Err(why) => return (false, format!("Get \"http://{path}\": {why}")),
        };
        let (mut near, far) = tokio::io::duplex(BUFFER);
        listener.accept(far, self.pod.node_ip);
        let host = self.pod.state().ip.map(|ip| ip.to_string()).unwrap_or_default();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: kube-probe/1.36\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        );
        if near.write_all(request.as_bytes()).await.is_err() {
            return (false, "EOF".into());
        }
        let mut head = Vec::new();
        let mut chunk = [0_u8; 1024];
        while !head.contains(&b'\n') {
            match near.read(&mut chunk).await {
                Ok(0) | Err(_) => return (false, "EOF".into()),
                Ok(count) => head.extend_from_slice(chunk.get(..count).unwrap_or_default()),
            }
        }
        let line = String::from_utf8_lossy(&head);
        let code: Option<u16> = line.split_whitespace().nth(1).and_then(|code| code.parse().ok());
        match code {
            Some(code) if (200..400).contains(&code) => (true, String::new()),
            Some(code) => (false, format!("HTTP probe failed with statuscode: {code}")),
            None => (false, "malformed HTTP response".into()),
        }
    }
}
