use std::sync::{Arc, Weak};

use tokio::sync::oneshot;

use super::{
    dnode::{StatusMessage, StatusReply},
    sync::{Conn, SyncMessage},
    taosd::Taosd,
    types::{Member, MnodeSet, Snapshot, VnodeConfig},
};

/// Something that a server has to do at a moment.
pub(crate) enum Event {
    /// Time to tell the mnodes that this dnode lives.
    SendStatus {
        /// Only the latest of these timers counts.
        turn: u64,
    },
    /// A dnode's status message has arrived.
    Status {
        /// Who sent it.
        from: Weak<Taosd>,
        /// What it says.
        message: Box<StatusMessage>,
    },
    /// The answer to a status message has arrived.
    StatusReply(Box<StatusReply>),
    /// The balancer's timer.
    Balance {
        /// Only the latest of these timers counts.
        turn: u64,
        /// Whether the balancer shall look, or only the clock of the dnodes' statuses shall tick.
        look: bool,
    },
    /// The mnodes of the group may have changed.
    UpdateMnodes(Option<MnodeSet>),
    /// An order of the mnode to this dnode.
    Order {
        /// What to do.
        order: Order,
        /// Who waits for the result.
        reply: Option<oneshot::Sender<Result<(), i32>>>,
    },
    /// A new mnode has answered (or not).
    MnodeCreated {
        /// The dnode.
        dnode: i32,
        /// Whether it now runs.
        result: Result<(), i32>,
    },
    /// A vnode that was dropped is closed now.
    VnodeClosed(i32),
    /// A peer opens a connection of a group.
    SyncSetup {
        /// The group.
        group: i32,
        /// Name of the peer.
        from: Arc<str>,
        /// The connection.
        conn: Arc<Conn>,
        /// Its other end.
        remote: Weak<Taosd>,
    },
    /// Something came over a connection of a group.
    Sync {
        /// The group.
        group: i32,
        /// The connection.
        conn: Arc<Conn>,
        /// What came.
        message: SyncMessage,
    },
    /// The master starts to send all data.
    SyncData {
        /// The group.
        group: i32,
        /// Name of the master.
        from: Arc<str>,
    },
    /// All data have been sent.
    SyncSnapshot {
        /// The group.
        group: i32,
        /// The data.
        data: Snapshot,
        /// Their version.
        version: u64,
    },
    /// A timer of a group.
    SyncTimer {
        /// The group.
        group: i32,
        /// The peer that it is about.
        peer: Arc<str>,
        /// What it is for.
        timer: SyncTimer,
    },
}

/// Timers of replication.
pub(crate) enum SyncTimer {
    /// Connect to the peer.
    Check {
        /// Only the latest of these timers counts.
        turn: u64,
    },
    /// The peer should have begun to send its data.
    NotStarted {
        /// Only the latest of these timers counts.
        turn: u64,
    },
    /// The data have been read and can be handed over.
    Retrieved {
        /// The receiver.
        remote: Weak<Taosd>,
        /// Where the receiver is.
        ip: std::net::Ipv4Addr,
    },
    /// Data should have arrived by now.
    Stalled {
        /// Which attempt.
        turn: u64,
    },
}

/// An order of the mnode to a dnode.
#[derive(Clone)]
pub(crate) enum Order {
    /// Have this vnode.
    CreateVnode(VnodeConfig),
    /// Change this vnode.
    AlterVnode(VnodeConfig),
    /// Drop this vnode.
    DropVnode(i32),
    /// Run an mnode.
    CreateMnode {
        /// The dnode that is meant.
        dnode: i32,
        /// All mnodes, with the new one.
        mnodes: Vec<Member>,
    },
}
