use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};

use seatrial_cluster::PodState;
use seatrial_record::FaultPhase;
use tokio::time::{Instant, sleep};

use super::{
    DeletePod, Fault, FaultError, Rule, Site, Underlay,
    acts::{Memo, same_container},
};

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
    /// True once something was broken that stays so.
    spoiled: bool,
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
        Self { site, underlay, active: Vec::new(), done: 0, excused: BTreeMap::new(), spoiled: false }
    }

    /// Where faults are done.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Faults that were done and not taken back, in order.
    pub fn active(&self) -> impl Iterator<Item = (u32, &Fault)> {
        self.active.iter().map(|active| (active.number, &active.fault))
    }

    /// Names of those of these pods whose server a fault has stopped or cut off, so that nobody hears of it.
    pub fn away<'a>(&self, pods: impl Iterator<Item = &'a PodState>) -> Vec<String> {
        let stopped = |pod: &&PodState| {
            self.active.iter().any(|Active { fault, memo, .. }| match memo {
                Memo::Processes(before) if matches!(fault, Fault::PauseProcess(_)) => {
                    before.values().any(|(_, paused)| same_container(Some(pod), paused))
                }
                Memo::Nodes(nodes) => pod.node.as_ref().is_some_and(|node| nodes.contains(node)),
                Memo::Rules(rules) => rules.iter().any(|rule| match rule {
                    Rule::Node { node } => pod.node.as_ref() == Some(node),
                    _ => false,
                }),
                _ => false,
            })
        };
        pods.filter(stopped).map(|pod| pod.name.clone()).collect()
    }

    pub(super) fn underlay(&self, fault: &Fault) -> Result<&dyn Underlay, FaultError> {
        self.underlay.as_deref().ok_or_else(|| FaultError::NoUnderlay(fault.to_string()))
    }

    /// Does a fault. Whether it took hold, [`Injector::witness`] tells.
    pub async fn inject(&mut self, fault: &Fault) -> Result<Change, FaultError> {
        let memo = insist(|| Box::pin(self.act(fault))).await.map_err(|error| self.blamed(error, None))?;
        // Data that are gone do not come back, and some versions never end the drop of a dnode that is away.
        self.spoiled |= fault.destroys() || matches!(fault, Fault::DropDnode(_));
        self.excuse(fault, &memo).await;
        self.done += 1;
        self.active.push(Active { number: self.done, fault: fault.clone(), memo });
        Ok(Change { number: self.done, fault: fault.clone(), phase: FaultPhase::Injected, text: String::new() })
    }

    /// An error is the server's failure only if nothing is broken but by the fault `own`.
    fn blamed(&self, error: FaultError, own: Option<u32>) -> FaultError {
        let breaks = |active: &Active| match (&active.fault, &active.memo) {
            // More pods than before break nothing.
            (Fault::Scale(scale), Memo::Replicas(before)) => scale.to < *before,
            _ => true,
        };
        let broken = self.active.iter().any(|active| Some(active.number) != own && breaks(active));
        if self.spoiled || broken { error.excused() } else { error }
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
        if !self.is_covered(number) {
            insist(|| Box::pin(self.undo(fault, memo))).await.map_err(|error| self.blamed(error, Some(number)))?;
        }
        Ok(Some(Change { number, fault: fault.clone(), phase: FaultPhase::Healing, text: String::new() }))
    }

    /// True of a change of the number of pods after another one: the first knows how many there were.
    fn is_covered(&self, number: u32) -> bool {
        let mut changes = self.active.iter().filter(|active| matches!(active.memo, Memo::Replicas(_)));
        changes.next().is_some_and(|first| first.number < number) && changes.any(|active| active.number == number)
    }

    /// Looks for the proof that a fault is gone, and tells of it, or that there is none within its bound.
    pub async fn prove(&mut self, number: u32) -> Option<Change> {
        let at = self.active.iter().position(|active| active.number == number)?;
        let Active { fault, memo, .. } = self.active.get(at)?;
        let limit = if fault.replaces() { REPLACED } else { HEALED };
        let looked = if self.is_covered(number) {
            Ok("the number of pods goes back to what it was before an earlier change".to_owned())
        } else {
            look(limit, || self.proof_of(fault, memo)).await
        };
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

/// Does something again as long as there is nobody to do it to: a container may just be starting, or nobody may lead for a
/// moment.
async fn insist<T, F: Future<Output = Result<T, FaultError>>>(mut once: impl FnMut() -> F) -> Result<T, FaultError> {
    let deadline = Instant::now() + SOMEBODY;
    loop {
        match once().await {
            Err(error) if error.may_pass() && Instant::now() < deadline => sleep(PAUSE * 2).await,
            done => return done,
        }
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
