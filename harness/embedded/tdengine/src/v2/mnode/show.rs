use std::sync::Arc;

use seatrial_sim::Defect;
use seatrial_sql::{
    Column, ColumnKind, Precision, Rows, SqlError, Value,
    ast::Show,
    codes,
    storage::{Schema, like as matches_like},
};

use super::{
    master::Mnode,
    sdb::{FullName, VgroupRow},
};
use crate::v2::{taosd::Taosd, types::Role};

use ColumnKind::{BigInt, Binary, Int, SmallInt, Timestamp, TinyInt};

/// Who asks.
pub(crate) struct Asker<'a> {
    /// The database of `use`.
    pub database: Option<&'a str>,
    /// Name of the host that it asks from.
    pub fqdn: &'a str,
}

/// Bytes that the tables have for an end point.
const END_POINT: u16 = 40;

fn table(columns: &[(&str, ColumnKind)], rows: Vec<Vec<Value>>) -> Rows {
    let columns = columns.iter().map(|(name, kind)| Column::new(*name, *kind)).collect();
    Rows { columns, rows, precision: Precision::Milli }
}

fn cut(text: &str, width: u16) -> Value {
    let mut end = text.len().min(usize::from(width));
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Value::text(text.get(..end).unwrap_or_default())
}

fn number(value: usize) -> Value {
    Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
}

impl Mnode {
    /// Answers `show ...`.
    pub fn show(&self, node: &Taosd, what: &Show, asker: &Asker<'_>) -> Result<Rows, SqlError> {
        let database = |named: &Option<String>| {
            let name = named.as_deref().or(asker.database).ok_or_else(no_database)?;
            if self.sdb.databases.contains_key(name) { Ok(name.to_owned()) } else { Err(no_database()) }
        };
        Ok(match what {
            Show::Dnodes => self.show_dnodes(node, asker),
            Show::Mnodes => self.show_mnodes(),
            Show::Databases => self.show_databases(node),
            Show::Vgroups { database: named } => self.show_vgroups(node, &database(named)?),
            Show::Vnodes { end_point } => self.show_vnodes(end_point.as_deref())?,
            Show::Tables { database: named, like } => self.show_tables(&database(named)?, like.as_deref()),
            Show::Stables { database: named, like } => self.show_stables(&database(named)?, like.as_deref()),
            Show::Variables => Self::show_variables(node),
            Show::Users => self.show_users(),
            Show::Modules => self.show_modules(),
            Show::Scores => self.show_scores(),
            Show::Connections => table(
                &[
                    ("connId", Int),
                    ("user", Binary(24)),
                    ("program", Binary(23)),
                    ("pid", Int),
                    ("ip:port", Binary(22)),
                    ("login_time", Timestamp),
                    ("last_access", Timestamp),
                ],
                Vec::new(),
            ),
            Show::Queries => table(
                &[
                    ("query_id", Binary(20)),
                    ("user", Binary(24)),
                    ("ip:port", Binary(22)),
                    ("qid", Binary(22)),
                    ("created_time", Timestamp),
                    ("time", BigInt),
                    ("sql", Binary(512)),
                ],
                Vec::new(),
            ),
            Show::CreateDatabase(name) => self.show_create_database(name)?,
            // What the model does not have, and what only 3.x has.
            _ => {
                return Err(SqlError::of(codes::COM_OPS_NOT_SUPPORT));
            }
        })
    }

    fn show_dnodes(&self, node: &Taosd, asker: &Asker<'_>) -> Rows {
        let defects = &node.host.world.defects;
        let own_only = defects.has(Defect::DnodesDifferByServer);
        let first = self.sdb.dnodes.values().next().filter(|_| defects.has(Defect::EndPointWrong));
        let ghosts = self.sdb.ghosts.iter().map(|(id, row)| (*id, row, true));
        let mut listed: Vec<_> =
            self.sdb.dnodes.iter().map(|(id, row)| (*id, row, row.dropping)).chain(ghosts).collect();
        listed.retain(|(_, row, _)| !own_only || &*row.ep.fqdn == asker.fqdn);
        listed.sort_by_key(|(id, ..)| *id);
        let row = |(id, row, dropping): (i32, &super::sdb::DnodeRow, bool)| {
            let life = self.dnodes.get(&id);
            let online = life.is_some_and(|life| life.online);
            let status = if dropping && !defects.has(Defect::DroppingShownReady) {
                "dropping"
            } else if online || dropping {
                "ready"
            } else {
                "offline"
            };
            let reason = life.map_or("status not received", |life| life.reason);
            vec![
                Value::Int(i64::from(id)),
                cut(&first.unwrap_or(row).ep.to_string(), END_POINT),
                number(self.sdb.vnodes_on(id)),
                Value::Int(i64::from(life.map_or(0, |life| life.cores))),
                Value::text(status),
                Value::text("any"),
                Value::Timestamp(row.created),
                cut(reason, 24),
            ]
        };
        table(
            &[
                ("id", SmallInt),
                ("end_point", Binary(END_POINT)),
                ("vnodes", SmallInt),
                ("cores", SmallInt),
                ("status", Binary(10)),
                ("role", Binary(5)),
                ("create_time", Timestamp),
                ("offline reason", Binary(24)),
            ],
            listed.into_iter().map(row).collect(),
        )
    }

    fn show_mnodes(&self) -> Rows {
        let row = |(id, created): (&i32, &i64)| {
            let ep = self.sdb.dnodes.get(id).map_or_else(|| "invalid ep".to_owned(), |row| row.ep.to_string());
            vec![
                Value::Int(i64::from(*id)),
                cut(&ep, END_POINT),
                Value::text(self.mnode_role(*id).name()),
                Value::Timestamp(*created),
            ]
        };
        table(
            &[("id", SmallInt), ("end_point", Binary(END_POINT)), ("role", Binary(12)), ("create_time", Timestamp)],
            self.sdb.mnodes.iter().map(row).collect(),
        )
    }

    fn show_databases(&self, node: &Taosd) -> Rows {
        let mut rows = Vec::new();
        let newest = self.sdb.databases.values().map(|row| row.created).max();
        let newest = newest.filter(|_| node.host.world.defects.has(Defect::NewestDatabaseNotListed));
        for (name, row) in self.sdb.databases.iter().filter(|(_, row)| Some(row.created) != newest) {
            let set = &row.settings;
            rows.push(vec![
                Value::text(name),
                Value::Timestamp(row.created),
                number(self.sdb.tables.keys().filter(|(db, _)| db == name).count()),
                number(self.sdb.vgroups.values().filter(|row| row.db == *name).count()),
                Value::from(set.replica),
                Value::from(set.quorum),
                Value::from(set.days),
                Value::text(set.keep_text()),
                Value::from(set.cache),
                Value::from(set.blocks),
                Value::from(set.min_rows),
                Value::from(set.max_rows),
                Value::from(set.wal),
                Value::from(set.fsync),
                Value::from(set.comp),
                Value::from(set.cache_last),
                Value::text(set.precision.name()),
                Value::from(set.update),
                Value::text("ready"),
            ]);
        }
        table(
            &[
                ("name", Binary(32)),
                ("created_time", Timestamp),
                ("ntables", Int),
                ("vgroups", Int),
                ("replica", SmallInt),
                ("quorum", SmallInt),
                ("days", SmallInt),
                ("keep0,keep1,keep(D)", Binary(24)),
                ("cache(MB)", Int),
                ("blocks", Int),
                ("minrows", Int),
                ("maxrows", Int),
                ("wallevel", TinyInt),
                ("fsync", Int),
                ("comp", TinyInt),
                ("cachelast", TinyInt),
                ("precision", Binary(3)),
                ("update", TinyInt),
                ("status", Binary(10)),
            ],
            rows,
        )
    }

    fn show_vgroups(&self, node: &Taosd, db: &str) -> Rows {
        let all_lead = node.host.world.defects.has(Defect::SlaveShownAsMaster);
        let of_it: Vec<(&i32, &VgroupRow)> = self.sdb.vgroups.iter().filter(|(_, row)| row.db == db).collect();
        let width = of_it.iter().map(|(_, row)| row.dnodes.len()).max().unwrap_or_default().max(1);
        let mut columns: Vec<(String, ColumnKind)> =
            [("vgId", Int), ("tables", Int), ("status", Binary(8)), ("onlines", Int)]
                .map(|(name, kind)| (name.into(), kind))
                .into();
        for at in 1..=width {
            columns.push((format!("v{at}_dnode"), SmallInt));
            columns.push((format!("v{at}_status"), Binary(9)));
        }
        let rows = of_it.into_iter().map(|(vg, row)| {
            let roles = self.vgroups.get(vg).map(|life| &life.roles);
            let role = |dnode: &i32| roles.and_then(|roles| roles.get(dnode)).map_or(Role::Offline, |(role, _)| *role);
            let online = row.dnodes.iter().filter(|dnode| role(dnode).in_sync()).count();
            let mut line = vec![
                Value::Int(i64::from(*vg)),
                number(self.sdb.tables.values().filter(|table| table.vg == *vg).count()),
                Value::text(if row.creating { "creating" } else { "ready" }),
                number(online),
            ];
            for at in 0..width {
                let dnode = row.dnodes.get(at);
                line.push(Value::Int(dnode.map_or(0, |dnode| i64::from(*dnode))));
                let shown = |role: Role| if role == Role::Slave && all_lead { Role::Master } else { role };
                line.push(Value::text(dnode.map_or("NULL", |dnode| shown(role(dnode)).name())));
            }
            line
        });
        let rows = rows.collect();
        let columns: Vec<(&str, ColumnKind)> = columns.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
        table(&columns, rows)
    }

    fn show_vnodes(&self, end_point: Option<&str>) -> Result<Rows, SqlError> {
        let dnode = match end_point {
            None => None,
            Some(text) => {
                let found = self.sdb.dnodes.iter().find(|(_, row)| row.ep.to_string() == text).map(|(id, _)| *id);
                Some(found.ok_or_else(|| SqlError::of(codes::MND_DNODE_NOT_EXIST))?)
            }
        };
        let mut rows = Vec::new();
        for (vg, row) in &self.sdb.vgroups {
            for id in row.dnodes.iter().filter(|id| dnode.is_none_or(|dnode| dnode == **id)) {
                let role =
                    self.vgroups.get(vg).and_then(|life| life.roles.get(id)).map_or(Role::Offline, |(role, _)| *role);
                rows.push(vec![Value::Int(i64::from(*vg)), Value::text(role.name())]);
            }
        }
        Ok(table(&[("vnode", Int), ("status", Binary(12))], rows))
    }

    fn show_tables(&self, db: &str, like: Option<&str>) -> Rows {
        let of_it = self
            .sdb
            .tables
            .iter()
            .filter(|((its, name), _)| its == db && like.is_none_or(|pattern| matches_like(pattern, name)));
        let row = |((_, name), row): (&FullName, &super::sdb::TableRow)| {
            vec![
                Value::text(name),
                Value::Timestamp(row.created),
                number(row.schema.columns.len()),
                row.parent.as_deref().map_or_else(|| Value::text(""), Value::text),
                Value::Int(i64::try_from(row.uid).unwrap_or(i64::MAX)),
                Value::Int(i64::from(row.tid)),
                Value::Int(i64::from(row.vg)),
            ]
        };
        table(
            &[
                ("table_name", Binary(192)),
                ("created_time", Timestamp),
                ("columns", SmallInt),
                ("stable_name", Binary(192)),
                ("uid", BigInt),
                ("tid", Int),
                ("vgId", Int),
            ],
            of_it.map(row).collect(),
        )
    }

    fn show_stables(&self, db: &str, like: Option<&str>) -> Rows {
        let of_it = self
            .sdb
            .stables
            .iter()
            .filter(|((its, name), _)| its == db && like.is_none_or(|pattern| matches_like(pattern, name)));
        let row = |((_, name), row): (&FullName, &super::sdb::StableRow)| {
            let children =
                self.sdb.tables.iter().filter(|((its, _), table)| its == db && table.parent.as_ref() == Some(name));
            vec![
                Value::text(name),
                Value::Timestamp(row.created),
                number(row.schema.columns.len()),
                number(row.schema.tags.len()),
                number(children.count()),
            ]
        };
        table(
            &[
                ("name", Binary(192)),
                ("created_time", Timestamp),
                ("columns", SmallInt),
                ("tags", SmallInt),
                ("tables", Int),
            ],
            of_it.map(row).collect(),
        )
    }

    fn show_variables(node: &Taosd) -> Rows {
        let config = &node.host.config;
        let known = [
            ("firstEp", config.first_ep(&node.ep.fqdn).to_string()),
            ("fqdn", node.ep.fqdn.to_string()),
            ("serverPort", node.ep.port.to_string()),
            ("logDir", "/var/log/taos".into()),
            ("dataDir", "/var/lib/taos".into()),
            ("numOfMnodes", config.number("numOfMnodes", 3, 1, 3).to_string()),
            ("balance", config.number("balance", 1, 0, 1).to_string()),
            ("balanceInterval", config.number("balanceInterval", 300, 1, 30_000).to_string()),
            ("role", config.number("role", 0, 0, 2).to_string()),
            ("offlineThreshold", config.number("offlineThreshold", 864_000, 3, 31_536_000).to_string()),
            ("rpcTimer", config.number("rpcTimer", 1_000, 100, 3_000).to_string()),
            ("rpcMaxTime", config.number("rpcMaxTime", 600, 100, 7_200).to_string()),
            ("statusInterval", config.number("statusInterval", 1, 1, 10).to_string()),
            ("shellActivityTimer", config.number("shellActivityTimer", 3, 1, 120).to_string()),
            ("cache", config.number("cache", 16, 1, 128).to_string()),
            ("blocks", config.number("blocks", 6, 3, 10_000).to_string()),
            ("days", config.number("days", 10, 1, 3_650).to_string()),
            ("keep", config.number("keep", 3_650, 1, 365_000).to_string()),
            ("minRows", config.number("minRows", 100, 10, 1_000).to_string()),
            ("maxRows", config.number("maxRows", 4_096, 200, 10_000).to_string()),
            ("replica", config.number("replica", 1, 1, 3).to_string()),
            ("quorum", config.number("quorum", 1, 1, 2).to_string()),
            ("walLevel", config.number("walLevel", 1, 0, 2).to_string()),
            ("fsync", config.number("fsync", 3_000, 0, 180_000).to_string()),
            ("mnodeEqualVnodeNum", config.number("mnodeEqualVnodeNum", 4, 0, 1_000).to_string()),
            ("monitor", config.number("monitor", 1, 0, 1).to_string()),
            ("timezone", config.get("timezone").unwrap_or("UTC (UTC, +0000)").to_owned()),
            ("version", node.host.version.to_string()),
        ];
        let others = config.lines().filter(|(name, _)| !known.iter().any(|(its, _)| its == name));
        let others: Vec<(&str, String)> = others.map(|(name, value)| (name, value.to_owned())).collect();
        let rows = known.iter().chain(&others).map(|(name, value)| vec![Value::text(*name), Value::text(value)]);
        let rows = rows.collect();
        table(&[("name", Binary(29)), ("value", Binary(41))], rows)
    }

    fn show_users(&self) -> Rows {
        let row = |(name, row): (&String, &super::sdb::UserRow)| {
            vec![Value::text(name), Value::text(row.privilege), Value::Timestamp(row.created), Value::text("root")]
        };
        table(
            &[("name", Binary(24)), ("privilege", Binary(8)), ("create_time", Timestamp), ("account", Binary(24))],
            self.sdb.users.iter().map(row).collect(),
        )
    }

    fn show_modules(&self) -> Rows {
        let row = |id: &i32| {
            let ep = self.sdb.dnodes.get(id).map(|row| row.ep.to_string()).unwrap_or_default();
            vec![Value::Int(i64::from(*id)), cut(&ep, END_POINT), Value::text("MNODE"), Value::text("enable")]
        };
        table(
            &[("id", SmallInt), ("end_point", Binary(END_POINT)), ("module", Binary(8)), ("status", Binary(8))],
            self.sdb.mnodes.keys().map(row).collect(),
        )
    }

    fn show_scores(&self) -> Rows {
        let row = |id: &i32| {
            let cores = f64::from(self.dnodes.get(id).map_or(0, |life| life.cores));
            let module = if cores > 0.0 && self.sdb.mnodes.contains_key(id) { 4.0 / cores } else { 0.0 };
            let total = self.score(*id, 0);
            vec![
                Value::Int(i64::from(*id)),
                Value::Float(0.0),
                Value::Float(0.0),
                Value::Float(module),
                Value::Float(total - module),
                Value::Float(total),
                number(self.sdb.vnodes_on(*id)),
                Value::Int(self.dnodes.get(id).map_or(0, |life| i64::from(life.cores))),
                Value::text(if self.is_ready(*id) { "ready" } else { "offline" }),
            ]
        };
        table(
            &[
                ("id", SmallInt),
                ("system scores", ColumnKind::Float),
                ("custom scores", ColumnKind::Float),
                ("module scores", ColumnKind::Float),
                ("vnode scores", ColumnKind::Float),
                ("total scores", ColumnKind::Float),
                ("open vnodes", Int),
                ("cpu cores", Int),
                ("balance state", Binary(18)),
            ],
            self.sdb.dnodes.keys().map(row).collect(),
        )
    }

    fn show_create_database(&self, name: &str) -> Result<Rows, SqlError> {
        let row = self.sdb.databases.get(name).ok_or_else(no_database)?;
        let set = &row.settings;
        let [.., keep] = set.keep;
        let sql = format!(
            "CREATE DATABASE {name} REPLICA {} QUORUM {} DAYS {} KEEP {keep} CACHE {} BLOCKS {} MINROWS {} MAXROWS {} FSYNC {} \
             COMP {} PRECISION '{}' UPDATE {}",
            set.replica,
            set.quorum,
            set.days,
            set.cache,
            set.blocks,
            set.min_rows,
            set.max_rows,
            set.fsync,
            set.comp,
            set.precision.name(),
            set.update
        );
        let rows = vec![vec![Value::text(name), Value::text(sql)]];
        Ok(table(&[("Database", Binary(64)), ("Create Database", Binary(1_024))], rows))
    }

    /// Columns and tags of a table or super table, with the super table's place if it is one.
    pub fn describe(&self, name: &FullName) -> Option<Arc<Schema>> {
        let stable = self.sdb.stables.get(name).map(|row| &row.schema);
        stable.or_else(|| self.sdb.tables.get(name).map(|row| &row.schema)).map(Arc::clone)
    }
}

fn no_database() -> SqlError {
    SqlError::of(codes::MND_DB_NOT_SELECTED)
}
