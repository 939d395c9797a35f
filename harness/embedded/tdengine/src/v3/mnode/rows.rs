//! The rows of the tables in which a cluster shows itself, as far as the leading mnode knows them.

use seatrial_sim::Defect;
use seatrial_sql::{Value, system::SystemTable};

use super::{databases::dialect, leader::Mnode, sdb::DnodeRow, trans::Trans};
use crate::v3::{dnode::status_interval, taosd::Taosd, types::Role};

/// Replicas that `show vgroups` has columns for.
const REPLICAS: usize = 4;

fn int(value: i32) -> Value {
    Value::Int(i64::from(value))
}

fn number(value: usize) -> Value {
    Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
}

impl Mnode {
    /// The rows of a table, in the order of its columns. `fqdn` is the host that asks.
    pub fn rows(&self, node: &Taosd, table: SystemTable, fqdn: &str) -> Vec<Vec<Value>> {
        match table {
            SystemTable::Dnodes => self.dnode_rows(node, fqdn),
            SystemTable::Mnodes => self.mnode_rows(node),
            SystemTable::Cluster => self.cluster_rows(node),
            SystemTable::Databases => self.database_rows(node),
            SystemTable::Vgroups => self.vgroup_rows(node),
            SystemTable::Vnodes => self.vnode_rows(node),
            SystemTable::Stables => self.stable_rows(),
            SystemTable::Transactions => self.trans_rows(),
            SystemTable::Users => self.user_rows(node),
            SystemTable::Configs => configs(node),
            SystemTable::DnodeVariables => {
                let mut rows = Vec::new();
                for id in self.sdb.dnodes.keys().filter(|id| self.is_online(node, **id)) {
                    rows.extend(variables(node).into_iter().map(|(name, value)| {
                        vec![int(*id), Value::text(name), Value::Text(value), Value::text("server")]
                    }));
                }
                rows
            }
            _ => Vec::new(),
        }
    }

    fn dnode_rows(&self, node: &Taosd, fqdn: &str) -> Vec<Vec<Value>> {
        let defects = &node.host.world.defects;
        let own_only = defects.has(Defect::DnodesDifferByServer);
        let first = self.sdb.dnodes.values().next().filter(|_| defects.has(Defect::EndPointWrong));
        let mut listed: Vec<(i32, &DnodeRow)> =
            self.sdb.dnodes.iter().chain(&self.sdb.ghosts).map(|(id, row)| (*id, row)).collect();
        listed.retain(|(_, row)| !own_only || &*row.ep.fqdn == fqdn);
        listed.sort_by_key(|(id, _)| *id);
        let row = |(id, row): (i32, &DnodeRow)| {
            let online = self.is_online(node, id);
            let dropping = row.dropping || self.sdb.ghosts.contains_key(&id);
            let dropping = dropping && !defects.has(Defect::DroppingShownReady);
            let life = self.lives.get(&id);
            let status = match (dropping, online) {
                (true, true) => "dropping",
                (true, false) => "dropping*",
                (false, true) => "ready",
                (false, false) => "offline",
            };
            vec![
                int(id),
                Value::Text(first.unwrap_or(row).ep.to_string()),
                number(self.sdb.vnodes_on(id)),
                Value::from(life.map_or(0, |life| life.support_vnodes)),
                Value::text(status),
                Value::Timestamp(row.created),
                Value::Timestamp(life.map_or(0, |life| life.reboot)),
                Value::text(if online { "" } else { self.note(node, id) }),
            ]
        };
        listed.into_iter().map(row).collect()
    }

    fn mnode_rows(&self, node: &Taosd) -> Vec<Vec<Value>> {
        let mut rows = Vec::new();
        for (id, row) in &self.sdb.mnodes {
            let online = self.is_online(node, *id);
            let life = self.lives.get(id).filter(|_| online).and_then(|life| life.mnode);
            let leads = self.raft.leader() == Some(*id);
            let (role, since) =
                if leads { (self.raft.role(), self.raft.role_since) } else { life.unwrap_or((Role::Offline, 0)) };
            let status = match (row.creating, row.dropping, online) {
                (true, ..) => "creating",
                (_, true, _) => "dropping",
                (.., true) => "ready",
                _ => "offline",
            };
            let ep = self.sdb.dnodes.get(id).map(|row| row.ep.to_string()).unwrap_or_default();
            rows.push(vec![
                int(*id),
                Value::Text(ep),
                Value::text(role.name()),
                Value::text(status),
                Value::Timestamp(row.created),
                Value::Timestamp(since),
            ]);
        }
        rows
    }

    fn cluster_rows(&self, node: &Taosd) -> Vec<Vec<Value>> {
        let uptime = (node.host.now_ms() - self.raft.role_since) / 1_000;
        vec![vec![
            Value::Int(self.sdb.cluster),
            Value::text(self.sdb.cluster_name.as_str()),
            Value::Int(uptime),
            Value::Timestamp(self.sdb.created),
            Value::text("community"),
            Value::Null,
        ]]
    }

    /// What is newest comes first, as in the recordings; the cluster's own databases come before all.
    fn database_rows(&self, node: &Taosd) -> Vec<Vec<Value>> {
        let dialect = dialect(node);
        let mut listed: Vec<_> = self.sdb.databases.iter().collect();
        listed.sort_by_key(|(_, row)| std::cmp::Reverse(row.created));
        if node.host.world.defects.has(Defect::NewestDatabaseNotListed) && !listed.is_empty() {
            listed.remove(0);
        }
        let mut rows = Vec::new();
        for name in seatrial_sql::system::SYSTEM_DATABASES {
            let mut row = vec![Value::Null; SystemTable::Databases.columns(dialect).len()];
            for (at, value) in [(0, Value::text(name)), (15, Value::text("ready"))] {
                if let Some(slot) = row.get_mut(at) {
                    *slot = value;
                }
            }
            rows.push(row);
        }
        for (name, row) in listed {
            let tables: usize = self.sdb.vgroups_of(name).map(|(vg, _)| self.tables_of(node, vg)).sum();
            let tables = i64::try_from(tables).unwrap_or_default();
            rows.push(row.settings.row(dialect, name, row.created, tables, "ready"));
        }
        rows
    }

    /// Number of tables of a vgroup, as its leader has told.
    fn tables_of(&self, node: &Taosd, vg: i32) -> usize {
        let loads = self.lives.iter().filter(|(id, _)| self.is_online(node, **id)).flat_map(|(_, life)| &life.vnodes);
        let mut of_it = loads.filter(|load| load.vg == vg);
        of_it.clone().find(|load| load.role.leads()).or_else(|| of_it.next()).map_or(0, |load| load.tables)
    }

    fn status_of_vnode(&self, node: &Taosd, vg: i32, dnode: i32) -> &'static str {
        if self.sdb.dnodes.get(&dnode).is_none_or(|row| row.dropping) {
            return "dropping";
        }
        match self.role_of(node, vg, dnode) {
            Role::Follower if node.host.world.defects.has(Defect::SlaveShownAsMaster) => Role::Leader.name(),
            role => role.name(),
        }
    }

    fn vgroup_rows(&self, node: &Taosd) -> Vec<Vec<Value>> {
        let mut rows = Vec::new();
        for (vg, row) in &self.sdb.vgroups {
            let mut line = vec![int(*vg), Value::text(row.db.as_str()), number(self.tables_of(node, *vg))];
            for at in 0..REPLICAS {
                match row.dnodes.get(at) {
                    Some(dnode) => {
                        line.push(int(*dnode));
                        line.push(Value::text(self.status_of_vnode(node, *vg, *dnode)));
                    }
                    None => line.extend([Value::Null, Value::Null]),
                }
            }
            line.extend([Value::Int(0), Value::Int(0), Value::Int(0)]);
            rows.push(line);
        }
        rows
    }

    fn vnode_rows(&self, node: &Taosd) -> Vec<Vec<Value>> {
        let mut rows = Vec::new();
        for (vg, row) in &self.sdb.vgroups {
            for dnode in &row.dnodes {
                let role = self.role_of(node, *vg, *dnode);
                rows.push(vec![
                    int(*dnode),
                    int(*vg),
                    Value::text(row.db.as_str()),
                    Value::text(role.name()),
                    Value::Timestamp(0),
                    Value::Timestamp(0),
                    Value::Bool(matches!(role, Role::Leader | Role::Follower)),
                ]);
            }
        }
        rows
    }

    fn stable_rows(&self) -> Vec<Vec<Value>> {
        let row = |((db, name), row): (&(String, String), &super::sdb::StableRow)| {
            vec![
                Value::text(name.as_str()),
                Value::text(db.as_str()),
                Value::Timestamp(row.created),
                number(row.schema.columns.len()),
                number(row.schema.tags.len()),
                Value::Timestamp(row.created),
                Value::Null,
                Value::text("5000a,5000a"),
                Value::text("-1a,-1a"),
                Value::text(""),
            ]
        };
        self.sdb.stables.iter().map(row).collect()
    }

    fn trans_rows(&self) -> Vec<Vec<Value>> {
        let row = |(id, trans): (&i32, &Trans)| {
            let attempt = self.attempts.get(id);
            let name = |name: &str| if name.is_empty() { Value::text("") } else { Value::text(name) };
            vec![
                int(*id),
                Value::Timestamp(trans.created),
                Value::text("redoAction"),
                Value::text(trans.oper),
                name(&trans.db),
                name(&trans.stable),
                Value::from(attempt.map_or(0, |attempt| attempt.failed)),
                Value::Timestamp(attempt.map_or(0, |attempt| attempt.last)),
                Value::text(attempt.map_or("", |attempt| attempt.info.as_str())),
            ]
        };
        self.sdb.trans.iter().map(row).collect()
    }

    fn user_rows(&self, node: &Taosd) -> Vec<Vec<Value>> {
        let wide = SystemTable::Users.columns(dialect(node)).iter().any(|column| column.name == "createdb");
        let mut rows = Vec::new();
        for (name, row) in &self.sdb.users {
            let super_user = Value::from(u32::from(name == "root"));
            let (enabled, sysinfo) = (Value::from(u32::from(row.enabled)), Value::from(u32::from(row.sysinfo)));
            let mut line = vec![Value::text(name.as_str()), super_user.clone(), enabled, sysinfo];
            if wide {
                line.push(super_user);
            }
            line.push(Value::Timestamp(row.created));
            if wide {
                line.push(Value::text("127.0.0.1"));
            }
            rows.push(line);
        }
        rows
    }
}

/// The settings that `show variables` shows: those that the whole cluster shares.
fn configs(node: &Taosd) -> Vec<Vec<Value>> {
    let config = &node.host.config;
    let text = |name, default: &str| config.get(name).unwrap_or(default).to_owned();
    let known = [
        ("statusInterval", (status_interval(config) / 1_000).to_string()),
        ("timezone", text("timezone", "UTC (UTC, +0000)")),
        ("locale", text("locale", "en_US.UTF-8")),
        ("charset", text("charset", "UTF-8")),
    ];
    known.into_iter().map(|(name, value)| vec![Value::text(name), Value::Text(value)]).collect()
}

/// A server's own settings.
pub(crate) fn variables(node: &Taosd) -> Vec<(String, String)> {
    let config = &node.host.config;
    let text = |name: &str, default: String| (name.to_owned(), config.get(name).map_or(default, str::to_owned));
    let mut known = vec![
        ("firstEp".to_owned(), config.first_ep(&node.ep.fqdn).to_string()),
        ("fqdn".to_owned(), node.ep.fqdn.to_string()),
        ("serverPort".to_owned(), node.ep.port.to_string()),
        text("dataDir", "/var/lib/taos".into()),
        text("logDir", "/var/log/taos".into()),
        text("secondEp", node.ep.to_string()),
        text("statusInterval", "1".into()),
        text("supportVnodes", (node.host.cores * 2).to_string()),
        text("timezone", "UTC (UTC, +0000)".into()),
        text("locale", "en_US.UTF-8".into()),
        text("charset", "UTF-8".into()),
        text("maxRetryWaitTime", "10000".into()),
        text("transPullupInterval", "2".into()),
        ("version".to_owned(), node.host.version.to_string()),
    ];
    let others = config.lines().filter(|(name, _)| !known.iter().any(|(its, _)| its == name));
    let others: Vec<(String, String)> = others.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    known.extend(others);
    known
}
