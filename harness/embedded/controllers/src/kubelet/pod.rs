//! One pod's life on its node, from acceptance to the last container.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::join_all;
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret};
use seatrial_apiserver::Interest;
use seatrial_sim::{Defect, Dice, PodIdentity};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    Shared, container, delays, mounts,
    state::{ContainerState, Phase, PodState, Slot},
    status::pod_status,
    terminate,
};
use crate::{
    events::{News, Source},
    meta,
};

/// What the API server says about a pod.
#[derive(Clone)]
pub(crate) struct Input {
    pub(crate) pod: Arc<Pod>,
    /// The object is gone.
    pub(crate) gone: bool,
}

impl Input {
    pub(crate) fn must_end(&self) -> bool {
        self.gone || meta::deleting(self.pod.as_ref())
    }
}

/// A pod that a kubelet looks after.
pub(crate) struct PodWorker {
    pub(crate) kubelet: Arc<Shared>,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) node: String,
    pub(crate) node_ip: Ipv4Addr,
    pub(crate) input: watch::Sender<Input>,
    /// When the probes' tickers started.
    pub(crate) probing_since: Mutex<Option<Instant>>,
    state: Mutex<PodState>,
    dice: Mutex<Dice>,
}

impl PodWorker {
    pub(crate) fn new(kubelet: Arc<Shared>, pod: Arc<Pod>, node: &str, node_ip: Ipv4Addr) -> Self {
        let (namespace, name) = (meta::namespace(pod.as_ref()).to_owned(), meta::name(pod.as_ref()).to_owned());
        let uid = meta::uid(pod.as_ref()).to_owned();
        let dice = kubelet.world.chance.stream(&format!("kubelet/{namespace}/{name}/{uid}"));
        let state = first_state(&pod);
        Self {
            kubelet,
            namespace,
            name,
            uid,
            node: node.to_owned(),
            node_ip,
            input: watch::Sender::new(Input { pod, gone: false }),
            probing_since: Mutex::new(None),
            state: Mutex::new(state),
            dice: Mutex::new(dice),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, PodState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn pod(&self) -> Arc<Pod> {
        Arc::clone(&self.input.borrow().pod)
    }

    /// A random time between two numbers of milliseconds, from this pod's own stream.
    pub(crate) fn draw(&self, range: (u64, u64)) -> Duration {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).millis(range.0, range.1)
    }

    pub(crate) fn random_id(&self) -> String {
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        let [a, b, c, d] = [(); 4].map(|()| dice.bits());
        format!("containerd://{a:016x}{b:016x}{c:016x}{d:016x}")
    }

    pub(crate) async fn pause(&self, range: (u64, u64)) {
        let time = self.draw(range);
        sleep(time).await;
    }

    pub(crate) fn tell(&self, news: News<'_>) {
        self.kubelet.recorder.tell(&Source::kubelet(&self.node), self.pod().as_ref(), news);
    }

    pub(crate) fn identity(&self) -> PodIdentity {
        PodIdentity {
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            uid: self.uid.clone(),
            ip: self.state().ip.unwrap_or(Ipv4Addr::UNSPECIFIED),
            node: self.node.clone(),
        }
    }

    /// Changes what is known of a container, and reports it.
    pub(crate) fn change(&self, slot: Slot, change: impl FnOnce(&mut ContainerState)) {
        if let Some(container) = self.state().container_mut(slot) {
            change(container);
        }
        self.report();
    }

    /// Writes the pod's status to the API server, if it differs.
    pub(crate) fn report(&self) {
        if self.input.borrow().gone || self.kubelet.is_unheard(&self.node) {
            return;
        }
        let now = meta::now(&self.kubelet.world);
        let host = self.node_ip.to_string();
        let write = |pod: &mut Pod| {
            if meta::uid(pod) == self.uid {
                pod.status = Some(pod_status(pod, &self.state(), &host, &now));
            }
        };
        // The object may just be gone: then there is nobody to report to.
        let _ = self.kubelet.store.modify::<Pod>(&self.namespace, &self.name, write);
    }

    /// Runs the pod until its object is gone.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            tokio::select! {
                biased;
                () = self.power_lost() => self.sleep_without_power().await,
                () = self.told_to_end() => break,
                () = self.live() => {
                    // All containers ended for good: the network goes, the object stays until somebody deletes it.
                    self.leave_network();
                    self.told_to_end().await;
                    break;
                }
            }
        }
        terminate::terminate(&self).await;
    }

    async fn told_to_end(&self) {
        if self.kubelet.world.defects.has(Defect::PodsNeverEnd) {
            return std::future::pending().await;
        }
        let mut input = self.input.subscribe();
        // The sender lives as long as this worker.
        let _ = input.wait_for(Input::must_end).await;
    }

    async fn live(&self) {
        self.pause(delays::ACCEPT).await;
        self.state().accepted = Some(self.kubelet.world.clock.now());
        self.report();
        self.mount().await;
        let phase = self.draw(delays::PROBE_TICKER);
        *self.probing_since.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + phase);
        self.pause(delays::SANDBOX).await;
        self.join_network();
        self.report();
        if self.init_containers().await {
            let count = self.state().main.len();
            tokio::select! {
                biased;
                _ = join_all((0..count).map(|index| container::run(self, Slot { init: false, index }))) => {}
                () = self.keep_files_fresh() => {}
            }
        }
    }

    async fn mount(&self) {
        let pod = self.pod();
        let mut retry = Duration::from_millis(500);
        loop {
            match self.try_mount(&pod) {
                Ok(()) => break,
                Err(why) => {
                    self.tell(News::warning("FailedMount", why.0));
                    sleep(retry).await;
                    // As the kubelet's volume manager: twice as long each time, up to two minutes and two seconds.
                    retry = (retry * 2).min(Duration::from_secs(122));
                }
            }
        }
        self.pause(delays::MOUNT).await;
    }

    fn try_mount(&self, pod: &Pod) -> Result<(), mounts::MountError> {
        for (name, sub_path) in mounts::wanted(pod) {
            let volume = mounts::open(&self.kubelet, pod, &name, &sub_path)?;
            self.state().mounts.insert((name, sub_path), volume);
        }
        Ok(())
    }

    async fn keep_files_fresh(&self) {
        if !mounts::can_change(&self.pod()) {
            return std::future::pending().await;
        }
        let mut sources = self.kubelet.store.follow(Interest::Everything).and::<ConfigMap>().and::<Secret>();
        loop {
            sources.changed().await;
            self.pause(delays::FILE_REFRESH).await;
            let mounted = self.state().mounts.clone();
            mounts::refresh(&self.kubelet, &self.pod(), &mounted);
        }
    }

    fn join_network(&self) {
        let host_network = self.pod().spec.as_ref().and_then(|spec| spec.host_network) == Some(true);
        let ip = if host_network { self.node_ip } else { self.kubelet.addresses.take(&self.node) };
        let network = &self.kubelet.world.network;
        network.add_host(ip);
        network.strand(&self.node, ip);
        if !host_network {
            self.write_hosts_file(ip);
        }
        self.state().ip = Some(ip);
    }

    /// The kubelet's part of the pod's hosts file: a pod knows its own names, published or not.
    fn write_hosts_file(&self, ip: Ipv4Addr) {
        let pod = self.pod();
        let Some(spec) = &pod.spec else { return };
        let network = &self.kubelet.world.network;
        let host = spec.hostname.as_deref().unwrap_or(&self.name);
        network.add_hosts_entry(ip, "localhost", Ipv4Addr::LOCALHOST);
        network.add_hosts_entry(ip, host, ip);
        if let Some(service) = spec.subdomain.as_deref().filter(|service| !service.is_empty()) {
            let full = format!("{host}.{service}.{}.svc.cluster.local", self.namespace);
            network.add_hosts_entry(ip, &full, ip);
        }
        for alias in spec.host_aliases.iter().flatten() {
            if let Ok(address) = alias.ip.parse() {
                alias.hostnames.iter().flatten().for_each(|name| network.add_hosts_entry(ip, name, address));
            }
        }
    }

    pub(crate) fn leave_network(&self) {
        let ip = self.state().ip.filter(|ip| *ip != self.node_ip);
        if let Some(ip) = ip {
            self.kubelet.world.network.remove_host(ip);
            self.kubelet.world.throttles.lift(ip);
            self.kubelet.addresses.release(ip);
        }
    }

    // True if all succeeded.
    async fn init_containers(&self) -> bool {
        let count = self.state().init.len();
        for index in 0..count {
            if !container::run(self, Slot { init: true, index }).await {
                return false;
            }
        }
        true
    }
}

fn first_state(pod: &Pod) -> PodState {
    let Some(spec) = &pod.spec else { return PodState::default() };
    let inits = spec.init_containers.as_deref().unwrap_or_default();
    let state = |container: &k8s_openapi::api::core::v1::Container| ContainerState {
        name: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        phase: Phase::Waiting {
            reason: if inits.is_empty() { "ContainerCreating" } else { "PodInitializing" },
            message: None,
        },
        ..ContainerState::default()
    };
    PodState {
        init: inits.iter().map(state).collect(),
        main: spec.containers.iter().map(state).collect(),
        ..PodState::default()
    }
}
