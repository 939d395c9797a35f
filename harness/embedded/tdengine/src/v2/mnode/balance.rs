use seatrial_sim::Defect;
use seatrial_sql::codes;
use tokio::sync::oneshot;

use super::{master::Mnode, places::Scored};
use crate::v2::{
    event::{Event, Order},
    ports::{self, Port},
    state::State,
    taosd::Taosd,
    types::{PEER_PORT, Role},
};

/// Milliseconds between ticks, and between steps of the balancer while there is something to do.
const TICK: u64 = 1_000;

impl State {
    /// The balancer's timer: a tick of the dnodes' clock and, if it is time, one step.
    pub fn on_balance_timer(&mut self, node: &Taosd, turn: u64, look: bool) {
        let Ok(mnode) = self.still_master() else { return };
        if turn != mnode.timer {
            return;
        }
        mnode.ticks += 1;
        mnode.tick_in(node, TICK);
        mnode.check_silence(node);
        let interval = node.host.config.number("balanceInterval", 300, 1, 30_000);
        if look || mnode.ticks % interval == 0 {
            mnode.step(node);
        }
    }
}

impl Mnode {
    fn tick_in(&mut self, node: &Taosd, delay: u64) {
        self.timer += 1;
        self.next = node.post_instead(self.next.take(), delay, Event::Balance { turn: self.timer, look: false });
    }

    /// Makes the balancer look after so many milliseconds, and not before. There is only one timer.
    pub(super) fn look_in(&mut self, node: &Taosd, delay: u64) {
        self.timer += 1;
        self.next = node.post_instead(self.next.take(), delay, Event::Balance { turn: self.timer, look: true });
    }

    /// One step: at most one of finishing a drop, adding or removing a replica, moving a vnode.
    ///
    /// Before that it asks for mnodes, and waits for their answers.
    pub(super) fn step(&mut self, node: &Taosd) {
        self.add_mnodes(node);
        self.step_waits = self.awaited.is_some();
        if !self.step_waits {
            self.finish_step(node);
        }
    }

    /// The rest of a step, once no mnode is waited for.
    pub(super) fn finish_step(&mut self, node: &Taosd) {
        self.step_waits = false;
        if self.step_dropping(node) || self.step_vgroups(node) || self.step_balance(node) {
            self.look_in(node, TICK);
        } else {
            self.tick_in(node, TICK);
        }
    }

    /// Finishes the drop of the first dropping dnode once no vnode is left there.
    fn step_dropping(&mut self, node: &Taosd) -> bool {
        let threshold = node.host.config.number("offlineThreshold", 864_000, 3, 31_536_000);
        for (id, row) in self.sdb.dnodes.clone() {
            if row.dropping {
                if self.sdb.vnodes_on(id) > 0 && !node.host.world.defects.has(Defect::DropWithoutMoving) {
                    return false;
                }
                self.remove_dnode(node, id);
                return true;
            }
            let heard = self.dnodes.get(&id).map_or(0, |life| life.last);
            let lost = !self.is_online(id) && heard + threshold <= self.ticks;
            if lost && row.ep != node.ep && self.sdb.dnodes.len() > 1 {
                self.commit(node, |sdb| {
                    if let Some(row) = sdb.dnodes.get_mut(&id) {
                        row.dropping = true;
                    }
                });
                return true;
            }
        }
        false
    }

    /// Brings vgroups to the number of replicas that their databases want. As long as one is not there, nothing else
    /// is moved.
    fn step_vgroups(&mut self, node: &Taosd) -> bool {
        let mut unfinished = false;
        for (vg, row) in self.sdb.vgroups.clone() {
            let Some(wanted) = self.sdb.databases.get(&row.db).map(|db| db.settings.replica as usize) else { break };
            if row.dnodes.len() > wanted {
                unfinished = true;
                if self.remove_replica(node, vg) {
                    break;
                }
            } else if row.dnodes.len() < wanted {
                unfinished = true;
                let target = self
                    .places()
                    .into_iter()
                    .find(|place| !row.dnodes.contains(&place.dnode) && self.is_ready(place.dnode));
                if let Some(target) = target {
                    self.add_replica(node, vg, None, target.dnode);
                    break;
                }
            }
        }
        unfinished
    }

    /// Moves one vnode from the dnode with the highest score to one with a lower score.
    fn step_balance(&mut self, node: &Taosd) -> bool {
        if node.host.world.defects.has(Defect::BalancerAsleep) {
            return false;
        }
        let places = self.places();
        let (Some(lowest), Some(highest)) = (places.first(), places.last()) else { return false };
        if places.len() < 2 || highest.score - lowest.score < 0.01 {
            return false;
        }
        let balance = node.host.config.number("balance", 1, 0, 1) != 0;
        for (at, source) in places.iter().enumerate().skip(1).rev() {
            if !balance && self.is_ready(source.dnode) {
                continue;
            }
            let without = self.score(source.dnode, -1);
            for (vg, row) in self.sdb.vgroups.iter().filter(|(_, row)| row.dnodes.contains(&source.dnode)) {
                let fits = |place: &&Scored| {
                    !row.dnodes.contains(&place.dnode)
                        && without + 0.0001 >= self.score(place.dnode, 1)
                        && self.is_ready(place.dnode)
                };
                let target = places.iter().take(at).find(fits).map(|place| place.dnode);
                if let Some(target) = target {
                    let vg = *vg;
                    self.add_replica(node, vg, Some(source.dnode), target);
                    return true;
                }
            }
        }
        false
    }

    /// Adds a replica; the one that it is to replace goes to the end, from where it is taken later.
    fn add_replica(&mut self, node: &Taosd, vg: i32, source: Option<i32>, target: i32) {
        let Some(row) = self.sdb.vgroups.get(&vg) else { return };
        let mut dnodes = row.dnodes.clone();
        dnodes.push(target);
        let last = dnodes.len() - 1;
        if let Some(at) = dnodes.iter().position(|dnode| Some(*dnode) == source) {
            dnodes.swap(at, last);
        }
        node.host.log.line("MND", format!("vgId:{vg}, add vnode to dnode:{target}"));
        self.update_vgroup(node, vg, dnodes);
    }

    /// Removes the last replica of a vgroup once another one has all its data.
    fn remove_replica(&mut self, node: &Taosd, vg: i32) -> bool {
        let Some(row) = self.sdb.vgroups.get(&vg) else { return false };
        let Some((last, others)) = row.dnodes.split_last() else { return false };
        if others.is_empty() || self.ticks < 5 {
            return false;
        }
        let roles = self.vgroups.get(&vg).map(|life| life.roles.clone()).unwrap_or_default();
        let version = roles.get(last).map_or(0, |(_, version)| *version);
        let ready = others.iter().any(|dnode| {
            self.is_ready(*dnode) && roles.get(dnode).is_some_and(|(role, its)| role.in_sync() && *its >= version)
        });
        if !ready {
            return false;
        }
        let dnodes = self.spread_masters(vg, others.to_vec());
        self.update_vgroup(node, vg, dnodes);
        true
    }

    /// Asks dnodes to run an mnode while there are fewer than wanted. All that exist must be well.
    pub(super) fn add_mnodes(&mut self, node: &Taosd) {
        let defects = &node.host.world.defects;
        let wanted = match usize::try_from(node.host.config.number("numOfMnodes", 3, 1, 3)) {
            _ if defects.has(Defect::OneMnodeOnly) => 1,
            _ if defects.has(Defect::MnodeOnEveryDnode) => usize::MAX,
            wanted => wanted.unwrap_or(3),
        };
        let well = self.group.as_ref().is_some_and(|group| group.roles().all(|(_, role)| role.in_sync()))
            && self.group.as_ref().is_some_and(|group| group.replica() == self.sdb.mnodes.len());
        for place in self.places() {
            let dnode = place.dnode;
            if self.sdb.mnodes.len() >= wanted || self.awaited.is_some() || !well {
                return;
            }
            if self.sdb.mnodes.contains_key(&dnode) || !self.is_ready(dnode) {
                continue;
            }
            self.ask_for_mnode(node, dnode);
        }
    }

    fn ask_for_mnode(&mut self, node: &Taosd, dnode: i32) {
        let Some(member) = self.sdb.member(dnode) else { return };
        let mut mnodes = self.sdb.mnode_members();
        mnodes.push(member.clone());
        let (reply, answer) = oneshot::channel();
        let order = Order::CreateMnode { dnode, mnodes };
        let sent = match node.host.resolve(&member.ep.fqdn) {
            None => Err(codes::RPC_FQDN_ERROR),
            Some(ip) => ports::dial(&node.host, ip, member.ep.port + PEER_PORT, Port::Peer)
                .map(|remote| node.deliver(&remote, 1, Event::Order { order, reply: Some(reply) }))
                .map_err(|_| codes::RPC_NETWORK_UNAVAIL),
        };
        if let Err(code) = sent {
            self.mnode_refused(node, dnode, code);
            return;
        }
        self.awaited = Some(dnode);
        let me = node.weak();
        tokio::spawn(async move {
            let result = answer.await.unwrap_or(Err(codes::RPC_NETWORK_UNAVAIL));
            if let Some(me) = me.upgrade() {
                me.post(1, Event::MnodeCreated { dnode, result });
            }
        });
    }

    pub(super) fn mnode_refused(&self, node: &Taosd, dnode: i32, code: i32) {
        let ep = self.sdb.dnodes.get(&dnode).map(|row| row.ep.to_string()).unwrap_or_default();
        let reason = codes::text(code);
        node.host
            .log
            .line("MND", format!("ERROR dnode:{dnode}, failed to send create mnode msg, ep:{ep} reason:{reason}"));
    }

    /// Role of an mnode.
    pub(super) fn mnode_role(&self, dnode: i32) -> Role {
        let role = self.group.as_ref().and_then(|group| group.roles().find(|(id, _)| *id == dnode));
        role.map_or(Role::Offline, |(_, role)| role)
    }
}
