use std::sync::Arc;

use seatrial_sim::Defect;
use seatrial_sql::codes::v3 as codes;

use super::{
    event::{Event, Sender},
    state::{RunStatus, State},
    taosd::Taosd,
    types::{MnodeSet, Peer, Role, VnodeLoad},
    wire::Unsent,
};
use crate::{
    config::{Config, EndPoint},
    queue::Ticket,
};

/// Status messages without an answer after which another mnode is asked.
const PATIENCE: u32 = 3;
/// Milliseconds from the decision to end until the process has ended.
const SHUT_DOWN: (u64, u64) = (1_000, 1_400);

/// What a dnode knows of itself and of its cluster; kept in `dnode/dnode.json`.
#[derive(Default)]
pub(crate) struct Dnode {
    /// Its id; 0 before it was told.
    pub id: i32,
    /// The cluster that it belongs to; 0 before it was told.
    pub cluster: i64,
    /// It was dropped, and must never run again.
    pub dropped: bool,
    /// Version of the list of dnodes.
    pub version: u64,
    /// All dnodes.
    pub peers: Arc<[Peer]>,
    /// When the process began to work, in milliseconds since 1970.
    pub reboot: i64,
    /// Position of the mnode that is asked.
    in_use: usize,
    /// The leader, as an mnode has said, if it became an mnode after this dnode was told of them.
    new_leader: Option<EndPoint>,
    unanswered: u32,
    turn: u64,
    next: Option<Ticket>,
}

/// "I live, and this is what I have."
pub(crate) struct StatusMessage {
    /// The dnode; 0 if it does not know its id.
    pub dnode: i32,
    /// Its end point.
    pub ep: EndPoint,
    /// The cluster that it thinks it belongs to.
    pub cluster: i64,
    /// Vnodes that it may have.
    pub support_vnodes: u32,
    /// When it began to work.
    pub reboot: i64,
    /// Settings that all dnodes must share, by the note that is shown when they differ.
    pub shared: Vec<(&'static str, String)>,
    /// Its vnodes.
    pub vnodes: Vec<VnodeLoad>,
    /// Role of its mnode, and since when.
    pub mnode: Option<(Role, i64)>,
}

/// What the mnode answers.
pub(crate) enum StatusReply {
    /// Welcome.
    Accepted {
        /// The dnode's id.
        dnode: i32,
        /// The cluster's id.
        cluster: i64,
        /// Version of the list of dnodes.
        version: u64,
        /// All dnodes.
        peers: Arc<[Peer]>,
    },
    /// Not the leader; ask these.
    Redirect(MnodeSet),
    /// Refused.
    Refused(i32),
}

impl Dnode {
    /// Reads `dnode.json`.
    pub fn load(node: &Taosd) -> Self {
        let bytes = node.host.volume.read("dnode/dnode.json");
        let file = bytes.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
        let Some(file) = file else { return Self::default() };
        let number = |value: &serde_json::Value, name: &str| value.get(name).and_then(serde_json::Value::as_i64);
        let text = |name| file.get(name).and_then(serde_json::Value::as_str).and_then(|text| text.parse::<i64>().ok());
        let peer = |value: &serde_json::Value| {
            let port = u16::try_from(number(value, "port")?).ok()?;
            let ep = EndPoint { fqdn: value.get("fqdn")?.as_str()?.into(), port };
            let mnode = number(value, "isMnode") == Some(1);
            Some(Peer { id: i32::try_from(number(value, "id")?).ok()?, ep, mnode })
        };
        let peers = file.get("dnodes").and_then(serde_json::Value::as_array);
        Self {
            id: number(&file, "dnodeId").and_then(|id| i32::try_from(id).ok()).unwrap_or_default(),
            cluster: text("clusterId").unwrap_or_default(),
            dropped: number(&file, "dropped") == Some(1),
            version: text("dnodeVer").and_then(|version| u64::try_from(version).ok()).unwrap_or_default(),
            peers: peers.into_iter().flatten().filter_map(peer).collect(),
            ..Self::default()
        }
    }

    /// The end point under which the cluster knows this dnode, if it is not the one that it has now.
    pub fn known_elsewhere(&self, node: &Taosd) -> Option<&EndPoint> {
        self.peers.iter().find(|peer| peer.id == self.id).map(|peer| &peer.ep).filter(|ep| **ep != node.ep)
    }

    fn save(&self, node: &Taosd) {
        let peer = |peer: &Peer| {
            let (id, fqdn, port, mnode) = (peer.id, &peer.ep.fqdn, peer.ep.port, u8::from(peer.mnode));
            format!(
                "{{\n\t\t\t\"id\":\t{id},\n\t\t\t\"fqdn\":\t\"{fqdn}\",\n\t\t\t\"port\":\t{port},\n\t\t\t\"isMnode\":\t{mnode}\n\t\t}}"
            )
        };
        let peers: Vec<String> = self.peers.iter().map(peer).collect();
        let text = format!(
            "{{\n\t\"dnodeId\":\t{},\n\t\"dnodeVer\":\t\"{}\",\n\t\"engineVer\":\t\"30000000\",\n\t\"clusterId\":\t\"{}\",\n\t\
             \"dropped\":\t{},\n\t\"dnodes\":\t[{}]\n}}\n",
            self.id,
            self.version,
            self.cluster,
            u8::from(self.dropped),
            peers.join(", ")
        );
        node.host.volume.write("dnode/dnode.json", text);
    }

    /// Sends the next status message so many milliseconds from now, and none before.
    pub fn status_later(&mut self, node: &Taosd, delay: u64) {
        self.turn += 1;
        self.next = node.post_instead(self.next.take(), delay, Event::SendStatus { turn: self.turn });
    }

    /// The mnodes, as far as this dnode knows: the first end point until it was told.
    pub fn mnodes(&self, node: &Taosd) -> MnodeSet {
        let mut eps: Vec<EndPoint> = self.peers.iter().filter(|peer| peer.mnode).map(|peer| peer.ep.clone()).collect();
        if eps.is_empty() {
            eps.push(node.host.config.first_ep(&node.ep.fqdn));
        }
        eps.extend(self.new_leader.clone().filter(|leader| !eps.contains(leader)));
        let in_use = self.in_use % eps.len();
        MnodeSet { eps, in_use }
    }

    fn ask_another(&mut self) {
        self.in_use = self.in_use.wrapping_add(1);
        self.unanswered = 0;
    }
}

/// Milliseconds between status messages; a dnode is offline after five of them.
pub(crate) fn status_interval(config: &Config) -> u64 {
    u64::try_from(config.number("statusInterval", 1, 1, 30)).unwrap_or(1) * 1_000
}

/// Settings that all dnodes must share, with the note that is shown when they differ.
pub(crate) fn shared_settings(node: &Taosd) -> Vec<(&'static str, String)> {
    let config = &node.host.config;
    let wide = node.release().is_wide();
    let text = |name, default: &str| config.get(name).unwrap_or(default).to_owned();
    vec![
        (
            if wide { "statusInterval not match" } else { "interval not match" },
            (status_interval(config) / 1_000).to_string(),
        ),
        ("timezone not match", text("timezone", "UTC (UTC, +0000)")),
        ("locale not match", text("locale", "en_US.UTF-8")),
        ("charset not match", text("charset", "UTF-8")),
    ]
}

impl State {
    /// Tells the mnode that is thought to lead how this dnode is.
    pub fn send_status(&mut self, node: &Taosd, turn: u64) {
        if turn != self.dnode.turn || self.run != RunStatus::ServiceOk {
            return;
        }
        let interval = status_interval(&node.host.config);
        self.dnode.status_later(node, interval);
        let cores = node.host.cores;
        let support = node.host.config.number("supportVnodes", i64::from(cores) * 2, 0, 4_096);
        let message = StatusMessage {
            dnode: self.dnode.id,
            ep: node.ep.clone(),
            cluster: self.dnode.cluster,
            support_vnodes: u32::try_from(support).unwrap_or_default().max(2),
            reboot: self.dnode.reboot,
            shared: shared_settings(node),
            vnodes: self.vnodes.values().map(super::vnode::Vnode::load).collect(),
            mnode: self.mnode.as_ref().map(|mnode| (mnode.raft.role(), mnode.raft.role_since)),
        };
        let mnodes = self.dnode.mnodes(node);
        let Some(ep) = mnodes.eps.get(mnodes.in_use) else { return };
        self.dnode.unanswered += 1;
        let sent = node.send(ep, Event::Status { from: node.sender(), message: Box::new(message) });
        let hopeless = matches!(sent, Err(Unsent::Refused | Unsent::Unresolved));
        if hopeless || self.dnode.unanswered > PATIENCE {
            self.dnode.ask_another();
        }
    }

    /// The mnode has answered a status message.
    pub fn on_status_reply(&mut self, node: &Taosd, reply: StatusReply) {
        self.dnode.unanswered = 0;
        match reply {
            StatusReply::Accepted { dnode, cluster, version, peers } => {
                if dnode != self.dnode.id || cluster != self.dnode.cluster {
                    let line = format!("set local info, dnodeId:{dnode} clusterId:{cluster}");
                    node.host.log.line("DND", line);
                    (self.dnode.id, self.dnode.cluster) = (dnode, cluster);
                    self.dnode.version = 0;
                }
                if version != self.dnode.version {
                    let asked = self.dnode.mnodes(node);
                    self.dnode.new_leader = None;
                    (self.dnode.version, self.dnode.peers) = (version, peers);
                    let leader = asked.eps.get(asked.in_use);
                    let now = self.dnode.mnodes(node).eps;
                    self.dnode.in_use = now.iter().position(|ep| Some(ep) == leader).unwrap_or_default();
                    self.dnode.save(node);
                }
            }
            StatusReply::Redirect(set) => {
                self.dnode.new_leader = set.eps.get(set.in_use).cloned();
                let own = self.dnode.mnodes(node);
                match own.eps.iter().position(|ep| Some(ep) == self.dnode.new_leader.as_ref()) {
                    Some(at) if at != own.in_use => self.dnode.in_use = at,
                    _ => self.dnode.ask_another(),
                }
            }
            StatusReply::Refused(codes::MND_DNODE_NOT_EXIST) => {
                if self.dnode.id != 0 && !node.host.world.defects.has(Defect::DroppedDnodeKeepsRunning) {
                    self.end_dropped(node);
                }
            }
            StatusReply::Refused(_) => {}
        }
    }

    /// The cluster does not know this dnode any more: it will never run again.
    fn end_dropped(&mut self, node: &Taosd) {
        let log = &node.host.log;
        log.line("DND", "ERROR failed to send status req since Dnode does not exist");
        log.line("DND", format!("dnode:{}, set to dropped since not exist in mnode", self.dnode.id));
        log.line("DND", "dnode will exit since it is in the dropped state");
        self.dnode.dropped = true;
        self.dnode.save(node);
        if node.host.world.defects.has(Defect::DroppedDnodeRejoins) {
            node.host.volume.wipe();
        }
        self.run = RunStatus::Exiting;
        node.post(node.chance(SHUT_DOWN.0, SHUT_DOWN.1), Event::Exit(0));
    }
}

/// Answers a status message, over the way that it came.
pub(crate) fn reply(node: &Taosd, to: &Sender, reply: StatusReply) {
    node.answer(to, Event::StatusReply(Box::new(reply)));
}
