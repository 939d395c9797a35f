use std::sync::Arc;

use seatrial_sim::Defect;
use seatrial_sql::{
    Dialect, SqlError, ast::DatabaseOptions, codes::v3 as codes, storage::DatabaseSettingsV3, system::SYSTEM_DATABASES,
};

use super::{
    leader::{Mnode, Waiter},
    sdb::{DatabaseRow, VgroupRow},
    trans::{Scope, Step, Target, Task, Trans, Update},
};
use crate::{
    config::EndPoint,
    v3::{orders::Order, taosd::Taosd},
};

/// Where the tables of a database are, as clients keep it.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseInfo {
    /// What it is set to.
    pub settings: DatabaseSettingsV3,
    /// Its vgroups, by id.
    pub vgroups: Arc<[VgroupInfo]>,
}

/// A vgroup, as clients keep it.
#[derive(Clone, Debug)]
pub(crate) struct VgroupInfo {
    /// The vgroup.
    pub vg: i32,
    /// Hash values of the names of its tables.
    pub hashes: (u32, u32),
    /// End points of its replicas.
    pub eps: Vec<EndPoint>,
    /// Position of the leader, as far as the mnode knows.
    pub in_use: usize,
}

impl Mnode {
    /// What clients ask before they look for tables.
    pub fn database_info(&self, node: &Taosd, db: &str) -> Result<DatabaseInfo, SqlError> {
        let row = self.sdb.databases.get(db).ok_or_else(no_database)?;
        let info = |(vg, row): (i32, &VgroupRow)| VgroupInfo {
            vg,
            hashes: row.hashes,
            eps: row.dnodes.iter().filter_map(|id| self.sdb.dnodes.get(id)).map(|row| row.ep.clone()).collect(),
            in_use: row.dnodes.iter().position(|id| self.role_of(node, vg, *id).leads()).unwrap_or_default(),
        };
        Ok(DatabaseInfo { settings: row.settings.clone(), vgroups: self.sdb.vgroups_of(db).map(info).collect() })
    }

    /// `create database`: vnodes are made, then each vgroup must have a leader. `None` if there is nothing to do.
    pub fn create_database(
        &mut self,
        node: &Taosd,
        name: &str,
        if_not_exists: bool,
        options: &DatabaseOptions,
    ) -> Result<Option<Waiter>, SqlError> {
        if self.sdb.databases.contains_key(name) || SYSTEM_DATABASES.contains(&name) {
            return if if_not_exists { Ok(None) } else { Err(codes::error(codes::MND_DB_ALREADY_EXIST)) };
        }
        let mut settings = DatabaseSettingsV3::defaults(dialect(node)).with(options)?;
        if node.host.world.defects.has(Defect::ReplicaIgnored) {
            settings.replica = 1;
        }
        let count = settings.vgroups.max(1);
        let width = u32::MAX / count;
        let mut places = self.places(node, None);
        let (mut vgroups, mut create, mut confirm) = (Vec::new(), Vec::new(), Vec::new());
        let row = DatabaseRow { created: node.host.now_ms(), settings };
        for (at, vg) in (0..count).zip(self.sdb.last_vgroup + 1..) {
            let dnodes = places.take(row.settings.replica as usize)?;
            let end = if at + 1 == count { u32::MAX } else { width * (at + 1) - 1 };
            let vgroup = VgroupRow { db: name.to_owned(), dnodes, hashes: (width * at, end) };
            let mut config = self.sdb.vnode_config(vg, &vgroup, self.sdb.members(&vgroup.dnodes));
            (config.precision, config.writes_through) = (row.settings.precision, row.settings.writes_through());
            for dnode in &vgroup.dnodes {
                let order = Order::CreateVnode { config: config.clone(), waited: 0 };
                create.push(Task { to: Target::Dnode(*dnode), order });
            }
            confirm.push(Task { to: Target::Leader(vg), order: Order::Confirm { group: vg, member: None } });
            vgroups.push((vg, vgroup));
        }
        let last = vgroups.last().map(|(vg, _)| *vg).unwrap_or_default();
        let steps =
            [Step::Do(create), Step::Set(Update::Database(name.to_owned(), Box::new(row), vgroups)), Step::Do(confirm)];
        let trans = of_database(node, "create-db", name, "", steps.into());
        self.begin(node, trans, |sdb| sdb.last_vgroup = last).map(Some)
    }

    /// `alter database`: new replicas come to be afterwards.
    pub fn alter_database(&mut self, node: &Taosd, name: &str, options: &DatabaseOptions) -> Result<(), SqlError> {
        let row = self.sdb.databases.get(name).ok_or_else(no_database)?;
        let settings = row.settings.altered(options)?;
        let steps = if settings.replica == row.settings.replica {
            Vec::new()
        } else {
            self.resize(node, name, settings.replica as usize)?
        };
        let trans = of_database(node, "alter-db", name, "", steps);
        // The statement does not wait for the replicas.
        self.begin(node, trans, |sdb| {
            if let Some(row) = sdb.databases.get_mut(name) {
                row.settings = settings;
            }
        })
        .map(drop)
    }

    /// `drop database`
    pub fn drop_database(&mut self, node: &Taosd, name: &str, if_exists: bool) -> Result<Option<Waiter>, SqlError> {
        if !self.sdb.databases.contains_key(name) {
            return if if_exists { Ok(None) } else { Err(no_database()) };
        }
        let mut tasks = Vec::new();
        for (vg, row) in self.sdb.vgroups_of(name) {
            // What is on a dnode that is offline stays there.
            for dnode in row.dnodes.iter().filter(|dnode| self.is_online(node, **dnode)) {
                tasks.push(Task { to: Target::Dnode(*dnode), order: Order::DropVnode(vg) });
            }
        }
        let steps = [Step::Do(tasks), Step::Set(Update::ForgetDatabase(name.to_owned()))];
        let trans = of_database(node, "drop-db", name, "", steps.into());
        self.begin(node, trans, |_| {}).map(Some)
    }
}

/// The dialect of a server.
pub(crate) fn dialect(node: &Taosd) -> Dialect {
    Dialect::of(&node.host.version.to_string())
}

/// A transaction that concerns one database.
pub(super) fn of_database(node: &Taosd, oper: &'static str, db: &str, stable: &str, steps: Vec<Step>) -> Trans {
    let (created, scope) = (node.host.now_ms(), Scope::Database);
    Trans { created, oper, db: db.to_owned(), stable: stable.to_owned(), scope, steps: steps.into(), at: 0 }
}

pub(super) fn no_database() -> SqlError {
    codes::error(codes::MND_DB_NOT_EXIST)
}
