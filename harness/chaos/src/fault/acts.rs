//! What is done for each fault, and what takes it back.

use std::{collections::BTreeMap, future::Future, time::Duration};

use seatrial_cluster::{Kind, PodState, Target as Object};
use tokio::time::{Instant, sleep};

use super::{
    DeletePod, Fault, FaultError, Injector, Partition, Rule, Scale, Site, Target,
    clocks::Clocks,
    disks::Slowed,
    dnodes::{Dropped, drop_dnode, gone, joined},
    templates::Before,
    wal::Damage,
};

/// A command in a pod. 20 s: it is a `kill`.
pub(super) const COMMAND: Duration = Duration::from_secs(20);

/// How long it may take until pods that leave, or what they had, are gone. 2 min: a pod may use its grace period first.
const LEFT: Duration = Duration::from_secs(120);

/// What was there before a fault, and what has to be taken back.
#[derive(Clone, Debug)]
pub(super) enum Memo {
    /// Pods as they were.
    Pods(BTreeMap<u32, PodState>),
    /// Server processes, and the pods that they ran in.
    Processes(BTreeMap<u32, (String, PodState)>),
    /// The number of pods.
    Replicas(u32),
    /// The id of a dnode, and the ordinal of its pod.
    Dnode { id: u32, ordinal: u32 },
    /// UIDs of claims.
    Claims(BTreeMap<u32, String>),
    /// Rules that were made.
    Rules(Vec<Rule>),
    /// Nodes that were stopped.
    Nodes(Vec<String>),
    /// Containers that run out of memory.
    Starved(BTreeMap<u32, PodState>),
    /// Clocks that were set.
    Clocks(Clocks),
    /// Pods whose disks were slowed.
    Slowed(Slowed),
    /// Pods whose volumes were filled.
    Filled(BTreeMap<u32, PodState>),
    /// Servers whose logs were damaged.
    Damage(Damage),
    /// Pods, and what their template was.
    Template(Before),
}

impl Injector {
    pub(super) async fn act(&self, fault: &Fault) -> Result<Memo, FaultError> {
        let site = &self.site;
        match fault {
            Fault::DeletePod(DeletePod { pod, force }) => {
                let before = self.meant(pod).await?;
                for pod in before.values() {
                    site.cluster.delete_pod(&pod.name, force.then_some(0), false).await?;
                }
                Ok(Memo::Pods(before))
            }
            Fault::KillProcess(on) => self.signal(&on.pod, "-9").await,
            Fault::PauseProcess(on) => self.signal(&on.pod, "-STOP").await,
            Fault::RollingRestart(_) => {
                let before = site.pods().await?;
                site.cluster.restart(&site.stateful_set).await?;
                Ok(Memo::Pods(before))
            }
            Fault::Scale(Scale { to, safely }) => {
                let before = site.cluster.replicas(&site.stateful_set).await?;
                if before == *to {
                    return Err(FaultError::nobody(format!("there are {to} replicas already")));
                }
                let leaving: Vec<u32> = (*to..before).rev().filter(|_| *safely).collect();
                self.scale_down(*to, &leaving).await?;
                Ok(Memo::Replicas(before))
            }
            Fault::DropDnode(on) => {
                // A dnode outlives its pod, so it is not looked for among the pods.
                let ordinal = match &on.pod {
                    Target::Pod(ordinal) => *ordinal,
                    other => site.resolve(other).await?.first().copied().unwrap_or_default(),
                };
                let Dropped { id, ordinal, .. } = drop_dnode(site, ordinal).await?;
                Ok(Memo::Dnode { id, ordinal })
            }
            Fault::LoseVolume(on) => {
                let (pods, claims) = (self.meant(&on.pod).await?, site.cluster.snapshot().await?.claims);
                let uid = |ordinal: &u32| Some((*ordinal, claims.get(&site.claim_of(*ordinal))?.uid.clone()));
                let before: BTreeMap<u32, String> = pods.keys().filter_map(uid).collect();
                for (ordinal, pod) in &pods {
                    let claim = Object::Named(Kind::Claim, site.claim_of(*ordinal));
                    site.cluster.delete(&claim, false).await?;
                    site.cluster.delete_pod(&pod.name, Some(0), false).await?;
                }
                Ok(Memo::Claims(before))
            }
            Fault::Partition(partition) => self.cut(partition).await,
            Fault::CutNames(on) => {
                let spots = self.meant(&on.pod).await?.values().map(Site::spot).collect::<Result<Vec<_>, _>>()?;
                self.lay(spots.into_iter().map(|at| Rule::Names { at }).collect()).await
            }
            Fault::Packets(packets) => {
                let effects = packets.effects();
                let spots = self.meant(&packets.pod).await?.values().map(Site::spot).collect::<Result<Vec<_>, _>>()?;
                self.lay(spots.into_iter().map(|at| Rule::Shape { at, effects }).collect()).await
            }
            Fault::DisconnectNode(on) => {
                let nodes = self.nodes_of(&on.pod).await?;
                self.lay(nodes.into_iter().map(|node| Rule::Node { node }).collect()).await
            }
            Fault::ExhaustMemory(on) => {
                let before = self.meant(&on.pod).await?;
                for pod in before.values() {
                    stays(pod)?;
                    self.underlay(fault)?.exhaust(pod).await?;
                }
                Ok(Memo::Starved(before))
            }
            Fault::SlowNames(slow) => {
                let spots = self.meant(&slow.pod).await?.values().map(Site::spot).collect::<Result<Vec<_>, _>>()?;
                let delay_ms = u32::try_from(slow.delay.0.as_millis()).unwrap_or(u32::MAX);
                self.lay(spots.into_iter().map(|at| Rule::LateNames { at, delay_ms }).collect()).await
            }
            Fault::SkewClock(skew) => self.skew(skew).await.map(Memo::Clocks),
            Fault::SlowVolume(slow) => self.slow(slow).await.map(Memo::Slowed),
            Fault::FillVolume(on) => self.fill(&on.pod).await.map(Memo::Filled),
            Fault::CorruptWal(corrupt) => self.corrupt(corrupt).await.map(Memo::Damage),
            Fault::ChangeEnvironment(change) => self.change_template(change.template()).await.map(Memo::Template),
            Fault::ChangeImage(change) => self.change_template(change.template()).await.map(Memo::Template),
            Fault::StopNode(on) => {
                let nodes = self.nodes_of(&on.pod).await?;
                for node in &nodes {
                    self.underlay(fault)?.stop(node).await?;
                }
                Ok(Memo::Nodes(nodes))
            }
        }
    }

    /// Scales, after the dnodes of pods that leave safely are dropped; what they had is deleted afterwards.
    async fn scale_down(&self, to: u32, leaving: &[u32]) -> Result<(), FaultError> {
        let site = &self.site;
        for ordinal in leaving {
            gone(site, drop_dnode(site, *ordinal).await?).await?;
        }
        site.cluster.scale(&site.stateful_set, to).await?;
        if leaving.is_empty() {
            return Ok(());
        }
        // A pod that comes again before would get the old volume.
        self.until_left("pods", || async { Ok(site.pods().await?.into_keys().any(|pod| leaving.contains(&pod))) })
            .await?;
        let claims: Vec<String> = leaving.iter().map(|ordinal| site.claim_of(*ordinal)).collect();
        for claim in &claims {
            match site.cluster.delete(&Object::Named(Kind::Claim, claim.clone()), false).await {
                // A StatefulSet may be told to do this itself.
                Err(error) if error.is_not_found() => {}
                deleted => drop(deleted?),
            }
        }
        let there = || async { Ok(site.cluster.snapshot().await?.claims.keys().any(|claim| claims.contains(claim))) };
        self.until_left("claims", there).await
    }

    async fn until_left<F: Future<Output = Result<bool, FaultError>>>(
        &self,
        what: &str,
        mut there: impl FnMut() -> F,
    ) -> Result<(), FaultError> {
        let deadline = Instant::now() + LEFT;
        while there().await? {
            if Instant::now() >= deadline {
                let text = format!("{what} that were to go are still there {} s later", LEFT.as_secs());
                return Err(FaultError::Unfinished(text));
            }
            sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    }

    /// The pods that are meant, as they are.
    pub(super) async fn meant(&self, target: &Target) -> Result<BTreeMap<u32, PodState>, FaultError> {
        let meant = self.site.resolve(target).await?;
        let mut pods = self.site.pods().await?;
        pods.retain(|ordinal, _| meant.contains(ordinal));
        Ok(pods)
    }

    /// The nodes of the pods that are meant.
    async fn nodes_of(&self, target: &Target) -> Result<Vec<String>, FaultError> {
        let mut nodes: Vec<String> = self.meant(target).await?.values().filter_map(|pod| pod.node.clone()).collect();
        nodes.sort();
        nodes.dedup();
        Ok(nodes)
    }

    /// The servers that are meant: their processes, and the pods that they run in.
    pub(super) async fn processes(&self, target: &Target) -> Result<BTreeMap<u32, (String, PodState)>, FaultError> {
        let mut before = BTreeMap::new();
        for (ordinal, pod) in self.meant(target).await? {
            stays(&pod)?;
            let (_, pid) = self.site.exec(ordinal, &["pidof", "taosd"], COMMAND).await?;
            if pid.parse::<u32>().is_err() {
                return Err(FaultError::nobody(format!("no taosd runs in {}", pod.name)));
            }
            before.insert(ordinal, (pid, pod));
        }
        Ok(before)
    }

    async fn signal(&self, target: &Target, signal: &str) -> Result<Memo, FaultError> {
        let before = self.processes(target).await?;
        for (ordinal, (pid, _)) in &before {
            self.site.exec(*ordinal, &["kill", signal, pid], COMMAND).await?;
        }
        Ok(Memo::Processes(before))
    }

    async fn cut(&self, partition: &Partition) -> Result<Memo, FaultError> {
        let pods = self.site.pods().await?;
        let meant = match partition {
            Partition::Isolate(target) | Partition::Mute(target) => self.site.resolve(target).await?,
            Partition::Pair(_) | Partition::Groups(_) => Vec::new(),
        };
        let all: Vec<u32> = pods.keys().copied().collect();
        let spot = |ordinal: &u32| match pods.get(ordinal) {
            Some(pod) => Site::spot(pod),
            None => Err(FaultError::nobody(format!("there is no pod {ordinal}"))),
        };
        let mut rules = Vec::new();
        for (from, to) in partition.ways(&all, &meant) {
            rules.push(Rule::Drop { at: spot(&to)?, from: spot(&from)?.ip });
        }
        if rules.is_empty() {
            return Err(FaultError::nobody("nobody is on the other side"));
        }
        self.lay(rules).await
    }

    async fn lay(&self, rules: Vec<Rule>) -> Result<Memo, FaultError> {
        self.lay_all(&rules).await?;
        Ok(Memo::Rules(rules))
    }

    pub(super) async fn lay_all(&self, rules: &[Rule]) -> Result<(), FaultError> {
        let underlay =
            self.underlay.as_ref().ok_or_else(|| FaultError::NoUnderlay("rules of the network".to_owned()))?;
        for (number, rule) in rules.iter().enumerate() {
            if let Err(error) = underlay.lay(rule).await {
                // Half a fault is none: what was made is taken back, and why it failed is told.
                for rule in rules.iter().take(number) {
                    underlay.lift(rule).await?;
                }
                return Err(error.into());
            }
        }
        Ok(())
    }

    async fn lift_all(&self, fault: &Fault, rules: &[Rule]) -> Result<(), FaultError> {
        let underlay = self.underlay(fault)?;
        let mut failed = None;
        for rule in rules {
            // The others go in any case.
            failed = underlay.lift(rule).await.err().or(failed);
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Takes a fault back.
    pub(super) async fn undo(&self, fault: &Fault, memo: &Memo) -> Result<(), FaultError> {
        match memo {
            Memo::Processes(before) if matches!(fault, Fault::PauseProcess(_)) => {
                for (ordinal, (pid, pod)) in before {
                    // Another container, or another pod, has no stopped process.
                    if same_container(self.site.pod_state(*ordinal).await?.as_ref(), pod) {
                        self.site.exec(*ordinal, &["kill", "-CONT", pid], COMMAND).await?;
                    }
                }
            }
            Memo::Replicas(before) => {
                let now = self.site.cluster.replicas(&self.site.stateful_set).await?;
                let leaving: Vec<u32> = (*before..now).rev().collect();
                // Who asked for more pods wants their dnodes, and takes them back as the documents ask for.
                for ordinal in leaving.iter().rev() {
                    joined(&self.site, *ordinal).await?;
                }
                self.scale_down(*before, &leaving).await?;
            }
            Memo::Rules(rules) => self.lift_all(fault, rules).await?,
            Memo::Clocks(clocks) => self.lift_all(fault, &clocks.rules).await?,
            Memo::Slowed(slowed) => self.lift_all(fault, &slowed.rules).await?,
            Memo::Nodes(nodes) => {
                for node in nodes {
                    self.underlay(fault)?.start(node).await?;
                }
            }
            Memo::Template(before) => self.change_template_back(before).await?,
            Memo::Filled(pods) => self.empty(pods).await?,
            Memo::Pods(_)
            | Memo::Processes(_)
            | Memo::Dnode { .. }
            | Memo::Claims(_)
            | Memo::Starved(_)
            | Memo::Damage(_) => {}
        }
        Ok(())
    }
}

/// What happens to a server that is ending anyway proves nothing.
fn stays(pod: &PodState) -> Result<(), FaultError> {
    if pod.deleting { Err(FaultError::nobody(format!("{} is Terminating", pod.name))) } else { Ok(()) }
}

/// True if the container of `before` still runs.
pub(super) fn same_container(now: Option<&PodState>, before: &PodState) -> bool {
    now.is_some_and(|now| now.uid == before.uid && now.restarts == before.restarts && now.running)
}
