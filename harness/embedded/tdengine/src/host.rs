use std::{
    borrow::Cow,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use seatrial_sim::{ConnectError, Dice, ListenGuard, Listener, Volume, World};

use crate::{config::Config, log::ServerLog, version::Version};

/// What a server process sees of the pod that it runs in.
#[derive(Clone)]
pub(crate) struct Host {
    /// The world.
    pub world: World,
    /// The version of the programs in the pod.
    pub version: Version,
    /// Address of the pod.
    pub ip: Ipv4Addr,
    /// Cores that the process sees.
    pub cores: u32,
    /// What is mounted at the data directory.
    pub volume: Volume,
    /// The configuration file.
    pub config: Arc<Config>,
    /// The server's own log file.
    pub log: ServerLog,
    /// The first of the name server's search domains; the others are its parents.
    pub search: Arc<str>,
    /// Milliseconds that the resolver took, and that whoever asked it has not waited for yet.
    pub resolving: Arc<AtomicU64>,
}

/// The resolver asks twice and waits five seconds each time (resolv.conf(5)).
const RESOLVER: Duration = Duration::from_secs(10);

/// Bytes that servers of all versions want to be free before they write (`minimalDataDirGB`). They look once a second.
const RESERVED: u64 = 2 << 30;
/// Bytes of a block of a file system, below which no file gets longer.
pub(crate) const BLOCK: u64 = 4_096;

impl Host {
    /// True if less is free on the volume than a server wants before it writes.
    pub fn lacks_room(&self) -> bool {
        self.volume.free() < RESERVED
    }

    /// True if nothing can be written to the volume.
    pub fn is_full(&self) -> bool {
        self.volume.free() < BLOCK
    }

    /// Writes to the volume and waits for the disk, which takes so long from now.
    pub fn write_through(&self, bytes: impl FnOnce() -> u64) -> Duration {
        self.world.throttles.write(self.ip, bytes)
    }

    /// True if everything that was written through is on the disk.
    pub fn is_settled(&self) -> bool {
        self.world.throttles.settles_in(self.ip).is_zero()
    }

    /// Waits until it is.
    pub async fn settle(&self) {
        self.world.throttles.wait(self.ip, self.world.throttles.settles_in(self.ip)).await;
    }

    /// Looks a name up from this pod. The loopback address is the pod itself.
    pub fn resolve(&self, fqdn: &str) -> Option<Ipv4Addr> {
        let delay = self.world.network.name_delay(self.ip, fqdn);
        if !delay.is_zero() {
            let waited = u64::try_from(delay.min(RESOLVER).as_millis()).unwrap_or(u64::MAX);
            self.resolving.fetch_add(waited, Ordering::Relaxed);
            if delay >= RESOLVER {
                return None;
            }
        }
        let found = self.search_names(fqdn).find_map(|name| self.world.network.resolve(self.ip, &name).ok());
        found.map(|ip| if ip.is_loopback() { self.ip } else { ip })
    }

    /// A name, and what it may stand for: names with few dots are tried below the search domains.
    pub fn search_names<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Cow<'a, str>> {
        let parents = self.search.match_indices('.').map(|(at, _)| self.search.get(at + 1..).unwrap_or_default());
        let domains = std::iter::once(&*self.search).chain(parents).filter(|domain| domain.ends_with("cluster.local"));
        let short = name.matches('.').count() < 4 && !name.ends_with('.');
        let longer = domains.filter(move |_| short).map(move |domain| Cow::Owned(format!("{name}.{domain}")));
        std::iter::once(Cow::Borrowed(name)).chain(longer)
    }

    /// Whoever listens at an address.
    pub fn dial(&self, ip: Ipv4Addr, port: u16) -> Result<Arc<dyn Listener>, ConnectError> {
        self.world.network.connect(self.ip, ip, port)
    }

    /// Waits as long as a question to an address and its answer are on their way beyond the usual.
    pub async fn round_trip(&self, ip: Ipv4Addr) {
        let network = &self.world.network;
        let transit = network.transit(self.ip, ip) + network.transit(ip, self.ip);
        if !transit.is_zero() {
            tokio::time::sleep(transit).await;
        }
    }

    /// How long the resolver took since this was last asked.
    pub fn resolver_took(&self) -> Duration {
        Duration::from_millis(self.resolving.swap(0, Ordering::Relaxed))
    }

    /// Waits as long as the resolver took.
    pub async fn wait_for_resolver(&self) {
        let took = self.resolver_took();
        if !took.is_zero() {
            tokio::time::sleep(took).await;
        }
    }

    /// Opens a port of the pod.
    pub fn listen(&self, port: u16, listener: Arc<dyn Listener>) -> ListenGuard {
        self.world.network.listen(self.ip, port, listener)
    }

    /// The wall clock of the pod.
    pub fn now(&self) -> jiff::Timestamp {
        self.world.now_at(self.ip)
    }

    /// The wall clock of the pod in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.now().as_millisecond()
    }

    /// A stream of chance that belongs to one process life.
    pub fn dice(&self, purpose: &str) -> Dice {
        self.world.chance.stream(&format!("taosd/{}/{}/{purpose}", self.ip, self.now_ms()))
    }
}
