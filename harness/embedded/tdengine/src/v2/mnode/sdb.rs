use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use seatrial_sim::Volume;
use seatrial_sql::{
    Value,
    storage::{DatabaseSettings, Schema},
};

use crate::{
    config::EndPoint,
    host::{BLOCK, Host},
    v2::types::{Member, VnodeConfig},
    wal,
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

/// A database.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseRow {
    /// When it was created.
    pub created: i64,
    /// What it is set to.
    pub settings: DatabaseSettings,
    /// Counts changes of the settings.
    pub version: u32,
}

/// A vgroup.
#[derive(Clone, Debug)]
pub(crate) struct VgroupRow {
    /// Its database.
    pub db: String,
    /// The dnodes of its replicas, in order.
    pub dnodes: Vec<i32>,
    /// Counts changes.
    pub version: u32,
    /// Not all vnodes have been created yet.
    pub creating: bool,
}

/// A super table.
#[derive(Clone, Debug)]
pub(crate) struct StableRow {
    /// Its columns and tags.
    pub schema: Arc<Schema>,
    /// When it was created.
    pub created: i64,
}

/// A table.
#[derive(Clone, Debug)]
pub(crate) struct TableRow {
    /// Its vgroup.
    pub vg: i32,
    /// Its columns (and its super table's tags).
    pub schema: Arc<Schema>,
    /// Its super table.
    pub parent: Option<String>,
    /// Its tags.
    pub tags: Vec<Value>,
    /// When it was created.
    pub created: i64,
    /// A number that no other table has.
    pub uid: u64,
    /// Its number in the vgroup.
    pub tid: u32,
}

/// A user.
#[derive(Clone, Debug)]
pub(crate) struct UserRow {
    /// The password.
    pub password: String,
    /// `super`, `writable` or `readable`.
    pub privilege: &'static str,
    /// When it was created.
    pub created: i64,
}

/// The name of a table with its database.
pub(crate) type FullName = (String, String);

/// The cluster's tables, as every mnode keeps them on its volume.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sdb {
    /// Counts changes.
    pub version: u64,
    /// The cluster's id.
    pub cluster: String,
    /// Dnodes by id.
    pub dnodes: BTreeMap<i32, DnodeRow>,
    /// The highest dnode id ever given.
    pub last_dnode: i32,
    /// Mnodes by dnode id, with the time of their creation.
    pub mnodes: BTreeMap<i32, i64>,
    /// Databases by name.
    pub databases: BTreeMap<String, DatabaseRow>,
    /// Vgroups by id.
    pub vgroups: BTreeMap<i32, VgroupRow>,
    /// The highest vgroup id ever given; 1 is the mnodes' own.
    pub last_vgroup: i32,
    /// Super tables.
    pub stables: BTreeMap<FullName, StableRow>,
    /// Tables.
    pub tables: BTreeMap<FullName, TableRow>,
    /// The highest table number ever given.
    pub last_table: u64,
    /// Users by name.
    pub users: BTreeMap<String, UserRow>,
    /// Ids of dropped dnodes, kept for a planted defect only.
    pub freed: Vec<i32>,
    /// Rows of dropped dnodes, kept for a planted defect only.
    pub ghosts: BTreeMap<i32, DnodeRow>,
}

impl Sdb {
    /// A dnode as a member of a group.
    pub fn member(&self, dnode: i32) -> Option<Member> {
        self.dnodes.get(&dnode).map(|row| Member { id: dnode, ep: row.ep.clone() })
    }

    /// All mnodes, by id.
    pub fn mnode_members(&self) -> Vec<Member> {
        self.mnodes.keys().filter_map(|id| self.member(*id)).collect()
    }

    /// All dnodes, by id.
    pub fn dnode_members(&self) -> Vec<Member> {
        self.dnodes.keys().filter_map(|id| self.member(*id)).collect()
    }

    /// What the vnodes of a vgroup are to be.
    pub fn vnode_config(&self, vg: i32) -> Option<VnodeConfig> {
        let row = self.vgroups.get(&vg)?;
        let database = self.databases.get(&row.db)?;
        Some(VnodeConfig {
            vg,
            db: row.db.clone(),
            db_replica: database.settings.replica as usize,
            db_version: database.version,
            vg_version: row.version,
            precision: database.settings.precision,
            update: database.settings.update != 0,
            writes_through: database.settings.writes_through(),
            members: row.dnodes.iter().filter_map(|dnode| self.member(*dnode)).collect(),
        })
    }

    /// Number of vnodes that a dnode has or is to have.
    pub fn vnodes_on(&self, dnode: i32) -> usize {
        self.vgroups.values().filter(|row| row.dnodes.contains(&dnode)).count()
    }

    /// The dnode of an end point.
    pub fn dnode_at(&self, ep: &EndPoint) -> Option<i32> {
        self.dnodes.iter().find(|(_, row)| row.ep == *ep).map(|(id, _)| *id)
    }
}

/// Where an mnode keeps its tables: a log on its volume.
///
/// Without room a record is only written as far as the last block of the file goes. A real 2.1.1.0 then answers `No space left on
/// device`, and once there is room writes the next record behind the torn one; what it acknowledges from then on is gone after
/// its next start (seen with `create user`).
pub(crate) struct Store {
    content: Arc<Mutex<Arc<Sdb>>>,
    /// Bytes that this process wrote, in records of one size.
    written: u64,
    /// A record was not written whole.
    torn: bool,
}

impl Store {
    /// The file of a volume.
    pub fn open(volume: &Volume) -> Self {
        volume.write("mnode/wal/wal0", "");
        Self { content: volume.state::<Mutex<Arc<Sdb>>>("mnode/wal"), written: wal::RECORD, torn: false }
    }

    /// True if an mnode has been on the volume.
    pub fn exists(volume: &Volume) -> bool {
        volume.exists("mnode/wal/wal0")
    }

    fn inner(&self) -> MutexGuard<'_, Arc<Sdb>> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is on the volume.
    pub fn load(&self) -> Arc<Sdb> {
        Arc::clone(&self.inner())
    }

    /// True if a record can be written.
    pub fn has_room(&mut self, host: &Host) -> bool {
        // A block that is full is followed by one that is not there.
        let fits = !host.is_full() || !self.written.is_multiple_of(BLOCK);
        self.torn |= !fits;
        fits
    }

    /// Writes to the volume. Each record is on the disk before the next (`TAOS_WAL_FSYNC` in `mnodeSdb.c`).
    pub fn save(&mut self, host: &Host, sdb: &Arc<Sdb>) {
        if self.has_room(host) {
            self.written += wal::RECORD;
            host.write_through(|| wal::RECORD);
        }
        if !self.torn {
            *self.inner() = Arc::clone(sdb);
        }
    }
}
