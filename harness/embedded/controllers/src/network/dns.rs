use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    sync::Arc,
    time::Duration,
};

use k8s_openapi::api::{
    core::v1::{Pod, Service},
    discovery::v1::EndpointSlice,
};
use seatrial_apiserver::Store;
use seatrial_sim::{Defect, Dice};
use tokio::time::Instant;

use super::slices;
use crate::{changes::Controller, meta};

const DOMAIN: &str = "svc.cluster.local";

/// Publishes the names of Services, and of the pods behind them, as `CoreDNS` does with kind's configuration: no
/// cache for cluster names.
pub(crate) struct Dns {
    store: Store,
    dice: Dice,
    published: BTreeMap<String, BTreeSet<Ipv4Addr>>,
    /// The first addresses of every name; used only by a planted defect.
    first: BTreeMap<String, BTreeSet<Ipv4Addr>>,
}

impl Dns {
    pub(crate) fn new(store: &Store) -> Self {
        Self {
            store: store.clone(),
            dice: store.world().chance.stream("controllers/dns"),
            published: BTreeMap::new(),
            first: BTreeMap::new(),
        }
    }

    fn names(&self) -> BTreeMap<String, BTreeSet<Ipv4Addr>> {
        let mut names: BTreeMap<String, BTreeSet<Ipv4Addr>> = BTreeMap::new();
        let mut add = |name: String, address: &str| {
            if let Ok(address) = address.parse() {
                names.entry(name).or_default().insert(address);
            }
        };
        let services = self.store.list::<Service>(None);
        let slices = self.store.list::<EndpointSlice>(None);
        for service in services.iter().map(Arc::as_ref) {
            let name = format!("{}.{}.{DOMAIN}", meta::name(service), meta::namespace(service));
            let ip = service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()).unwrap_or_default();
            let headless = ip == "None";
            if !headless {
                add(name.clone(), ip);
            }
            for endpoint in
                slices.iter().filter(|slice| slices::is_of(slice, service)).flat_map(|slice| slices::ready(slice))
            {
                for address in &endpoint.addresses {
                    if headless {
                        add(name.clone(), address);
                    }
                    // A pod without host name of its own is known by its address.
                    let host = endpoint.hostname.clone().unwrap_or_else(|| address.replace('.', "-"));
                    add(format!("{host}.{name}"), address);
                }
            }
        }
        if self.store.world().defects.has(Defect::NamesAlwaysResolve) {
            for pod in self.store.list::<Pod>(None) {
                let (Some(spec), Some(status)) = (&pod.spec, &pod.status) else { continue };
                if let (Some(host), Some(service), Some(ip)) = (&spec.hostname, &spec.subdomain, &status.pod_ip) {
                    add(format!("{host}.{service}.{}.{DOMAIN}", meta::namespace(pod.as_ref())), ip);
                }
            }
        }
        names
    }
}

impl Controller for Dns {
    fn reconcile(&mut self) -> Option<Instant> {
        let mut names = self.names();
        let network = &self.store.world().network;
        let defects = &self.store.world().defects;
        if defects.has(Defect::NamesOutlivePods) {
            for (name, addresses) in &self.published {
                names.entry(name.clone()).or_insert_with(|| addresses.clone());
            }
        }
        if defects.has(Defect::NamesKeepAddress) {
            for (name, addresses) in &mut names {
                addresses.clone_from(self.first.entry(name.clone()).or_insert_with(|| addresses.clone()));
            }
        }
        for gone in self.published.keys().filter(|name| !names.contains_key(*name)) {
            network.publish(gone, []);
        }
        for (name, addresses) in &names {
            if self.published.get(name) != Some(addresses) {
                network.publish(name, addresses.iter().copied());
            }
        }
        self.published = names;
        None
    }

    fn reaction(&mut self) -> Duration {
        self.dice.millis(5, 40)
    }
}
