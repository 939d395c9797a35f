use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use seatrial_sim::ConnectError;
use tokio::time::{Duration, Instant};

use super::{
    event::{Event, Sender},
    ports,
    taosd::Taosd,
};
use crate::config::EndPoint;

/// A connection is given up after this time without an answer.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The addresses that a server has looked up, and keeps until a connection fails, or for good.
#[derive(Default)]
pub(crate) struct Wire(Mutex<BTreeMap<Arc<str>, Link>>);

struct Link {
    ip: Ipv4Addr,
    lost: Option<Instant>,
}

/// Why a message did not go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// The name does not resolve.
    Unresolved,
    /// Nobody listens there: known at once.
    Refused,
    /// It may be on its way for ever: known after the connection's time-out.
    Lost,
}

impl Taosd {
    /// Sends something to the server of an end point.
    pub fn send(&self, to: &EndPoint, event: Event) -> Result<Arc<Self>, Unsent> {
        let mut links = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let renews = self.release().renews_addresses();
        let known = links.get(&to.fqdn).map(|link| link.ip);
        let Some(ip) = known.or_else(|| self.host.resolve(&to.fqdn)) else { return Err(Unsent::Unresolved) };
        match ports::dial(&self.host, ip, to.port) {
            Ok(remote) => {
                links.insert(Arc::clone(&to.fqdn), Link { ip, lost: None });
                self.deliver(&remote, 1, event);
                Ok(remote)
            }
            Err(ConnectError::Refused) => {
                if renews {
                    links.remove(&to.fqdn);
                }
                Err(Unsent::Refused)
            }
            Err(ConnectError::Unreachable) => {
                let link = links.entry(Arc::clone(&to.fqdn)).or_insert(Link { ip, lost: None });
                let since = *link.lost.get_or_insert_with(Instant::now);
                if renews && since.elapsed() >= CONNECT_TIMEOUT {
                    links.remove(&to.fqdn);
                }
                Err(Unsent::Lost)
            }
        }
    }

    /// Answers over the way that a message came.
    pub fn answer(&self, to: &Sender, event: Event) {
        if let Some(remote) = to.process.upgrade().filter(|_| self.reaches(to.ip)) {
            self.deliver(&remote, 1, event);
        }
    }

    /// This process, as the sender of a message.
    pub fn sender(&self) -> Sender {
        Sender { process: self.weak(), ip: self.host.ip }
    }
}
