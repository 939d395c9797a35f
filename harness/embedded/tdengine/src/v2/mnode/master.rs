use std::{collections::BTreeMap, sync::Arc};

use seatrial_sim::Defect;
use seatrial_sql::{SqlError, codes};

use super::sdb::{DnodeRow, Sdb, Store, UserRow};
use crate::{
    queue::Ticket,
    v2::{
        event::Event,
        orders::stop_unresolved,
        state::State,
        sync::{Group, Reconfigured},
        taosd::Taosd,
        types::{Change, MNODE_GROUP, Member, MnodeSet, Role},
    },
};

/// What the master knows of a dnode's life.
#[derive(Clone, Debug)]
pub(crate) struct DnodeLife {
    /// It reports.
    pub online: bool,
    /// Why it is offline.
    pub reason: &'static str,
    /// The tick of its last message.
    pub last: i64,
    /// Its cores.
    pub cores: u32,
}

/// What the master knows of the replicas of a vgroup.
#[derive(Clone, Debug, Default)]
pub(crate) struct VgroupLife {
    /// Role and version of each replica, by dnode, since the vgroup's last change.
    pub roles: BTreeMap<i32, (Role, u64)>,
    /// Position of the master.
    pub in_use: usize,
}

/// The mnode in a server.
pub(crate) struct Mnode {
    store: Store,
    /// The tables.
    pub sdb: Arc<Sdb>,
    /// Replication with the other mnodes; none before it is known who they are.
    pub group: Option<Group>,
    /// The role that was acted upon last.
    pub role: Role,
    /// Ticks since this mnode became master.
    pub ticks: i64,
    /// Dnodes' lives, by id.
    pub dnodes: BTreeMap<i32, DnodeLife>,
    /// Vgroups' lives, by id.
    pub vgroups: BTreeMap<i32, VgroupLife>,
    /// A new mnode that has not answered yet.
    pub awaited: Option<i32>,
    /// The balancer waits for that mnode's answer in the middle of a step.
    pub(super) step_waits: bool,
    pub(super) timer: u64,
    pub(super) next: Option<Ticket>,
    /// The list of all dnodes, made from this version of the tables.
    pub(super) listed: (u64, Arc<[Member]>),
}

impl Mnode {
    fn open(node: &Taosd) -> Self {
        let store = Store::open(&node.host.volume);
        let sdb = store.load();
        Self {
            store,
            sdb,
            group: None,
            role: Role::Offline,
            ticks: 0,
            dnodes: BTreeMap::new(),
            vgroups: BTreeMap::new(),
            awaited: None,
            step_waits: false,
            timer: 0,
            next: None,
            listed: (0, Arc::new([])),
        }
    }

    /// An error if its log has no room for another record.
    pub fn check_room(&mut self, node: &Taosd) -> Result<(), SqlError> {
        if self.store.has_room(&node.host) { Ok(()) } else { Err(codes::no_space()) }
    }

    /// Changes the tables, here and on all mnodes that follow.
    pub fn commit(&mut self, node: &Taosd, change: impl FnOnce(&mut Sdb)) {
        let sdb = Arc::make_mut(&mut self.sdb);
        change(sdb);
        sdb.version += 1;
        let version = sdb.version;
        self.store.save(&node.host, &self.sdb);
        if let Some(group) = &mut self.group {
            group.forward(node, version, &Change::Sdb(Arc::clone(&self.sdb)));
        }
    }

    /// The life of a dnode; one that is new has not reported yet.
    pub fn life(&mut self, dnode: i32) -> &mut DnodeLife {
        let last = self.ticks;
        let new = DnodeLife { online: false, reason: "status not received", last, cores: 0 };
        self.dnodes.entry(dnode).or_insert(new)
    }

    /// True if the dnode is neither offline nor being dropped.
    pub fn is_ready(&self, dnode: i32) -> bool {
        self.is_online(dnode) && self.sdb.dnodes.get(&dnode).is_some_and(|row| !row.dropping)
    }

    pub(super) fn is_online(&self, dnode: i32) -> bool {
        self.dnodes.get(&dnode).is_some_and(|life| life.online)
    }

    /// What others are told about who is master.
    pub fn set(&self) -> MnodeSet {
        let members = self.sdb.mnode_members();
        let master = self
            .group
            .as_ref()
            .and_then(|group| group.roles().find(|(_, role)| *role == Role::Master).map(|(id, _)| id));
        let in_use = members.iter().position(|member| Some(member.id) == master).unwrap_or_default();
        MnodeSet { members, in_use }
    }

    /// Everything is unknown to a new master.
    fn reset(&mut self, node: &Taosd) {
        self.ticks = 0;
        self.awaited = None;
        self.step_waits = false;
        for dnode in self.sdb.dnodes.keys().copied().collect::<Vec<_>>() {
            let life = self.life(dnode);
            (life.online, life.last, life.reason) = (false, 0, "status not received");
        }
        if node.host.world.defects.has(Defect::RestartHealsDropping) && self.sdb.dnodes.values().any(|row| row.dropping)
        {
            self.commit(node, |sdb| sdb.dnodes.values_mut().for_each(|row| row.dropping = false));
        }
    }
}

impl State {
    /// Starts an mnode if one has been here before, or if this is where the cluster begins.
    pub fn start_mnode_if_here(&mut self, node: &Taosd) {
        let first = node.host.config.first_ep(&node.ep.fqdn) == node.ep;
        if first || Store::exists(&node.host.volume) {
            self.start_mnode(node);
            self.update_mnodes(node, None);
        }
    }

    /// Starts the mnode. An empty one on a server without an identity begins a new cluster.
    pub fn start_mnode(&mut self, node: &Taosd) {
        if self.mnode.is_some() {
            return;
        }
        node.host.log.line("MND", "starting to initialize mnode ...");
        let mut mnode = Mnode::open(node);
        if mnode.sdb.dnodes.is_empty() && self.dnode.id == 0 {
            let (ep, created) = (node.ep.clone(), node.host.now_ms());
            let cluster = node.host.dice("cluster").uuid();
            mnode.commit(node, |sdb| {
                sdb.cluster = cluster;
                sdb.dnodes.insert(1, DnodeRow { ep, created, dropping: false });
                sdb.last_dnode = 1;
                sdb.mnodes.insert(1, created);
                sdb.last_vgroup = 1;
                for (name, password) in [("root", "taosdata"), ("monitor", "taosdata"), ("_root", "taosdata")] {
                    let privilege = if name == "monitor" { "writable" } else { "super" };
                    sdb.users.insert(name.into(), UserRow { password: password.into(), privilege, created });
                }
            });
        }
        self.mnode = Some(mnode);
        node.host.log.line("MND", "mnode is initialized successfully");
    }

    /// Makes the group of the mnodes what the tables (or the master's message) say it is.
    pub fn update_mnodes(&mut self, node: &Taosd, set: Option<&MnodeSet>) {
        let Some(mnode) = &mut self.mnode else { return };
        let mut members = set.map_or_else(|| mnode.sdb.mnode_members(), |set| set.members.clone());
        members.sort_by_key(|member| member.id);
        if !members.iter().any(|member| member.ep == node.ep) {
            return;
        }
        let before = mnode.group.as_ref().map_or(Role::Offline, Group::role);
        match &mut mnode.group {
            None => match Group::start(node, MNODE_GROUP, &members, mnode.sdb.version) {
                Ok(group) => mnode.group = Some(group),
                Err(error) => {
                    stop_unresolved(node, MNODE_GROUP, &error);
                    return;
                }
            },
            Some(group) => {
                if group.has_members(&members) {
                    return;
                }
                if group.reconfigure(node, &members) != Reconfigured::Done {
                    node.host.log.line("SYN", "ERROR vgId:1, failed to reconfig");
                }
            }
        }
        self.on_mnode_roles(node, before);
    }

    /// Roles in the group of the mnodes have changed.
    pub fn on_mnode_roles(&mut self, node: &Taosd, _before: Role) {
        let Some(mnode) = &mut self.mnode else { return };
        let Some(role) = mnode.group.as_ref().map(Group::role) else { return };
        let was = std::mem::replace(&mut mnode.role, role);
        if role == Role::Master && was != Role::Master {
            mnode.reset(node);
            mnode.look_in(node, 2_000);
        } else if role == Role::Master {
            mnode.look_in(node, 500);
        } else {
            mnode.timer += 1;
        }
        let set = mnode.set();
        if set.members.len() >= mnode.group.as_ref().map_or(0, Group::replica) {
            self.dnode.mnodes = set;
        }
    }

    /// The master has sent its tables.
    pub fn follow_sdb(&mut self, node: &Taosd, sdb: Arc<Sdb>) {
        let Some(mnode) = &mut self.mnode else { return };
        let fewer = sdb.mnodes.len() < mnode.sdb.mnodes.len();
        mnode.store.save(&node.host, &sdb);
        mnode.sdb = sdb;
        if fewer {
            node.post(200, Event::UpdateMnodes(None));
        }
    }

    /// The mnode if it is master; whom to ask otherwise.
    pub fn master(&mut self, node: &Taosd) -> Result<&mut Mnode, MnodeSet> {
        let redirect = {
            let mut set = self.dnode.mnodes.clone();
            let own = set.members.iter().position(|member| member.ep == node.ep);
            if own == Some(set.in_use) {
                set.in_use = (set.in_use + 1) % set.members.len().max(1);
            }
            set
        };
        self.mnode.as_mut().filter(|mnode| mnode.role == Role::Master).ok_or(redirect)
    }

    /// The mnode, which was master when the caller last looked.
    pub fn still_master(&mut self) -> Result<&mut Mnode, SqlError> {
        let mnode = self.mnode.as_mut().filter(|mnode| mnode.role == Role::Master);
        mnode.ok_or_else(|| SqlError::of(codes::RPC_NETWORK_UNAVAIL))
    }
}
