use crate::{Chance, Clock, Defects, Network};

/// Everything that is shared by all inhabitants of one embedded cluster. Cheap to clone.
#[derive(Clone, Debug)]
pub struct World {
    /// Wall-clock time of the cluster.
    pub clock: Clock,
    /// Source of every random decision.
    pub chance: Chance,
    /// Names, addresses and who listens where.
    pub network: Network,
    /// Defects planted on purpose; empty in a normal run.
    pub defects: Defects,
}

impl World {
    /// A world that starts at `clock`, whose chance derives from `seed`, without defects.
    pub fn new(clock: Clock, seed: u64) -> Self {
        Self { clock, chance: Chance::new(seed), network: Network::default(), defects: Defects::default() }
    }

    /// The same world with `defects` planted.
    #[must_use]
    pub fn with_defects(mut self, defects: Defects) -> Self {
        self.defects = defects;
        self
    }
}
