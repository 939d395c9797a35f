use std::net::Ipv4Addr;

use jiff::Timestamp;

use crate::{Chance, Clock, Clocks, Defects, Network, Throttles};

/// Everything that is shared by all inhabitants of one embedded cluster. Cheap to clone.
#[derive(Clone, Debug)]
pub struct World {
    /// Wall-clock time of the cluster.
    pub clock: Clock,
    /// Clocks of pods that are wrong.
    pub clocks: Clocks,
    /// Source of every random decision.
    pub chance: Chance,
    /// Names, addresses and who listens where.
    pub network: Network,
    /// Limits of what pods write.
    pub throttles: Throttles,
    /// Defects planted on purpose; empty in a normal run.
    pub defects: Defects,
}

impl World {
    /// A world that starts at `clock`, whose chance derives from `seed`, without defects.
    pub fn new(clock: Clock, seed: u64) -> Self {
        Self {
            clock,
            clocks: Clocks::default(),
            chance: Chance::new(seed),
            network: Network::default(),
            throttles: Throttles::default(),
            defects: Defects::default(),
        }
    }

    /// What the clock of the pod with this address shows.
    pub fn now_at(&self, ip: Ipv4Addr) -> Timestamp {
        self.clocks.at(ip, self.clock.now())
    }

    /// The same world with `defects` planted.
    #[must_use]
    pub fn with_defects(mut self, defects: Defects) -> Self {
        self.defects = defects;
        self
    }
}
