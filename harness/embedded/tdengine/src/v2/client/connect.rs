use std::sync::Arc;

use futures::future::BoxFuture;
use seatrial_sql::{
    SqlError, codes,
    shell::{Connector, Login, Session},
};
use tokio::time::{Duration, sleep};

use super::{rpc, session::Connection};
use crate::{
    config::EndPoint,
    host::Host,
    v2::{
        ports::{self, Port},
        taosd::Taosd,
        types::{Member, MnodeSet, PEER_PORT},
    },
};

/// Milliseconds of a start-up check that is answered.
const STARTUP: u64 = 900;
/// Milliseconds of one that is not.
const STARTUP_DEAD: u64 = 4_000;

/// The client library in a pod.
pub(crate) struct Client {
    host: Host,
    fqdn: Arc<str>,
}

impl Client {
    /// The library in a pod with this configuration.
    pub fn new(host: Host, hostname: &str) -> Self {
        let fqdn = host.config.fqdn(hostname).into();
        Self { host, fqdn }
    }

    /// The library inside a server, as its HTTP interface and its monitor use it.
    pub fn inside(taosd: &Taosd) -> Self {
        Self { host: taosd.host.clone(), fqdn: Arc::clone(&taosd.ep.fqdn) }
    }

    fn target(&self, host: Option<&str>, port: Option<u16>) -> EndPoint {
        let own = port.unwrap_or_else(|| self.host.config.server_port());
        match host.filter(|host| !host.is_empty()) {
            Some(host) => EndPoint { fqdn: host.into(), port: own },
            None => self.host.config.first_ep(&self.fqdn),
        }
    }

    async fn open(&self, login: &Login) -> Result<Connection, SqlError> {
        let ep = self.target(login.host.as_deref(), login.port);
        let mut mnodes = MnodeSet { members: vec![Member { id: 0, ep: ep.clone() }], in_use: 0 };
        let result = rpc::master(&self.host, &mut mnodes).await;
        let taosd = match result {
            Ok(taosd) => taosd,
            Err(error) => {
                // The library tries an address twice where a kernel answers: one that refuses, or one whose server is
                // stopped (9.2 s from a real 2.1.1.0 under SIGSTOP).
                let twice = |ip| match self.host.dial(ip, ep.port) {
                    Err(error) => error == seatrial_sim::ConnectError::Refused,
                    Ok(_) => ports::dial(&self.host, ip, ep.port, Port::Shell).is_err(),
                };
                if error.code == codes::RPC_NETWORK_UNAVAIL && self.host.resolve(&ep.fqdn).is_some_and(twice) {
                    sleep(Duration::from_secs(4)).await;
                }
                return Err(error);
            }
        };
        {
            let mut state = taosd.state();
            let mnode = state.still_master()?;
            mnode.authenticate(&login.user, &login.password)?;
            if let Some(database) = &login.database
                && !mnode.sdb.databases.contains_key(database)
            {
                return Err(SqlError::of(codes::MND_INVALID_DB));
            }
        }
        sleep(Duration::from_millis(2)).await;
        Ok(Connection::new(self.host.clone(), Arc::clone(&self.fqdn), mnodes, login))
    }
}

impl Connector for Client {
    fn connect<'a>(&'a self, login: &'a Login) -> BoxFuture<'a, Result<Box<dyn Session>, SqlError>> {
        Box::pin(async move { Ok(Box::new(self.open(login).await?) as Box<dyn Session>) })
    }

    fn startup_check<'a>(&'a self, host: Option<&'a str>, port: Option<u16>) -> BoxFuture<'a, Result<(), SqlError>> {
        Box::pin(async move {
            let ep = self.target(host, port);
            let Some(ip) = self.host.resolve(&ep.fqdn) else { return Err(SqlError::of(codes::RPC_FQDN_ERROR)) };
            if ports::dial(&self.host, ip, ep.port + PEER_PORT, Port::Peer).is_err() {
                sleep(Duration::from_millis(STARTUP_DEAD)).await;
                return Err(SqlError::of(codes::RPC_NETWORK_UNAVAIL));
            }
            sleep(Duration::from_millis(STARTUP)).await;
            Ok(())
        })
    }
}
