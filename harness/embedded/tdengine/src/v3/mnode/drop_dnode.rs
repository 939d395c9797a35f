use seatrial_sim::Defect;
use seatrial_sql::{
    SqlError,
    ast::{DnodeRef, DropMode},
    codes::v3 as codes,
};

use super::{
    leader::{Mnode, Waiter},
    sdb::VgroupRow,
    trans::{Scope, Step, Target, Task, Trans, Update},
};
use crate::v3::{orders::Order, taosd::Taosd, types::MNODE_GROUP};

impl Mnode {
    /// `drop dnode`: its vnodes move one after the other, then it goes. Refusals in the order of the servers.
    pub fn drop_dnode(&mut self, node: &Taosd, dnode: &DnodeRef, mode: DropMode) -> Result<Waiter, SqlError> {
        // By end point it never finds any: the server forgets the port when it compares.
        let DnodeRef::Id(id) = dnode else { return Err(codes::error(codes::MND_DNODE_NOT_EXIST)) };
        let mut id = i32::try_from(*id).unwrap_or_default();
        if node.host.world.defects.has(Defect::WrongDnodeDropped) {
            let others = self.sdb.dnodes.keys().filter(|other| **other != id && !self.sdb.mnodes.contains_key(other));
            id = others.copied().next().unwrap_or(id);
        }
        let Some(row) = self.sdb.dnodes.get(&id) else { return Err(codes::error(codes::MND_DNODE_NOT_EXIST)) };
        if row.dropping {
            return Err(codes::error(codes::MND_DNODE_IN_DROPPING));
        }
        let has_mnode = self.sdb.mnodes.contains_key(&id);
        if has_mnode && self.sdb.mnodes.len() <= 1 {
            return Err(codes::error(codes::MND_TOO_FEW_MNODES));
        }
        if has_mnode && self.raft.leader() == Some(id) {
            return Err(codes::error(codes::MND_CANT_DROP_LEADER));
        }
        let online = self.is_online(node, id);
        let empty = self.sdb.vnodes_on(id) == 0 && !has_mnode;
        if online && mode != DropMode::Safe {
            return Err(codes::error(codes::DNODE_ONLY_USE_WHEN_OFFLINE));
        }
        if !online && mode == DropMode::Safe && !(empty && node.release().drops_empty_offline()) {
            return Err(codes::error(codes::DNODE_OFFLINE));
        }
        self.check_conflict(&Scope::Cluster, "")?;
        let mut steps = Vec::new();
        if has_mnode {
            steps.extend(self.steps_without_mnode(id, online));
        }
        if !node.host.world.defects.has(Defect::DropWithoutMoving) {
            steps.extend(self.moves(node, id, online, mode)?);
        }
        steps.push(Step::Set(Update::ForgetDnode(id)));
        let trans = Trans {
            created: node.host.now_ms(),
            oper: "drop-dnode",
            db: String::new(),
            stable: String::new(),
            scope: Scope::Cluster,
            steps: steps.into(),
            at: 0,
        };
        self.begin(node, trans, |sdb| {
            if let Some(row) = sdb.dnodes.get_mut(&id) {
                row.dropping = true;
            }
        })
    }

    /// The steps that empty a dnode.
    fn moves(&self, node: &Taosd, id: i32, online: bool, mode: DropMode) -> Result<Vec<Step>, SqlError> {
        let single = |row: &VgroupRow| row.dnodes == [id];
        let of_it: Vec<(i32, &VgroupRow)> =
            self.sdb.vgroups.iter().filter(|(_, row)| row.dnodes.contains(&id)).map(|(vg, row)| (*vg, row)).collect();
        if !online && mode != DropMode::Unsafe && of_it.iter().any(|(_, row)| single(row)) {
            return Err(codes::error(codes::VND_META_DATA_UNSAFE_DELETE));
        }
        let mut places = self.places(node, Some(id));
        let mut steps = Vec::new();
        for (vg, row) in of_it {
            if !online && single(row) {
                steps.extend(self.replace(vg, row, &mut places)?);
            } else {
                let target = match places.take_other(&row.dnodes) {
                    Err(_) if node.host.world.defects.has(Defect::DropBelowReplicaAccepted) => None,
                    target => Some(target?),
                };
                steps.extend(self.relocate(vg, row, (id, online), target));
            }
        }
        Ok(steps)
    }

    /// The steps that end the mnode of a dnode.
    pub(super) fn steps_without_mnode(&self, id: i32, online: bool) -> Vec<Step> {
        let left: Vec<i32> = self.sdb.mnodes.keys().copied().filter(|dnode| *dnode != id).collect();
        let order = Order::ChangeMembers { group: MNODE_GROUP, members: self.sdb.members(&left) };
        let mut steps = vec![Step::Do(vec![Task { to: Target::Leader(MNODE_GROUP), order }])];
        if online {
            steps.push(Step::Do(vec![Task { to: Target::Dnode(id), order: Order::DropMnode }]));
        }
        steps.push(Step::Set(Update::ForgetMnode(id)));
        steps
    }
}
