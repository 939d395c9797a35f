use seatrial_sql::{SqlError, codes::v3 as codes};

use super::{
    leader::{Mnode, Waiter},
    sdb::MnodeRow,
    trans::{Scope, Step, Target, Task, Trans, Update},
};
use crate::v3::{
    orders::Order,
    taosd::Taosd,
    types::{MNODE_GROUP, Member},
};

/// Most mnodes of a cluster.
const MOST: usize = 3;

impl Mnode {
    /// `create mnode on dnode`
    pub fn create_mnode(&mut self, node: &Taosd, dnode: i64) -> Result<Waiter, SqlError> {
        let id = i32::try_from(dnode).unwrap_or_default();
        if self.sdb.mnodes.contains_key(&id) {
            return Err(codes::error(codes::MND_MNODE_ALREADY_EXIST));
        }
        if !self.sdb.dnodes.contains_key(&id) {
            return Err(codes::error(codes::MND_DNODE_NOT_EXIST));
        }
        if self.sdb.mnodes.len() >= MOST {
            return Err(codes::error(codes::MND_TOO_MANY_MNODES));
        }
        if !self.is_online(node, id) {
            return Err(codes::error(codes::DNODE_OFFLINE));
        }
        let with = |learner: bool| {
            let old = self.sdb.mnodes.keys().filter_map(|dnode| self.sdb.member(*dnode, false));
            old.chain(self.sdb.member(id, learner)).collect::<Vec<Member>>()
        };
        let of_leader = |order: Order| Step::Do(vec![Task { to: Target::Leader(MNODE_GROUP), order }]);
        let change = |learner| of_leader(Order::ChangeMembers { group: MNODE_GROUP, members: with(learner).into() });
        let steps = [
            Step::Do(vec![Task { to: Target::Dnode(id), order: Order::CreateMnode(with(true).into()) }]),
            change(true),
            of_leader(Order::Confirm { group: MNODE_GROUP, member: Some(id) }),
            change(false),
            Step::Set(Update::Mnode(id)),
        ];
        let trans = self.of_cluster(node, "create-mnode", steps.into());
        let row = MnodeRow { created: node.host.now_ms(), creating: true, dropping: false };
        self.begin(node, trans, |sdb| sdb.mnodes.extend([(id, row)]))
    }

    /// `drop mnode on dnode`
    pub fn drop_mnode(&mut self, node: &Taosd, dnode: i64) -> Result<Waiter, SqlError> {
        let id = i32::try_from(dnode).unwrap_or_default();
        if !self.sdb.mnodes.contains_key(&id) {
            return Err(codes::error(codes::MND_MNODE_NOT_EXIST));
        }
        if self.raft.leader() == Some(id) {
            return Err(codes::error(codes::MND_CANT_DROP_LEADER));
        }
        let steps = self.steps_without_mnode(id, self.is_online(node, id));
        let trans = self.of_cluster(node, "drop-mnode", steps);
        self.begin(node, trans, |sdb| {
            if let Some(row) = sdb.mnodes.get_mut(&id) {
                row.dropping = true;
            }
        })
    }

    #[expect(clippy::unused_self, reason = "reads as the others do")]
    fn of_cluster(&self, node: &Taosd, oper: &'static str, steps: Vec<Step>) -> Trans {
        Trans {
            created: node.host.now_ms(),
            oper,
            db: String::new(),
            stable: String::new(),
            scope: Scope::Cluster,
            steps: steps.into(),
            at: 0,
        }
    }
}
