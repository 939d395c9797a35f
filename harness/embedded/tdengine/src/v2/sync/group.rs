use std::{
    net::Ipv4Addr,
    sync::{Arc, Weak},
};

use super::link::{Conn, Link, SyncMessage};
use crate::v2::{
    event::{Event, SyncTimer},
    taosd::Taosd,
    types::{Change, Member, Role, SYNC_PORT},
};

/// Milliseconds between attempts to connect to a peer.
pub(super) const CHECK: u64 = 1_000;

/// How far the copying of data to a peer has come, on the master's side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Copying {
    /// Not begun since the connection was made.
    #[default]
    Init,
    /// Begun.
    Started,
    /// All is sent; changes are forwarded.
    Caching,
}

/// A member as this process knows it.
pub(super) struct Peer {
    pub(super) member: Member,
    /// Looked up when the peer was configured, and never again.
    pub(super) ip: Ipv4Addr,
    pub(super) role: Role,
    pub(super) version: u64,
    pub(super) link: Option<Link>,
    pub(super) copying: Copying,
    pub(super) turn: u64,
}

/// One replicated group in one process.
pub(crate) struct Group {
    pub(super) id: i32,
    pub(super) own: usize,
    pub(super) peers: Vec<Peer>,
    /// Data are arriving from a master.
    pub(super) receiving: bool,
    pub(super) receiving_turn: u64,
    locked: bool,
}

/// A group that cannot start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StartError {
    /// The name of a member does not resolve.
    Unresolved(Member),
    /// This server is no member.
    NotMember,
}

/// How a reconfiguration went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reconfigured {
    /// Done.
    Done,
    /// A new member's name does not resolve; the group's lock is never given back.
    Unresolved,
    /// The lock is held for ever: whoever asks waits for ever.
    Blocked,
}

impl Group {
    /// Starts replication with these members, at this version of the data.
    pub fn start(node: &Taosd, id: i32, members: &[Member], version: u64) -> Result<Self, StartError> {
        let mut group =
            Self { id, own: usize::MAX, peers: Vec::new(), receiving: false, receiving_turn: 0, locked: false };
        for member in members {
            let Some(peer) = configure(node, member) else { return Err(StartError::Unresolved(member.clone())) };
            if member.ep == node.ep {
                group.own = group.peers.len();
            }
            group.peers.push(peer);
        }
        let alone = group.peers.len() == 1;
        let own = group.peers.get_mut(group.own).ok_or(StartError::NotMember)?;
        own.version = version;
        own.role = if alone { Role::Master } else { Role::Unsynced };
        group.check_all(node);
        Ok(group)
    }

    /// Changes the members.
    pub fn reconfigure(&mut self, node: &Taosd, members: &[Member]) -> Reconfigured {
        if self.locked {
            return Reconfigured::Blocked;
        }
        let own_role = self.role();
        let own_version = self.version();
        for peer in &mut self.peers {
            peer.turn += 1;
            if !members.iter().any(|member| member.ep == peer.member.ep)
                && let Some(link) = peer.link.take()
            {
                link.close(node, self.id);
            }
        }
        let mut peers = Vec::new();
        for member in members {
            let kept = self.peers.iter().position(|peer| peer.member.ep == member.ep);
            let peer = if let Some(at) = kept {
                self.peers.swap_remove(at)
            } else {
                let Some(peer) = configure(node, member) else {
                    // The way out on this error forgets to unlock the group.
                    self.locked = true;
                    self.forget_others(node, own_role, own_version, peers);
                    return Reconfigured::Unresolved;
                };
                peer
            };
            peers.push(peer);
        }
        self.peers = peers;
        self.own = self.peers.iter().position(|peer| peer.member.ep == node.ep).unwrap_or_default();
        let alone = self.peers.len() <= 1;
        if let Some(own) = self.peers.get_mut(self.own) {
            own.version = own_version;
            own.role = if alone { Role::Master } else { own_role };
        }
        self.check_all(node);
        self.broadcast(node);
        Reconfigured::Done
    }

    /// After a failed reconfiguration the group goes on as it was, but for the connections that were closed.
    fn forget_others(&mut self, node: &Taosd, role: Role, version: u64, taken: Vec<Peer>) {
        self.peers.extend(taken);
        if let Some(at) = self.peers.iter().position(|peer| peer.member.ep == node.ep) {
            self.own = at;
            if let Some(own) = self.peers.get_mut(at) {
                (own.role, own.version) = (role, version);
            }
        }
    }

    /// True if the lock of the group is held for ever.
    pub fn is_locked(&self) -> bool {
        self.locked
    }

    /// Role of this process in the group.
    pub fn role(&self) -> Role {
        self.peers.get(self.own).map_or(Role::Offline, |peer| peer.role)
    }

    /// Version of this process's data.
    pub fn version(&self) -> u64 {
        self.peers.get(self.own).map_or(0, |peer| peer.version)
    }

    /// Notes that the data have a new version.
    pub fn set_version(&mut self, version: u64) {
        if let Some(own) = self.peers.get_mut(self.own) {
            own.version = version;
        }
    }

    /// Number of members.
    pub fn replica(&self) -> usize {
        self.peers.len()
    }

    /// True if these are its members already.
    pub fn has_members(&self, members: &[Member]) -> bool {
        self.peers.iter().map(|peer| &peer.member).eq(members)
    }

    /// Data are arriving from a master just now.
    pub fn is_receiving(&self) -> bool {
        self.receiving
    }

    /// Members with their roles.
    pub fn roles(&self) -> impl Iterator<Item = (i32, Role)> {
        self.peers.iter().map(|peer| (peer.member.id, peer.role))
    }

    /// Sends a change to all who follow.
    pub fn forward(&mut self, node: &Taosd, version: u64, change: &Change) {
        self.set_version(version);
        if self.role() != Role::Master {
            return;
        }
        for (at, peer) in self.peers.iter().enumerate() {
            if at == self.own || (peer.role != Role::Slave && peer.copying != Copying::Caching) {
                continue;
            }
            if let Some(link) = &peer.link {
                link.send(node, self.id, SyncMessage::Forward { version, change: change.clone() });
            }
        }
    }

    /// Closes all connections, as the end of the process or of the vnode does.
    pub fn close(&mut self, node: &Taosd) {
        for peer in &mut self.peers {
            peer.turn += 1;
            if let Some(link) = peer.link.take() {
                link.close(node, self.id);
            }
        }
    }

    pub(super) fn index_of(&self, fqdn: &str) -> Option<usize> {
        self.peers.iter().position(|peer| &*peer.member.ep.fqdn == fqdn)
    }

    pub(super) fn index_by(&self, conn: &Arc<Conn>) -> Option<usize> {
        let is = |peer: &Peer| peer.link.as_ref().is_some_and(|link| Arc::ptr_eq(&link.conn, conn));
        self.peers.iter().position(is)
    }

    fn check_all(&mut self, node: &Taosd) {
        let delay = 100 + u64::from(self.id.unsigned_abs()) * 10 % 100;
        for at in 0..self.peers.len() {
            self.check_later(node, at, delay);
        }
    }

    /// Connects later, if this is the server with the smaller name.
    pub(super) fn check_later(&mut self, node: &Taosd, at: usize, delay: u64) {
        let Some(peer) = self.peers.get_mut(at) else { return };
        peer.turn += 1;
        if peer.member.ep.fqdn > node.ep.fqdn {
            let timer = SyncTimer::Check { turn: peer.turn };
            let event = Event::SyncTimer { group: self.id, peer: Arc::clone(&peer.member.ep.fqdn), timer };
            node.post(delay, event);
        }
    }

    /// The time to connect to a peer has come.
    pub fn check(&mut self, node: &Taosd, fqdn: &str, turn: u64) {
        let Some(at) = self.index_of(fqdn) else { return };
        if self.locked {
            return;
        }
        let id = self.id;
        let Some(peer) = self.peers.get_mut(at).filter(|peer| peer.turn == turn) else { return };
        if peer.link.is_some() {
            self.send_status(node, at, true);
            return;
        }
        let Some(remote) = node.dial_sync(peer.ip, peer.member.ep.port + SYNC_PORT) else {
            self.check_later(node, at, CHECK);
            return;
        };
        let conn = Conn::open();
        peer.link = Some(Link { conn: Arc::clone(&conn), remote: Arc::downgrade(&remote), ip: peer.ip, silent: 0 });
        peer.role = Role::Unsynced;
        let from = Arc::clone(&node.ep.fqdn);
        node.deliver(&remote, 1, Event::SyncSetup { group: id, from, conn, remote: node.weak() });
    }

    /// A peer has connected.
    pub fn accept(&mut self, node: &Taosd, from: &str, conn: Arc<Conn>, remote: Weak<Taosd>) {
        let ip = remote.upgrade().map_or(Ipv4Addr::UNSPECIFIED, |remote| remote.host.ip);
        let link = Link { conn, remote, ip, silent: 0 };
        let id = self.id;
        let Some(at) = self.index_of(from) else {
            node.host.log.line("SYN", format!("ERROR vgId:{id}, peer:{from} not configured"));
            link.close(node, id);
            return;
        };
        let Some(peer) = self.peers.get_mut(at) else { return };
        peer.turn += 1;
        if let Some(old) = peer.link.replace(link) {
            old.close(node, id);
        }
        self.send_status(node, at, true);
    }

    /// Once a second: finds out which connections have been silent for so long that they count as broken.
    pub fn keep_alive(&mut self, node: &Taosd, patience: u32) {
        for at in 0..self.peers.len() {
            let Some(link) = self.peers.get_mut(at).and_then(|peer| peer.link.as_mut()) else { continue };
            let gone = link.remote.upgrade().is_none_or(|remote| remote.has_exited());
            link.silent = if !gone && node.reaches(link.ip) { 0 } else { link.silent + 1 };
            if link.silent >= patience {
                self.abort_receiving();
                self.restart(node, at);
            }
        }
    }

    /// Every 15 seconds: a member that is out of step asks its first peer how things are.
    pub fn monitor_role(&mut self, node: &Taosd) {
        if self.role() > Role::Unsynced || self.receiving || self.locked {
            return;
        }
        if let Some(at) = (0..self.peers.len()).find(|at| *at != self.own) {
            self.send_status(node, at, true);
        }
    }
}

fn configure(node: &Taosd, member: &Member) -> Option<Peer> {
    let Some(ip) = node.host.resolve(&member.ep.fqdn) else {
        let fqdn = &member.ep.fqdn;
        node.host
            .log
            .line("UTL", format!("ERROR failed to get the ip address, fqdn:{fqdn}, since:Name or service not known"));
        return None;
    };
    Some(Peer {
        member: member.clone(),
        ip,
        role: Role::Offline,
        version: 0,
        link: None,
        copying: Copying::Init,
        turn: 0,
    })
}
