//! What differs between versions of 3.x.

use crate::version::Version;

/// What a version of 3.x does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Release(Version);

impl Release {
    /// The behaviour of a version.
    pub fn of(version: Version) -> Self {
        Self(version)
    }

    /// Seconds that a vnode waits for the name of a peer when it is opened (`resolveFQDNRetryTime`, since 3.1.1.0).
    pub fn name_patience(self) -> u32 {
        if self.0 >= Version::new([3, 1, 1, 0]) { 100 } else { 0 }
    }

    /// Whether the address of a name is looked up again after a connection failed. 3.3.0.1 does (`update ip of fqdn` in its
    /// log); 3.0.7.1 keeps the first for as long as it runs: a pod that came back with a new address heard from nobody
    /// (kind, `mnode-leader-lost`). The first version that does is not known.
    pub fn renews_addresses(self) -> bool {
        self.0 >= Version::new([3, 1, 0, 0])
    }

    /// Whether a dnode that is offline and empty is dropped without `force` (since 3.2.3.0).
    pub fn drops_empty_offline(self) -> bool {
        self.0 >= Version::new([3, 2, 3, 0])
    }

    /// Whether `show` has the wider columns and names of 3.1 and later.
    pub fn is_wide(self) -> bool {
        self.0 >= Version::new([3, 1, 0, 0])
    }
}
