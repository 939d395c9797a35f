use std::sync::Arc;

use seatrial_sql::Precision;

use crate::config::EndPoint;

/// The group of the mnodes; vgroups begin with 2.
pub(crate) const MNODE_GROUP: i32 = 1;

/// The role of a member of a Raft group, as it reports it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing is known of it.
    #[default]
    Offline,
    /// Gets the log and has no vote yet.
    Learner,
    /// Follows a leader, or waits for one.
    Follower,
    /// Asks for votes.
    Candidate,
    /// Leads, and does not know yet what of the log is committed.
    NewLeader,
    /// Leads and can be read, and has not taken over yet all that earlier leaders left.
    Restoring,
    /// Leads.
    Leader,
}

impl Role {
    /// As `show vgroups` and `show mnodes` print it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Learner => "learner",
            Self::Follower => "follower",
            Self::Candidate => "candidate",
            Self::NewLeader => "leader**",
            Self::Restoring => "leader*",
            Self::Leader => "leader",
        }
    }

    /// True for all kinds of leader.
    pub fn leads(self) -> bool {
        matches!(self, Self::NewLeader | Self::Restoring | Self::Leader)
    }
}

/// A member of a Raft group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// The dnode.
    pub id: i32,
    /// Its end point.
    pub ep: EndPoint,
    /// It has no vote yet.
    pub learner: bool,
}

/// The end points of the mnodes, and which one was leader when somebody last knew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MnodeSet {
    /// End points, by dnode id.
    pub eps: Vec<EndPoint>,
    /// Position of the leader.
    pub in_use: usize,
}

/// A dnode as all dnodes know it; kept in `dnode.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Its id.
    pub id: i32,
    /// Its end point.
    pub ep: EndPoint,
    /// An mnode runs there.
    pub mnode: bool,
}

/// What a vnode is told to be when it is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VnodeConfig {
    /// The vgroup.
    pub vg: i32,
    /// Its database.
    pub db: String,
    /// Unit of timestamps.
    pub precision: Precision,
    /// Writes wait until they are on the disk (`wal_level 2`, `wal_fsync_period 0`).
    pub writes_through: bool,
    /// Its replicas.
    pub members: Arc<[Member]>,
}

/// What a dnode says of a vnode in its status message.
#[derive(Clone, Debug)]
pub(crate) struct VnodeLoad {
    /// The vgroup.
    pub vg: i32,
    /// Its role there.
    pub role: Role,
    /// Its tables.
    pub tables: usize,
}
