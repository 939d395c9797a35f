use std::sync::Arc;

use seatrial_sql::{
    SqlError,
    ast::{ClusterStatement, CreateSubTable, NodeKind, Statement, TableChange, TableName, Using},
    codes::v3 as codes,
    storage::{Schema, Write, bind_tags},
};

use super::{catalog::Catalog, data::no_table, session::Connection};

fn exists() -> SqlError {
    codes::error(codes::TDB_TABLE_ALREADY_EXIST)
}

impl Connection {
    /// Statements that change the cluster.
    pub(super) async fn change(&mut self, statement: Statement) -> Result<(), SqlError> {
        match statement {
            Statement::CreateDatabase { name, if_not_exists, options } => {
                self.order(move |mnode, node| mnode.create_database(node, &name, if_not_exists, &options)).await
            }
            Statement::AlterDatabase { name, options } => {
                self.catalog.databases.remove(&name);
                self.ask(move |mnode, node| mnode.alter_database(node, &name, &options)).await
            }
            Statement::DropDatabase { name, if_exists } => {
                self.catalog = Catalog::default();
                let gone = name.clone();
                self.order(move |mnode, node| mnode.drop_database(node, &name, if_exists)).await?;
                if self.database.as_ref() == Some(&gone) {
                    self.database = None;
                }
                Ok(())
            }
            Statement::CreateDnode { end_point } => {
                self.ask(move |mnode, node| mnode.create_dnode(node, &end_point)).await
            }
            Statement::DropDnode { dnode, mode } => {
                self.catalog = Catalog::default();
                self.order(move |mnode, node| mnode.drop_dnode(node, &dnode, mode).map(Some)).await
            }
            Statement::Cluster(ClusterStatement::CreateNode { kind: NodeKind::Mnode, dnode }) => {
                self.order(move |mnode, node| mnode.create_mnode(node, dnode).map(Some)).await
            }
            Statement::Cluster(ClusterStatement::DropNode { kind: NodeKind::Mnode, dnode }) => {
                self.order(move |mnode, node| mnode.drop_mnode(node, dnode).map(Some)).await
            }
            Statement::CreateUser { name, password } => {
                self.ask(move |mnode, node| mnode.create_user(node, &name, &password)).await
            }
            Statement::AlterUser { name, change } => {
                self.ask(move |mnode, node| mnode.alter_user(node, &name, &change)).await
            }
            Statement::DropUser { name } => self.ask(move |mnode, node| mnode.drop_user(node, &name)).await,
            Statement::CreateTable { table, if_not_exists, columns, tags } => {
                let name = self.full_name(&table)?;
                let schema = Schema::new(&columns, &tags);
                if !tags.is_empty() {
                    return self
                        .order(move |mnode, node| mnode.create_stable(node, &name, schema.clone(), if_not_exists))
                        .await;
                }
                self.create_table(&name, (schema, None, Vec::new()), if_not_exists).await
            }
            Statement::CreateSubTables(tables) => {
                for table in &tables {
                    self.create_sub_table(table).await?;
                }
                Ok(())
            }
            Statement::DropTable { table, if_exists, stable } => self.drop_table(&table, if_exists, stable).await,
            Statement::AlterTable { table, change } => self.alter_table(&table, &change).await,
            Statement::AlterDnode { .. } | Statement::Cluster(ClusterStatement::AlterAllDnodes { .. }) => {
                self.ask(|_, _| Ok(())).await
            }
            _ => Err(codes::error(codes::OPS_NOT_SUPPORT)),
        }
    }

    async fn create_table(
        &mut self,
        name: &(String, String),
        (schema, parent, tags): (Schema, Option<String>, Vec<seatrial_sql::Value>),
        if_not_exists: bool,
    ) -> Result<(), SqlError> {
        if self.table(name).await?.is_some() {
            return if if_not_exists { Ok(()) } else { Err(exists()) };
        }
        let write = Write::CreateTable { table: name.1.clone(), schema: Arc::new(schema), parent, tags };
        self.write(name, write).await.map(drop)
    }

    pub(super) async fn create_sub_table(&mut self, table: &CreateSubTable) -> Result<(), SqlError> {
        let name = self.full_name(&table.table)?;
        let mut parent = self.full_name(&table.using.parent)?;
        if table.using.parent.database.is_none() {
            parent.0.clone_from(&name.0);
        }
        let schema = self.stable(&parent).await?.ok_or_else(no_table)?;
        let precision = self.database(&name.0).await?.settings.precision;
        let tags = bind_tags(&table.using, &schema, precision, self.net.host.now())?;
        self.create_table(&name, (Schema::clone(&schema), Some(parent.1), tags), table.if_not_exists).await
    }

    async fn drop_table(&mut self, table: &TableName, if_exists: bool, stable: bool) -> Result<(), SqlError> {
        let name = self.full_name(table)?;
        let there = !stable && self.table(&name).await?.is_some();
        self.catalog.tables.clear();
        if there {
            return self.write(&name, Write::DropTable { table: name.1.clone() }).await.map(drop);
        }
        if self.stable(&name).await?.is_some() {
            return self.order(move |mnode, node| mnode.drop_stable(node, &name).map(Some)).await;
        }
        let missing = if stable { codes::error(codes::MND_STB_NOT_EXIST) } else { no_table() };
        if if_exists { Ok(()) } else { Err(missing) }
    }

    async fn alter_table(&mut self, table: &TableName, change: &TableChange) -> Result<(), SqlError> {
        let name = self.full_name(table)?;
        self.catalog.tables.remove(&name);
        let Some(meta) = self.table(&name).await? else {
            self.stable(&name).await?.ok_or_else(no_table)?;
            self.catalog.tables.clear();
            let change = change.clone();
            return self.order(move |mnode, node| mnode.alter_stable(node, &name, &change).map(Some)).await;
        };
        let write = if let TableChange::SetTag { name: tag, value } = change {
            let index = meta.schema.tag_index(tag);
            let index = index.ok_or_else(|| codes::error(codes::MND_TAG_NOT_EXIST))?;
            let (names, tags) = (Some(vec![tag.clone()]), vec![value.clone()]);
            let using = Using { parent: table.clone(), names, tags, dialect: self.dialect };
            let precision = self.database(&name.0).await?.settings.precision;
            let now = self.net.host.now();
            let value = bind_tags(&using, &meta.schema, precision, now)?.swap_remove(index);
            Write::SetTag { table: name.1.clone(), index, value }
        } else {
            let schema = Arc::new(meta.schema.changed_v3(change)?);
            Write::ChangeSchema { table: name.1.clone(), schema }
        };
        self.catalog.tables.remove(&name);
        self.write(&name, write).await.map(drop)
    }
}
