use seatrial_sql::{SqlError, codes};

use super::{master::Mnode, sdb::VgroupRow};
use crate::v2::{
    event::{Event, Order},
    ports::{self, Port},
    taosd::Taosd,
    types::PEER_PORT,
};

impl Mnode {
    /// Sends an order to a dnode; it is lost if the dnode cannot be reached.
    pub(super) fn order(&self, node: &Taosd, dnode: i32, order: Order) {
        let Some(row) = self.sdb.dnodes.get(&dnode) else { return };
        let Some(ip) = node.host.resolve(&row.ep.fqdn) else { return };
        if let Ok(remote) = ports::dial(&node.host, ip, row.ep.port + PEER_PORT, Port::Peer) {
            node.deliver(&remote, 1, Event::Order { order, reply: None });
        }
    }

    fn order_all(&self, node: &Taosd, vg: i32, order: &Order) {
        if let Some(row) = self.sdb.vgroups.get(&vg) {
            for dnode in &row.dnodes {
                self.order(node, *dnode, order.clone());
            }
        }
    }

    /// Tells all replicas of a vgroup what they are to be.
    pub(super) fn send_alter(&self, node: &Taosd, vg: i32) {
        if let Some(config) = self.sdb.vnode_config(vg) {
            self.order_all(node, vg, &Order::AlterVnode(config));
        }
    }

    /// Tells all dnodes of a vgroup to have a vnode.
    pub(super) fn send_create(&self, node: &Taosd, vg: i32) {
        if let Some(config) = self.sdb.vnode_config(vg) {
            self.order_all(node, vg, &Order::CreateVnode(config));
        }
    }

    /// Changes the replicas of a vgroup. What was known of them does not count any more.
    pub(super) fn update_vgroup(&mut self, node: &Taosd, vg: i32, dnodes: Vec<i32>) {
        self.commit(node, |sdb| {
            if let Some(row) = sdb.vgroups.get_mut(&vg) {
                row.dnodes = dnodes;
                row.version += 1;
            }
        });
        if let Some(life) = self.vgroups.get_mut(&vg) {
            life.roles.clear();
        }
        self.send_alter(node, vg);
    }

    /// Chooses dnodes for a new vgroup of a database.
    pub(super) fn allocate(&mut self, node: &Taosd, db: &str) -> Result<i32, SqlError> {
        let replica = self.sdb.databases.get(db).map_or(1, |row| row.settings.replica as usize);
        let chosen: Vec<i32> =
            self.places().iter().map(|place| place.dnode).filter(|dnode| self.is_ready(*dnode)).take(replica).collect();
        if chosen.len() < replica {
            let nobody = !self.sdb.dnodes.keys().any(|dnode| self.is_online(*dnode));
            return Err(SqlError::of(if nobody { codes::MND_NOT_READY } else { codes::MND_NO_ENOUGH_DNODES }));
        }
        let vg = self.sdb.last_vgroup + 1;
        let dnodes = self.spread_masters(vg, chosen);
        self.commit(node, |sdb| {
            sdb.last_vgroup = vg;
            sdb.vgroups.insert(vg, VgroupRow { db: db.to_owned(), dnodes, version: 0, creating: true });
        });
        Ok(vg)
    }

    /// Forgets a vgroup and lets its vnodes be dropped.
    pub(super) fn drop_vgroup(&mut self, node: &Taosd, vg: i32) {
        self.order_all(node, vg, &Order::DropVnode(vg));
        self.commit(node, |sdb| {
            sdb.vgroups.remove(&vg);
        });
        self.vgroups.remove(&vg);
    }
}
