use std::sync::Arc;

use seatrial_sim::Defect;
use seatrial_sql::{
    Rows, SqlError,
    ast::{CreateSubTable, Expr, Function, Insert, Select},
    codes,
    storage::{Constants, Query, Schema, Target, VnodeData, Write, bind_insert, constants},
};
use tokio::time::{Duration, sleep};

use super::{ddl::no_table, rpc, session::Connection};
use crate::{
    config::EndPoint,
    v2::{
        mnode::{Mnode, Place},
        ports::Port,
        taosd::Taosd,
    },
};

/// Milliseconds before each new attempt of a query whose vnode was not ready.
const PAUSES: [u64; 5] = [100, 200, 400, 800, 1_500];

/// A table or super table, and where its rows are.
struct Found {
    target: Target,
    schema: Arc<Schema>,
    precision: seatrial_sql::Precision,
    vgroups: Vec<(i32, Vec<EndPoint>)>,
}

/// The library begins with the end point that its random numbers name first, which is always the same.
fn first_of(eps: &[EndPoint]) -> usize {
    1 % eps.len().max(1)
}

fn no_database() -> SqlError {
    SqlError::of(codes::MND_DB_NOT_SELECTED)
}

impl Connection {
    fn find(mnode: &Mnode, name: &(String, String)) -> Result<Place, SqlError> {
        if !mnode.sdb.databases.contains_key(&name.0) {
            return Err(no_database());
        }
        mnode.place(name).ok_or_else(no_table)
    }

    /// `insert into`: for each part the table's place, its rows as the table wants them, and the write.
    pub(super) async fn insert(&mut self, insert: &Insert) -> Result<u64, SqlError> {
        let mut written = 0;
        for part in &insert.parts {
            let name = self.full_name(&part.table)?;
            let mut place = self.ask(|mnode, _| Self::find(mnode, &name)).await;
            if let (Err(error), Some(using)) = (&place, &part.using)
                && error.code == codes::MND_INVALID_TABLE_NAME
            {
                let table = CreateSubTable { table: part.table.clone(), if_not_exists: true, using: using.clone() };
                self.create_sub_table(&table).await?;
                place = self.ask(|mnode, _| Self::find(mnode, &name)).await;
            }
            let place = place?;
            let rows = bind_insert(part, &place.schema, &place.settings, self.host.now())?;
            let write = Arc::new(Write::Insert { table: name.1, rows });
            written += self.submit(&place, &write).await?;
        }
        Ok(written)
    }

    async fn submit(&self, place: &Place, write: &Arc<Write>) -> Result<u64, SqlError> {
        let call = |taosd: &Arc<Taosd>| taosd.write_vnode(place.vg, write);
        let (written, (ip, takes)) =
            rpc::any(&self.host, &place.eps, (first_of(&place.eps), 0, Port::Shell), call).await?;
        self.host.world.throttles.wait(ip, takes).await;
        // The answer travels after the forwarded write has reached the slaves.
        sleep(Duration::from_millis(2)).await;
        Ok(written)
    }

    /// `select`
    pub(super) async fn select(&mut self, select: &Select) -> Result<Rows, SqlError> {
        let Some(name) = &select.from else { return self.select_constants(select).await };
        let name = self.full_name(name)?;
        let mut attempt = 0;
        loop {
            let found = self.ask(|mnode, _| Self::look_up(mnode, &name)).await?;
            let now = self.host.now();
            let query = Query::bind(select, found.target, &found.schema, found.precision, now)?;
            let error = match self.scan(&query, &found.vgroups).await {
                Ok(rows) => return Ok(rows),
                Err(error) => error,
            };
            let Some(pause) = PAUSES.get(attempt) else { return Err(error) };
            match error.code {
                codes::APP_NOT_READY | codes::VND_INVALID_VGROUP_ID => sleep(Duration::from_millis(*pause)).await,
                codes::RPC_NETWORK_UNAVAIL | codes::TDB_INVALID_TABLE_ID => {}
                _ => return Err(error),
            }
            attempt += 1;
        }
    }

    fn look_up(mnode: &Mnode, name: &(String, String)) -> Result<Found, SqlError> {
        let precision = mnode.precision(&name.0).ok_or_else(no_database)?;
        if let Some(row) = mnode.sdb.stables.get(name) {
            let (target, vgroups) = (Target::Super(name.1.clone()), mnode.places_of_children(name));
            return Ok(Found { target, schema: Arc::clone(&row.schema), precision, vgroups });
        }
        let place = mnode.place(name).ok_or_else(no_table)?;
        let (target, vgroups) = (Target::Table(name.1.clone()), vec![(place.vg, place.eps)]);
        Ok(Found { target, schema: place.schema, precision, vgroups })
    }

    async fn scan(&self, query: &Query, vgroups: &[(i32, Vec<EndPoint>)]) -> Result<Rows, SqlError> {
        let mut partials = Vec::new();
        for (vg, eps) in vgroups {
            let call = |taosd: &Arc<Taosd>| {
                if self.host.world.defects.has(Defect::QueryFromElsewhereEmpty) && self.host.ip != taosd.host.ip {
                    return Ok(VnodeData::default().scan(query));
                }
                let mut state = taosd.state();
                let vnode = state.vnodes.get_mut(vg).ok_or_else(|| SqlError::of(codes::VND_INVALID_VGROUP_ID))?;
                vnode.read(|data| data.scan(query))
            };
            partials.push(rpc::any(&self.host, eps, (first_of(eps), 0, Port::Shell), call).await?);
        }
        Ok(query.finish(partials))
    }

    /// `select server_version()` and the like.
    async fn select_constants(&mut self, select: &Select) -> Result<Rows, SqlError> {
        let asks_server = select.items.iter().any(|item| {
            matches!(&item.expr, Expr::Call { function: Function::ServerVersion | Function::ServerStatus, .. })
        });
        if asks_server {
            self.master().await?;
        }
        let version = self.host.version.to_string();
        let facts = Constants {
            server_version: &version,
            client_version: &version,
            database: self.database.as_deref(),
            user: &self.user,
            now: self.host.now(),
        };
        constants(select, &facts).unwrap_or_else(|| Err(SqlError::of(codes::TSC_INVALID_SQL)))
    }
}
