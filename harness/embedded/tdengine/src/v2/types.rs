use std::sync::Arc;

use seatrial_sql::storage::{VnodeData, Write};

use super::mnode::Sdb;
use crate::config::EndPoint;

/// Offset of the port between servers from the shell's port.
pub(crate) const PEER_PORT: u16 = 5;
/// Offset of the port of replication.
pub(crate) const SYNC_PORT: u16 = 10;
/// Offset of the HTTP port.
pub(crate) const HTTP_PORT: u16 = 11;
/// The group of the mnodes.
pub(crate) const MNODE_GROUP: i32 = 1;

/// The role of a member of a replicated group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Not connected.
    #[default]
    Offline,
    /// Connected, of unknown state.
    Unsynced,
    /// Receiving data.
    Syncing,
    /// Follows the master.
    Slave,
    /// Takes writes.
    Master,
}

impl Role {
    /// As the tables show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Unsynced => "unsynced",
            Self::Syncing => "syncing",
            Self::Slave => "slave",
            Self::Master => "master",
        }
    }

    /// Has the data.
    pub fn in_sync(self) -> bool {
        matches!(self, Self::Slave | Self::Master)
    }
}

/// A member of a replicated group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// The dnode.
    pub id: i32,
    /// Its end point.
    pub ep: EndPoint,
}

/// The end points of the mnodes, and which one is thought to be master.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MnodeSet {
    /// All mnodes, by dnode id.
    pub members: Vec<Member>,
    /// Position of the master.
    pub in_use: usize,
}

/// What a vnode is told to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VnodeConfig {
    /// The vgroup.
    pub vg: i32,
    /// Its database.
    pub db: String,
    /// Replicas of the database.
    pub db_replica: usize,
    /// Version of the database's settings.
    pub db_version: u32,
    /// Version of the vgroup's settings.
    pub vg_version: u32,
    /// Unit of timestamps.
    pub precision: seatrial_sql::Precision,
    /// Newer rows replace older ones.
    pub update: bool,
    /// Writes wait until they are on the disk (`wal 2`, `fsync 0`).
    pub writes_through: bool,
    /// Its replicas.
    pub members: Vec<Member>,
}

/// A change that a master sends to its slaves.
#[derive(Clone)]
pub(crate) enum Change {
    /// The cluster's tables as they are now.
    Sdb(Arc<Sdb>),
    /// A write to a vnode.
    Vnode(Arc<Write>),
}

/// All data of a group, for a member that lacks them.
#[derive(Clone)]
pub(crate) enum Snapshot {
    /// The cluster's tables.
    Sdb(Arc<Sdb>),
    /// A vnode's tables.
    Vnode(Arc<VnodeData>),
}

/// What a dnode says of a vnode in its status message.
#[derive(Clone, Debug)]
pub(crate) struct VnodeLoad {
    /// The vgroup.
    pub vg: i32,
    /// Its role there.
    pub role: Role,
    /// Its version.
    pub version: u64,
    /// Version of the database's settings that it knows.
    pub db_version: u32,
    /// Version of the vgroup's settings that it knows.
    pub vg_version: u32,
    /// Number of replicas that it knows.
    pub replica: usize,
}
