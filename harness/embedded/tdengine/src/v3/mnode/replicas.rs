//! Steps of transactions that give vgroups other replicas.

use seatrial_sql::SqlError;

use super::{
    leader::Mnode,
    places::Places,
    sdb::VgroupRow,
    trans::{Step, Target, Task, Update},
};
use crate::v3::{orders::Order, taosd::Taosd, types::Member};

fn change(vg: i32, members: &[Member]) -> Step {
    let order = Order::ChangeMembers { group: vg, members: members.into() };
    Step::Do(vec![Task { to: Target::Leader(vg), order }])
}

fn confirm(vg: i32, member: Option<i32>) -> Step {
    Step::Do(vec![Task { to: Target::Leader(vg), order: Order::Confirm { group: vg, member } }])
}

fn drop_vnode(vg: i32, dnode: i32) -> Step {
    Step::Do(vec![Task { to: Target::Dnode(dnode), order: Order::DropVnode(vg) }])
}

impl Mnode {
    /// An empty vnode in place of one that is lost, with the tables that were only there.
    pub(super) fn replace(&self, vg: i32, row: &VgroupRow, places: &mut Places) -> Result<Vec<Step>, SqlError> {
        let target = places.take_other(&row.dnodes)?;
        let config = self.sdb.vnode_config(vg, row, self.sdb.members(&[target]));
        let create = Task { to: Target::Dnode(target), order: Order::CreateVnode { config, waited: 0 } };
        let confirm = Task { to: Target::Dnode(target), order: Order::Confirm { group: vg, member: None } };
        Ok(vec![Step::Do(vec![create]), Step::Do(vec![confirm]), Step::Set(Update::Replicas(vg, vec![target]))])
    }

    /// A vnode moves: the new one learns, gets its vote, and then the old one goes. One that is lost goes first: nobody
    /// could wait for it.
    pub(super) fn relocate(&self, vg: i32, row: &VgroupRow, (old, online): (i32, bool), new: Option<i32>) -> Vec<Step> {
        let mut members = self.members_of(row);
        let mut steps = Vec::new();
        if !online {
            members.retain(|member| member.id != old);
            steps.push(change(vg, &members));
        }
        if let Some(new) = new {
            steps.extend(self.grow(vg, row, &mut members, new));
        }
        if online {
            members.retain(|member| member.id != old);
            steps.extend([change(vg, &members), drop_vnode(vg, old)]);
        }
        let dnodes = members.iter().map(|member| member.id).collect();
        steps.extend([Step::Set(Update::Replicas(vg, dnodes)), confirm(vg, None)]);
        steps
    }

    fn members_of(&self, row: &VgroupRow) -> Vec<Member> {
        row.dnodes.iter().filter_map(|dnode| self.sdb.member(*dnode, false)).collect()
    }

    /// One more member: it is made, learns all that there is, and gets its vote.
    fn grow(&self, vg: i32, row: &VgroupRow, members: &mut Vec<Member>, new: i32) -> Vec<Step> {
        let Some(learner) = self.sdb.member(new, true) else { return Vec::new() };
        members.push(learner.clone());
        let config = self.sdb.vnode_config(vg, row, members.as_slice().into());
        let create = Task { to: Target::Dnode(new), order: Order::CreateVnode { config, waited: 0 } };
        let mut steps = vec![Step::Do(vec![create]), change(vg, members), confirm(vg, Some(new))];
        members.pop();
        members.push(Member { learner: false, ..learner });
        steps.push(change(vg, members));
        steps
    }

    /// The steps that give all vgroups of a database another number of replicas.
    pub(super) fn resize(&self, node: &Taosd, db: &str, replica: usize) -> Result<Vec<Step>, SqlError> {
        let mut places = self.places(node, None);
        let mut steps = Vec::new();
        for (vg, row) in self.sdb.vgroups_of(db) {
            let mut members = self.members_of(row);
            while members.len() < replica {
                let has: Vec<i32> = members.iter().map(|member| member.id).collect();
                let new = places.take_other(&has)?;
                steps.extend(self.grow(vg, row, &mut members, new));
            }
            while members.len() > replica.max(1) {
                // The leader stays, if there is one.
                let spare = members.iter().rposition(|member| !self.role_of(node, vg, member.id).leads());
                let gone = members.remove(spare.unwrap_or(members.len() - 1)).id;
                steps.extend([change(vg, &members), drop_vnode(vg, gone)]);
            }
            let dnodes = members.iter().map(|member| member.id).collect();
            steps.extend([Step::Set(Update::Replicas(vg, dnodes)), confirm(vg, None)]);
        }
        Ok(steps)
    }
}
