use std::{
    any::Any,
    net::Ipv4Addr,
    sync::{Arc, Weak},
};

use seatrial_sim::{ConnectError, ListenGuard, Listener};
use tokio::io::DuplexStream;

use super::taosd::Taosd;
use crate::host::Host;

/// The one port of a server: clients, other servers and replication all come here.
struct Open(Weak<Taosd>);

impl Listener for Open {
    /// Nothing but servers and client libraries speaks this protocol, and they call each other directly.
    fn accept(self: Arc<Self>, _: DuplexStream, _: Ipv4Addr) {}

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// Opens the port of a server.
pub(crate) fn open(taosd: &Arc<Taosd>) -> Vec<ListenGuard> {
    vec![taosd.host.listen(taosd.ep.port, Arc::new(Open(Arc::downgrade(taosd))))]
}

/// Connects to a server from a pod.
pub(crate) fn dial(from: &Host, ip: Ipv4Addr, port: u16) -> Result<Arc<Taosd>, ConnectError> {
    let listener = from.dial(ip, port)?;
    let open = listener.as_any().downcast::<Open>().map_err(|_| ConnectError::Refused)?;
    // The kernel of a stopped process accepts the connection all the same.
    open.0.upgrade().filter(|taosd| !taosd.has_exited()).ok_or(ConnectError::Refused)
}
