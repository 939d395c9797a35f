use std::sync::Arc;

use seatrial_sim::Defect;
use seatrial_sql::{
    Rows, SqlError,
    ast::{CreateSubTable, Expr, Function, Insert, Select},
    codes::v3 as codes,
    storage::{Constants, Query, Schema, Target, VnodeData, Write, bind_insert, constants},
    system::{self, SystemTable},
};
use tokio::time::{Duration, sleep};

use super::{
    net::{OVERTIME, OVERTIME_QUERY, Work},
    session::{Connection, committed_in_time},
};
use crate::v3::{mnode::FullName, taosd::Taosd, vnode::Vnode};

pub(super) fn no_table() -> SqlError {
    codes::error(codes::PAR_TABLE_NOT_EXIST)
}

impl Connection {
    /// `insert into`
    pub(super) async fn insert(&mut self, insert: &Insert) -> Result<u64, SqlError> {
        let mut written = 0;
        for part in &insert.parts {
            let name = self.full_name(&part.table)?;
            let mut meta = self.table(&name).await?;
            if let (None, Some(using)) = (&meta, &part.using) {
                let table = CreateSubTable { table: part.table.clone(), if_not_exists: true, using: using.clone() };
                self.create_sub_table(&table).await?;
                meta = self.table(&name).await?;
            }
            let meta = meta.ok_or_else(no_table)?;
            let settings = self.database(&name.0).await?.settings;
            let rows = bind_insert(part, &meta.schema, &settings, self.net.host.now())?;
            // What is acknowledged is what was sent, also if less of it is stored.
            written += rows.len() as u64;
            let write = Write::Insert { table: name.1.clone(), rows };
            self.write(&name, write).await.map_err(|error| of_missing(error, no_table))?;
        }
        Ok(written)
    }

    /// Writes to the vgroup of a table, and waits until a majority has it.
    pub(super) async fn write(&mut self, name: &FullName, write: Write) -> Result<u64, SqlError> {
        let vg = self.vgroup_of(name).await?;
        let write = Arc::new(write);
        let request = move |vnode: &mut Vnode, node: &Taosd| {
            let waiter = vnode.write(node, &write)?;
            Ok(Box::pin(committed_in_time(waiter)) as Work<u64>)
        };
        let limits = (codes::RPC_SOMENODE_NOT_CONNECTED, OVERTIME);
        let written = self.at_vgroup((&name.0, vg), limits, request).await;
        sleep(Duration::from_millis(1)).await;
        if written.is_err() {
            // It is looked up again next time.
            self.catalog.tables.remove(name);
        }
        written
    }

    /// `select`
    pub(super) async fn select(&mut self, select: &Select) -> Result<Rows, SqlError> {
        let Some(from) = &select.from else { return self.select_constants(select).await };
        if let Some(table) = SystemTable::find(from, self.database.as_deref()) {
            return self.select_system(select, table).await;
        }
        let name = self.full_name(from)?;
        let (target, schema, vgroups) = self.look_up(&name).await?;
        let precision = self.database(&name.0).await?.settings.precision;
        let query = Query::bind(select, target, &schema, precision, self.net.host.now())?;
        let query = Arc::new(query);
        let mut partials = Vec::new();
        for vg in vgroups {
            let question = Arc::clone(&query);
            let here = self.net.host.ip;
            let request = move |vnode: &mut Vnode, node: &Taosd| {
                let empty = node.host.world.defects.has(Defect::QueryFromElsewhereEmpty) && here != node.host.ip;
                let nothing = VnodeData::default();
                let partial = vnode.read(|data| if empty { nothing.scan(&question) } else { data.scan(&question) })?;
                Ok(Box::pin(async move { Ok(partial) }) as Work<_>)
            };
            let limits = (codes::RPC_NETWORK_UNAVAIL, OVERTIME_QUERY);
            partials.push(self.at_vgroup((&name.0, vg), limits, request).await?);
        }
        Ok(query.finish(partials))
    }

    /// A table or super table, and the vgroups with its rows. Errors are those of looking a table up for a query.
    async fn look_up(&mut self, name: &FullName) -> Result<(Target, Arc<Schema>, Vec<i32>), SqlError> {
        let found = self.table(name).await.map_err(|error| codes::table_info(&error))?;
        if let Some(meta) = found {
            let vg = self.vgroup_of(name).await?;
            return Ok((Target::Table(name.1.clone()), meta.schema, vec![vg]));
        }
        let schema = self.stable(name).await?.ok_or_else(|| codes::table_info(&no_table()))?;
        let vgroups = self.database(&name.0).await?.vgroups.iter().map(|vgroup| vgroup.vg).collect();
        Ok((Target::Super(name.1.clone()), schema, vgroups))
    }

    async fn select_system(&mut self, select: &Select, table: SystemTable) -> Result<Rows, SqlError> {
        let rows = self.system_rows(table).await?;
        system::query(select, table, self.dialect, rows, self.net.host.now())
    }

    /// The rows of a system table, from the mnode or from all vnodes.
    pub(super) async fn system_rows(&mut self, table: SystemTable) -> Result<Vec<Vec<seatrial_sql::Value>>, SqlError> {
        if matches!(table, SystemTable::Tables | SystemTable::Tags | SystemTable::Columns) {
            return self.table_rows(table).await;
        }
        let fqdn = Arc::clone(&self.fqdn);
        self.ask(move |mnode, node| Ok(mnode.rows(node, table, &fqdn))).await
    }

    /// `select server_version()` and the like.
    async fn select_constants(&mut self, select: &Select) -> Result<Rows, SqlError> {
        let asks_server = select.items.iter().any(|item| {
            matches!(&item.expr, Expr::Call { function: Function::ServerVersion | Function::ServerStatus, .. })
        });
        if asks_server {
            self.ask(|_, _| Ok(())).await?;
        }
        let version = self.net.host.version.to_string();
        let facts = Constants {
            server_version: &version,
            client_version: &version,
            database: self.database.as_deref(),
            user: &self.user,
            now: self.net.host.now(),
        };
        constants(select, &facts).unwrap_or_else(|| Err(codes::error(codes::PAR_SYNTAX_ERROR)))
    }
}

/// The vnode's word for a table that is not there, in the words of whoever asked.
fn of_missing(error: SqlError, words: impl FnOnce() -> SqlError) -> SqlError {
    let missing = [codes::TDB_TABLE_NOT_EXIST, seatrial_sql::codes::TDB_INVALID_TABLE_ID];
    if missing.contains(&error.code) { words() } else { error }
}
