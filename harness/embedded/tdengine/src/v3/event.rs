use std::{net::Ipv4Addr, sync::Weak};

use super::{
    dnode::{StatusMessage, StatusReply},
    mnode::Tables,
    orders::Order,
    raft::Message,
    taosd::Taosd,
};
use seatrial_sql::storage::VnodeData;

/// Something that a server has to do at a moment.
pub(crate) enum Event {
    /// Goes on with the start.
    Start,
    /// Time to tell the mnodes that this dnode lives.
    SendStatus {
        /// Only the latest of these timers counts.
        turn: u64,
    },
    /// A dnode's status message has arrived.
    Status {
        /// Who sent it.
        from: Sender,
        /// What it says.
        message: Box<StatusMessage>,
    },
    /// The answer to a status message has arrived.
    StatusReply(Box<StatusReply>),
    /// Something came from another member of a group.
    Raft {
        /// The group.
        group: i32,
        /// The dnode of the other member.
        from: i32,
        /// What came.
        letter: Letter,
    },
    /// The timer of a group.
    RaftTimer {
        /// The group.
        group: i32,
    },
    /// The log of a group is on the disk up to an entry, or is to be written up to there.
    RaftLog {
        /// The group.
        group: i32,
        /// The entry.
        index: u64,
        /// Bytes that could not be written yet, for want of room; 0 if all is on the disk.
        unwritten: u64,
    },
    /// Time for the mnode to go on with transactions.
    PullUp,
    /// An order of the mnode to this dnode.
    Order {
        /// Who waits for the result.
        from: Sender,
        /// Which of its orders this is.
        number: u64,
        /// What to do.
        order: Order,
    },
    /// An order has been done here, and the mnode is to know.
    Report {
        /// Who waits for the result.
        to: Sender,
        /// Which of its orders this is.
        number: u64,
        /// What came of it.
        result: Result<(), i32>,
    },
    /// The result of an order has arrived (or will not).
    Done {
        /// Which order.
        number: u64,
        /// What came of it.
        result: Result<(), i32>,
    },
    /// The process ends.
    Exit(u8),
}

/// A process, and where it was when it sent something.
#[derive(Clone)]
pub(crate) struct Sender {
    /// The process.
    pub process: Weak<Taosd>,
    /// Its address.
    pub ip: Ipv4Addr,
}

/// A message of a group, by what the group replicates.
pub(crate) enum Letter {
    /// The mnodes.
    Mnode(Message<Tables>),
    /// A vgroup.
    Vnode(Message<VnodeData>),
}
