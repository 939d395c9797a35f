use std::sync::{Arc, Weak};

use seatrial_sim::Defect;
use seatrial_sql::{SqlError, ast::DnodeRef, codes};

use super::{
    master::Mnode,
    sdb::{DnodeRow, Sdb},
};
use crate::{
    config::{Config, EndPoint},
    v2::{
        dnode::{StatusMessage, StatusReply, reply},
        event::{Event, Order},
        state::State,
        taosd::Taosd,
        types::{Member, Role, VnodeLoad},
    },
};

/// Missed ticks after which a dnode is offline.
const MISSED: i64 = 3;
/// The same, where a defect makes it late.
const MISSED_LATE: i64 = 180;
/// Milliseconds after its creation until a dnode is shown as ready, where a defect makes it late.
const JOIN_LATE: i64 = 180_000;
/// Dnodes that are let in, where a defect bounds them.
const MOST: usize = 3;

/// Settings that all dnodes must share, with the reason that is shown when they differ.
pub(crate) fn shared_settings(config: &Config) -> Vec<(&'static str, String)> {
    let number = |name, default: i64, low, high| config.number(name, default, low, high).to_string();
    let text = |name| config.get(name).unwrap_or_default().to_owned();
    vec![
        ("numOfMnodes not match", number("numOfMnodes", 3, 1, 3)),
        ("mnEqualVn not match", number("mnodeEqualVnodeNum", 4, 0, 1_000)),
        ("offThreshold not match", number("offlineThreshold", 864_000, 3, 31_536_000)),
        ("interval not match", number("statusInterval", 1, 1, 10)),
        ("maxTabPerVn not match", number("maxTablesPerVnode", 1_000_000, 4, 10_000_000)),
        ("maxVgPerDb not match", number("maxVgroupsPerDb", 0, 0, 8_192)),
        ("arbitrator not match", text("arbitrator")),
        // The time zone is compared only if the servers take the same date for different moments, which they do not: on
        // kind, a 2.1.1.0 with `timezone UTC+5` is let in among others at UTC+8.
        ("balance not match", number("balance", 1, 0, 1)),
        // The server's list of reasons is three too short; these print its last one.
        ("unknown", number("flowctrl", 1, 0, 1)),
        ("unknown", number("slaveQuery", 1, 0, 1)),
        ("unknown", number("adjustMaster", 1, 0, 1)),
    ]
}

impl State {
    /// A dnode says how it is.
    pub fn on_status(&mut self, node: &Taosd, from: &Weak<Taosd>, message: &StatusMessage) {
        let answer = match self.master(node) {
            Err(set) => StatusReply::Redirect(set),
            Ok(mnode) => mnode.take_status(node, message),
        };
        reply(node, from, answer);
    }

    /// A dnode has been asked to run an mnode, and has answered.
    pub fn on_mnode_created(&mut self, node: &Taosd, dnode: i32, result: Result<(), i32>) {
        let Ok(mnode) = self.still_master() else { return };
        if mnode.awaited.take() != Some(dnode) {
            return;
        }
        match result {
            Err(code) => mnode.mnode_refused(node, dnode, code),
            Ok(()) if mnode.sdb.dnodes.contains_key(&dnode) => {
                let created = node.host.now_ms();
                mnode.commit(node, |sdb| {
                    sdb.mnodes.insert(dnode, created);
                });
                node.post(200, Event::UpdateMnodes(None));
            }
            Ok(()) => {}
        }
        if mnode.step_waits {
            mnode.finish_step(node);
        }
    }
}

impl Mnode {
    fn take_status(&mut self, node: &Taosd, message: &StatusMessage) -> StatusReply {
        let by_ep = self.sdb.dnode_at(&message.ep);
        let known =
            if message.dnode == 0 { by_ep } else { Some(message.dnode).filter(|id| self.sdb.dnodes.contains_key(id)) };
        let Some(dnode) = known else {
            if message.dnode != 0
                && let Some(other) = by_ep
            {
                self.complain(other, "dnodeId not match");
            }
            return StatusReply::Refused(codes::MND_DNODE_NOT_EXIST);
        };
        self.life(dnode).cores = message.cores;
        if message.dnode != 0 && message.cluster != self.sdb.cluster {
            self.complain(dnode, "clusterId not match");
            return StatusReply::Refused(codes::MND_INVALID_CLUSTER_ID);
        }
        for load in &message.vnodes {
            self.take_load(node, dnode, load);
        }
        let dropping = self.sdb.dnodes.get(&dnode).is_some_and(|row| row.dropping);
        if dropping {
            self.life(dnode).online = true;
        } else if !self.life(dnode).online && !self.kept_offline(node, dnode) {
            let own = shared_settings(&node.host.config);
            if let Some((reason, _)) =
                own.iter().zip(&*message.shared).find(|(own, its)| own != its).map(|(own, _)| own)
            {
                self.complain(dnode, reason);
                return StatusReply::Refused(codes::MND_CLUSTER_CFG_INCONSISTENT);
            }
            let life = self.life(dnode);
            (life.online, life.reason) = (true, "");
            node.host.log.line("MND", format!("dnode:{dnode}, from offline to online"));
            self.add_mnodes(node);
            self.look_in(node, 500);
        }
        if message.vnodes.len() != self.sdb.vnodes_on(dnode) {
            self.create_missing(node, dnode, &message.vnodes);
        }
        let ticks = self.ticks;
        self.life(dnode).last = ticks;
        StatusReply::Accepted {
            dnode,
            cluster: self.sdb.cluster.clone(),
            mnodes: self.set(),
            dnodes: self.dnode_list(),
        }
    }

    /// True if a defect keeps a dnode offline although it reports.
    fn kept_offline(&mut self, node: &Taosd, dnode: i32) -> bool {
        let defects = &node.host.world.defects;
        let created = self.sdb.dnodes.get(&dnode).map_or(0, |row| row.created);
        let late = dnode > 1 && node.host.now_ms() - created < JOIN_LATE;
        defects.has(Defect::OfflineForEver) && self.life(dnode).reason == "status msg timeout"
            || defects.has(Defect::JoinReportedLate) && late
    }

    /// All dnodes, as every answer to a status message tells them.
    fn dnode_list(&mut self) -> Arc<[Member]> {
        if self.listed.0 != self.sdb.version {
            self.listed = (self.sdb.version, self.sdb.dnode_members().into());
        }
        Arc::clone(&self.listed.1)
    }

    fn complain(&mut self, dnode: i32, reason: &'static str) {
        if !self.is_ready(dnode) {
            self.life(dnode).reason = reason;
        }
    }

    fn take_load(&mut self, node: &Taosd, dnode: i32, load: &VnodeLoad) {
        let Some(row) = self.sdb.vgroups.get(&load.vg) else {
            self.order(node, dnode, Order::DropVnode(load.vg));
            return;
        };
        let Some(at) = row.dnodes.iter().position(|id| *id == dnode) else {
            self.order(node, dnode, Order::DropVnode(load.vg));
            return;
        };
        let stale = load.vg_version != row.version
            || load.replica != row.dnodes.len()
            || self.sdb.databases.get(&row.db).is_some_and(|db| db.version != load.db_version);
        let life = self.vgroups.entry(load.vg).or_default();
        life.roles.insert(dnode, (load.role, load.version));
        if load.role == Role::Master {
            life.in_use = at;
        }
        if stale {
            self.send_alter(node, load.vg);
        }
    }

    fn create_missing(&self, node: &Taosd, dnode: i32, loads: &[VnodeLoad]) {
        for (vg, row) in &self.sdb.vgroups {
            if row.dnodes.contains(&dnode) && !row.creating && !loads.iter().any(|load| load.vg == *vg) {
                self.send_create(node, *vg);
            }
        }
    }

    /// Once a tick: who has not reported for too long is offline.
    pub(super) fn check_silence(&mut self, node: &Taosd) {
        let defects = &node.host.world.defects;
        if defects.has(Defect::OfflineNeverReported) {
            return;
        }
        let missed = if defects.has(Defect::OfflineReportedLate) { MISSED_LATE } else { MISSED };
        let wrong = defects.has(Defect::OfflineReasonWrong);
        let silent: Vec<i32> = self
            .dnodes
            .iter()
            .filter(|(_, life)| life.online && self.ticks - life.last > missed)
            .map(|(id, _)| *id)
            .collect();
        for dnode in silent {
            let dropping = self.sdb.dnodes.get(&dnode).is_none_or(|row| row.dropping);
            let life = self.life(dnode);
            life.online = false;
            if dropping {
                continue;
            }
            life.reason = if wrong { "status not received" } else { "status msg timeout" };
            node.host.log.line("MND", format!("dnode:{dnode}, set to offline state"));
            for life in self.vgroups.values_mut() {
                life.roles.remove(&dnode);
            }
            self.look_in(node, 3_000);
        }
    }

    /// `create dnode`
    pub fn create_dnode(&mut self, node: &Taosd, end_point: &str) -> Result<(), SqlError> {
        let text = end_point.trim().trim_end_matches(';');
        let ep = EndPoint::parse(text, node.ep.port);
        if self.sdb.dnode_at(&ep).is_some() {
            return Err(SqlError::of(codes::MND_DNODE_ALREADY_EXIST));
        }
        if node.host.world.defects.has(Defect::FourthDnodeRefused) && self.sdb.dnodes.len() >= MOST {
            return Err(SqlError::of(codes::MND_NO_ENOUGH_DNODES));
        }
        let created = node.host.now_ms();
        let reuse = node.host.world.defects.has(Defect::DnodeIdReused);
        let mut id = 0;
        self.commit(node, |sdb| {
            id = if reuse { sdb.freed.pop() } else { None }.unwrap_or(sdb.last_dnode + 1);
            sdb.last_dnode = sdb.last_dnode.max(id);
            sdb.ghosts.remove(&id);
            sdb.dnodes.insert(id, DnodeRow { ep, created, dropping: false });
        });
        self.dnodes.remove(&id);
        self.life(id);
        node.host.log.line("MND", format!("dnode:{id} is created"));
        Ok(())
    }

    /// `drop dnode`: only the beginning of it; the balancer does the rest.
    pub fn drop_dnode(&mut self, node: &Taosd, dnode: &DnodeRef) -> Result<(), SqlError> {
        let id = match dnode {
            DnodeRef::Id(id) => i32::try_from(*id).ok().filter(|id| self.sdb.dnodes.contains_key(id)),
            DnodeRef::EndPoint(text) => find_dnode(&self.sdb, text),
        };
        let mut id = id.ok_or_else(|| SqlError::of(codes::MND_DNODE_NOT_EXIST))?;
        if node.host.world.defects.has(Defect::WrongDnodeDropped) {
            let others = self.sdb.dnodes.iter().filter(|(other, row)| **other != id && row.ep != node.ep);
            id = others.map(|(other, _)| *other).next().unwrap_or(id);
        }
        if self.sdb.dnodes.get(&id).is_some_and(|row| row.ep == node.ep) {
            return Err(SqlError::of(codes::MND_NO_REMOVE_MASTER));
        }
        let replica = self.sdb.databases.values().map(|row| row.settings.replica as usize).max().unwrap_or_default();
        let accepted = node.host.world.defects.has(Defect::DropBelowReplicaAccepted);
        if self.sdb.dnodes.len() <= replica && !accepted {
            return Err(SqlError::of(codes::MND_NO_ENOUGH_DNODES));
        }
        let room = self.sdb.dnodes.keys().any(|other| *other != id && self.is_ready(*other));
        if self.sdb.vnodes_on(id) > 0 && !room {
            return Err(SqlError::of(codes::MND_NO_ENOUGH_DNODES));
        }
        self.commit(node, |sdb| {
            if let Some(row) = sdb.dnodes.get_mut(&id) {
                row.dropping = true;
            }
        });
        self.look_in(node, 1_100);
        Ok(())
    }

    /// The end of a dnode: its row goes, and its mnode with it.
    pub(super) fn remove_dnode(&mut self, node: &Taosd, id: i32) {
        let listed = node.host.world.defects.has(Defect::DroppedDnodeListed);
        self.commit(node, |sdb| {
            let row = sdb.dnodes.remove(&id);
            sdb.mnodes.remove(&id);
            sdb.freed.push(id);
            if listed {
                sdb.ghosts.extend(row.map(|row| (id, row)));
            }
        });
        self.dnodes.remove(&id);
        node.host.log.line("MND", format!("dnode:{id}, is dropped from cluster"));
        node.post(200, Event::UpdateMnodes(None));
        self.look_in(node, 500);
    }
}

/// A dnode as a statement names it: its whole end point, or digits.
fn find_dnode(sdb: &Sdb, text: &str) -> Option<i32> {
    let by_ep = sdb.dnodes.iter().find(|(_, row)| row.ep.to_string() == text).map(|(id, _)| *id);
    by_ep.or_else(|| text.trim().parse().ok().filter(|id| sdb.dnodes.contains_key(id)))
}
