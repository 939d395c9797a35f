use std::{net::Ipv4Addr, sync::Arc};

use futures::future::join_all;
use seatrial_sql::{
    Precision, SqlError, Value, codes,
    storage::{DatabaseSettings, Schema, Write},
};
use tokio::{
    sync::oneshot,
    time::{Duration, sleep, timeout},
};

use super::{
    master::Mnode,
    sdb::{FullName, StableRow, TableRow},
};
use crate::{
    config::EndPoint,
    v2::{
        client::rpc,
        event::{Event, Order},
        ports::{self, Port},
        taosd::Taosd,
        types::PEER_PORT,
    },
};

/// Attempts to create a table in a vnode.
const ATTEMPTS: u32 = 10;
/// Milliseconds between them.
const PAUSE: u64 = 300;
/// The same, when the vnode is about to move away.
const PAUSE_BALANCING: u64 = 1_100;
/// Seconds after which a request that is not answered is given up.
const TOO_SLOW: u64 = 600;
/// Tables in a vgroup before its database gets another one.
const TABLES_PER_VGROUP: usize = 1_000;
/// Vgroups of a database, at least.
const VGROUPS: usize = 2;

/// A table to be created.
#[derive(Clone, Debug)]
pub(crate) struct NewTable {
    /// Its name.
    pub name: FullName,
    /// Its columns and tags.
    pub schema: Arc<Schema>,
    /// Its super table.
    pub parent: Option<String>,
    /// The values of its tags.
    pub tags: Vec<Value>,
    /// It is no error if it exists.
    pub if_not_exists: bool,
}

/// Where a table is, and what it looks like.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Its vgroup.
    pub vg: i32,
    /// The vgroup's end points.
    pub eps: Vec<EndPoint>,
    /// Its columns and tags.
    pub schema: Arc<Schema>,
    /// What its database is set to.
    pub settings: DatabaseSettings,
}

impl Mnode {
    /// End points of a vgroup.
    pub fn end_points(&self, vg: i32) -> Vec<EndPoint> {
        let dnodes = self.sdb.vgroups.get(&vg).map(|row| row.dnodes.as_slice()).unwrap_or_default();
        dnodes.iter().filter_map(|dnode| self.sdb.dnodes.get(dnode)).map(|row| row.ep.clone()).collect()
    }

    /// Where a table is.
    pub fn place(&self, name: &FullName) -> Option<Place> {
        let row = self.sdb.tables.get(name)?;
        Some(Place {
            vg: row.vg,
            eps: self.end_points(row.vg),
            schema: Arc::clone(&row.schema),
            settings: self.sdb.databases.get(&name.0)?.settings.clone(),
        })
    }

    /// Vgroups that have tables of a super table, with their end points.
    pub fn places_of_children(&self, name: &FullName) -> Vec<(i32, Vec<EndPoint>)> {
        let children =
            self.sdb.tables.iter().filter(|((db, _), row)| *db == name.0 && row.parent.as_ref() == Some(&name.1));
        let mut vgs: Vec<i32> = children.map(|(_, row)| row.vg).collect();
        vgs.sort_unstable();
        vgs.dedup();
        vgs.into_iter().map(|vg| (vg, self.end_points(vg))).collect()
    }

    /// Unit of a database's timestamps.
    pub fn precision(&self, db: &str) -> Option<Precision> {
        self.sdb.databases.get(db).map(|row| row.settings.precision)
    }

    /// `create stable`
    pub fn create_stable(&mut self, node: &Taosd, table: &NewTable) -> Result<(), SqlError> {
        self.check_new(table)?;
        if self.sdb.stables.contains_key(&table.name) {
            return Ok(());
        }
        let created = node.host.now_ms();
        self.commit(node, |sdb| {
            let row = StableRow { schema: Arc::clone(&table.schema), created };
            sdb.stables.insert(table.name.clone(), row);
        });
        Ok(())
    }

    /// An error if the table exists and must not, or has no database.
    fn check_new(&self, table: &NewTable) -> Result<(), SqlError> {
        if !self.sdb.databases.contains_key(&table.name.0) {
            return Err(SqlError::of(codes::MND_DB_NOT_SELECTED));
        }
        let there = self.sdb.tables.contains_key(&table.name) || self.sdb.stables.contains_key(&table.name);
        if there && !table.if_not_exists {
            return Err(SqlError::of(codes::MND_TABLE_ALREADY_EXIST));
        }
        Ok(())
    }

    /// The vgroup for a new table; `true` if it has to be created first.
    fn vgroup_for(&mut self, node: &Taosd, db: &str) -> Result<(i32, bool), SqlError> {
        let count = |vg: i32| self.sdb.tables.values().filter(|row| row.vg == vg).count();
        let of_it: Vec<i32> = self.sdb.vgroups.iter().filter(|(_, row)| row.db == db).map(|(vg, _)| *vg).collect();
        let free = of_it.iter().copied().find(|vg| count(*vg) < TABLES_PER_VGROUP);
        if let Some(vg) = free {
            return Ok((vg, false));
        }
        match (of_it.first(), of_it.len() < VGROUPS) {
            (Some(vg), false) => Ok((*vg, false)),
            (first, _) => match self.allocate(node, db) {
                Ok(vg) => Ok((vg, true)),
                Err(error) => first.map(|vg| (*vg, false)).ok_or(error),
            },
        }
    }

    fn add_table(&mut self, node: &Taosd, table: &NewTable, vg: i32) {
        let created = node.host.now_ms();
        self.commit(node, |sdb| {
            sdb.last_table += 1;
            let uid = (u64::from(vg.unsigned_abs()) << 48) + (sdb.last_table << 24);
            let tid = sdb.tables.values().filter(|row| row.vg == vg).map(|row| row.tid).max().unwrap_or_default() + 1;
            let row = TableRow {
                vg,
                schema: Arc::clone(&table.schema),
                parent: table.parent.clone(),
                tags: table.tags.clone(),
                created,
                uid,
                tid,
            };
            sdb.tables.insert(table.name.clone(), row);
        });
    }

    /// Takes a table out of the list; the vnode is told by the caller.
    pub fn remove_table(&mut self, node: &Taosd, name: &FullName) {
        self.commit(node, |sdb| {
            sdb.tables.remove(name);
        });
    }
}

impl Mnode {
    /// Takes a super table and all its tables out of the list.
    pub fn remove_stable(&mut self, node: &Taosd, name: &FullName) {
        self.commit(node, |sdb| {
            sdb.stables.remove(name);
            sdb.tables.retain(|(db, _), row| *db != name.0 || row.parent.as_ref() != Some(&name.1));
        });
    }

    /// Gives a table, or a super table and all its tables, another schema.
    pub fn change_schema(&mut self, node: &Taosd, name: &FullName, schema: &Arc<Schema>) {
        self.commit(node, |sdb| {
            if let Some(row) = sdb.stables.get_mut(name) {
                row.schema = Arc::clone(schema);
            }
            for ((db, table), row) in &mut sdb.tables {
                if *db == name.0 && (*table == name.1 || row.parent.as_ref() == Some(&name.1)) {
                    row.schema = Arc::clone(schema);
                }
            }
        });
    }

    /// Sets a tag of a table.
    pub fn set_tag(&mut self, node: &Taosd, name: &FullName, index: usize, value: &Value) {
        self.commit(node, |sdb| {
            if let Some(tag) = sdb.tables.get_mut(name).and_then(|row| row.tags.get_mut(index)) {
                tag.clone_from(value);
            }
        });
    }
}

impl Taosd {
    /// `create table`, on the master: a vgroup if there is none, then the table in its vnode, then its row.
    pub async fn create_table(&self, table: &NewTable) -> Result<(), SqlError> {
        let (vg, new) = {
            let mut state = self.state();
            let mnode = state.still_master()?;
            mnode.check_new(table)?;
            if mnode.sdb.tables.contains_key(&table.name) || mnode.sdb.stables.contains_key(&table.name) {
                return Ok(());
            }
            mnode.vgroup_for(self, &table.name.0)?
        };
        if new {
            self.create_vgroup(vg).await?;
        }
        let write = Arc::new(Write::CreateTable {
            table: table.name.1.clone(),
            schema: Arc::clone(&table.schema),
            parent: table.parent.clone(),
            tags: table.tags.clone(),
        });
        self.write_patiently(vg, &write).await?;
        let mut state = self.state();
        let mnode = state.still_master()?;
        if !mnode.sdb.vgroups.contains_key(&vg) {
            return Err(SqlError::of(codes::MND_VGROUP_NOT_EXIST));
        }
        mnode.add_table(self, table, vg);
        Ok(())
    }

    /// Writes to a vgroup from the mnode; a vnode that is not ready is asked again.
    pub async fn write_patiently(&self, vg: i32, write: &Arc<Write>) -> Result<u64, SqlError> {
        let mut attempt = 0;
        loop {
            let (eps, in_use) = {
                let mut state = self.state();
                let mnode = state.still_master()?;
                (mnode.end_points(vg), mnode.vgroups.get(&vg).map_or(0, |life| life.in_use))
            };
            let call = |taosd: &Arc<Self>| taosd.write_vnode(vg, write);
            let error = match rpc::any(&self.host, &eps, (in_use, PEER_PORT, Port::Peer), call).await {
                Ok((written, (ip, takes))) => {
                    self.host.world.throttles.wait(ip, takes).await;
                    return Ok(written);
                }
                Err(error) => error,
            };
            attempt += 1;
            if attempt >= ATTEMPTS {
                // A client would otherwise try all this again.
                let code = if error.code == codes::APP_NOT_READY { codes::MND_VGROUP_NOT_READY } else { error.code };
                return Err(SqlError::of(code));
            }
            let pause = if error.code == codes::VND_IS_BALANCING { PAUSE_BALANCING } else { PAUSE };
            sleep(Duration::from_millis(pause)).await;
        }
    }

    async fn create_vgroup(&self, vg: i32) -> Result<(), SqlError> {
        let mut answers = Vec::new();
        let mut failed = None;
        {
            let mut state = self.state();
            let mnode = state.still_master()?;
            let Some(config) = mnode.sdb.vnode_config(vg) else {
                return Err(SqlError::of(codes::MND_VGROUP_NOT_EXIST));
            };
            for member in &config.members {
                let Some(ip) = self.host.resolve(&member.ep.fqdn) else {
                    failed = Some(codes::RPC_FQDN_ERROR);
                    continue;
                };
                let Ok(remote) = ports::dial(&self.host, ip, member.ep.port + PEER_PORT, Port::Peer) else {
                    failed = Some(codes::RPC_NETWORK_UNAVAIL);
                    continue;
                };
                let (reply, answer) = oneshot::channel();
                self.deliver(
                    &remote,
                    1,
                    Event::Order { order: Order::CreateVnode(config.clone()), reply: Some(reply) },
                );
                answers.push(answer);
            }
        }
        let Ok(results) = timeout(Duration::from_secs(TOO_SLOW), join_all(answers)).await else {
            return self.give_up_vgroup(vg, codes::RPC_TOO_SLOW);
        };
        let refused = results.into_iter().find_map(|result| match result {
            Ok(Ok(())) => None,
            Ok(Err(code)) => Some(code),
            Err(_) => Some(codes::RPC_NETWORK_UNAVAIL),
        });
        if let Some(code) = failed.or(refused) {
            return self.give_up_vgroup(vg, code);
        }
        let mut state = self.state();
        let mnode = state.still_master()?;
        mnode.commit(self, |sdb| {
            if let Some(row) = sdb.vgroups.get_mut(&vg) {
                row.creating = false;
            }
        });
        Ok(())
    }

    fn give_up_vgroup(&self, vg: i32, code: i32) -> Result<(), SqlError> {
        let mut state = self.state();
        let mnode = state.still_master()?;
        mnode.drop_vgroup(self, vg);
        Err(SqlError::of(code))
    }

    /// A write to a vnode of this server: how many rows, and whose disk it waits for, and how long.
    pub fn write_vnode(&self, vg: i32, write: &Arc<Write>) -> Result<(u64, (Ipv4Addr, Duration)), SqlError> {
        let mut state = self.state();
        let vnode = state.vnodes.get_mut(&vg).ok_or_else(|| SqlError::of(codes::VND_INVALID_VGROUP_ID))?;
        if self.host.lacks_room() {
            return Err(SqlError::of(codes::VND_NO_DISKSPACE));
        }
        let (written, takes) = vnode.write(self, write)?;
        Ok((written, (self.host.ip, takes)))
    }
}
