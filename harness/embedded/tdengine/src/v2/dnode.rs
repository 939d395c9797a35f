use std::sync::{Arc, Weak};

use seatrial_sim::Defect;
use seatrial_sql::codes;

use super::{
    event::Event,
    ports::{self, Port},
    state::State,
    taosd::Taosd,
    types::{Member, MnodeSet, PEER_PORT, VnodeLoad},
};
use crate::{config::EndPoint, queue::Ticket};

/// Milliseconds between status messages.
const STATUS: u64 = 1_000;
/// Seconds after which a silent connection of the mnodes' or of a vgroup's replication counts as broken.
const SILENCE: (u64, u64) = (15, 19);
/// Seconds between the attempts of a group that is out of step to find out more.
const ROLE_CHECK: u64 = 15;

/// What a dnode knows of itself and of its cluster; kept in the folder `dnode`.
#[derive(Default)]
pub(crate) struct Dnode {
    /// Its id; 0 before it was told.
    pub id: i32,
    /// The cluster that it belongs to; empty before it was told.
    pub cluster: String,
    /// The mnodes.
    pub mnodes: MnodeSet,
    /// All dnodes.
    pub dnodes: Arc<[Member]>,
    /// Settings that all dnodes must share.
    pub shared: Arc<[(&'static str, String)]>,
    turn: u64,
    next: Option<Ticket>,
    ticks: u64,
    patience: u32,
}

/// "I live, and this is what I have."
pub(crate) struct StatusMessage {
    /// The dnode; 0 if it does not know its id.
    pub dnode: i32,
    /// Its end point.
    pub ep: EndPoint,
    /// The cluster it thinks it belongs to.
    pub cluster: String,
    /// Its cores.
    pub cores: u32,
    /// Settings that all dnodes must share, by the reason that is shown when they differ.
    pub shared: Arc<[(&'static str, String)]>,
    /// Its vnodes.
    pub vnodes: Vec<VnodeLoad>,
}

/// What the mnode answers.
pub(crate) enum StatusReply {
    /// Welcome.
    Accepted {
        /// The dnode's id.
        dnode: i32,
        /// The cluster's id.
        cluster: String,
        /// The mnodes.
        mnodes: MnodeSet,
        /// All dnodes.
        dnodes: Arc<[Member]>,
    },
    /// Not the master; ask these.
    Redirect(MnodeSet),
    /// Refused.
    Refused(i32),
}

impl Dnode {
    /// Reads the folder `dnode`.
    pub fn load(node: &Taosd) -> Self {
        let read = |name: &str| {
            let bytes = node.host.volume.read(&format!("dnode/{name}"))?;
            serde_json::from_slice::<serde_json::Value>(&bytes).ok()
        };
        let shared = super::mnode::shared_settings(&node.host.config).into();
        let mut dnode = Self { patience: patience(node), shared, ..Self::default() };
        if let Some(file) = read("dnodeCfg.json") {
            dnode.id = file.get("dnodeId").and_then(as_id).unwrap_or_default();
            let cluster = file.get("clusterId").and_then(|id| id.as_str());
            dnode.cluster = cluster.map(str::to_owned).unwrap_or_default();
        }
        if let Some(file) = read("mnodeEpSet.json") {
            let members = file.get("nodeInfos").and_then(|list| list.as_array()).into_iter().flatten();
            let member = |info: &serde_json::Value| {
                let ep = EndPoint::parse(info.get("nodeEp")?.as_str()?, 6030);
                Some(Member { id: info.get("nodeId").and_then(as_id)?, ep })
            };
            dnode.mnodes.members = members.filter_map(member).collect();
            let in_use = file.get("inUse").and_then(serde_json::Value::as_u64);
            dnode.mnodes.in_use = in_use.and_then(|at| usize::try_from(at).ok()).unwrap_or_default();
        }
        if let Some(file) = read("dnodeEps.json") {
            let members = file.get("dnodeInfos").and_then(|list| list.as_array()).into_iter().flatten();
            let member = |info: &serde_json::Value| {
                let port = info.get("dnodePort").and_then(serde_json::Value::as_u64)?;
                let ep = EndPoint { fqdn: info.get("dnodeFqdn")?.as_str()?.into(), port: u16::try_from(port).ok()? };
                Some(Member { id: info.get("dnodeId").and_then(as_id)?, ep })
            };
            dnode.dnodes = members.filter_map(member).collect();
        }
        if dnode.mnodes.members.is_empty() {
            let ep = node.host.config.first_ep(&node.ep.fqdn);
            dnode.mnodes = MnodeSet { members: vec![Member { id: 0, ep }], in_use: 0 };
        }
        dnode
    }

    /// The end point under which the cluster knows this dnode, if it is not the one that it has now.
    pub fn known_elsewhere(&self, node: &Taosd) -> Option<&EndPoint> {
        self.dnodes.iter().find(|member| member.id == self.id).map(|member| &member.ep).filter(|ep| **ep != node.ep)
    }

    /// Sends the next status message so many milliseconds from now, and none before.
    pub fn status_later(&mut self, node: &Taosd, delay: u64) {
        self.turn += 1;
        self.next = node.post_instead(self.next.take(), delay, Event::SendStatus { turn: self.turn });
    }

    fn save_identity(&self, node: &Taosd) {
        let text = format!("{{\n  \"dnodeId\": {},\n  \"clusterId\": \"{}\"\n}}\n", self.id, self.cluster);
        node.host.volume.write("dnode/dnodeCfg.json", text);
    }

    fn save_mnodes(&self, node: &Taosd) {
        let list = self.mnodes.members.iter().map(|member| {
            format!("    {{\n      \"nodeId\": {},\n      \"nodeEp\": \"{}\"\n    }}", member.id, member.ep)
        });
        let text = format!(
            "{{\n  \"inUse\": {},\n  \"nodeNum\": {},\n  \"nodeInfos\": [\n{}\n  ]\n}}\n",
            self.mnodes.in_use,
            self.mnodes.members.len(),
            list.collect::<Vec<_>>().join(",\n")
        );
        node.host.volume.write("dnode/mnodeEpSet.json", text);
    }

    fn save_dnodes(&self, node: &Taosd) {
        let list = self.dnodes.iter().map(|member| {
            let (id, fqdn, port) = (member.id, &member.ep.fqdn, member.ep.port);
            format!("    {{\n      \"dnodeId\": {id},\n      \"dnodeFqdn\": \"{fqdn}\",\n      \"dnodePort\": {port}\n    }}")
        });
        let text = format!(
            "{{\n  \"dnodeNum\": {},\n  \"dnodeInfos\": [\n{}\n  ]\n}}\n",
            self.dnodes.len(),
            list.collect::<Vec<_>>().join(",\n")
        );
        node.host.volume.write("dnode/dnodeEps.json", text);
    }
}

fn patience(node: &Taosd) -> u32 {
    u32::try_from(node.chance(SILENCE.0, SILENCE.1)).unwrap_or(16)
}

fn as_id(value: &serde_json::Value) -> Option<i32> {
    value.as_i64().and_then(|id| i32::try_from(id).ok())
}

impl State {
    /// Tells the mnode that is thought to be master how this dnode is.
    pub fn send_status(&mut self, node: &Taosd, turn: u64) {
        if turn != self.dnode.turn {
            return;
        }
        self.tick(node);
        // If nothing comes back, the next message goes out all the same.
        self.dnode.status_later(node, STATUS * 3);
        let set = &self.dnode.mnodes;
        let order = (0..set.members.len()).map(|step| (set.in_use + step) % set.members.len());
        let dial = |at: usize| {
            let ep = &set.members.get(at)?.ep;
            let ip = node.host.resolve(&ep.fqdn)?;
            ports::dial(&node.host, ip, ep.port + PEER_PORT, Port::Peer).ok()
        };
        let Some(remote) = order.into_iter().find_map(dial) else {
            self.dnode.status_later(node, STATUS);
            return;
        };
        let message = StatusMessage {
            dnode: self.dnode.id,
            ep: node.ep.clone(),
            cluster: self.dnode.cluster.clone(),
            cores: node.host.cores,
            shared: Arc::clone(&self.dnode.shared),
            vnodes: self.vnodes.values().filter(|vnode| !vnode.closing).map(super::vnode::Vnode::load_report).collect(),
        };
        node.deliver(&remote, 0, Event::Status { from: node.weak(), message: Box::new(message) });
    }

    /// What is to do once a second, or nearly so.
    fn tick(&mut self, node: &Taosd) {
        self.dnode.ticks += 1;
        let patience = self.dnode.patience;
        let role_check = self.dnode.ticks.is_multiple_of(ROLE_CHECK);
        let mut groups: Vec<i32> =
            self.vnodes.values().filter(|vnode| vnode.group.replica() > 1).map(super::vnode::Vnode::id).collect();
        if self.mnode.as_ref().and_then(|mnode| mnode.group.as_ref()).is_some_and(|group| group.replica() > 1) {
            groups.push(super::types::MNODE_GROUP);
        }
        for id in groups {
            self.with_group(node, id, |group| {
                group.keep_alive(node, patience);
                if role_check {
                    group.monitor_role(node);
                }
            });
        }
    }

    /// The mnode has answered a status message.
    pub fn on_status_reply(&mut self, node: &Taosd, reply: StatusReply) {
        match reply {
            StatusReply::Accepted { dnode, cluster, mnodes, dnodes } => {
                if dnode != self.dnode.id || cluster != self.dnode.cluster {
                    node.host.log.line("DND", format!("dnodeId is set to {dnode}, clusterId is set to {cluster}"));
                    (self.dnode.id, self.dnode.cluster) = (dnode, cluster);
                    self.dnode.save_identity(node);
                }
                let changed = mnodes.members != self.dnode.mnodes.members;
                if changed
                    || mnodes.in_use != self.dnode.mnodes.in_use
                    || !node.host.volume.exists("dnode/mnodeEpSet.json")
                {
                    self.dnode.mnodes = mnodes.clone();
                    self.dnode.save_mnodes(node);
                }
                if dnodes != self.dnode.dnodes {
                    self.dnode.dnodes = dnodes;
                    self.dnode.save_dnodes(node);
                }
                if changed {
                    self.update_mnodes(node, Some(&mnodes));
                }
                self.dnode.status_later(node, STATUS);
            }
            StatusReply::Redirect(set) => {
                let members = if set.members.is_empty() { self.dnode.mnodes.members.clone() } else { set.members };
                self.dnode.mnodes = MnodeSet { members, in_use: set.in_use };
                self.dnode.status_later(node, STATUS / 2);
            }
            StatusReply::Refused(code) => {
                node.host.log.line("DND", format!("ERROR status rsp is received, error:{}", codes::text(code)));
                let zombie = code == codes::MND_DNODE_NOT_EXIST && !self.dnode.cluster.is_empty();
                if zombie && !node.host.world.defects.has(Defect::DroppedDnodeKeepsRunning) {
                    node.host.log.line("DND", "ERROR exit zombie dropped dnode");
                    if node.host.world.defects.has(Defect::DroppedDnodeRejoins) {
                        node.host.volume.wipe();
                    }
                    node.exit(1);
                    return;
                }
                self.dnode.status_later(node, STATUS);
            }
        }
    }
}

/// Answers a status message, over the way that it came.
pub(crate) fn reply(node: &Taosd, to: &Weak<Taosd>, reply: StatusReply) {
    if let Some(remote) = to.upgrade().filter(|remote| node.reaches(remote.host.ip)) {
        node.deliver(&remote, 0, Event::StatusReply(Box::new(reply)));
    }
}
