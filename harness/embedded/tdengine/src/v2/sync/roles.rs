use std::sync::Arc;

use super::{
    group::{CHECK, Copying, Group},
    link::{Conn, SyncMessage},
};
use crate::v2::{taosd::Taosd, types::Role};

impl Group {
    /// A peer has told its role and version.
    pub fn on_status(
        &mut self,
        node: &Taosd,
        conn: &Arc<Conn>,
        (role, version): (Role, u64),
        view: &[(Role, u64)],
        ack: bool,
    ) {
        if self.is_locked() {
            return;
        }
        let Some(at) = self.index_by(conn) else { return };
        if let Some(peer) = self.peers.get_mut(at) {
            peer.version = version;
        }
        self.check_role(node, at, Some(view), role);
        if ack && self.peers.get(at).is_some_and(|peer| peer.link.is_some()) {
            self.send_status(node, at, false);
        }
    }

    /// The other end of a connection is gone.
    pub fn on_broken(&mut self, node: &Taosd, conn: &Arc<Conn>) {
        let Some(at) = self.index_by(conn) else { return };
        let link = self.peers.get(at).and_then(|peer| peer.link.as_ref());
        if link.is_some_and(|link| link.remote.upgrade().is_none_or(|remote| remote.has_exited())) {
            self.abort_receiving();
        }
        self.restart(node, at);
    }

    pub(super) fn abort_receiving(&mut self) {
        if self.receiving {
            self.receiving = false;
            self.receiving_turn += 1;
            self.set_role(Role::Unsynced);
        }
    }

    pub(super) fn set_role(&mut self, role: Role) {
        if let Some(own) = self.peers.get_mut(self.own) {
            own.role = role;
        }
    }

    /// Tells a peer this member's role; a peer that is not connected is offline.
    pub(super) fn send_status(&mut self, node: &Taosd, at: usize, ack: bool) {
        let view = self.peers.iter().map(|peer| (peer.role, peer.version)).collect();
        let message = SyncMessage::Status { role: self.role(), version: self.version(), view, ack };
        let link = self.peers.get(at).and_then(|peer| peer.link.as_ref());
        if !link.is_some_and(|link| link.send(node, self.id, message)) {
            self.restart(node, at);
        }
    }

    pub(super) fn broadcast(&mut self, node: &Taosd) {
        for at in 0..self.peers.len() {
            if at != self.own {
                self.send_status(node, at, true);
            }
        }
    }

    /// Closes the connection to a peer, calls it offline and connects again in a second.
    pub(super) fn restart(&mut self, node: &Taosd, at: usize) {
        if self.is_locked() {
            return;
        }
        self.reconnect(node, at);
        self.check_role(node, at, None, Role::Offline);
    }

    fn reconnect(&mut self, node: &Taosd, at: usize) {
        let id = self.id;
        let Some(peer) = self.peers.get_mut(at) else { return };
        peer.copying = Copying::Init;
        if let Some(link) = peer.link.take() {
            link.close(node, id);
        }
        self.check_later(node, at, CHECK);
    }

    fn check_role(&mut self, node: &Taosd, at: usize, view: Option<&[(Role, u64)]>, role: Role) {
        let Some(peer) = self.peers.get_mut(at) else { return };
        let before = std::mem::replace(&mut peer.role, role);
        let own_before = self.role();
        let mut wanted = None;
        if let Some(master) = self.find_master() {
            if self.role() == Role::Master && self.peers.get(at).is_some_and(|peer| self.version() < peer.version) {
                self.set_role(Role::Unsynced);
                for other in 0..self.peers.len() {
                    if other != self.own {
                        self.reconnect(node, other);
                    }
                }
                return;
            }
            if self.role() == Role::Unsynced {
                let version = self.peers.get(master).map_or(0, |peer| peer.version);
                if self.version() < version {
                    wanted = Some(master);
                } else {
                    self.set_role(Role::Slave);
                }
            }
        } else if self.agrees(view) {
            self.choose_master();
        }
        if let Some(master) = wanted {
            self.request_data(node, master);
        }
        if before != role || own_before != self.role() {
            self.broadcast(node);
        }
    }

    fn online(&self) -> usize {
        self.peers.iter().filter(|peer| peer.role != Role::Offline).count()
    }

    /// The master, if there is one and enough members are online; steps back if there are not.
    fn find_master(&mut self) -> Option<usize> {
        let (online, replica) = (self.online(), self.peers.len());
        if online * 2 <= replica {
            let keeps = self.role() == Role::Master && online * 2 == replica && online >= 1;
            if !keeps && self.role() != Role::Unsynced {
                self.set_role(Role::Unsynced);
            }
            return None;
        }
        let mut masters = (0..replica).filter(|at| self.peers.get(*at).is_some_and(|peer| peer.role == Role::Master));
        let master = masters.next()?;
        if masters.next().is_some() && master == self.own {
            self.set_role(Role::Slave);
        }
        Some(master)
    }

    /// Without a master, members elect one only when they see each other alike.
    fn agrees(&self, view: Option<&[(Role, u64)]>) -> bool {
        let Some(view) = view else { return self.peers.len() == 2 };
        self.peers.len() <= view.len()
            && self.peers.iter().zip(view).all(|(peer, (role, version))| {
                peer.role == *role && (peer.role == Role::Offline || peer.version == *version)
            })
    }

    fn choose_master(&mut self) {
        let (online, replica) = (self.online(), self.peers.len());
        let newest = |candidates: &mut dyn Iterator<Item = usize>| {
            let version = |at: usize| self.peers.get(at).map_or(0, |peer| peer.version);
            candidates.reduce(|best, at| if version(at) > version(best) { at } else { best })
        };
        let chosen = if online == replica {
            newest(&mut (0..replica))
        } else if online * 2 > replica {
            let followed = |at: &usize| self.peers.get(*at).is_some_and(|peer| peer.role.in_sync());
            newest(&mut (0..replica).filter(followed))
        } else {
            None
        };
        if chosen == Some(self.own) {
            self.set_role(Role::Master);
        }
    }
}
