use std::{net::Ipv4Addr, sync::Arc};

use super::{
    ports::{self, Port},
    state::State,
};
use crate::process::Process;

/// A running server process.
pub(crate) type Taosd = Process<State>;

impl Taosd {
    /// The process that listens on a port for its peers.
    pub fn dial_sync(&self, ip: Ipv4Addr, port: u16) -> Option<Arc<Self>> {
        ports::dial(&self.host, ip, port, Port::Sync).ok()
    }
}
