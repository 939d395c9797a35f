use std::sync::Arc;

use seatrial_sql::{
    Column, Dialect, Rows, SqlError,
    ast::{ColumnDef, CreateSubTable, DnodeRef, Show, Statement, TableChange, TableName, Using},
    codes,
    storage::{Schema, Write, bind_tags, describe, show_create_table},
};
use tokio::time::{Duration, sleep};

use super::session::Connection;
use crate::v2::{
    mnode::{Mnode, NewTable},
    taosd::Taosd,
};

impl Connection {
    pub(super) async fn show(&mut self, what: &Show) -> Result<Rows, SqlError> {
        if let Show::CreateTable(name) = what {
            return self.show_create_table(name).await;
        }
        let (master, asker) = self.reach_master().await?;
        let mut state = master.state();
        state.still_master()?.show(&master, what, &asker)
    }

    async fn show_create_table(&mut self, name: &TableName) -> Result<Rows, SqlError> {
        let name = self.full_name(name)?;
        self.ask(|mnode, _| {
            let schema = mnode.describe(&name).ok_or_else(|| SqlError::of(codes::MND_INVALID_TABLE_NAME))?;
            let row = mnode.sdb.tables.get(&name);
            let child = row.and_then(|row| row.parent.as_deref().map(|parent| (parent, row.tags.as_slice())));
            Ok(show_create_table(&name.1, &schema, child))
        })
        .await
    }

    pub(super) async fn describe(&mut self, name: &TableName) -> Result<Rows, SqlError> {
        let name = self.full_name(name)?;
        let schema = self.ask(|mnode, _| mnode.describe(&name).ok_or_else(no_table)).await?;
        Ok(describe(&schema))
    }

    /// Statements that change the cluster's tables.
    pub(super) async fn change(&mut self, statement: Statement) -> Result<(), SqlError> {
        let master = self.master().await?;
        // The mnode writes its log first.
        self.ask(Mnode::check_room).await?;
        let done = self.change_tables(statement).await;
        master.host.settle().await;
        done
    }

    async fn change_tables(&mut self, statement: Statement) -> Result<(), SqlError> {
        match statement {
            Statement::CreateDatabase { name, if_not_exists, options } => {
                self.ask(|mnode, node| mnode.create_database(node, &name, if_not_exists, &options)).await
            }
            Statement::AlterDatabase { name, options } => {
                self.ask(|mnode, node| mnode.alter_database(node, &name, &options)).await
            }
            Statement::DropDatabase { name, if_exists } => {
                self.ask(|mnode, node| mnode.drop_database(node, &name, if_exists)).await?;
                if self.database.as_ref() == Some(&name) {
                    self.database = None;
                }
                Ok(())
            }
            Statement::CreateDnode { end_point } => self.ask(|mnode, node| mnode.create_dnode(node, &end_point)).await,
            Statement::DropDnode { dnode, .. } => self.ask(|mnode, node| mnode.drop_dnode(node, &dnode)).await,
            Statement::AlterDnode { dnode, .. } => {
                self.ask(|mnode, _| {
                    let known = mnode.sdb.dnodes.iter().any(|(id, row)| match &dnode {
                        DnodeRef::Id(wanted) => i64::from(*id) == *wanted,
                        DnodeRef::EndPoint(text) => row.ep.to_string() == *text,
                    });
                    if known { Ok(()) } else { Err(SqlError::of(codes::MND_DNODE_NOT_EXIST)) }
                })
                .await
            }
            Statement::CreateUser { name, password } => {
                self.ask(|mnode, node| mnode.create_user(node, &name, &password)).await
            }
            Statement::AlterUser { name, change } => {
                self.ask(|mnode, node| mnode.alter_user(node, &name, &change)).await
            }
            Statement::DropUser { name } => self.ask(|mnode, node| mnode.drop_user(node, &name)).await,
            Statement::CreateTable { table, if_not_exists, columns, tags } => {
                let name = self.full_name(&table)?;
                let schema = Arc::new(Schema::new(&columns, &tags));
                let stable = !tags.is_empty();
                let table = NewTable { name, schema, parent: None, tags: Vec::new(), if_not_exists };
                if stable {
                    self.ask(|mnode, node| mnode.create_stable(node, &table)).await
                } else {
                    self.create(table).await
                }
            }
            Statement::CreateSubTables(tables) => {
                for table in &tables {
                    self.create_sub_table(table).await?;
                }
                Ok(())
            }
            Statement::DropTable { table, if_exists, stable } => self.drop_table(&table, if_exists, stable).await,
            Statement::AlterTable { table, change } => self.alter_table(&table, &change).await,
            _ => Err(SqlError::of(codes::COM_OPS_NOT_SUPPORT)),
        }
    }

    /// Creates a table on the master. What the master has begun goes on even if this client goes away.
    pub(super) async fn create(&mut self, table: NewTable) -> Result<(), SqlError> {
        let master = self.master().await?;
        on_server(master, |master| async move { master.create_table(&table).await }).await
    }

    pub(super) async fn create_sub_table(&mut self, table: &CreateSubTable) -> Result<(), SqlError> {
        let name = self.full_name(&table.table)?;
        let mut parent = self.full_name(&table.using.parent)?;
        if table.using.parent.database.is_none() {
            parent.0.clone_from(&name.0);
        }
        let found = self
            .ask(|mnode, _| {
                let row = mnode.sdb.stables.get(&parent).ok_or_else(no_table)?;
                let precision = mnode.precision(&name.0).ok_or_else(no_table)?;
                Ok((Arc::clone(&row.schema), precision))
            })
            .await?;
        let (schema, precision) = found;
        let tags = bind_tags(&table.using, &schema, precision, self.host.now())?;
        let if_not_exists = table.if_not_exists;
        self.create(NewTable { name, schema, parent: Some(parent.1), tags, if_not_exists }).await
    }

    async fn drop_table(&mut self, table: &TableName, if_exists: bool, stable: bool) -> Result<(), SqlError> {
        let name = self.full_name(table)?;
        let master = self.master().await?;
        let (places, is_stable) = {
            let mut state = master.state();
            let mnode = state.still_master()?;
            let is_stable = mnode.sdb.stables.contains_key(&name);
            let vgs: Vec<i32> = if is_stable {
                mnode.places_of_children(&name).into_iter().map(|(vg, _)| vg).collect()
            } else {
                mnode.place(&name).map(|place| place.vg).into_iter().collect()
            };
            if !is_stable && vgs.is_empty() {
                return if if_exists { Ok(()) } else { Err(SqlError::of(codes::MND_INVALID_TABLE_NAME)) };
            }
            if stable && !is_stable {
                return Err(SqlError::of(codes::MND_NOT_SUPER_TABLE));
            }
            (vgs, is_stable)
        };
        let write = Arc::new(if is_stable {
            Write::DropChildren { parent: name.1.clone() }
        } else {
            Write::DropTable { table: name.1.clone() }
        });
        on_server(master, |master| async move {
            for vg in places {
                master.write_patiently(vg, &write).await?;
            }
            let mut state = master.state();
            let mnode = state.still_master()?;
            if is_stable {
                mnode.remove_stable(&master, &name);
            } else {
                mnode.remove_table(&master, &name);
            }
            Ok(())
        })
        .await
    }

    async fn alter_table(&mut self, table: &TableName, change: &TableChange) -> Result<(), SqlError> {
        let name = self.full_name(table)?;
        let now = self.host.now();
        let master = self.master().await?;
        let (write, vgs, schema) = {
            let mut state = master.state();
            let mnode = state.still_master()?;
            let old = mnode.describe(&name).ok_or_else(no_table)?;
            let precision = mnode.precision(&name.0).ok_or_else(no_table)?;
            let place = mnode.place(&name).map(|place| place.vg);
            let vgs = place
                .map_or_else(|| mnode.places_of_children(&name).into_iter().map(|(vg, _)| vg).collect(), |vg| vec![vg]);
            if let TableChange::SetTag { name: tag, value } = change {
                let index = old.tag_index(tag).ok_or_else(|| SqlError::of(codes::MND_TAG_NOT_EXIST))?;
                let using = Using {
                    parent: table.clone(),
                    names: Some(vec![tag.clone()]),
                    tags: vec![value.clone()],
                    dialect: Dialect::V2,
                };
                let value = bind_tags(&using, &old, precision, now)?.swap_remove(index);
                (Write::SetTag { table: name.1.clone(), index, value }, vgs, None)
            } else {
                let schema = Arc::new(changed(&old, change)?);
                (Write::ChangeSchema { table: name.1.clone(), schema: Arc::clone(&schema) }, vgs, Some(schema))
            }
        };
        let write = Arc::new(write);
        on_server(master, |master| async move {
            for vg in vgs {
                master.write_patiently(vg, &write).await?;
            }
            let mut state = master.state();
            let mnode = state.still_master()?;
            if let Some(schema) = schema {
                mnode.change_schema(&master, &name, &schema);
            } else if let Write::SetTag { index, value, .. } = &*write {
                mnode.set_tag(&master, &name, *index, value);
            }
            Ok(())
        })
        .await
    }
}

/// Lets a server work on something that the client waits for. The work goes on if the client goes away, and ends
/// with the server.
async fn on_server<F: Future<Output = Result<(), SqlError>> + Send + 'static>(
    server: Arc<Taosd>,
    work: impl FnOnce(Arc<Taosd>) -> F,
) -> Result<(), SqlError> {
    let job = work(Arc::clone(&server));
    let done = tokio::spawn(async move {
        tokio::select! {
            result = job => result,
            _ = server.exited() => Err(SqlError::of(codes::RPC_NETWORK_UNAVAIL)),
        }
    });
    let result = done.await.unwrap_or_else(|_| Err(SqlError::of(codes::RPC_NETWORK_UNAVAIL)));
    sleep(Duration::from_millis(1)).await;
    result
}

pub(super) fn no_table() -> SqlError {
    SqlError::of(codes::MND_INVALID_TABLE_NAME)
}

/// A schema after `alter table`.
fn changed(old: &Schema, change: &TableChange) -> Result<Schema, SqlError> {
    let mut new = old.clone();
    let add = |list: &mut Vec<Column>, def: &ColumnDef, there: i32| {
        if list.iter().any(|column| column.name == def.name) {
            return Err(SqlError::of(there));
        }
        list.push(Column::new(def.name.clone(), def.kind));
        Ok(())
    };
    let remove = |list: &mut Vec<Column>, name: &str, least: usize, missing: i32| {
        let at = list.iter().position(|column| column.name == name).filter(|at| *at >= least);
        list.remove(at.ok_or_else(|| SqlError::of(missing))?);
        Ok(())
    };
    match change {
        TableChange::AddColumn(def) => add(&mut new.columns, def, codes::MND_FIELD_ALREAY_EXIST)?,
        TableChange::AddTag(def) => add(&mut new.tags, def, codes::MND_TAG_ALREAY_EXIST)?,
        // The timestamp stays, and so does the last tag.
        TableChange::DropColumn(name) => remove(&mut new.columns, name, 1, codes::MND_FIELD_NOT_EXIST)?,
        TableChange::DropTag(name) if old.tags.len() > 1 => remove(&mut new.tags, name, 0, codes::MND_TAG_NOT_EXIST)?,
        TableChange::RenameTag { from, to } => {
            if old.tag_index(to).is_some() {
                return Err(SqlError::of(codes::MND_TAG_ALREAY_EXIST));
            }
            let tag = new.tags.iter_mut().find(|tag| tag.name == *from);
            tag.ok_or_else(|| SqlError::of(codes::MND_TAG_NOT_EXIST))?.name.clone_from(to);
        }
        _ => return Err(SqlError::of(codes::TSC_INVALID_SQL)),
    }
    Ok(new)
}
