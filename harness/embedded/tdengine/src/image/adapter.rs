//! `taosadapter`: a process beside the server that answers REST and websockets on a port of its own, and is a client of
//! the server.

use std::{
    any::Any,
    net::Ipv4Addr,
    sync::{Arc, Weak},
};

use seatrial_sim::{ListenGuard, Listener};
use seatrial_sql::adapter::{AdapterDialect, serve_connection};
use tokio::io::DuplexStream;

use super::container::Machine;

/// The adapter's port.
const PORT: u16 = 6041;

struct Adapter(Weak<Machine>);

impl Listener for Adapter {
    fn accept(self: Arc<Self>, stream: DuplexStream, _: Ipv4Addr) {
        let Some(machine) = self.0.upgrade() else { return };
        let client = machine.client().into();
        let dialect = AdapterDialect::of(&machine.version.to_string());
        tokio::spawn(async move {
            tokio::select! {
                () = serve_connection(stream, dialect, client) => {}
                () = machine.ended() => {}
            }
        });
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// Starts it. It listens as long as the guard lives.
pub(super) fn start(machine: &Arc<Machine>) -> ListenGuard {
    let pod = &machine.context.pod;
    machine.context.world.network.listen(pod.ip, PORT, Arc::new(Adapter(Arc::downgrade(machine))))
}
