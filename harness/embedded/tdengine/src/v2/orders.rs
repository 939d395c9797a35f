//! Orders of the mnode to a dnode. One thread handles them all, one after the other: an order that waits for ever
//! makes all later ones wait.

use tokio::sync::oneshot;

use super::{
    event::{Event, Order},
    state::State,
    sync::{Reconfigured, StartError},
    taosd::Taosd,
    types::{Member, MnodeSet, VnodeConfig},
    vnode::{self, Vnode},
};
use seatrial_sql::codes;

type Reply = oneshot::Sender<Result<(), i32>>;

impl State {
    /// Opens all vnodes of the volume. A vnode with peers whose names do not resolve ends the server.
    pub fn open_vnodes(&mut self, node: &Taosd) {
        let ids = vnode::stored_ids(&node.host.volume);
        node.host.log.line("DND", format!("start {} threads to open {} vnodes", node.host.cores, ids.len()));
        for id in ids {
            self.open_vnode(node, id);
            if node.has_exited() {
                return;
            }
        }
        node.host.log.line("DND", format!("there are total vnodes:{0}, opened:{0}", self.vnodes.len()));
    }

    fn open_vnode(&mut self, node: &Taosd, id: i32) {
        match Vnode::open(node, id) {
            Ok(Some(vnode)) => {
                self.vnodes.insert(id, vnode);
                self.dnode.status_later(node, 3);
            }
            Ok(None) => {}
            Err(error) => stop_unresolved(node, id, &error),
        }
    }

    /// Does what the mnode orders.
    pub fn on_order(&mut self, node: &Taosd, order: Order, reply: Option<Reply>) {
        if let Some(waiting) = &mut self.orders_blocked {
            waiting.extend(reply);
            return;
        }
        let result = match order {
            Order::CreateVnode(config) => {
                self.create_vnode(node, &config);
                Ok(())
            }
            Order::AlterVnode(config) => match self.alter_vnode(node, &config) {
                Ok(Reconfigured::Blocked) => {
                    self.orders_blocked = Some(reply.into_iter().collect());
                    return;
                }
                Ok(_) => Ok(()),
                Err(code) => Err(code),
            },
            Order::DropVnode(id) => self.drop_vnode(node, id),
            Order::CreateMnode { dnode, mnodes } => self.order_mnode(node, dnode, mnodes),
        };
        let Some(reply) = reply else { return };
        // Whoever asked may have gone.
        if node.host.is_settled() {
            let _ = reply.send(result);
            return;
        }
        let host = node.host.clone();
        tokio::spawn(async move {
            host.settle().await;
            let _ = reply.send(result);
        });
    }

    fn create_vnode(&mut self, node: &Taosd, config: &VnodeConfig) {
        if self.vnodes.contains_key(&config.vg) {
            return;
        }
        Vnode::create(node, config);
        self.open_vnode(node, config.vg);
    }

    fn alter_vnode(&mut self, node: &Taosd, config: &VnodeConfig) -> Result<Reconfigured, i32> {
        let id = config.vg;
        let Some(vnode) = self.vnodes.get_mut(&id).filter(|vnode| !vnode.closing) else {
            node.host.log.line("DND", format!("vgId:{id}, vnode not exist, can't alter it"));
            return Err(codes::VND_INVALID_VGROUP_ID);
        };
        let role = vnode.group.role();
        let result = vnode.alter(node, config);
        if let Err(code) = result {
            node.host.log.line("VND", format!("ERROR vgId:{id}, failed to alter vnode, code:{code:#x}"));
        }
        if vnode.group.role() != role {
            self.dnode.status_later(node, 3);
        }
        result
    }

    fn drop_vnode(&mut self, node: &Taosd, id: i32) -> Result<(), i32> {
        let Some(vnode) = self.vnodes.get_mut(&id) else { return Err(codes::VND_INVALID_VGROUP_ID) };
        if !vnode.closing {
            vnode.closing = true;
            vnode.group.close(node);
            node.post(node.chance(900, 1_000), Event::VnodeClosed(id));
        }
        Ok(())
    }

    /// A dropped vnode has been closed.
    pub fn on_vnode_closed(&mut self, node: &Taosd, id: i32) {
        if self.vnodes.get(&id).is_some_and(|vnode| vnode.closing) {
            self.vnodes.remove(&id);
            Vnode::back_up(node, id);
            self.dnode.status_later(node, 3);
        }
    }

    fn order_mnode(&mut self, node: &Taosd, dnode: i32, mnodes: Vec<Member>) -> Result<(), i32> {
        if dnode != self.dnode.id {
            return Err(codes::MND_DNODE_ID_NOT_CONFIGURED);
        }
        self.start_mnode(node);
        self.update_mnodes(node, Some(&MnodeSet { members: mnodes, in_use: 0 }));
        Ok(())
    }
}

/// Replication that meets a name that does not resolve when it starts ends the whole server.
pub(crate) fn stop_unresolved(node: &Taosd, group: i32, error: &StartError) {
    match error {
        StartError::Unresolved(member) => {
            let (fqdn, port) = (&member.ep.fqdn, member.ep.port + super::types::SYNC_PORT);
            let log = &node.host.log;
            log.line("SYN", format!("ERROR failed to add peer, can resolve fqdn:{fqdn} since Success"));
            log.line(
                "SYN",
                format!("ERROR vgId:{group}, node:{} fqdn:{fqdn} port:{port} is not configured, stop taosd", member.id),
            );
            node.exit(1);
        }
        StartError::NotMember => {
            node.host.log.line("SYN", format!("ERROR vgId:{group}, this node is not configured"));
        }
    }
}
