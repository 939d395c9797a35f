use seatrial_sql::{
    Column, ColumnKind, Precision, Rows, SqlError, Value,
    ast::{Show, TableName},
    codes::v3 as codes,
    storage::{describe_v3, show_create_table_v3},
    system::{self, SYSTEM_DATABASES, SystemTable},
};

use super::{
    catalog::TableMeta,
    data::no_table,
    net::{OVERTIME, Work},
    session::Connection,
};
use crate::v3::{taosd::Taosd, types::Role, vnode::Vnode};

/// A table of a vnode: its name, and what it is.
type Listed = (String, TableMeta);

impl Connection {
    pub(super) async fn show(&mut self, what: Show) -> Result<Rows, SqlError> {
        match what {
            Show::System(show) => {
                let select = show.select(self.dialect, self.database.as_deref())?;
                if let Some(name) = show.database.as_ref().filter(|_| show.of_database) {
                    self.known(name).await?;
                }
                let rows = self.system_rows(show.table).await?;
                system::query(&select, show.table, self.dialect, rows, self.net.host.now())
            }
            Show::CreateTable(name) => self.show_create_table(&name).await,
            Show::CreateDatabase(name) => {
                let settings = self.database(&name).await?.settings;
                Ok(table(
                    &[("Database", ColumnKind::Binary(64)), ("Create Database", ColumnKind::Binary(4_096))],
                    vec![vec![Value::text(name.as_str()), Value::Text(settings.create_text(&name))]],
                ))
            }
            Show::Alive { database } => self.alive(database).await,
            Show::LocalVariables => {
                let rows =
                    self.net.host.config.lines().map(|(name, value)| vec![Value::text(name), Value::text(value)]);
                Ok(table(&[("name", ColumnKind::Binary(32)), ("value", ColumnKind::Binary(64))], rows.collect()))
            }
            _ => Err(codes::error(codes::OPS_NOT_SUPPORT)),
        }
    }

    async fn known(&mut self, database: &str) -> Result<(), SqlError> {
        if SYSTEM_DATABASES.contains(&database) {
            return Ok(());
        }
        let wanted = database.to_owned();
        self.ask(move |mnode, _| {
            let known = mnode.sdb.databases.contains_key(&wanted);
            if known { Ok(()) } else { Err(codes::error(codes::MND_DB_NOT_EXIST)) }
        })
        .await
    }

    /// 1 if all vgroups have a leader, 2 if some have, 0 if none has.
    async fn alive(&mut self, database: Option<String>) -> Result<Rows, SqlError> {
        let rows = self.system_rows(SystemTable::Vgroups).await?;
        let of_it = rows
            .iter()
            .filter(|row| database.as_ref().is_none_or(|name| row.get(1) == Some(&Value::text(name.as_str()))));
        let leader = Value::text(Role::Leader.name());
        let (mut all, mut led) = (0, 0);
        for row in of_it {
            all += 1;
            led += i64::from(row.contains(&leader));
        }
        let status = match led {
            _ if led == all => 1,
            0 => 0,
            _ => 2,
        };
        Ok(table(&[("status", ColumnKind::Int)], vec![vec![Value::Int(status)]]))
    }

    async fn show_create_table(&mut self, name: &TableName) -> Result<Rows, SqlError> {
        let name = self.full_name(name)?;
        if let Some(meta) = self.table(&name).await? {
            let child = meta.parent.as_deref().map(|parent| (parent, meta.tags.as_slice()));
            return Ok(show_create_table_v3(&name.1, &meta.schema, child));
        }
        let schema = self.stable(&name).await?.ok_or_else(no_table)?;
        Ok(show_create_table_v3(&name.1, &schema, None))
    }

    pub(super) async fn describe(&mut self, name: &TableName) -> Result<Rows, SqlError> {
        if let Some(table) = SystemTable::find(name, self.database.as_deref()) {
            let schema = seatrial_sql::storage::Schema { columns: table.columns(self.dialect), tags: Vec::new() };
            return Ok(describe_v3(self.dialect, &schema));
        }
        let name = self.full_name(name)?;
        if let Some(meta) = self.table(&name).await? {
            return Ok(describe_v3(self.dialect, &meta.schema));
        }
        let schema = self.stable(&name).await?.ok_or_else(no_table)?;
        Ok(describe_v3(self.dialect, &schema))
    }

    /// The rows of `ins_tables` and its like: from every vgroup of every database.
    pub(super) async fn table_rows(&mut self, what: SystemTable) -> Result<Vec<Vec<Value>>, SqlError> {
        let databases = self
            .ask(|mnode, _| {
                let name = |(name, row): (&String, &crate::v3::mnode::DatabaseRow)| (name.clone(), row.created);
                Ok(mnode.sdb.databases.iter().map(name).collect::<Vec<_>>())
            })
            .await?;
        let mut rows = Vec::new();
        for (db, created) in databases {
            for vgroup in self.database(&db).await?.vgroups.iter() {
                let list = |vnode: &mut Vnode, _: &Taosd| {
                    let listed: Vec<Listed> = vnode.read(super::catalog::list)?;
                    Ok(Box::pin(async move { Ok(listed) }) as Work<Vec<Listed>>)
                };
                let limits = (codes::RPC_NETWORK_UNAVAIL, OVERTIME);
                let listed: Vec<Listed> = self.at_vgroup((&db, vgroup.vg), limits, list).await?;
                for (name, meta) in listed {
                    rows.extend(rows_of(what, (&db, created), (&name, &meta), vgroup.vg));
                }
            }
        }
        Ok(rows)
    }
}

fn rows_of(
    what: SystemTable,
    (db, created): (&str, i64),
    (name, meta): (&str, &TableMeta),
    vg: i32,
) -> Vec<Vec<Value>> {
    let parent = || meta.parent.as_deref().map_or(Value::Null, Value::text);
    let kind = if meta.parent.is_some() { "CHILD_TABLE" } else { "NORMAL_TABLE" };
    let number = |value: usize| Value::Int(i64::try_from(value).unwrap_or_default());
    match what {
        SystemTable::Tables => vec![vec![
            Value::text(name),
            Value::text(db),
            Value::Timestamp(created),
            number(meta.schema.columns.len()),
            parent(),
            Value::Int(i64::from(super::catalog::hash(&(db.to_owned(), name.to_owned())))),
            Value::Int(i64::from(vg)),
            Value::Int(0),
            Value::Null,
            Value::text(kind),
        ]],
        SystemTable::Tags => {
            let tag = |(tag, value): (&Column, &Value)| {
                let value = match value {
                    Value::Text(text) => Value::text(text.as_str()),
                    Value::Int(number) => Value::Text(number.to_string()),
                    Value::UInt(number) => Value::Text(number.to_string()),
                    Value::Float(number) => Value::Text(number.to_string()),
                    Value::Bool(value) => Value::Text(value.to_string()),
                    other => other.clone(),
                };
                let kind = Value::text(tag.kind.v3_name());
                vec![Value::text(name), Value::text(db), parent(), Value::text(tag.name.as_str()), kind, value]
            };
            meta.schema.tags.iter().zip(&meta.tags).map(tag).collect()
        }
        _ => {
            let column = |column: &Column| {
                vec![
                    Value::text(name),
                    Value::text(db),
                    Value::text(kind),
                    Value::text(column.name.as_str()),
                    Value::text(column.kind.v3_name()),
                    Value::Int(i64::from(column.kind.width())),
                    Value::Null,
                    Value::Null,
                    Value::Null,
                ]
            };
            meta.schema.columns.iter().map(column).collect()
        }
    }
}

fn table(columns: &[(&str, ColumnKind)], rows: Vec<Vec<Value>>) -> Rows {
    let columns = columns.iter().map(|(name, kind)| Column::new(*name, *kind)).collect();
    Rows { columns, rows, precision: Precision::Milli }
}
