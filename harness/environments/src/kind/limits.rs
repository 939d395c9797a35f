use std::time::Duration;

/// The bounds of everything that is done about a kind cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindLimits {
    /// `kind create cluster`, pulling the node image included. 10 min; about 40 s when the image is there.
    pub create: Duration,
    /// Nodes, DNS, storage class and service account become ready. 4 min; about 20 s usually.
    pub ready: Duration,
    /// Bringing an image onto the nodes. 10 min; about 15 s for each node.
    pub load: Duration,
    /// `kind delete cluster`. 2 min; about 3 s usually.
    pub delete: Duration,
    /// `kind export logs`. 2 min.
    pub logs: Duration,
    /// `kind get ...`, `kind version`. 30 s.
    pub ask: Duration,
    /// Leftovers in a reused cluster are gone. 3 min.
    pub drift: Duration,
}

impl Default for KindLimits {
    fn default() -> Self {
        Self {
            create: Duration::from_secs(600),
            ready: Duration::from_secs(240),
            load: Duration::from_secs(600),
            delete: Duration::from_secs(120),
            logs: Duration::from_secs(120),
            ask: Duration::from_secs(30),
            drift: Duration::from_secs(180),
        }
    }
}
