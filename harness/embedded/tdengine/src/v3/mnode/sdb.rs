use std::{collections::BTreeMap, sync::Arc};

use seatrial_sim::Defects;
use seatrial_sql::{
    SqlError,
    storage::{DatabaseSettingsV3, Schema},
};

use super::trans::Trans;
use crate::{
    config::EndPoint,
    v3::{
        event::Letter,
        raft::{Machine, Message},
        types::{Member, Peer, VnodeConfig},
    },
};

/// A dnode.
#[derive(Clone, Debug)]
pub(crate) struct DnodeRow {
    /// Its end point.
    pub ep: EndPoint,
    /// When it was created, in milliseconds since 1970.
    pub created: i64,
    /// It is being dropped.
    pub dropping: bool,
}

/// An mnode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MnodeRow {
    /// When it was created.
    pub created: i64,
    /// It is being created.
    pub creating: bool,
    /// It is being dropped.
    pub dropping: bool,
}

/// A database.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseRow {
    /// When it was created.
    pub created: i64,
    /// What it is set to.
    pub settings: DatabaseSettingsV3,
}

/// A vgroup.
#[derive(Clone, Debug)]
pub(crate) struct VgroupRow {
    /// Its database.
    pub db: String,
    /// The dnodes of its replicas, in order.
    pub dnodes: Vec<i32>,
    /// The hash values of its tables' names.
    pub hashes: (u32, u32),
}

/// A super table.
#[derive(Clone, Debug)]
pub(crate) struct StableRow {
    /// Its columns and tags.
    pub schema: Arc<Schema>,
    /// When it was created.
    pub created: i64,
}

/// A user.
#[derive(Clone, Debug)]
pub(crate) struct UserRow {
    /// The password.
    pub password: String,
    /// When it was created.
    pub created: i64,
    /// It may log in.
    pub enabled: bool,
    /// It may see the cluster's own tables.
    pub sysinfo: bool,
}

/// The name of a table with its database.
pub(crate) type FullName = (String, String);

/// The cluster's tables, as every mnode keeps them on its volume.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sdb {
    /// Counts changes of dnodes and mnodes.
    pub dnode_version: u64,
    /// The cluster's id.
    pub cluster: i64,
    /// The cluster's name.
    pub cluster_name: String,
    /// When it began.
    pub created: i64,
    /// Dnodes by id.
    pub dnodes: BTreeMap<i32, DnodeRow>,
    /// The highest dnode id ever given.
    pub last_dnode: i32,
    /// Mnodes by dnode id.
    pub mnodes: BTreeMap<i32, MnodeRow>,
    /// Databases by name.
    pub databases: BTreeMap<String, DatabaseRow>,
    /// Vgroups by id.
    pub vgroups: BTreeMap<i32, VgroupRow>,
    /// The highest vgroup id ever given; 1 is the mnodes' own.
    pub last_vgroup: i32,
    /// Super tables.
    pub stables: BTreeMap<FullName, StableRow>,
    /// Users by name.
    pub users: BTreeMap<String, UserRow>,
    /// Transactions by id.
    pub trans: BTreeMap<i32, Trans>,
    /// The highest transaction id ever given.
    pub last_trans: i32,
    /// Ids of dropped dnodes, kept for a planted defect only.
    pub freed: Vec<i32>,
    /// Rows of dropped dnodes, kept for a planted defect only.
    pub ghosts: BTreeMap<i32, DnodeRow>,
}

impl Sdb {
    /// A dnode as a member of a group.
    pub fn member(&self, dnode: i32, learner: bool) -> Option<Member> {
        self.dnodes.get(&dnode).map(|row| Member { id: dnode, ep: row.ep.clone(), learner })
    }

    /// Dnodes as members of a group.
    pub fn members(&self, dnodes: &[i32]) -> Arc<[Member]> {
        dnodes.iter().filter_map(|dnode| self.member(*dnode, false)).collect()
    }

    /// All dnodes, as every dnode is told.
    pub fn peers(&self) -> Arc<[Peer]> {
        let peer = |(id, row): (&i32, &DnodeRow)| Peer {
            id: *id,
            ep: row.ep.clone(),
            mnode: self.mnodes.get(id).is_some_and(|mnode| !mnode.creating),
        };
        self.dnodes.iter().map(peer).collect()
    }

    /// What a vnode of a vgroup is to be.
    pub fn vnode_config(&self, vg: i32, row: &VgroupRow, members: Arc<[Member]>) -> VnodeConfig {
        let settings = self.databases.get(&row.db).map(|db| &db.settings);
        let precision = settings.map(|settings| settings.precision).unwrap_or_default();
        let writes_through = settings.is_some_and(DatabaseSettingsV3::writes_through);
        VnodeConfig { vg, db: row.db.clone(), precision, writes_through, members }
    }

    /// Number of vnodes that a dnode has or is to have.
    pub fn vnodes_on(&self, dnode: i32) -> usize {
        self.vgroups.values().filter(|row| row.dnodes.contains(&dnode)).count()
    }

    /// The dnode of an end point.
    pub fn dnode_at(&self, ep: &EndPoint) -> Option<i32> {
        self.dnodes.iter().find(|(_, row)| row.ep == *ep).map(|(id, _)| *id)
    }

    /// The vgroups of a database, by id.
    pub fn vgroups_of<'a>(&'a self, db: &'a str) -> impl Iterator<Item = (i32, &'a VgroupRow)> {
        self.vgroups.iter().filter(move |(_, row)| row.db == db).map(|(vg, row)| (*vg, row))
    }
}

/// The tables, as they are replicated: each change brings all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables(pub Arc<Sdb>);

impl Machine for Tables {
    type Change = Arc<Sdb>;

    fn apply(&mut self, change: &Self::Change) -> Result<u64, SqlError> {
        self.0 = Arc::clone(change);
        Ok(0)
    }

    fn letter(message: Message<Self>) -> Letter {
        Letter::Mnode(message)
    }

    fn copy(&self, _: &Defects) -> Self {
        self.clone()
    }
}
