use std::{
    net::Ipv4Addr,
    sync::{Arc, Weak},
};

use super::{
    group::{CHECK, Copying, Group},
    link::{Conn, SyncMessage},
};
use crate::v2::{
    event::{Event, SyncTimer},
    taosd::Taosd,
    types::{MNODE_GROUP, Role, SYNC_PORT, Snapshot},
};

/// Milliseconds after which a receiver gives up.
const STALLED: u64 = 60_000;

impl Group {
    fn timer(&self, node: &Taosd, delay: u64, peer: &Arc<str>, timer: SyncTimer) {
        node.post(delay, Event::SyncTimer { group: self.id, peer: Arc::clone(peer), timer });
    }

    /// A member that lacks data asks the master for all of them.
    pub(super) fn request_data(&mut self, node: &Taosd, master: usize) {
        if self.receiving {
            return;
        }
        let id = self.id;
        let Some(peer) = self.peers.get_mut(master) else { return };
        peer.turn += 1;
        let (turn, name) = (peer.turn, Arc::clone(&peer.member.ep.fqdn));
        if let Some(link) = &peer.link {
            link.send(node, id, SyncMessage::Request);
        }
        self.timer(node, CHECK, &name, SyncTimer::NotStarted { turn });
    }

    /// The master has not begun to send within a second.
    pub fn on_not_started(&mut self, node: &Taosd, fqdn: &str, turn: u64) {
        let Some(at) = self.index_of(fqdn) else { return };
        if self.peers.get(at).is_some_and(|peer| peer.turn == turn) {
            self.restart(node, at);
        }
    }

    /// Somebody asks this master for its data: it opens a second connection, to the address that it keeps.
    pub fn on_request(&mut self, node: &Taosd, conn: &Arc<Conn>) {
        if self.role() != Role::Master || self.is_locked() {
            return;
        }
        let Some(at) = self.index_by(conn) else { return };
        let Some(peer) = self.peers.get_mut(at).filter(|peer| peer.copying == Copying::Init) else { return };
        peer.copying = Copying::Started;
        let (ip, name) = (peer.ip, Arc::clone(&peer.member.ep.fqdn));
        let Some(remote) = node.dial_sync(ip, peer.member.ep.port + SYNC_PORT) else {
            node.host.log.line("SYN", format!("ERROR vgId:{}, failed to open socket to sync", self.id));
            return;
        };
        node.deliver(&remote, 1, Event::SyncData { group: self.id, from: Arc::clone(&node.ep.fqdn) });
        // A vnode first waits until nobody reads or writes; the mnode has nothing to wait for.
        let delay = if self.id == MNODE_GROUP { node.chance(150, 350) } else { node.chance(800, 950) };
        self.timer(node, delay, &name, SyncTimer::Retrieved { remote: Arc::downgrade(&remote), ip });
    }

    /// The master's data are on their way.
    pub fn on_data(&mut self, node: &Taosd, from: &str) {
        let Some(at) = self.index_of(from) else { return };
        if self.is_locked() {
            return;
        }
        self.receiving = true;
        self.receiving_turn += 1;
        self.set_role(Role::Syncing);
        let turn = self.receiving_turn;
        if let Some(peer) = self.peers.get_mut(at) {
            peer.turn += 1;
            let name = Arc::clone(&peer.member.ep.fqdn);
            self.timer(node, STALLED, &name, SyncTimer::Stalled { turn });
        }
        self.broadcast(node);
    }

    /// The data have not arrived.
    pub fn on_stalled(&mut self, node: &Taosd, fqdn: &str, turn: u64) {
        if self.receiving && self.receiving_turn == turn {
            self.abort_receiving();
            if let Some(at) = self.index_of(fqdn) {
                self.restart(node, at);
            }
        }
    }

    /// The master has read its data and hands them over.
    pub fn on_retrieved(
        &mut self,
        node: &Taosd,
        fqdn: &str,
        (remote, ip): (&Weak<Taosd>, Ipv4Addr),
        snapshot: impl FnOnce() -> Option<(Snapshot, u64)>,
    ) {
        let Some(at) = self.index_of(fqdn) else { return };
        let remote = remote.upgrade().filter(|remote| !remote.has_exited() && node.reaches(ip));
        match (remote, snapshot()) {
            (Some(remote), Some((data, version))) => {
                if let Some(peer) = self.peers.get_mut(at) {
                    peer.copying = Copying::Caching;
                }
                node.deliver(&remote, 1, Event::SyncSnapshot { group: self.id, data, version });
            }
            _ => self.restart(node, at),
        }
    }

    /// All data are here and stored: this member is a slave now. False if nobody waits for data.
    pub fn on_snapshot(&mut self, node: &Taosd, version: u64) -> bool {
        if !self.receiving {
            return false;
        }
        self.receiving = false;
        self.receiving_turn += 1;
        self.set_version(version);
        self.set_role(Role::Slave);
        self.broadcast(node);
        true
    }

    /// A change has arrived; true if it is to be applied.
    pub fn on_forward(&mut self, node: &Taosd, conn: &Arc<Conn>, version: u64) -> bool {
        if self.is_locked() {
            return false;
        }
        let Some(at) = self.index_by(conn) else { return false };
        if self.role() == Role::Slave {
            let new = version > self.version();
            if new {
                self.set_version(version);
            }
            return new;
        }
        if !self.receiving {
            self.restart(node, at);
        }
        false
    }
}
