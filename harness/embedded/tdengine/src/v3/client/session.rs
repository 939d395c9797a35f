use std::sync::Arc;

use futures::future::BoxFuture;
use seatrial_sql::{
    Answer, Dialect, SqlError,
    ast::{Statement, TableName},
    codes::v3 as codes,
    shell::{Login, Session},
};
use tokio::time::{Duration, sleep};

use super::{
    catalog::Catalog,
    net::{Net, OVERTIME, Patience, Work},
};
use crate::{
    host::Host,
    v3::{
        mnode::{Mnode, Waiter},
        taosd::Taosd,
        types::MnodeSet,
    },
};

/// A proposal that no majority has taken after this time is answered (`SYNC_RESP_TTL_MS`).
const PROPOSAL: Duration = Duration::from_secs(30);

/// A connection of the client library.
pub(super) struct Connection {
    pub(super) net: Net,
    pub(super) fqdn: Arc<str>,
    pub(super) dialect: Dialect,
    pub(super) mnodes: MnodeSet,
    pub(super) user: String,
    pub(super) database: Option<String>,
    pub(super) catalog: Catalog,
}

/// What an mnode says when it is asked.
pub(super) enum Said<T> {
    /// Its answer.
    Answer(T),
    /// Ask these instead, for this reason.
    Redirect(MnodeSet, i32),
}

impl Connection {
    pub(super) fn new(host: Host, fqdn: Arc<str>, mnodes: MnodeSet, login: &Login) -> Self {
        Self {
            dialect: Dialect::of(&host.version.to_string()),
            net: Net::new(host),
            fqdn,
            mnodes,
            user: login.user.clone(),
            database: login.database.clone(),
            catalog: Catalog::default(),
        }
    }

    pub(super) async fn log_in(&mut self, login: &Login) -> Result<(), SqlError> {
        let login = login.clone();
        self.ask_with(codes::RPC_NETWORK_UNAVAIL, move |mnode, _| {
            mnode.authenticate(&login.user, &login.password)?;
            match &login.database {
                Some(name) if !mnode.sdb.databases.contains_key(name) => Err(codes::error(codes::MND_DB_NOT_EXIST)),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Asks the leading mnode.
    pub(super) async fn ask<T: Send + 'static>(
        &mut self,
        question: impl Fn(&mut Mnode, &Taosd) -> Result<T, SqlError> + Clone + Send + 'static,
    ) -> Result<T, SqlError> {
        self.ask_with(codes::RPC_SOMENODE_NOT_CONNECTED, question).await
    }

    async fn ask_with<T: Send + 'static>(
        &mut self,
        unreachable: i32,
        question: impl Fn(&mut Mnode, &Taosd) -> Result<T, SqlError> + Clone + Send + 'static,
    ) -> Result<T, SqlError> {
        let question = move |mnode: &mut Mnode, node: &Taosd| question(mnode, node).map(|answer| (answer, None));
        self.order_with(unreachable, question).await
    }

    /// Asks the leading mnode for something that takes a transaction, and waits for its end.
    pub(super) async fn order(
        &mut self,
        question: impl Fn(&mut Mnode, &Taosd) -> Result<Option<Waiter>, SqlError> + Clone + Send + 'static,
    ) -> Result<(), SqlError> {
        let question = move |mnode: &mut Mnode, node: &Taosd| question(mnode, node).map(|waiter| ((), waiter));
        self.order_with(codes::RPC_SOMENODE_NOT_CONNECTED, question).await
    }

    async fn order_with<T: Send + 'static>(
        &mut self,
        unreachable: i32,
        question: impl Fn(&mut Mnode, &Taosd) -> Result<(T, Option<Waiter>), SqlError> + Clone + Send + 'static,
    ) -> Result<T, SqlError> {
        let mut patience = Patience::new();
        let mut redirects = 0;
        loop {
            let count = self.mnodes.eps.len();
            for _ in 0..count.max(1) {
                let Some(ep) = self.mnodes.eps.get(self.mnodes.in_use % count.max(1)).cloned() else { break };
                let question = question.clone();
                let answer = self.net.call(&ep, patience.deadline(), |taosd| at_leader(taosd, question)).await;
                match answer {
                    Ok(Said::Answer(answer)) => return Ok(answer),
                    Ok(Said::Redirect(set, code)) => {
                        redirects += 1;
                        patience.bears(&codes::error(code));
                        let new = set.eps.iter().any(|ep| !self.mnodes.eps.contains(ep)) || set.eps.len() < count;
                        if !set.eps.is_empty() && (new || set.in_use != self.mnodes.in_use) {
                            self.mnodes = set;
                        } else {
                            self.mnodes.in_use += 1;
                        }
                        if redirects % 4 == 0 {
                            break;
                        }
                    }
                    Err(error) if patience.bears(&error) => self.mnodes.in_use += 1,
                    Err(error) => return Err(error),
                }
            }
            patience.next_round(&self.net.host, unreachable, OVERTIME).await?;
        }
    }

    /// The full name of a table.
    pub(super) fn full_name(&self, name: &TableName) -> Result<(String, String), SqlError> {
        let database = name.database.clone().or_else(|| self.database.clone());
        let database = database.ok_or_else(|| codes::error(codes::PAR_DB_NOT_SPECIFIED))?;
        Ok((database, name.table.clone()))
    }

    async fn run(&mut self, sql: &str) -> Result<Answer, SqlError> {
        match self.dialect.parse(sql)? {
            Statement::Show(what) => self.show(what).await.map(Answer::Rows),
            Statement::Use { name } => {
                let wanted = name.clone();
                self.ask(move |mnode, _| {
                    let known = mnode.sdb.databases.contains_key(&wanted)
                        || seatrial_sql::system::SYSTEM_DATABASES.contains(&wanted.as_str());
                    if known { Ok(()) } else { Err(codes::error(codes::MND_DB_NOT_EXIST)) }
                })
                .await?;
                self.database = Some(name.clone());
                Ok(Answer::Use(name))
            }
            Statement::Insert(insert) => self.insert(&insert).await.map(Answer::Affected),
            Statement::Select(select) => self.select(&select).await.map(Answer::Rows),
            Statement::Describe { table } => self.describe(&table).await.map(Answer::Rows),
            Statement::ResetQueryCache => {
                self.catalog = Catalog::default();
                Ok(Answer::Done)
            }
            Statement::AlterLocal { .. } => Ok(Answer::Done),
            other => self.change(other).await.map(|()| Answer::Done),
        }
    }
}

/// What an mnode does with a question: it answers once what it changed is committed, and its transaction has ended.
fn at_leader<T: Send + 'static>(
    taosd: Arc<Taosd>,
    question: impl FnOnce(&mut Mnode, &Taosd) -> Result<(T, Option<Waiter>), SqlError> + Send + 'static,
) -> Work<Said<T>> {
    Box::pin(async move {
        let (answer, committed, ended) = {
            let mut state = taosd.state();
            let mnode = match state.leader(&taosd) {
                Ok(mnode) => mnode,
                Err(set) => {
                    let none = state.mnode.is_none();
                    let code = if none { codes::MNODE_NOT_FOUND } else { codes::SYN_NOT_LEADER };
                    return Ok(Said::Redirect(set, code));
                }
            };
            let (answer, ended) = question(mnode, &taosd)?;
            (answer, mnode.uncommitted.take(), ended)
        };
        if let Some(committed) = committed {
            committed_in_time(committed).await?;
        }
        if let Some(ended) = ended {
            ended.await.unwrap_or_else(|_| Err(codes::error(codes::RPC_BROKEN_LINK)))?;
        }
        sleep(Duration::from_millis(1)).await;
        Ok(Said::Answer(answer))
    })
}

/// Waits until a proposal is committed, but not for ever.
pub(super) async fn committed_in_time(waiter: Waiter) -> Result<u64, SqlError> {
    match tokio::time::timeout(PROPOSAL, waiter).await {
        Err(_) => Err(codes::error(codes::SYN_TIMEOUT)),
        Ok(Err(_)) => Err(codes::error(codes::SYN_NOT_LEADER)),
        Ok(Ok(result)) => result,
    }
}

impl Session for Connection {
    fn execute<'a>(&'a mut self, sql: &'a str) -> BoxFuture<'a, Result<Answer, SqlError>> {
        Box::pin(self.run(sql))
    }
}
