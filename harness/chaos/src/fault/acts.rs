//! What is done for each fault, and what takes it back.

use std::{collections::BTreeMap, time::Duration};

use seatrial_cluster::{Full, Kind, PodState, Target as Object, Via};
use tokio::time::{Instant, sleep};

use super::{DeletePod, Fault, FaultError, Injector, Partition, Rule, Scale, Site, Target};

/// A command in a pod. 20 s: it is a `kill`.
pub(super) const COMMAND: Duration = Duration::from_secs(20);
/// Until a dnode that was dropped is no longer listed.
const DROPPED: Duration = Duration::from_secs(90);

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
                for ordinal in &leaving {
                    let (id, _) = drop_dnode(site, *ordinal).await?;
                    gone(site, id).await?;
                }
                site.cluster.scale(&site.stateful_set, *to).await?;
                for ordinal in leaving {
                    let claim = Object::Named(Kind::Claim, site.claim_of(ordinal));
                    site.cluster.delete(&claim, false).await?;
                }
                Ok(Memo::Replicas(before))
            }
            Fault::DropDnode(on) => {
                // A dnode outlives its pod, so it is not looked for among the pods.
                let ordinal = match &on.pod {
                    Target::Pod(ordinal) => *ordinal,
                    other => site.resolve(other).await?.first().copied().unwrap_or_default(),
                };
                let (id, ordinal) = drop_dnode(site, ordinal).await?;
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
            Fault::StopNode(on) => {
                let mut nodes: Vec<String> =
                    self.meant(&on.pod).await?.values().filter_map(|pod| pod.node.clone()).collect();
                nodes.sort();
                nodes.dedup();
                for node in &nodes {
                    self.underlay(fault)?.stop(node).await?;
                }
                Ok(Memo::Nodes(nodes))
            }
        }
    }

    /// The pods that are meant, as they are.
    async fn meant(&self, target: &Target) -> Result<BTreeMap<u32, PodState>, FaultError> {
        let meant = self.site.resolve(target).await?;
        let mut pods = self.site.pods().await?;
        pods.retain(|ordinal, _| meant.contains(ordinal));
        Ok(pods)
    }

    async fn signal(&self, target: &Target, signal: &str) -> Result<Memo, FaultError> {
        let mut before = BTreeMap::new();
        for (ordinal, pod) in self.meant(target).await? {
            let (_, pid) = self.site.exec(ordinal, &["pidof", "taosd"], COMMAND).await?;
            if pid.parse::<u32>().is_err() {
                return Err(FaultError::nobody(format!("no taosd runs in {}", pod.name)));
            }
            before.insert(ordinal, (pid, pod));
        }
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
        Ok(Memo::Rules(rules))
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
            Memo::Replicas(before) => self.site.cluster.scale(&self.site.stateful_set, *before).await?,
            Memo::Rules(rules) => {
                let underlay = self.underlay(fault)?;
                let mut failed = None;
                for rule in rules {
                    // The others go in any case.
                    failed = underlay.lift(rule).await.err().or(failed);
                }
                if let Some(error) = failed {
                    return Err(error.into());
                }
            }
            Memo::Nodes(nodes) => {
                for node in nodes {
                    self.underlay(fault)?.start(node).await?;
                }
            }
            Memo::Pods(_) | Memo::Processes(_) | Memo::Dnode { .. } | Memo::Claims(_) => {}
        }
        Ok(())
    }
}

/// True if the container of `before` still runs.
pub(super) fn same_container(now: Option<&PodState>, before: &PodState) -> bool {
    now.is_some_and(|now| now.uid == before.uid && now.restarts == before.restarts && now.running)
}

/// Drops the dnode of a pod through another pod; its id.
async fn drop_dnode(site: &Site, ordinal: u32) -> Result<(u32, u32), FaultError> {
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
async fn gone(site: &Site, id: u32) -> Result<(), FaultError> {
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
