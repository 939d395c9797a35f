use std::sync::Arc;

use futures::future::BoxFuture;
use seatrial_sql::{
    Answer, SqlError,
    ast::{Statement, TableName},
    codes, parse,
    shell::{Login, Session},
};

use super::rpc;
use crate::{
    host::Host,
    v2::{
        mnode::{Asker, Mnode},
        taosd::Taosd,
        types::MnodeSet,
    },
};

/// A connection of the client library.
pub(super) struct Connection {
    pub(super) host: Host,
    fqdn: Arc<str>,
    mnodes: MnodeSet,
    pub(super) user: String,
    pub(super) database: Option<String>,
}

impl Connection {
    pub(super) fn new(host: Host, fqdn: Arc<str>, mnodes: MnodeSet, login: &Login) -> Self {
        Self { host, fqdn, mnodes, user: login.user.clone(), database: login.database.clone() }
    }

    /// The master mnode, as it can be reached now.
    pub(super) async fn master(&mut self) -> Result<Arc<Taosd>, SqlError> {
        rpc::master(&self.host, &mut self.mnodes).await
    }

    /// Asks the master mnode.
    pub(super) async fn ask<T>(
        &mut self,
        question: impl FnOnce(&mut Mnode, &Taosd) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        let master = self.master().await?;
        let mut state = master.state();
        let mnode = state.still_master()?;
        question(mnode, &master)
    }

    /// The full name of a table.
    pub(super) fn full_name(&self, name: &TableName) -> Result<(String, String), SqlError> {
        let database = name.database.clone().or_else(|| self.database.clone());
        let database = database.ok_or_else(|| SqlError::of(codes::TSC_DB_NOT_SELECTED))?;
        Ok((database, name.table.clone()))
    }

    async fn run(&mut self, sql: &str) -> Result<Answer, SqlError> {
        match parse(sql)? {
            Statement::Show(what) => self.show(&what).await.map(Answer::Rows),
            Statement::Use { name } => {
                let wanted = name.clone();
                self.ask(move |mnode, _| {
                    let known = mnode.sdb.databases.contains_key(&wanted);
                    if known { Ok(()) } else { Err(SqlError::of(codes::MND_INVALID_DB)) }
                })
                .await?;
                self.database = Some(name.clone());
                Ok(Answer::Use(name))
            }
            Statement::Insert(insert) => self.insert(&insert).await.map(Answer::Affected),
            Statement::Select(select) => self.select(&select).await.map(Answer::Rows),
            Statement::Describe { table } => self.describe(&table).await.map(Answer::Rows),
            Statement::ResetQueryCache | Statement::AlterLocal { .. } => Ok(Answer::Done),
            other => self.change(other).await.map(|()| Answer::Done),
        }
    }

    pub(super) fn asker(&self) -> Asker<'_> {
        Asker { database: self.database.as_deref(), fqdn: &self.fqdn }
    }

    pub(super) async fn reach_master(&mut self) -> Result<(Arc<Taosd>, Asker<'_>), SqlError> {
        let master = self.master().await?;
        Ok((master, self.asker()))
    }
}

impl Session for Connection {
    fn execute<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<Answer, SqlError>> {
        Box::pin(self.run(sql))
    }
}
