use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use thiserror::Error;
use tokio::{io::DuplexStream, time::Instant};

use crate::{Dice, Shape, shape::Shaper};

/// Something that listens on a port of a pod.
pub trait Listener: Any + Send + Sync {
    /// Takes a byte stream that somebody opened to this port, and serves it in a task of its own.
    fn accept(self: Arc<Self>, stream: DuplexStream, peer: Ipv4Addr);

    /// The listener itself, so that a peer of the same kind can call it directly instead of by bytes.
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// A name that does not resolve (`NXDOMAIN`, or nobody answers).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{name}: Name or service not known")]
pub struct ResolveError {
    /// The name that was asked for.
    pub name: String,
}

/// Why a connection to an address cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ConnectError {
    /// The address exists and nobody listens on the port: fails at once.
    #[error("connection refused")]
    Refused,
    /// No such address, or packets are dropped: the caller finds out by its own time-out.
    #[error("no route to host")]
    Unreachable,
}

/// The pod network of an embedded cluster: addresses, listeners, names, and what is cut.
///
/// A clone is another handle to the same network.
#[derive(Clone, Default)]
pub struct Network(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    hosts: BTreeSet<Ipv4Addr>,
    listeners: BTreeMap<(Ipv4Addr, u16), (u64, Arc<dyn Listener>)>,
    names: BTreeMap<String, BTreeSet<Ipv4Addr>>,
    hosts_files: BTreeMap<Ipv4Addr, BTreeMap<String, Ipv4Addr>>,
    /// Packets that were dropped, by sender and receiver.
    cuts: BTreeMap<(Ipv4Addr, Ipv4Addr), u64>,
    /// Questions to the name server that were dropped, by the host that asked.
    deaf: BTreeMap<Ipv4Addr, u64>,
    /// Hosts that name servers answer late: by how much, and how many answers.
    late: BTreeMap<Ipv4Addr, (Duration, u64)>,
    /// Hosts that are cut off from all others together, and packets that were lost at the cut, by the name of the place.
    islands: BTreeMap<String, (BTreeSet<Ipv4Addr>, u64)>,
    /// Hosts whose packets have a shape.
    shaped: BTreeMap<Ipv4Addr, Shaper>,
    next_listener: u64,
}

impl State {
    /// True if one of two hosts is cut off from the other; counts it.
    fn lost_at_sea(&mut self, from: Ipv4Addr, to: Ipv4Addr) -> bool {
        let mut lost = false;
        for (hosts, count) in self.islands.values_mut() {
            if hosts.contains(&from) != hosts.contains(&to) {
                *count += 1;
                lost = true;
            }
        }
        lost
    }
}

impl Network {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an address, as the start of a pod does.
    pub fn add_host(&self, ip: Ipv4Addr) {
        self.state().hosts.insert(ip);
    }

    /// Removes an address with its listeners, its cuts and its own hosts file, as the end of a pod does.
    pub fn remove_host(&self, ip: Ipv4Addr) {
        let mut state = self.state();
        state.hosts.remove(&ip);
        state.hosts_files.remove(&ip);
        state.listeners.retain(|(host, _), _| *host != ip);
        state.cuts.retain(|(from, to), _| *from != ip && *to != ip);
        state.deaf.remove(&ip);
        state.late.remove(&ip);
        state.shaped.remove(&ip);
    }

    /// Listens on a port until the guard is dropped. A second listener on the same port replaces the first.
    #[must_use = "dropping the guard closes the port"]
    pub fn listen(&self, ip: Ipv4Addr, port: u16, listener: Arc<dyn Listener>) -> ListenGuard {
        let mut state = self.state();
        state.next_listener += 1;
        let token = state.next_listener;
        state.listeners.insert((ip, port), (token, listener));
        ListenGuard { network: self.clone(), at: (ip, port), token }
    }

    /// Whoever listens at `ip:port`, as seen from `from`. Both directions must be open.
    pub fn connect(&self, from: Ipv4Addr, ip: Ipv4Addr, port: u16) -> Result<Arc<dyn Listener>, ConnectError> {
        let mut state = self.state();
        // The first packet is dropped, or the answer to it.
        let way = [(from, ip), (ip, from)].into_iter().find(|way| from != ip && state.cuts.contains_key(way));
        if let Some(dropped) = way.and_then(|way| state.cuts.get_mut(&way)) {
            *dropped += 1;
            return Err(ConnectError::Unreachable);
        }
        if state.lost_at_sea(from, ip) || !state.hosts.contains(&ip) {
            return Err(ConnectError::Unreachable);
        }
        state.listeners.get(&(ip, port)).map(|(_, listener)| Arc::clone(listener)).ok_or(ConnectError::Refused)
    }

    /// Replaces the addresses published for `name` (no address: the name is gone). Names are case-insensitive.
    pub fn publish(&self, name: &str, addresses: impl IntoIterator<Item = Ipv4Addr>) {
        let addresses: BTreeSet<_> = addresses.into_iter().collect();
        let mut state = self.state();
        if addresses.is_empty() {
            state.names.remove(&name.to_ascii_lowercase());
        } else {
            state.names.insert(name.to_ascii_lowercase(), addresses);
        }
    }

    /// Adds a line to the hosts file of one pod, which wins over DNS there.
    pub fn add_hosts_entry(&self, of: Ipv4Addr, name: &str, address: Ipv4Addr) {
        self.state().hosts_files.entry(of).or_default().insert(name.to_ascii_lowercase(), address);
    }

    /// Looks a name up as a process at `from` does: its hosts file first, then DNS; a dotted address is itself.
    pub fn resolve(&self, from: Ipv4Addr, name: &str) -> Result<Ipv4Addr, ResolveError> {
        if let Ok(address) = name.parse() {
            return Ok(address);
        }
        let key = name.trim_end_matches('.').to_ascii_lowercase();
        let mut state = self.state();
        if let Some(own) = state.hosts_files.get(&from).and_then(|hosts| hosts.get(&key)) {
            return Ok(*own);
        }
        let unknown = || ResolveError { name: name.to_owned() };
        if state.islands.values().any(|(hosts, _)| hosts.contains(&from)) {
            // The name server is elsewhere.
            return Err(unknown());
        }
        if let Some(dropped) = state.deaf.get_mut(&from) {
            *dropped += 1;
            return Err(unknown());
        }
        state.names.get(&key).and_then(|addresses| addresses.first().copied()).ok_or_else(unknown)
    }

    /// All names that resolve by DNS, with their addresses.
    pub fn names(&self) -> BTreeMap<String, Vec<Ipv4Addr>> {
        self.state().names.iter().map(|(name, ips)| (name.clone(), ips.iter().copied().collect())).collect()
    }

    /// Drops packets from `from` to `to` (one way).
    pub fn cut(&self, from: Ipv4Addr, to: Ipv4Addr) {
        self.state().cuts.insert((from, to), 0);
    }

    /// Lets packets from `from` to `to` pass again.
    pub fn heal(&self, from: Ipv4Addr, to: Ipv4Addr) {
        self.state().cuts.remove(&(from, to));
    }

    /// How many packets from `from` to `to` were dropped; `None` if they pass.
    pub fn dropped(&self, from: Ipv4Addr, to: Ipv4Addr) -> Option<u64> {
        self.state().cuts.get(&(from, to)).copied()
    }

    /// Drops what `host` asks the name server.
    pub fn deafen(&self, host: Ipv4Addr) {
        self.state().deaf.insert(host, 0);
    }

    /// Lets `host` ask the name server again.
    pub fn undeafen(&self, host: Ipv4Addr) {
        self.state().deaf.remove(&host);
    }

    /// Lets name servers answer `host` later by so much.
    pub fn slow_names(&self, host: Ipv4Addr, by: Duration) {
        self.state().late.insert(host, (by, 0));
    }

    /// Lets name servers answer `host` at once again.
    pub fn unslow_names(&self, host: Ipv4Addr) {
        self.state().late.remove(&host);
    }

    /// How many answers of name servers to `host` came late; `None` if they come at once.
    pub fn late_names(&self, host: Ipv4Addr) -> Option<u64> {
        self.state().late.get(&host).map(|(_, count)| *count)
    }

    /// How long a question of `host` to the name server takes; counts it. Its hosts file answers at once.
    pub fn name_delay(&self, host: Ipv4Addr, name: &str) -> Duration {
        let mut state = self.state();
        let key = name.trim_end_matches('.').to_ascii_lowercase();
        let own = state.hosts_files.get(&host).is_some_and(|hosts| hosts.contains_key(&key));
        match state.late.get_mut(&host) {
            Some((by, count)) if !own && name.parse::<Ipv4Addr>().is_err() => {
                *count += 1;
                *by
            }
            _ => Duration::ZERO,
        }
    }

    /// Cuts hosts off from all others; they still reach each other.
    pub fn cut_off(&self, place: &str, hosts: BTreeSet<Ipv4Addr>) {
        self.state().islands.insert(place.to_owned(), (hosts, 0));
    }

    /// Makes a host one of those that are cut off together, if they are.
    pub fn strand(&self, place: &str, host: Ipv4Addr) {
        if let Some((hosts, _)) = self.state().islands.get_mut(place) {
            hosts.insert(host);
        }
    }

    /// Counts a packet that was lost at a place that is cut off. False if it is not.
    pub fn lose_at(&self, place: &str) -> bool {
        let mut state = self.state();
        let island = state.islands.get_mut(place);
        island.map(|(_, count)| *count += 1).is_some()
    }

    /// Joins what was cut off with the others again.
    pub fn join(&self, place: &str) {
        self.state().islands.remove(place);
    }

    /// True if this place is cut off.
    pub fn is_island(&self, place: &str) -> bool {
        self.state().islands.contains_key(place)
    }

    /// How many packets to and from a place that is cut off were lost; `None` if it is not.
    pub fn lost_at(&self, place: &str) -> Option<u64> {
        self.state().islands.get(place).map(|(_, count)| *count)
    }

    /// Gives the packets that `host` sends a shape.
    pub fn shape(&self, host: Ipv4Addr, shape: Shape, dice: Dice) {
        self.state().shaped.insert(host, Shaper::new(shape, dice));
    }

    /// Lets the packets of `host` pass as they are.
    pub fn unshape(&self, host: Ipv4Addr) {
        self.state().shaped.remove(&host);
    }

    /// How many packets of `host` were given a shape; `None` if they have none.
    pub fn shaped(&self, host: Ipv4Addr) -> Option<u64> {
        self.state().shaped.get(&host).map(|shaper| shaper.packets)
    }

    /// How much longer than usual a message is on its way.
    pub fn transit(&self, from: Ipv4Addr, to: Ipv4Addr) -> Duration {
        let mut state = self.state();
        match state.shaped.get_mut(&from) {
            Some(shaper) if from != to => shaper.transit(to, Instant::now()),
            _ => Duration::ZERO,
        }
    }

    /// What keeps packets or answers from being as they would be, in words; empty if nothing does.
    pub fn disturbances(&self) -> Vec<String> {
        let state = self.state();
        let cuts = state.cuts.keys().map(|(from, to)| format!("packets from {from} to {to} are dropped"));
        let deaf = state.deaf.keys().map(|host| format!("questions of {host} to name servers are dropped"));
        let late = state.late.keys().map(|host| format!("name servers answer {host} late"));
        let islands = state.islands.keys().map(|place| format!("{place} is cut off"));
        let shaped = state.shaped.keys().map(|host| format!("packets of {host} have a shape"));
        cuts.chain(deaf).chain(late).chain(islands).chain(shaped).collect()
    }

    /// How many questions of `host` to the name server were dropped; `None` if they pass.
    pub fn unheard(&self, host: Ipv4Addr) -> Option<u64> {
        self.state().deaf.get(&host).copied()
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Network").field("hosts", &state.hosts).field("names", &state.names).finish_non_exhaustive()
    }
}

/// Keeps a port open; dropping it closes the port.
pub struct ListenGuard {
    network: Network,
    at: (Ipv4Addr, u16),
    token: u64,
}

impl Drop for ListenGuard {
    fn drop(&mut self) {
        let mut state = self.network.state();
        if state.listeners.get(&self.at).is_some_and(|(token, _)| *token == self.token) {
            state.listeners.remove(&self.at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Deaf;
    impl Listener for Deaf {
        fn accept(self: Arc<Self>, _: DuplexStream, _: Ipv4Addr) {}
        fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
            self
        }
    }

    const A: Ipv4Addr = Ipv4Addr::new(10, 244, 0, 5);
    const B: Ipv4Addr = Ipv4Addr::new(10, 244, 0, 6);
    const C: Ipv4Addr = Ipv4Addr::new(10, 244, 1, 7);

    #[test]
    fn a_port_is_open_while_its_guard_lives() {
        let network = Network::default();
        assert_eq!(network.connect(A, B, 6030).err(), Some(ConnectError::Unreachable));
        network.add_host(B);
        assert_eq!(network.connect(A, B, 6030).err(), Some(ConnectError::Refused));
        let guard = network.listen(B, 6030, Arc::new(Deaf));
        assert!(network.connect(A, B, 6030).is_ok());
        network.cut(B, A);
        assert_eq!(network.connect(A, B, 6030).err(), Some(ConnectError::Unreachable));
        assert_eq!((network.dropped(B, A), network.dropped(A, B)), (Some(1), None));
        network.heal(B, A);
        assert_eq!((network.dropped(B, A), network.disturbances()), (None, Vec::new()));
        drop(guard);
        assert_eq!(network.connect(A, B, 6030).err(), Some(ConnectError::Refused));
    }

    #[test]
    fn an_island_reaches_only_itself() {
        let network = Network::default();
        network.publish("name", [A]);
        let _guards = [A, B, C].map(|host| {
            network.add_host(host);
            network.listen(host, 6030, Arc::new(Deaf))
        });
        network.cut_off("worker", [A, B].into());
        assert!(network.connect(A, B, 6030).is_ok());
        assert_eq!(network.connect(A, C, 6030).err(), Some(ConnectError::Unreachable));
        assert_eq!(network.connect(C, B, 6030).err(), Some(ConnectError::Unreachable));
        assert!(network.resolve(A, "name").is_err() && network.resolve(C, "name").is_ok());
        assert_eq!((network.lost_at("worker"), network.is_island("worker")), (Some(2), true));
        assert_eq!(network.disturbances(), ["worker is cut off"]);
        network.strand("worker", C);
        assert!(network.connect(C, B, 6030).is_ok() && network.lose_at("worker"));
        assert_eq!(network.lost_at("worker"), Some(3));
        network.join("worker");
        assert!(!network.lose_at("worker"));
        assert!(network.connect(A, C, 6030).is_ok());
        assert_eq!(network.lost_at("worker"), None);
    }

    #[test]
    fn a_hosts_file_wins_over_dns() {
        let network = Network::default();
        network.publish("tdengine-0.taosd", [A]);
        assert_eq!(network.resolve(A, "TDengine-0.taosd"), Ok(A));
        network.add_hosts_entry(B, "tdengine-0.taosd", Ipv4Addr::LOCALHOST);
        assert_eq!(network.resolve(B, "tdengine-0.taosd"), Ok(Ipv4Addr::LOCALHOST));
        network.publish("name", [A]);
        network.deafen(B);
        assert!(network.resolve(B, "name").is_err() && network.resolve(A, "name").is_ok());
        assert_eq!((network.unheard(B), network.unheard(A)), (Some(1), None));
        assert_eq!(network.resolve(B, "tdengine-0.taosd"), Ok(Ipv4Addr::LOCALHOST));
        network.undeafen(B);
        assert!(network.resolve(B, "name").is_ok());
        network.publish("tdengine-0.taosd", []);
        assert!(network.resolve(A, "tdengine-0.taosd").is_err());
        assert_eq!(network.resolve(A, "10.0.0.1"), Ok(Ipv4Addr::new(10, 0, 0, 1)));
    }
}
