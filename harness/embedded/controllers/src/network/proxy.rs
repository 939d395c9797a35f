use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use k8s_openapi::api::{
    core::v1::Service,
    discovery::v1::{Endpoint, EndpointSlice},
};
use seatrial_apiserver::Store;
use seatrial_sim::{Dice, ListenGuard, Listener, Network};
use tokio::{io::DuplexStream, time::Instant};

use super::slices;
use crate::changes::Controller;

type Address = (Ipv4Addr, u16);

/// Answers at the cluster addresses of Services and passes connections on to ready pods, as kube-proxy does. A
/// Service without ready pods refuses.
pub(crate) struct Proxy {
    store: Store,
    dice: Dice,
    open: BTreeMap<Address, Port>,
    hosts: BTreeSet<Ipv4Addr>,
}

struct Port {
    forwarder: Arc<Forwarder>,
    _listening: ListenGuard,
}

impl Proxy {
    pub(crate) fn new(store: &Store) -> Self {
        let dice = store.world().chance.stream("controllers/proxy");
        Self { store: store.clone(), dice, open: BTreeMap::new(), hosts: BTreeSet::new() }
    }

    /// Lets the cluster addresses of all Services exist, and no others.
    fn keep_hosts(&mut self, network: &Network) {
        let services = self.store.list::<Service>(None);
        let ip = |service: &Service| service.spec.as_ref()?.cluster_ip.as_deref()?.parse().ok();
        let hosts: BTreeSet<Ipv4Addr> = services.iter().filter_map(|service| ip(service)).collect();
        hosts.difference(&self.hosts).for_each(|new| network.add_host(*new));
        self.hosts.difference(&hosts).for_each(|gone| network.remove_host(*gone));
        self.hosts = hosts;
    }

    /// The ready pods behind every cluster address.
    fn wanted(&self) -> BTreeMap<Address, Vec<Address>> {
        let slices = self.store.list::<EndpointSlice>(None);
        let mut wanted: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
        for service in self.store.list::<Service>(None) {
            let Some(spec) = &service.spec else { continue };
            let Some(ip) = spec.cluster_ip.as_deref().and_then(|ip| ip.parse().ok()) else { continue };
            let tcp = spec.ports.iter().flatten().filter(|port| port.protocol.as_deref() != Some("UDP"));
            for port in tcp {
                let Ok(number) = u16::try_from(port.port) else { continue };
                let name = port.name.as_deref().unwrap_or_default();
                let own = slices.iter().filter(|slice| slices::is_of(slice, &service));
                let behind: Vec<_> = own.flat_map(|slice| backends(slice, name)).collect();
                if !behind.is_empty() {
                    wanted.insert((ip, number), behind);
                }
            }
        }
        wanted
    }
}

fn backends(slice: &EndpointSlice, port: &str) -> Vec<Address> {
    let named = slice.ports.iter().flatten().find(|known| known.name.as_deref().unwrap_or_default() == port);
    let Some(number) = named.and_then(|port| u16::try_from(port.port?).ok()) else { return Vec::new() };
    let addresses =
        |endpoint: &Endpoint| endpoint.addresses.iter().filter_map(|ip| ip.parse().ok()).collect::<Vec<_>>();
    slices::ready(slice).flat_map(addresses).map(|ip| (ip, number)).collect()
}

impl Controller for Proxy {
    fn reconcile(&mut self) -> Option<Instant> {
        let network = self.store.world().network.clone();
        self.keep_hosts(&network);
        let wanted = self.wanted();
        self.open.retain(|address, _| wanted.contains_key(address));
        for (address, behind) in wanted {
            if let Some(port) = self.open.get(&address) {
                port.forwarder.set(behind);
                continue;
            }
            let dice = self.store.world().chance.stream(&format!("proxy/{}:{}", address.0, address.1));
            let forwarder =
                Arc::new(Forwarder { network: network.clone(), behind: Mutex::new(behind), dice: Mutex::new(dice) });
            let listener: Arc<dyn Listener> = Arc::<Forwarder>::clone(&forwarder);
            let listening = network.listen(address.0, address.1, listener);
            self.open.insert(address, Port { forwarder, _listening: listening });
        }
        None
    }

    fn reaction(&mut self) -> Duration {
        self.dice.millis(10, 50)
    }
}

/// One port of one Service.
struct Forwarder {
    network: Network,
    behind: Mutex<Vec<Address>>,
    dice: Mutex<Dice>,
}

impl Forwarder {
    fn set(&self, behind: Vec<Address>) {
        *self.behind.lock().unwrap_or_else(PoisonError::into_inner) = behind;
    }

    fn pick(&self) -> Option<Address> {
        let behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        let index = self.dice.lock().unwrap_or_else(PoisonError::into_inner).below(behind.len());
        behind.get(index).copied()
    }

    fn backend(&self, from: Option<Ipv4Addr>) -> Option<Arc<dyn Listener>> {
        let (ip, port) = self.pick()?;
        self.network.connect(from.unwrap_or(ip), ip, port).ok()
    }
}

impl Listener for Forwarder {
    fn accept(self: Arc<Self>, stream: DuplexStream, peer: Ipv4Addr) {
        // Without a pod that answers, the stream is dropped: the peer sees its end.
        if let Some(backend) = self.backend(Some(peer)) {
            backend.accept(stream, peer);
        }
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        match self.backend(None) {
            Some(backend) => backend.as_any(),
            None => self,
        }
    }
}
