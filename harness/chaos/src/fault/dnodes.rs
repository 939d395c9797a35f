//! Dnodes as faults see and drop them.

use std::time::Duration;

use seatrial_cluster::{Full, Via};
use seatrial_taos::Dnode;
use tokio::time::{Instant, sleep};

use super::{FaultError, Site};

/// The status of a dnode that does its work, in all versions.
const READY: &str = "ready";

/// How long it may take until a dnode that was dropped is no longer listed, and how long the statement may take: that of 3.x
/// answers when it is done. 3 min: servers took about 3 s (2.1.1.0) and 10 s (3.x) a vnode, 61 s at most.
const DROPPED: Duration = Duration::from_secs(180);
/// How long it may take until the dnode of a new pod is listed as ready. 3 min: its pod has to be started first, after
/// which servers took 2 to 15 s.
const JOINED: Duration = Duration::from_secs(180);
/// How long a dnode may be listed as ready once the server has agreed to drop it.
const HEEDED: Duration = Duration::from_secs(5);
/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// A dnode that is being dropped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dropped {
    pub id: u32,
    pub ordinal: u32,
    /// Whether it was ready until then: only then it can give away what it has.
    ready: bool,
    since: Instant,
    /// When the server agreed; none if no answer came.
    agreed: Option<Instant>,
}

/// Drops the dnode of a pod through another pod.
pub(super) async fn drop_dnode(site: &Site, ordinal: u32) -> Result<Dropped, FaultError> {
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
        let ready = row.status == READY;
        let mut dropped = Dropped { id: row.id, ordinal, ready, since: Instant::now(), agreed: None };
        // Without an answer it may still be done, which the list tells.
        for outcome in site.cluster.sql(&pod.name, &sql, Via::Shell, DROPPED).await.outcomes.unwrap_or_default() {
            outcome.reply.map_err(|error| FaultError::Refused(error.text))?;
            dropped.agreed = Some(Instant::now());
        }
        return Ok(dropped);
    }
    Err(FaultError::nobody("no other server answers"))
}

/// Waits until a dnode that was dropped is no longer listed.
pub(super) async fn gone(site: &Site, dropped: Dropped) -> Result<(), FaultError> {
    let mut last = "of unknown state".to_owned();
    loop {
        match listed(site, |dnode| dnode.id == dropped.id).await? {
            Some(None) => return Ok(()),
            Some(Some(status)) => last = status,
            None => {}
        }
        let unheeded = dropped.agreed.is_some_and(|agreed| agreed.elapsed() >= HEEDED) && last == READY;
        if unheeded || dropped.since.elapsed() >= DROPPED {
            let (id, pod) = (dropped.id, site.pod(dropped.ordinal));
            let text = format!("dnode {id} ({pod}) is {last} {} s after its drop", dropped.since.elapsed().as_secs());
            return Err(if dropped.ready { FaultError::Unfinished(text) } else { FaultError::Refused(text) });
        }
        sleep(PAUSE).await;
    }
}

/// Waits until the dnode of a pod is listed as ready.
pub(super) async fn joined(site: &Site, ordinal: u32) -> Result<(), FaultError> {
    let (pod, begun) = (site.pod(ordinal), Instant::now());
    loop {
        let status = listed(site, |dnode| dnode.end_point.host() == Some(&pod)).await?.flatten();
        if status.as_deref() == Some(READY) {
            return Ok(());
        }
        let leaving = status.as_deref().is_some_and(|status| status.starts_with("dropping"));
        if leaving || begun.elapsed() >= JOINED {
            let status = status.map_or_else(|| "no dnode".to_owned(), |status| format!("a dnode that is {status}"));
            let text = format!("{pod} is {status} after {} s", begun.elapsed().as_secs());
            // No server is to blame for a pod that has no place, no volume or no image yet.
            let waits = site.pod_state(ordinal).await?.is_none_or(|pod| pod.phase == "Pending");
            return Err(if waits {
                FaultError::nobody(format!("{text}, and its pod does not run"))
            } else {
                FaultError::Unfinished(text)
            });
        }
        sleep(PAUSE).await;
    }
}

/// The status of a dnode as the first server that answers lists it: `Some(None)` if it is not listed, `None` if nobody
/// answers.
pub(super) async fn listed(site: &Site, meant: impl Fn(&Dnode) -> bool) -> Result<Option<Option<String>>, FaultError> {
    for pod in site.pods().await?.values().filter(|pod| pod.ready) {
        if let Ok(dnodes) = site.cluster.dnodes(&pod.name, Via::Shell, Full::AsShown).await.rows {
            return Ok(Some(dnodes.into_iter().find(|dnode| meant(dnode)).map(|dnode| dnode.status)));
        }
    }
    Ok(None)
}
