use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};

use seatrial_cluster::PodState;
use seatrial_record::FaultPhase;
use tokio::time::{Instant, sleep};

use super::{DeletePod, Fault, FaultError, Site, Underlay, acts::Memo};

/// How long it may take until a fault is seen to have taken hold. 60 s: a pod may use its grace period first.
const WITNESS: Duration = Duration::from_secs(60);
/// How long servers may have nothing to say to each other that a rule of the network could be seen by; then they are made to.
const QUIET: Duration = Duration::from_secs(10);
/// How long it may take until a fault that was taken back is seen to be gone. 120 s: a node has to start.
const HEALED: Duration = Duration::from_secs(120);
/// The same for one that replaces pods, which may each use their grace period, and have to be ready again.
const REPLACED: Duration = Duration::from_secs(240);
/// How long there may be nobody to do a fault to. 60 s: a pod that is being replaced may use its grace period first.
const SOMEBODY: Duration = Duration::from_secs(60);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// Does faults, and takes them back.
pub struct Injector {
    pub(super) site: Site,
    pub(super) underlay: Option<Arc<dyn Underlay>>,
    active: Vec<Active>,
    done: u32,
    excused: BTreeMap<String, u32>,
}

struct Active {
    number: u32,
    fault: Fault,
    memo: Memo,
}

/// What happened to a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Number of the fault, from 1.
    pub number: u32,
    /// The fault.
    pub fault: Fault,
    /// What happened to it.
    pub phase: FaultPhase,
    /// The witness or the proof in words, or why there is none.
    pub text: String,
}

impl std::fmt::Debug for Injector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Injector").field("site", &self.site).finish_non_exhaustive()
    }
}

impl Injector {
    /// An injector of faults at `site`; those that need what is below Kubernetes are refused without `underlay`.
    pub fn new(site: Site, underlay: Option<Arc<dyn Underlay>>) -> Self {
        Self { site, underlay, active: Vec::new(), done: 0, excused: BTreeMap::new() }
    }

    /// Where faults are done.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Faults that were done and not taken back, in order.
    pub fn active(&self) -> impl Iterator<Item = (u32, &Fault)> {
        self.active.iter().map(|active| (active.number, &active.fault))
    }

    pub(super) fn underlay(&self, fault: &Fault) -> Result<&dyn Underlay, FaultError> {
        self.underlay.as_deref().ok_or_else(|| FaultError::NoUnderlay(fault.to_string()))
    }

    /// Does a fault. Whether it took hold, [`Injector::witness`] tells.
    pub async fn inject(&mut self, fault: &Fault) -> Result<Change, FaultError> {
        let deadline = Instant::now() + SOMEBODY;
        let memo = loop {
            match Box::pin(self.act(fault)).await {
                // A container may just be starting again, or nobody may lead for a moment.
                Err(error) if error.may_pass() && Instant::now() < deadline => sleep(PAUSE * 2).await,
                acted => break acted?,
            }
        };
        self.excuse(fault, &memo).await;
        self.done += 1;
        self.active.push(Active { number: self.done, fault: fault.clone(), memo });
        Ok(Change { number: self.done, fault: fault.clone(), phase: FaultPhase::Injected, text: String::new() })
    }

    /// Restarts of containers that faults are to blame for, by the UID of the pod, or by its name if it is still to come.
    pub fn excused(&self) -> &BTreeMap<String, u32> {
        &self.excused
    }

    async fn excuse(&mut self, fault: &Fault, memo: &Memo) {
        // A probe may restart what is paused, as often as it likes; a node that comes back restarts what it had.
        const MANY: u32 = 1_000;
        let (uids, restarts): (Vec<String>, u32) = match memo {
            Memo::Processes(before) => {
                let uids = before.values().map(|(_, pod)| pod.uid.clone()).collect();
                (uids, if matches!(fault, Fault::PauseProcess(_)) { MANY } else { 1 })
            }
            Memo::Damage(damage) => (damage.processes.values().map(|(_, pod)| pod.uid.clone()).collect(), 1),
            // The pod that comes instead may find that the old server still holds the lock of its data, and ends once (2.1.1.0
            // on kind: `failed to lock file ... database may be running, quit`).
            Memo::Pods(before) if matches!(fault, Fault::DeletePod(DeletePod { force: true, .. })) => {
                (before.values().map(|pod| pod.name.clone()).collect(), 1)
            }
            Memo::Starved(before) => (before.values().map(|pod| pod.uid.clone()).collect(), 1),
            Memo::Nodes(nodes) => {
                let pods = self.site.pods().await.unwrap_or_default();
                let on = |pod: &PodState| pod.node.as_ref().is_some_and(|node| nodes.contains(node));
                (pods.into_values().filter(on).map(|pod| pod.uid).collect(), MANY)
            }
            _ => (Vec::new(), 0),
        };
        for uid in uids {
            *self.excused.entry(uid).or_default() += restarts;
        }
    }

    /// Looks for the witness of a fault, and tells of it, or that there is none within its bound. A fault that does not
    /// last is over with it.
    pub async fn witness(&mut self, number: u32) -> Option<Change> {
        let at = self.active.iter().position(|active| active.number == number)?;
        let Active { fault, memo, .. } = self.active.get(at)?;
        let limit = if fault.replaces() { REPLACED } else { WITNESS };
        let quiet = if matches!(memo, Memo::Rules(_)) { QUIET } else { limit };
        let mut looked = look(quiet, || self.witness_of(fault, memo)).await;
        if let (Err(_), Memo::Rules(rules)) = (&looked, memo) {
            self.provoke(rules).await;
            looked = look(limit, || self.witness_of(fault, memo)).await;
        }
        let (phase, text) = match looked {
            Ok(text) => (FaultPhase::Witnessed, text),
            Err(why) => (FaultPhase::NotWitnessed, format!("nothing proves that it took hold: {why}")),
        };
        let change = Change { number, fault: fault.clone(), phase, text };
        if !change.fault.lasts() {
            self.active.remove(at);
        }
        Some(change)
    }

    /// Takes a fault back. Whether it is gone, [`Injector::prove`] tells.
    pub async fn heal(&mut self, number: u32) -> Result<Option<Change>, FaultError> {
        let Some(Active { fault, memo, .. }) = self.active.iter().find(|active| active.number == number) else {
            return Ok(None);
        };
        self.undo(fault, memo).await?;
        Ok(Some(Change { number, fault: fault.clone(), phase: FaultPhase::Healing, text: String::new() }))
    }

    /// Looks for the proof that a fault is gone, and tells of it, or that there is none within its bound.
    pub async fn prove(&mut self, number: u32) -> Option<Change> {
        let at = self.active.iter().position(|active| active.number == number)?;
        let Active { fault, memo, .. } = self.active.get(at)?;
        let limit = if fault.replaces() { REPLACED } else { HEALED };
        let looked = look(limit, || self.proof_of(fault, memo)).await;
        let (phase, text) = match looked {
            Ok(text) => (FaultPhase::Healed, text),
            Err(why) => (FaultPhase::NotHealed, format!("nothing proves that it is gone: {why}")),
        };
        let change = Change { number, fault: fault.clone(), phase, text };
        if phase == FaultPhase::Healed {
            self.active.remove(at);
        }
        Some(change)
    }
}

/// Looks again and again until something is seen; else why not.
async fn look<F: Future<Output = Result<Option<String>, FaultError>>>(
    limit: Duration,
    mut once: impl FnMut() -> F,
) -> Result<String, String> {
    let deadline = Instant::now() + limit;
    loop {
        let why = match once().await {
            Ok(Some(text)) => return Ok(text),
            Ok(None) => format!("not seen for {} s", limit.as_secs()),
            Err(error) => error.to_string(),
        };
        if Instant::now() + PAUSE > deadline {
            return Err(why);
        }
        sleep(PAUSE).await;
    }
}
