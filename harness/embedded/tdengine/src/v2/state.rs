use std::{collections::BTreeMap, sync::Arc};

use seatrial_sim::ListenGuard;
use tokio::sync::oneshot;

use super::{
    dnode::Dnode,
    event::{Event, SyncTimer},
    mnode::Mnode,
    monitor::Monitor,
    ports,
    sync::{Conn, Group, SyncMessage},
    taosd::Taosd,
    types::{Change, MNODE_GROUP, Role, Snapshot},
    vnode::Vnode,
};
use crate::process::Server;

/// Everything that a server process knows.
#[derive(Default)]
pub(crate) struct State {
    /// The dnode's own identity.
    pub dnode: Dnode,
    /// The mnode, if one runs here.
    pub mnode: Option<Mnode>,
    /// Open vnodes.
    pub vnodes: BTreeMap<i32, Vnode>,
    /// Writes to the `log` database.
    pub monitor: Monitor,
    /// The one thread that handles orders waits for ever; so do all who wait for it.
    pub orders_blocked: Option<Vec<oneshot::Sender<Result<(), i32>>>>,
    /// The one thread that accepts connections for replication waits for ever.
    pub accept_blocked: bool,
}

impl Server for State {
    type Event = Event;
    type Shared = ();

    fn listen(process: &Arc<Taosd>) -> Vec<ListenGuard> {
        ports::open(process)
    }

    fn boot(&mut self, node: &Taosd) {
        node.host.log.line("DND", "start to initialize TDengine");
        self.dnode = Dnode::load(node);
        if let Some(ep) = self.dnode.known_elsewhere(node) {
            let id = self.dnode.id;
            let line =
                format!("ERROR dnode:{id}, localEp is different from {ep} in dnodeEps.json and need reconfigured");
            node.host.log.line("DND", line);
            node.host.log.line("DND", "Failed to start TDengine, please check the log at:/var/log/taos");
            node.exit(1);
            return;
        }
        if node.host.lacks_room() {
            #[expect(clippy::cast_precision_loss, reason = "it is printed")]
            let free = node.host.volume.free() as f64 / f64::from(1 << 30);
            node.host.log.line("DND", format!("ERROR free disk size: {free:.6} GB, too little, quit"));
            node.host.log.line("DND", "Failed to start TDengine, please check the log at:/var/log/taos");
            node.exit(1);
            return;
        }
        self.open_vnodes(node);
        if node.has_exited() {
            return;
        }
        self.start_mnode_if_here(node);
        if node.has_exited() {
            return;
        }
        node.host.log.line("DND", "TDengine is initialized successfully");
        self.dnode.status_later(node, 500);
        self.monitor = Monitor::start(node);
    }

    fn close(&mut self, node: &Taosd) {
        for vnode in self.vnodes.values_mut() {
            vnode.group.close(node);
        }
        if let Some(group) = self.mnode.as_mut().and_then(|mnode| mnode.group.as_mut()) {
            group.close(node);
        }
        // Nobody waits for a dead process.
        self.orders_blocked = None;
        self.vnodes.clear();
        self.mnode = None;
    }

    fn handle(&mut self, node: &Taosd, event: Event) {
        match event {
            Event::SendStatus { turn } => self.send_status(node, turn),
            Event::Status { from, message } => self.on_status(node, &from, &message),
            Event::StatusReply(reply) => self.on_status_reply(node, *reply),
            Event::Balance { turn, look } => self.on_balance_timer(node, turn, look),
            Event::UpdateMnodes(set) => self.update_mnodes(node, set.as_ref()),
            Event::Order { order, reply } => self.on_order(node, order, reply),
            Event::MnodeCreated { dnode, result } => self.on_mnode_created(node, dnode, result),
            Event::VnodeClosed(group) => self.on_vnode_closed(node, group),
            Event::SyncSetup { group, from, conn, remote } => {
                if self.accept_blocked {
                    return;
                }
                if self.group(group).is_some_and(|group| group.is_locked()) {
                    self.accept_blocked = true;
                    return;
                }
                let unknown = self.group(group).is_none();
                self.with_group(node, group, |group| group.accept(node, &from, Arc::clone(&conn), remote.clone()));
                if unknown && let Some(remote) = remote.upgrade().filter(|remote| node.reaches(remote.host.ip)) {
                    node.deliver(&remote, 2, Event::Sync { group, conn, message: SyncMessage::Broken });
                }
            }
            Event::Sync { group, conn, message } => self.on_sync(node, group, &conn, message),
            Event::SyncData { group, from } => {
                if !self.accept_blocked {
                    self.with_group(node, group, |group| group.on_data(node, &from));
                }
            }
            Event::SyncSnapshot { group, data, version } => self.on_snapshot(node, group, data, version),
            Event::SyncTimer { group, peer, timer } => self.on_sync_timer(node, group, &peer, timer),
        }
    }
}

impl State {
    fn group(&mut self, id: i32) -> Option<&mut Group> {
        if id == MNODE_GROUP {
            self.mnode.as_mut().and_then(|mnode| mnode.group.as_mut())
        } else {
            self.vnodes.get_mut(&id).filter(|vnode| !vnode.closing).map(|vnode| &mut vnode.group)
        }
    }

    /// Does something with a group, and what follows if the role in it changes.
    pub fn with_group(&mut self, node: &Taosd, id: i32, act: impl FnOnce(&mut Group)) {
        let Some(group) = self.group(id) else { return };
        let before: (Role, Vec<_>) = (group.role(), group.roles().collect());
        act(group);
        let after: (Role, Vec<_>) = (group.role(), group.roles().collect());
        if before.0 != after.0 {
            let (from, to) = (before.0.name(), after.0.name());
            let module = if id == MNODE_GROUP { "SDB" } else { "VND" };
            node.host.log.line(module, format!("vgId:{id}, sync role changed from {from} to {to}"));
        }
        if id == MNODE_GROUP {
            if before != after {
                self.on_mnode_roles(node, before.0);
            }
        } else if before.0 != after.0 {
            self.dnode.status_later(node, 3);
        }
    }

    fn on_sync(&mut self, node: &Taosd, id: i32, conn: &Arc<Conn>, message: SyncMessage) {
        match message {
            SyncMessage::Status { role, version, view, ack } => {
                self.with_group(node, id, |group| group.on_status(node, conn, (role, version), &view, ack));
            }
            SyncMessage::Request => self.with_group(node, id, |group| group.on_request(node, conn)),
            SyncMessage::Broken => self.with_group(node, id, |group| group.on_broken(node, conn)),
            // What cannot be written breaks the connection (`syncProcessForwardFromPeer`).
            SyncMessage::Forward { .. } if id != MNODE_GROUP && node.host.lacks_room() => {
                self.with_group(node, id, |group| group.on_broken(node, conn));
            }
            SyncMessage::Forward { version, change } => {
                let mut apply = false;
                self.with_group(node, id, |group| apply = group.on_forward(node, conn, version));
                if apply {
                    self.apply(node, id, version, change);
                }
            }
        }
    }

    fn apply(&mut self, node: &Taosd, id: i32, version: u64, change: Change) {
        match change {
            Change::Sdb(sdb) => self.follow_sdb(node, sdb),
            Change::Vnode(write) => {
                if let Some(vnode) = self.vnodes.get_mut(&id) {
                    vnode.follow(version, &write);
                }
            }
        }
    }

    fn on_snapshot(&mut self, node: &Taosd, id: i32, data: Snapshot, version: u64) {
        // Without room the copy stays half, until the group gives up to wait for the rest.
        if self.group(id).is_none_or(|group| !group.is_receiving()) || node.host.is_full() {
            return;
        }
        match data {
            Snapshot::Sdb(sdb) => self.follow_sdb(node, sdb),
            Snapshot::Vnode(data) => {
                if let Some(vnode) = self.vnodes.get_mut(&id) {
                    vnode.install(&data, version);
                }
            }
        }
        self.with_group(node, id, |group| {
            group.on_snapshot(node, version);
        });
    }

    fn on_sync_timer(&mut self, node: &Taosd, id: i32, peer: &str, timer: SyncTimer) {
        match timer {
            SyncTimer::Check { turn } => self.with_group(node, id, |group| group.check(node, peer, turn)),
            SyncTimer::NotStarted { turn } => self.with_group(node, id, |group| group.on_not_started(node, peer, turn)),
            SyncTimer::Stalled { turn } => self.with_group(node, id, |group| group.on_stalled(node, peer, turn)),
            SyncTimer::Retrieved { remote, ip } => {
                let data = self.snapshot(node, id);
                self.with_group(node, id, |group| group.on_retrieved(node, peer, (&remote, ip), || data));
            }
        }
    }

    fn snapshot(&self, node: &Taosd, id: i32) -> Option<(Snapshot, u64)> {
        if id == MNODE_GROUP {
            let sdb = &self.mnode.as_ref()?.sdb;
            return Some((Snapshot::Sdb(Arc::clone(sdb)), sdb.version));
        }
        let (data, version) = self.vnodes.get(&id)?.copy_out(&node.host.world.defects);
        Some((Snapshot::Vnode(Arc::new(data)), version))
    }
}
