use std::{
    net::Ipv4Addr,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::v2::{
    event::Event,
    taosd::Taosd,
    types::{Change, Role},
};

/// A TCP connection between two members of a group.
#[derive(Debug)]
pub(crate) struct Conn {
    open: AtomicBool,
}

impl Conn {
    /// An open connection.
    pub fn open() -> Arc<Self> {
        Arc::new(Self { open: AtomicBool::new(true) })
    }

    /// True until either end closes it.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    fn close(&self) -> bool {
        self.open.swap(false, Ordering::Relaxed)
    }
}

/// What members say to each other over a connection.
#[derive(Clone)]
pub(crate) enum SyncMessage {
    /// Role and version of the sender, and what it believes of all members.
    Status {
        /// Its role.
        role: Role,
        /// Its version.
        version: u64,
        /// Its view, in the group's order.
        view: Vec<(Role, u64)>,
        /// An answer is wanted.
        ack: bool,
    },
    /// Please send all data.
    Request,
    /// A change.
    Forward {
        /// Its version.
        version: u64,
        /// The change.
        change: Change,
    },
    /// The other end is closed.
    Broken,
}

/// One end of a connection.
#[derive(Clone)]
pub(crate) struct Link {
    /// The connection.
    pub conn: Arc<Conn>,
    /// The process at the other end.
    pub remote: Weak<Taosd>,
    /// Its address.
    pub ip: Ipv4Addr,
    /// Seconds without any packet getting through.
    pub silent: u32,
}

impl Link {
    /// Sends a message; false if the connection is known to be closed. What is cut off is lost without a sign.
    pub fn send(&self, node: &Taosd, group: i32, message: SyncMessage) -> bool {
        if !self.conn.is_open() {
            return false;
        }
        let Some(remote) = self.remote.upgrade().filter(|remote| !remote.has_exited()) else { return false };
        if node.reaches(self.ip) {
            node.deliver(&remote, 1, Event::Sync { group, conn: Arc::clone(&self.conn), message });
        }
        true
    }

    /// Closes the connection and lets the other end know, if it can be reached.
    pub fn close(&self, node: &Taosd, group: i32) {
        if !self.conn.close() {
            return;
        }
        if let Some(remote) = self.remote.upgrade()
            && node.reaches(self.ip)
        {
            node.deliver(&remote, 2, Event::Sync { group, conn: Arc::clone(&self.conn), message: SyncMessage::Broken });
        }
    }
}
