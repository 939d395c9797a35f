use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use seatrial_sim::{Defect, Volume};
use seatrial_sql::SqlError;
use tokio::sync::oneshot;

use super::{
    sdb::{DnodeRow, MnodeRow, Sdb, Tables, UserRow},
    statuses::Life,
    trans::{Attempt, Sent},
};
use crate::v3::{
    event::Event,
    raft::{Durable, Raft, Timing},
    state::State,
    taosd::Taosd,
    types::{Member, MnodeSet, Role},
};

/// Milliseconds between looks at transactions that wait (`transPullupInterval`).
const PULL_UP: u64 = 2_000;

/// Who waits until a change is committed.
pub(crate) type Waiter = oneshot::Receiver<Result<u64, SqlError>>;

/// The mnode in a server.
pub(crate) struct Mnode {
    /// Replication with the other mnodes.
    pub raft: Raft<Tables>,
    /// The tables as they are once everything that this leader has proposed is committed.
    pub sdb: Arc<Sdb>,
    /// It leads, and has begun to.
    pub(super) in_office: bool,
    /// Dnodes' lives, by id, as this leader knows them.
    pub(super) lives: BTreeMap<i32, Life>,
    /// Orders that are out, by number.
    pub(super) sent: BTreeMap<u64, Sent>,
    pub(super) last_order: u64,
    /// What transactions are doing now.
    pub(super) attempts: BTreeMap<i32, Attempt>,
    /// Who waits for the end of a transaction.
    pub(super) waiting: BTreeMap<i32, oneshot::Sender<Result<u64, SqlError>>>,
    /// The last change that is not known to be committed.
    pub uncommitted: Option<Waiter>,
}

fn durable(volume: &Volume) -> Arc<Mutex<Durable<Tables>>> {
    volume.state("mnode/wal")
}

impl Mnode {
    /// True if an mnode has been on the volume.
    pub fn exists(volume: &Volume) -> bool {
        volume.exists("mnode/mnode.json")
    }

    /// The members of the mnode on the volume.
    pub fn members(node: &Taosd) -> Arc<[Member]> {
        durable(&node.host.volume).lock().unwrap_or_else(PoisonError::into_inner).members()
    }

    /// Makes an mnode on the volume that is to join others.
    pub fn create(node: &Taosd, members: Arc<[Member]>) {
        let durable = durable(&node.host.volume);
        durable.lock().unwrap_or_else(PoisonError::into_inner).begin(members, Tables::default());
        write_file(node);
    }

    /// Removes the mnode from the volume.
    pub fn remove(node: &Taosd) {
        node.host.volume.remove("mnode");
    }

    /// Begins a new cluster.
    fn found(node: &Taosd) {
        let created = node.host.now_ms();
        let mut dice = node.host.dice("cluster");
        let mut sdb = Sdb {
            cluster: i64::try_from(dice.bits() >> 1).unwrap_or(1),
            cluster_name: dice.uuid(),
            created,
            last_dnode: 1,
            last_vgroup: 1,
            dnode_version: 1,
            ..Sdb::default()
        };
        sdb.dnodes.insert(1, DnodeRow { ep: node.ep.clone(), created, dropping: false });
        sdb.mnodes.insert(1, MnodeRow { created, creating: false, dropping: false });
        let root = UserRow { password: "taosdata".into(), created, enabled: true, sysinfo: true };
        sdb.users.insert("root".into(), root);
        let members = sdb.members(&[1]);
        let durable = durable(&node.host.volume);
        durable.lock().unwrap_or_else(PoisonError::into_inner).begin(members, Tables(Arc::new(sdb)));
        write_file(node);
    }

    fn open(node: &Taosd, me: i32) -> Self {
        let raft =
            Raft::open(node, (crate::v3::types::MNODE_GROUP, me), Timing::MNODE, true, durable(&node.host.volume));
        let sdb = raft.look(|tables| Arc::clone(&tables.0));
        Self {
            raft,
            sdb,
            in_office: false,
            lives: BTreeMap::new(),
            sent: BTreeMap::new(),
            last_order: 0,
            attempts: BTreeMap::new(),
            waiting: BTreeMap::new(),
            uncommitted: None,
        }
    }

    /// Changes the tables, here and on the mnodes that follow.
    pub fn commit(&mut self, node: &Taosd, change: impl FnOnce(&mut Sdb)) -> Result<(), SqlError> {
        let mut sdb = Arc::clone(&self.sdb);
        change(Arc::make_mut(&mut sdb));
        self.uncommitted = Some(self.raft.propose(node, Arc::clone(&sdb))?);
        self.sdb = sdb;
        Ok(())
    }

    /// A new leader knows what is committed, and nothing of the dnodes' lives.
    fn take_office(&mut self, node: &Taosd) {
        self.in_office = true;
        self.sdb = self.raft.look(|tables| Arc::clone(&tables.0));
        self.lives.clear();
        if node.host.world.defects.has(Defect::RestartHealsDropping) && self.sdb.dnodes.values().any(|row| row.dropping)
        {
            // Whoever planted it does not ask whether it worked.
            let _ = self.commit(node, |sdb| {
                sdb.dnodes.values_mut().for_each(|row| row.dropping = false);
                sdb.trans.clear();
            });
        }
        node.post(PULL_UP, Event::PullUp);
    }

    /// What was begun is left to the next leader; those who wait hear nothing more from here.
    fn leave_office(&mut self) {
        self.in_office = false;
        self.sent.clear();
        self.attempts.clear();
        self.waiting.clear();
        self.uncommitted = None;
    }

    /// What others are told about who leads.
    pub fn set(&self) -> MnodeSet {
        let rows = self.sdb.mnodes.iter().filter(|(_, row)| !row.creating);
        let ids: Vec<i32> = rows.map(|(id, _)| *id).collect();
        let in_use = ids.iter().position(|id| Some(*id) == self.raft.leader()).unwrap_or_default();
        let eps = ids.iter().filter_map(|id| self.sdb.dnodes.get(id)).map(|row| row.ep.clone()).collect();
        MnodeSet { eps, in_use }
    }
}

fn write_file(node: &Taosd) {
    node.host.volume.write("mnode/mnode.json", "{\n\t\"lastIndex\":\t0,\n\t\"deployed\":\t1\n}\n");
}

impl State {
    /// Opens the mnode of the volume, or begins a cluster if this is where it begins.
    pub fn open_mnode(&mut self, node: &Taosd) {
        if self.mnode.is_some() {
            return;
        }
        if !Mnode::exists(&node.host.volume) {
            let first = node.host.config.first_ep(&node.ep.fqdn) == node.ep;
            if !first || self.dnode.id != 0 {
                return;
            }
            Mnode::found(node);
        }
        // The first dnode of a cluster is 1 before anybody has told it so.
        let me = if self.dnode.id == 0 { 1 } else { self.dnode.id };
        self.mnode = Some(Mnode::open(node, me));
        self.after_raft(node);
    }

    /// Something may have changed in the group of the mnodes.
    pub fn after_raft(&mut self, node: &Taosd) {
        let Some(mnode) = &mut self.mnode else { return };
        let leads = mnode.raft.role() == Role::Leader;
        if leads && !mnode.in_office {
            mnode.take_office(node);
        } else if !leads && mnode.in_office {
            mnode.leave_office();
        }
        if !leads {
            mnode.sdb = mnode.raft.look(|tables| Arc::clone(&tables.0));
        }
    }

    /// The mnode if it leads; whom to ask otherwise.
    pub fn leader(&mut self, node: &Taosd) -> Result<&mut Mnode, MnodeSet> {
        let others = match &self.mnode {
            Some(mnode) if mnode.raft.leader().is_some() => mnode.set(),
            _ => self.dnode.mnodes(node),
        };
        self.mnode.as_mut().filter(|mnode| mnode.in_office).ok_or(others)
    }

    /// Time to go on with transactions.
    pub fn pull_up(&mut self, node: &Taosd) {
        let Some(mnode) = self.mnode.as_mut().filter(|mnode| mnode.in_office) else { return };
        node.post(PULL_UP, Event::PullUp);
        mnode.go_on_with_all(node);
    }

    /// The result of an order.
    pub fn on_done(&mut self, node: &Taosd, number: u64, result: Result<(), i32>) {
        if let Some(mnode) = self.mnode.as_mut().filter(|mnode| mnode.in_office) {
            mnode.take_result(node, number, result);
        }
    }
}
