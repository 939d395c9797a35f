use seatrial_sim::Defect;
use seatrial_sql::codes::v3 as codes;
use tokio::time::{Duration, Instant};

use super::leader::Mnode;
use crate::v3::{
    dnode::{StatusMessage, StatusReply, reply, shared_settings, status_interval},
    event::Sender,
    state::State,
    taosd::Taosd,
    types::{Role, VnodeLoad},
};

/// Status messages that may be missing before a dnode is offline.
const MISSED: u32 = 5;
/// The same, where a defect makes it late.
const MISSED_LATE: u32 = 180;

/// What the leader knows of a dnode's life.
#[derive(Clone, Debug, Default)]
pub(crate) struct Life {
    /// When its last message arrived; `None` if none has.
    pub last: Option<Instant>,
    /// It has been offline since it first reported.
    pub was_silent: bool,
    /// Why it is refused; empty if it is not.
    pub note: &'static str,
    /// Vnodes that it may have.
    pub support_vnodes: u32,
    /// When it began to work.
    pub reboot: i64,
    /// Its vnodes.
    pub vnodes: Vec<VnodeLoad>,
    /// Role of its mnode, and since when.
    pub mnode: Option<(Role, i64)>,
}

impl State {
    /// A dnode says how it is.
    pub fn on_status(&mut self, node: &Taosd, from: &Sender, message: &StatusMessage) {
        let answer = match self.leader(node) {
            Err(set) => StatusReply::Redirect(set),
            Ok(mnode) => mnode.take_status(node, message),
        };
        reply(node, from, answer);
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
                self.refuse(other, "dnodeId not match");
            }
            let (id, ep) = (message.dnode, &message.ep);
            let line = format!("ERROR dnode:{id}, {ep} not exist, code:{:#x}", codes::MND_DNODE_NOT_EXIST);
            node.host.log.line("MND", line);
            return StatusReply::Refused(codes::MND_DNODE_NOT_EXIST);
        };
        if message.cluster != 0 && message.cluster != self.sdb.cluster {
            self.refuse(dnode, "clusterId not match");
            return StatusReply::Refused(codes::MND_INVALID_CLUSTER_ID);
        }
        let own = shared_settings(node);
        if let Some(((note, _), _)) = own.iter().zip(&message.shared).find(|(own, its)| own != its) {
            self.refuse(dnode, note);
            return StatusReply::Refused(codes::MND_INVALID_CLUSTER_CFG);
        }
        let known = self.lives.get(&dnode).is_some_and(|life| life.last.is_some());
        let life = Life {
            last: Some(Instant::now()),
            was_silent: self.was_silent(dnode) || known && !self.is_online(node, dnode),
            note: "",
            support_vnodes: message.support_vnodes,
            reboot: message.reboot,
            vnodes: message.vnodes.clone(),
            mnode: message.mnode,
        };
        self.lives.insert(dnode, life);
        StatusReply::Accepted {
            dnode,
            cluster: self.sdb.cluster,
            version: self.sdb.dnode_version,
            peers: self.sdb.peers(),
        }
    }

    fn refuse(&mut self, dnode: i32, note: &'static str) {
        let life = self.lives.entry(dnode).or_default();
        (life.last, life.note) = (None, note);
    }

    /// True if the dnode has reported lately.
    pub fn is_online(&self, node: &Taosd, dnode: i32) -> bool {
        let defects = &node.host.world.defects;
        let missed = match () {
            () if defects.has(Defect::OfflineNeverReported) => u32::MAX,
            () if defects.has(Defect::OfflineReportedLate) => MISSED_LATE,
            () => MISSED,
        };
        if defects.has(Defect::OfflineForEver) && self.was_silent(dnode) {
            return false;
        }
        let patience = Duration::from_millis(status_interval(&node.host.config)).saturating_mul(missed);
        self.lives.get(&dnode).and_then(|life| life.last).is_some_and(|last| last.elapsed() <= patience)
    }

    fn was_silent(&self, dnode: i32) -> bool {
        self.lives.get(&dnode).is_some_and(|life| life.was_silent)
    }

    /// Why a dnode that is offline is so.
    pub(super) fn note(&self, node: &Taosd, dnode: i32) -> &'static str {
        let life = self.lives.get(&dnode);
        let wrong = node.host.world.defects.has(Defect::OfflineReasonWrong);
        match life {
            Some(life) if !life.note.is_empty() => life.note,
            Some(life) if life.last.is_some() && !wrong => "status msg timeout",
            _ => "status not received",
        }
    }

    /// The role of a replica, as its dnode last said; offline if the dnode is.
    pub(super) fn role_of(&self, node: &Taosd, vg: i32, dnode: i32) -> Role {
        if !self.is_online(node, dnode) {
            return Role::Offline;
        }
        let loads = self.lives.get(&dnode).map(|life| life.vnodes.as_slice()).unwrap_or_default();
        loads.iter().find(|load| load.vg == vg).map_or(Role::Offline, |load| load.role)
    }
}
