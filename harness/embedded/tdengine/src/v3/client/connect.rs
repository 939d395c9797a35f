use std::sync::Arc;

use futures::future::BoxFuture;
use seatrial_sim::ConnectError;
use seatrial_sql::{
    SqlError,
    codes::v3 as codes,
    shell::{Connector, Login, ServerStatus, Session},
};
use tokio::time::{Duration, sleep};

use super::{net::wait_while_stopped, session::Connection};
use crate::{
    config::EndPoint,
    host::Host,
    v3::{ports, state::RunStatus, types::MnodeSet, wire::CONNECT_TIMEOUT},
};

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

    /// Whom to ask first: the host that is named, or the first end point and the pod's own, as far as they resolve.
    fn targets(&self, host: Option<&str>, port: Option<u16>) -> Vec<EndPoint> {
        let own = port.unwrap_or_else(|| self.host.config.server_port());
        let mut eps = if let Some(host) = host.filter(|host| !host.is_empty()) {
            vec![EndPoint { fqdn: host.into(), port: own }]
        } else {
            let second = self.host.config.get("secondEp").map(|text| EndPoint::parse(text, own));
            let itself = EndPoint { fqdn: Arc::clone(&self.fqdn), port: self.host.config.server_port() };
            vec![self.host.config.first_ep(&self.fqdn), second.unwrap_or(itself)]
        };
        eps.dedup();
        eps.retain(|ep| self.host.resolve(&ep.fqdn).is_some());
        eps
    }

    async fn open(&self, login: &Login) -> Result<Connection, SqlError> {
        let eps = self.targets(login.host.as_deref(), login.port);
        if eps.is_empty() {
            return Err(codes::error(codes::RPC_NETWORK_UNAVAIL));
        }
        let set = MnodeSet { eps, in_use: 0 };
        let mut connection = Connection::new(self.host.clone(), Arc::clone(&self.fqdn), set, login);
        connection.log_in(login).await?;
        Ok(connection)
    }

    async fn status(&self, host: Option<&str>, port: Option<u16>) -> ServerStatus {
        let own = port.unwrap_or_else(|| self.host.config.server_port());
        let fqdn = host.unwrap_or(&self.fqdn);
        let found = self.host.resolve(fqdn);
        self.host.wait_for_resolver().await;
        let Some(ip) = found else { return ServerStatus::Unavailable };
        match ports::dial(&self.host, ip, own) {
            Ok(taosd) if wait_while_stopped(&taosd).await.is_err() => ServerStatus::Unavailable,
            Ok(taosd) => match taosd.state().run {
                RunStatus::NetworkOk => ServerStatus::NetworkOk,
                RunStatus::ServiceOk => ServerStatus::ServiceOk,
                RunStatus::Exiting => ServerStatus::Exiting,
            },
            Err(ConnectError::Refused) => ServerStatus::Unavailable,
            Err(ConnectError::Unreachable) => {
                sleep(CONNECT_TIMEOUT).await;
                ServerStatus::Unavailable
            }
        }
    }
}

impl Connector for Client {
    fn connect<'a>(&'a self, login: &'a Login) -> BoxFuture<'a, Result<Box<dyn Session>, SqlError>> {
        Box::pin(async move { Ok(Box::new(self.open(login).await?) as Box<dyn Session>) })
    }

    fn startup_check<'a>(&'a self, host: Option<&'a str>, port: Option<u16>) -> BoxFuture<'a, Result<(), SqlError>> {
        Box::pin(async move {
            let serves = self.status(host, port).await == ServerStatus::ServiceOk;
            if serves { Ok(()) } else { Err(codes::error(codes::RPC_NETWORK_UNAVAIL)) }
        })
    }

    fn server_status<'a>(&'a self, host: Option<&'a str>, port: Option<u16>) -> BoxFuture<'a, (ServerStatus, String)> {
        Box::pin(async move {
            sleep(Duration::from_millis(2)).await;
            (self.status(host, port).await, String::new())
        })
    }
}
