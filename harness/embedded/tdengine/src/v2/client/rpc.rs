use std::sync::Arc;

use seatrial_sim::Defect;
use seatrial_sql::{SqlError, codes};
use tokio::time::{Duration, sleep};

use crate::{
    config::EndPoint,
    host::Host,
    v2::{
        ports::{self, Port},
        taosd::Taosd,
        types::MnodeSet,
    },
};

/// Milliseconds that a request is repeated before an end point that does not answer is given up.
const DEAD: u64 = 4_000;
/// Redirections that a request follows.
const REDIRECTS: u32 = 5;
/// Milliseconds after which a client gives up when nobody is master.
const NO_MASTER: u64 = 8_000;

/// Asks the end points of a group, beginning with one of them, until one answers with anything but "not ready".
///
/// If none does, the error is that of the last one asked, as in the real library: its order decides between
/// "Unable to resolve FQDN" and "Database not ready".
pub(crate) async fn any<T>(
    from: &Host,
    eps: &[EndPoint],
    (first, offset, port): (usize, u16, Port),
    call: impl Fn(&Arc<Taosd>) -> Result<T, SqlError>,
) -> Result<T, SqlError> {
    let mut last = SqlError::of(codes::RPC_NETWORK_UNAVAIL);
    for step in 0..eps.len() {
        let Some(ep) = eps.get((first + step) % eps.len()) else { break };
        match reach(from, ep, offset, port).await {
            Err(error) => last = error,
            Ok(taosd) => match call(&taosd) {
                Err(error) if error.code == codes::APP_NOT_READY => last = error,
                answer => return answer,
            },
        }
        sleep(Duration::from_millis(1)).await;
    }
    Err(last)
}

/// Connects to a server.
async fn reach(from: &Host, ep: &EndPoint, offset: u16, port: Port) -> Result<Arc<Taosd>, SqlError> {
    let found = from.resolve(&ep.fqdn);
    from.wait_for_resolver().await;
    let Some(ip) = found else {
        let wrong = from.world.defects.has(Defect::UnresolvedNameMisreported);
        return Err(SqlError::of(if wrong { codes::RPC_NETWORK_UNAVAIL } else { codes::RPC_FQDN_ERROR }));
    };
    if let Ok(taosd) = ports::dial(from, ip, ep.port + offset, port) {
        from.round_trip(ip).await;
        return Ok(taosd);
    }
    sleep(Duration::from_millis(from.dice("rpc").between(DEAD, DEAD + 300))).await;
    Err(SqlError::of(codes::RPC_NETWORK_UNAVAIL))
}

/// Finds the master among the mnodes, following redirections; `set` is then what the master says of the mnodes.
pub(crate) async fn master(from: &Host, set: &mut MnodeSet) -> Result<Arc<Taosd>, SqlError> {
    let begun = tokio::time::Instant::now();
    let (mut redirects, mut tries) = (0, 0);
    let mut current = set.clone();
    let mut last = SqlError::of(codes::RPC_NETWORK_UNAVAIL);
    while tries < current.members.len() {
        let Some(member) = current.members.get(current.in_use % current.members.len()) else { break };
        tries += 1;
        match reach(from, &member.ep, 0, Port::Shell).await {
            Err(error) => {
                last = error;
                current.in_use += 1;
            }
            Ok(taosd) => {
                let found = taosd.state().master(&taosd).map(|mnode| mnode.set());
                match found {
                    Ok(mnodes) => {
                        *set = mnodes;
                        return Ok(taosd);
                    }
                    Err(others) => {
                        redirects += 1;
                        if redirects > REDIRECTS {
                            let rest = Duration::from_millis(from.dice("rpc").between(NO_MASTER, NO_MASTER + 500));
                            tokio::time::sleep_until(begun + rest).await;
                            return Err(SqlError::of(codes::RPC_NETWORK_UNAVAIL));
                        }
                        if !others.members.is_empty() {
                            current = others;
                            tries = 0;
                        }
                    }
                }
            }
        }
        sleep(Duration::from_millis(1)).await;
    }
    Err(last)
}
