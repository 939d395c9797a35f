use std::collections::VecDeque;

use super::{
    event::Event,
    mnode::Mnode,
    state::{RunStatus, State},
    taosd::Taosd,
    types::{MNODE_GROUP, Member},
    vnode::{self, Vnode},
};

/// Milliseconds until a server that may not start has ended.
const REFUSED: (u64, u64) = (150, 400);
/// Milliseconds until one whose peers have no names has ended, where it does not wait for them.
const NAMELESS: (u64, u64) = (900, 1_700);

/// What remains of a server's start: its groups are opened one after the other.
#[derive(Default)]
pub(crate) struct Startup {
    groups: VecDeque<i32>,
    waited: u32,
    failed: bool,
}

impl State {
    /// Reads the volume and begins to open what is there.
    pub fn begin(&mut self, node: &Taosd) {
        let log = &node.host.log;
        log.line("DND", "start to init dnode env");
        self.dnode = super::dnode::Dnode::load(node);
        let refusal = if self.dnode.dropped {
            log.line("DND", "ERROR dnode will not start since its already dropped");
            Some("Config not found")
        } else if let Some(known) = self.dnode.known_elsewhere(node) {
            let (id, own) = (self.dnode.id, &node.ep);
            log.line("DND", format!("ERROR dnode:{id}, localEp {own} different from {known}"));
            log.line(
                "DND",
                format!(
                    "ERROR localEp {own} different with /var/lib/taos//dnode/dnode.json and need to be reconfigured"
                ),
            );
            log.line("DND", "ERROR failed to read file since Invalid config option");
            Some("Invalid config option")
        } else if node.host.is_full() {
            log.line("DND", "ERROR data disk space unavailable, i.e. /var/lib/taos/");
            Some("Out of disk space")
        } else {
            None
        };
        if let Some(reason) = refusal {
            log.line("DND", format!("ERROR failed to create dnode since {reason}"));
            log.line("DND", format!("ERROR failed to init dnode since {reason}"));
            node.post(node.chance(REFUSED.0, REFUSED.1), Event::Exit(255));
            return;
        }
        self.startup.groups = vnode::stored_ids(&node.host.volume).into();
        log.line("DND", format!("open {} vnodes with 1 threads", self.startup.groups.len()));
        let first = node.host.config.first_ep(&node.ep.fqdn) == node.ep;
        if Mnode::exists(&node.host.volume) || (first && self.dnode.id == 0) {
            self.startup.groups.push_back(MNODE_GROUP);
        }
        self.go_on(node);
    }

    /// Opens the next groups. One whose peers' names do not resolve waits for them, and all others behind it; the
    /// server answers "starting" meanwhile.
    pub fn go_on(&mut self, node: &Taosd) {
        if self.run != RunStatus::NetworkOk {
            return;
        }
        while let Some(group) = self.startup.groups.front().copied() {
            if group == MNODE_GROUP && self.fail_if_any_failed(node) {
                return;
            }
            let members = if group == MNODE_GROUP { Mnode::members(node) } else { vnode::members(node, group) };
            if let Some(fqdn) = nameless(node, &members) {
                let log = &node.host.log;
                log.line("SYN", format!("ERROR failed to resolve ipv4 addr, fqdn:{fqdn}, wait one second"));
                if self.startup.waited < node.release().name_patience() {
                    self.startup.waited += 1;
                    node.post(1_000, Event::Start);
                    return;
                }
                log.line("VND", format!("ERROR vgId:{group}, failed to open sync since Invalid host name"));
                self.startup.failed = true;
            }
            self.startup.waited = 0;
            self.startup.groups.pop_front();
        }
        if !self.fail_if_any_failed(node) {
            self.run(node);
        }
    }

    fn fail_if_any_failed(&mut self, node: &Taosd) -> bool {
        if self.startup.failed {
            self.startup.groups.clear();
            node.host.log.line("DND", "ERROR failed to open all vnodes since Vnode init failure");
            node.host.log.line("DND", "ERROR failed to open nodes since Vnode init failure");
            let (low, high) = if node.release().name_patience() == 0 { NAMELESS } else { REFUSED };
            node.post(node.chance(low, high), Event::Exit(255));
        }
        self.startup.failed
    }

    /// All names are known: everything starts.
    fn run(&mut self, node: &Taosd) {
        self.run = RunStatus::ServiceOk;
        for id in vnode::stored_ids(&node.host.volume) {
            if let Some(vnode) = Vnode::open(node, id, self.dnode.id) {
                self.vnodes.insert(id, vnode);
            }
        }
        self.open_mnode(node);
        node.host.log.line("DND", "The daemon initialized successfully");
        self.dnode.reboot = node.host.now_ms();
        let interval = super::dnode::status_interval(&node.host.config);
        self.dnode.status_later(node, interval);
    }
}

/// The first peer whose name does not resolve.
pub(super) fn nameless(node: &Taosd, members: &[Member]) -> Option<String> {
    let missing = members.iter().find(|member| node.host.resolve(&member.ep.fqdn).is_none());
    missing.map(|member| member.ep.fqdn.to_string())
}
