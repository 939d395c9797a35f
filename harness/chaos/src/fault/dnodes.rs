//! Dnodes as faults see and drop them.

use std::time::Duration;

use seatrial_cluster::{Full, Via};
use tokio::time::{Instant, sleep};

use super::{FaultError, Site};

/// Until a dnode that was dropped is no longer listed.
const DROPPED: Duration = Duration::from_secs(90);

/// Drops the dnode of a pod through another pod; its id.
pub(super) async fn drop_dnode(site: &Site, ordinal: u32) -> Result<(u32, u32), FaultError> {
    let name = site.pod(ordinal);
    for (_, pod) in site.pods().await?.into_iter().filter(|(other, pod)| *other != ordinal && pod.ready) {
        let Ok(dnodes) = site.cluster.dnodes(&pod.name, Via::Shell, Full::AsShown).await.rows else { continue };
        let row = dnodes.iter().find(|dnode| dnode.end_point.host() == Some(&name));
        let row = row.ok_or_else(|| FaultError::nobody(format!("{name} is no dnode")))?;
        // 3.x takes the id, 2.x the end point; only 3.x tells how many vnodes a dnode takes.
        let sql = match row.support_vnodes {
            Some(_) => format!("drop dnode {}", row.id),
            None => format!("drop dnode '{}'", site.end_point(ordinal)),
        };
        let limit = site.cluster.limits().query;
        for outcome in site.cluster.sql(&pod.name, &sql, Via::Shell, limit).await.outcomes? {
            outcome.reply.map_err(|error| FaultError::Refused(error.text))?;
        }
        return Ok((row.id, ordinal));
    }
    Err(FaultError::nobody("no other server answers"))
}

/// Waits until a dnode is no longer listed.
pub(super) async fn gone(site: &Site, id: u32) -> Result<(), FaultError> {
    let deadline = Instant::now() + DROPPED;
    while Instant::now() < deadline {
        let listed = listed(site, id).await?;
        if listed == Some(None) {
            return Ok(());
        }
        sleep(Duration::from_secs(1)).await;
    }
    Err(FaultError::Refused(format!("dnode {id} is still listed {} s after its drop", DROPPED.as_secs())))
}

/// The status of a dnode as the first server that answers lists it: `Some(None)` if it is not listed, `None` if nobody
/// answers.
pub(super) async fn listed(site: &Site, id: u32) -> Result<Option<Option<String>>, FaultError> {
    for pod in site.pods().await?.values().filter(|pod| pod.ready) {
        if let Ok(dnodes) = site.cluster.dnodes(&pod.name, Via::Shell, Full::AsShown).await.rows {
            return Ok(Some(dnodes.into_iter().find(|dnode| dnode.id == id).map(|dnode| dnode.status)));
        }
    }
    Ok(None)
}
