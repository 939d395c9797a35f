use std::{
    any::Any,
    net::Ipv4Addr,
    sync::{Arc, Weak},
};

use seatrial_sim::{ConnectError, ListenGuard, Listener};
use seatrial_sql::rest;
use tokio::io::DuplexStream;

use super::{
    client::Client,
    taosd::Taosd,
    types::{HTTP_PORT, PEER_PORT, SYNC_PORT},
};
use crate::{
    host::Host,
    image::{Planted, Through},
};

/// What a port of a server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    /// Clients.
    Shell,
    /// Other servers.
    Peer,
    /// Replication.
    Sync,
    /// HTTP.
    Http,
}

struct Open {
    port: Port,
    taosd: Weak<Taosd>,
}

impl Listener for Open {
    fn accept(self: Arc<Self>, stream: DuplexStream, _: Ipv4Addr) {
        let Some(taosd) = self.taosd.upgrade() else { return };
        if self.port == Port::Http {
            let defects = taosd.host.world.defects.clone();
            let inner = Box::new(Client::inside(&taosd));
            let client = Planted { inner, defects, through: Through::Rest, failed: Arc::default() };
            tokio::spawn(async move {
                let serve = async {
                    // Until then its kernel keeps what comes.
                    taosd.goes_on().await;
                    rest::serve_connection(stream, rest::V2_1, Arc::new(client)).await;
                };
                tokio::select! {
                    () = serve => {}
                    _ = taosd.exited() => {}
                }
            });
        }
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// Opens the ports of a server.
pub(crate) fn open(taosd: &Arc<Taosd>) -> Vec<ListenGuard> {
    let base = taosd.ep.port;
    let ports = [(0, Port::Shell), (PEER_PORT, Port::Peer), (SYNC_PORT, Port::Sync), (HTTP_PORT, Port::Http)];
    let listen = |(offset, port)| {
        let listener = Open { port, taosd: Arc::downgrade(taosd) };
        taosd.host.listen(base + offset, Arc::new(listener))
    };
    ports.map(listen).into()
}

/// Connects to a server from a pod.
pub(crate) fn dial(from: &Host, ip: Ipv4Addr, port: u16, what: Port) -> Result<Arc<Taosd>, ConnectError> {
    let listener = from.dial(ip, port)?;
    let open = listener.as_any().downcast::<Open>().map_err(|_| ConnectError::Refused)?;
    let taosd = open.taosd.upgrade().filter(|taosd| open.port == what && !taosd.has_exited());
    // Its kernel accepts the connection, and nothing is ever answered.
    if taosd.as_ref().is_some_and(|taosd| taosd.is_stopped()) {
        return Err(ConnectError::Unreachable);
    }
    taosd.ok_or(ConnectError::Refused)
}
