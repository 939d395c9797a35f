//! One server with one vnode a database: enough to replay recordings of a single real server.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use crate::{
    Answer, Dialect, SqlError, Value,
    ast::{Show, Statement, TableChange, TableName},
    codes,
    shell::{Connector, Login, Session},
    storage::{
        Constants, DatabaseSettings, Query, Row, Schema, TableInfo, Target, VnodeData, Write, bind_insert,
        bind_tag_change, bind_tags, constants, describe, show_create_table,
    },
};
use futures::future::{BoxFuture, FutureExt as _};
use jiff::Timestamp;

/// A database with its only vnode.
struct Database {
    settings: DatabaseSettings,
    stables: BTreeMap<String, Arc<Schema>>,
    tables: BTreeMap<String, TableInfo>,
    data: VnodeData,
}

/// The server; a clone is another handle.
#[derive(Clone, Default)]
pub struct Server {
    databases: Arc<Mutex<BTreeMap<String, Database>>>,
    dialect: Dialect,
}

impl Server {
    /// A server that speaks `dialect`. It has the tables and the codes of 2.1.1.0 all the same.
    pub fn of(dialect: Dialect) -> Self {
        Self { dialect, ..Self::default() }
    }
}

impl Connector for Server {
    fn connect<'a>(&'a self, login: &'a Login) -> BoxFuture<'a, Result<Box<dyn Session>, SqlError>> {
        let session = Connection { server: self.clone(), database: login.database.clone() };
        async move {
            if login.password != "taosdata" {
                return Err(SqlError::of(codes::RPC_AUTH_FAILURE));
            }
            let known = |name: &String| self.databases.lock().unwrap().contains_key(name);
            if !login.database.as_ref().is_none_or(known) {
                return Err(SqlError::of(codes::MND_INVALID_DB));
            }
            Ok(Box::new(session) as Box<dyn Session>)
        }
        .boxed()
    }

    fn startup_check<'a>(&'a self, host: Option<&'a str>, _: Option<u16>) -> BoxFuture<'a, Result<(), SqlError>> {
        let found = host.is_none_or(|host| host == "localhost");
        async move { if found { Ok(()) } else { Err(SqlError::of(codes::RPC_FQDN_ERROR)) } }.boxed()
    }
}

struct Connection {
    server: Server,
    database: Option<String>,
}

/// The day of the recordings.
pub fn now() -> Timestamp {
    "2026-11-23T16:52:00Z".parse().unwrap()
}

impl Session for Connection {
    fn execute<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<Answer, SqlError>> {
        async move { self.server.dialect.parse(sql).and_then(|statement| self.statement(statement)) }.boxed()
    }
}

impl Connection {
    fn locate(&self, name: &TableName) -> Result<(String, String), SqlError> {
        let database = name.database.clone().or(self.database.clone());
        Ok((database.ok_or_else(|| SqlError::of(codes::MND_DB_NOT_SELECTED))?, name.table.clone()))
    }

    #[expect(clippy::too_many_lines, reason = "one arm a statement")]
    fn statement(&mut self, statement: Statement) -> Result<Answer, SqlError> {
        let server = self.server.clone();
        let mut databases = server.databases.lock().unwrap();
        let no_database = || SqlError::of(codes::MND_DB_NOT_SELECTED);
        match statement {
            Statement::CreateDatabase { name, if_not_exists, options } => {
                if databases.contains_key(&name) {
                    return if if_not_exists {
                        Ok(Answer::Done)
                    } else {
                        Err(SqlError::of(codes::MND_DB_ALREADY_EXIST))
                    };
                }
                let settings = DatabaseSettings::default().with(&options)?;
                if settings.replica > 1 {
                    return Err(SqlError::of(codes::MND_INVALID_DB_OPTION));
                }
                let data = VnodeData::new(settings.precision, settings.update == 1 || server.dialect.is_v3());
                let database = Database { settings, stables: BTreeMap::new(), tables: BTreeMap::new(), data };
                databases.insert(name, database);
                Ok(Answer::Done)
            }
            Statement::DropDatabase { name, if_exists } => {
                if databases.remove(&name).is_none() && !if_exists {
                    return Err(SqlError::of(codes::MND_INVALID_DB));
                }
                Ok(Answer::Done)
            }
            Statement::Use { name } => {
                if !databases.contains_key(&name) {
                    return Err(SqlError::of(codes::MND_INVALID_DB));
                }
                self.database = Some(name.clone());
                Ok(Answer::Use(name))
            }
            Statement::CreateTable { table, if_not_exists, columns, tags } => {
                let (database, name) = self.locate(&table)?;
                let database = databases.get_mut(&database).ok_or_else(no_database)?;
                if database.tables.contains_key(&name) || database.stables.contains_key(&name) {
                    return if if_not_exists {
                        Ok(Answer::Done)
                    } else {
                        Err(SqlError::of(codes::MND_TABLE_ALREADY_EXIST))
                    };
                }
                let schema = Arc::new(Schema::new(&columns, &tags));
                if tags.is_empty() {
                    database.create(&name, schema, None, Vec::new());
                } else {
                    database.stables.insert(name, schema);
                }
                Ok(Answer::Done)
            }
            Statement::CreateSubTables(tables) => {
                for table in tables {
                    let (database, name) = self.locate(&table.table)?;
                    let (_, parent) = self.locate(&table.using.parent)?;
                    let database = databases.get_mut(&database).ok_or_else(no_database)?;
                    let schema = database.schema(&parent)?;
                    let tags = bind_tags(&table.using, &schema, database.settings.precision, now())?;
                    database.create(&name, schema, Some(table.using.parent.table.clone()), tags);
                }
                Ok(Answer::Done)
            }
            Statement::Insert(insert) => {
                let mut affected = 0;
                for part in &insert.parts {
                    let (database, name) = self.locate(&part.table)?;
                    let database = databases.get_mut(&database).ok_or_else(no_database)?;
                    if database.stables.contains_key(&name) {
                        return Err(SqlError::new(
                            codes::TSC_INVALID_SQL,
                            "invalid SQL: insert data into super table is not supported",
                        ));
                    }
                    if let (Some(using), false) = (&part.using, database.tables.contains_key(&name)) {
                        let schema = database.schema(&using.parent.table)?;
                        let tags = bind_tags(using, &schema, database.settings.precision, now())?;
                        database.create(&name, schema, Some(using.parent.table.clone()), tags);
                    }
                    let info = database.tables.get(&name).ok_or_else(|| SqlError::of(codes::MND_INVALID_TABLE_NAME))?;
                    let rows: Vec<Row> = bind_insert(part, &info.schema, &database.settings, now())?;
                    affected += database.data.apply(&Write::Insert { table: name, rows })?;
                }
                Ok(Answer::Affected(affected))
            }
            Statement::Select(select) => {
                let database = self.database.clone();
                let facts = Constants {
                    server_version: "2.1.1.0",
                    client_version: "2.1.1.0",
                    database: database.as_deref(),
                    user: "root",
                    now: now(),
                };
                if let Some(rows) = constants(&select, &facts) {
                    return rows.map(Answer::Rows);
                }
                let (database, name) = self.locate(select.from.as_ref().unwrap())?;
                let database = databases.get(&database).ok_or_else(no_database)?;
                let (target, schema) = match (database.stables.get(&name), database.tables.get(&name)) {
                    (Some(schema), _) => (Target::Super(name), schema),
                    (None, Some(info)) => (Target::Table(name), &info.schema),
                    (None, None) => return Err(SqlError::of(codes::MND_INVALID_TABLE_NAME)),
                };
                let query = Query::bind(&select, target, schema, database.settings.precision, now())?;
                Ok(Answer::Rows(query.finish([database.data.scan(&query)])))
            }
            Statement::Describe { table } => {
                let (database, name) = self.locate(&table)?;
                let database = databases.get(&database).ok_or_else(no_database)?;
                Ok(Answer::Rows(describe(database.schema(&name)?.as_ref())))
            }
            Statement::DropTable { table, if_exists, .. } => {
                let (database, name) = self.locate(&table)?;
                let database = databases.get_mut(&database).ok_or_else(no_database)?;
                if database.stables.remove(&name).is_some() {
                    database.tables.retain(|_, info| info.parent.as_ref() != Some(&name));
                    database.data.apply(&Write::DropChildren { parent: name })?;
                } else if database.tables.remove(&name).is_some() {
                    database.data.apply(&Write::DropTable { table: name })?;
                } else if !if_exists {
                    return Err(SqlError::of(codes::MND_INVALID_TABLE_NAME));
                }
                Ok(Answer::Done)
            }
            Statement::AlterTable { table, change } => {
                let (database, name) = self.locate(&table)?;
                let database = databases.get_mut(&database).ok_or_else(no_database)?;
                database.alter(&name, &change)?;
                Ok(Answer::Done)
            }
            Statement::Show(Show::CreateTable(table)) => {
                let (database, name) = self.locate(&table)?;
                let database = databases.get(&database).ok_or_else(no_database)?;
                if let Some(schema) = database.stables.get(&name) {
                    return Ok(Answer::Rows(show_create_table(&name, schema, None)));
                }
                let info = &database.tables[&name];
                let child = info.parent.as_deref().map(|parent| (parent, info.tags.as_slice()));
                Ok(Answer::Rows(show_create_table(&name, &info.schema, child)))
            }
            _ => Err(SqlError::of(codes::COM_OPS_NOT_SUPPORT)),
        }
    }
}

impl Database {
    fn schema(&self, name: &str) -> Result<Arc<Schema>, SqlError> {
        let found = self.stables.get(name).or(self.tables.get(name).map(|info| &info.schema));
        found.cloned().ok_or_else(|| SqlError::of(codes::MND_INVALID_TABLE_NAME))
    }

    fn alter(&mut self, name: &str, change: &TableChange) -> Result<(), SqlError> {
        let schema = self.schema(name)?;
        let child = self.tables.get(name).is_some_and(|info| info.parent.is_some());
        if let TableChange::SetTag { name: tag, value } = change {
            let (index, value) = bind_tag_change(Dialect::V2, &schema, tag, value, self.settings.precision, now())?;
            return self.data.apply(&Write::SetTag { table: name.to_owned(), index, value }).map(drop);
        }
        if child {
            let text = "invalid SQL: column can only be modified by super table";
            return Err(SqlError::new(codes::TSC_INVALID_SQL, text));
        }
        let schema = Arc::new(schema.changed(change)?);
        if let Some(stable) = self.stables.get_mut(name) {
            *stable = Arc::clone(&schema);
        }
        for (table, info) in &mut self.tables {
            if table == name || info.parent.as_deref() == Some(name) {
                info.schema = Arc::clone(&schema);
            }
        }
        self.data.apply(&Write::ChangeSchema { table: name.to_owned(), schema }).map(drop)
    }

    fn create(&mut self, name: &str, schema: Arc<Schema>, parent: Option<String>, tags: Vec<Value>) {
        let info = TableInfo {
            schema: Arc::clone(&schema),
            parent: parent.clone(),
            tags: tags.clone(),
            created: 0,
            uid: 1,
            tid: 1,
            vgroup: 2,
        };
        self.tables.insert(name.to_owned(), info);
        let write = Write::CreateTable { table: name.to_owned(), schema, parent, tags };
        self.data.apply(&write).unwrap();
    }
}
