//! How it is seen that a fault took hold, and that it is gone.

use std::{collections::BTreeMap, net::Ipv4Addr};

use seatrial_cluster::PodState;

use super::{
    Fault, FaultError, Injector, Rule, Spot,
    acts::{COMMAND, Memo, same_container},
    dnodes::listed,
};

impl Injector {
    /// What proves now that a fault took hold; `None` if nothing does yet.
    pub(super) async fn witness_of(&self, fault: &Fault, memo: &Memo) -> Result<Option<String>, FaultError> {
        let site = &self.site;
        match memo {
            Memo::Pods(before) => {
                let now = site.pods().await?;
                let changed: Vec<String> = before.values().filter_map(|pod| replaced(pod, &now)).collect();
                // The pods of a rolling restart go one by one.
                let enough = if matches!(fault, Fault::RollingRestart(_)) { 1 } else { before.len() };
                Ok(told(&changed, enough))
            }
            Memo::Processes(before) => {
                let mut seen = Vec::new();
                for (ordinal, (pid, pod)) in before {
                    seen.extend(match fault {
                        Fault::PauseProcess(_) => self.stopped(*ordinal, pid).await,
                        _ => self.killed(*ordinal, pid, pod).await?,
                    });
                }
                Ok(told(&seen, before.len()))
            }
            Memo::Replicas(before) => {
                let (asked, pods) = (site.cluster.replicas(&site.stateful_set).await?, site.pods().await?);
                let leaving = (asked..*before).all(|ordinal| pods.get(&ordinal).is_none_or(|pod| pod.deleting));
                let came = (*before..asked).any(|ordinal| pods.contains_key(&ordinal)) || asked < *before;
                Ok((asked != *before && leaving && came).then(|| format!("{asked} replicas instead of {before}")))
            }
            Memo::Dnode { id, ordinal } => Ok(match listed(site, |dnode| dnode.id == *id).await? {
                Some(None) => Some(format!("dnode {id} of {} is no longer listed", site.pod(*ordinal))),
                Some(Some(status)) if status.starts_with("dropping") => Some(format!("dnode {id} is {status}")),
                _ => None,
            }),
            Memo::Claims(before) => {
                let claims = site.cluster.snapshot().await?.claims;
                let lost = |(ordinal, uid): (&u32, &String)| {
                    let name = site.claim_of(*ordinal);
                    let now = claims.get(&name).map(|claim| &claim.uid);
                    (now != Some(uid)).then(|| format!("the claim {name} with UID {uid} is gone"))
                };
                Ok(told(&before.iter().filter_map(lost).collect::<Vec<_>>(), before.len()))
            }
            Memo::Rules(rules) => self.dropping(fault, rules).await,
            Memo::Starved(before) => {
                let now = site.pods().await?;
                let killed = |(ordinal, pod): (&u32, &PodState)| {
                    let now = now.get(ordinal).filter(|now| now.uid == pod.uid && now.restarts > pod.restarts)?;
                    // Who ended for another reason did not run out of memory.
                    let reason = now.ended.as_deref().filter(|reason| *reason == "OOMKilled")?;
                    Some(format!("the container of {} ended: {reason}", pod.name))
                };
                Ok(told(&before.iter().filter_map(killed).collect::<Vec<_>>(), before.len()))
            }
            Memo::Damage(damage) => self.damaged(damage).await,
            Memo::Filled(pods) => self.full(pods).await,
            Memo::Slowed(slowed) => self.writes_are_slow(slowed).await,
            Memo::Clocks(clocks) => self.clocks_are_off(clocks).await,
            Memo::Template(before) => self.template_changed(before).await,
            Memo::Nodes(nodes) => {
                let mut stopped = Vec::new();
                for node in nodes {
                    if !self.underlay(fault)?.runs(node).await? {
                        stopped.push(format!("node {node} does not run"));
                    }
                }
                Ok(told(&stopped, nodes.len()))
            }
        }
    }

    /// What proves now that a fault that lasts is gone; `None` if nothing does yet.
    pub(super) async fn proof_of(&self, fault: &Fault, memo: &Memo) -> Result<Option<String>, FaultError> {
        let site = &self.site;
        match memo {
            Memo::Processes(before) => {
                let mut seen = Vec::new();
                for (ordinal, (pid, pod)) in before {
                    let same = same_container(site.pod_state(*ordinal).await?.as_ref(), pod);
                    if !same {
                        seen.push(format!("the container of {} is another", pod.name));
                    } else if let Ok(Some(state)) = self.state_of(*ordinal, pid).await
                        && state != 'T'
                    {
                        seen.push(format!("process {pid} in {} is in state {state}", pod.name));
                    }
                }
                Ok(told(&seen, before.len()))
            }
            Memo::Replicas(before) => {
                let (asked, pods) = (site.cluster.replicas(&site.stateful_set).await?, site.pods().await?);
                Ok((asked == *before).then(|| format!("{asked} replicas are asked for; {} pods exist", pods.len())))
            }
            Memo::Rules(rules) => {
                let gone = self.lifted(fault, rules).await?;
                Ok(gone.then(|| format!("none of the {} rules is there", rules.len())))
            }
            Memo::Nodes(nodes) => {
                for node in nodes {
                    if !self.underlay(fault)?.runs(node).await? {
                        return Ok(None);
                    }
                }
                Ok(Some(format!("{} runs", nodes.join(", "))))
            }
            Memo::Template(before) => self.template_is_back(before).await,
            Memo::Filled(pods) => self.has_room(pods).await,
            Memo::Slowed(slowed) => {
                let lifted = self.lifted(fault, &slowed.rules).await?;
                if lifted { self.writes_are_fast(slowed).await } else { Ok(None) }
            }
            Memo::Clocks(clocks) => self.clocks_are_right(clocks).await,
            Memo::Pods(_) | Memo::Dnode { .. } | Memo::Claims(_) | Memo::Starved(_) | Memo::Damage(_) => {
                Ok(Some("it was over at once".to_owned()))
            }
        }
    }

    /// That none of these rules is there.
    async fn lifted(&self, fault: &Fault, rules: &[Rule]) -> Result<bool, FaultError> {
        for rule in rules {
            if self.underlay(fault)?.count(rule).await?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The state of a process, as the kernel names it.
    async fn state_of(&self, ordinal: u32, pid: &str) -> Result<Option<char>, FaultError> {
        let (_, stat) = self.site.exec(ordinal, &["cat", &format!("/proc/{pid}/stat")], COMMAND).await?;
        // Behind the name, which may contain anything.
        Ok(stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next()))
    }

    async fn stopped(&self, ordinal: u32, pid: &str) -> Option<String> {
        let state = self.state_of(ordinal, pid).await.ok().flatten()?;
        (state == 'T').then(|| format!("process {pid} in {} is in state T", self.site.pod(ordinal)))
    }

    pub(super) async fn killed(
        &self,
        ordinal: u32,
        pid: &str,
        before: &PodState,
    ) -> Result<Option<String>, FaultError> {
        if !same_container(self.site.pod_state(ordinal).await?.as_ref(), before) {
            return Ok(Some(format!("the container of {} with process {pid} has ended", before.name)));
        }
        let now = self.site.exec(ordinal, &["pidof", "taosd"], COMMAND).await;
        Ok(match now {
            Ok((_, now)) if now == pid => None,
            // It may also just be ending: then the container tells at the next look.
            Ok((_, now)) => Some(format!("process {pid} in {} is gone; now `{now}`", before.name)),
            Err(_) => None,
        })
    }

    async fn dropping(&self, fault: &Fault, rules: &[Rule]) -> Result<Option<String>, FaultError> {
        let mut dropped = 0;
        for rule in rules {
            if let Rule::Names { at } | Rule::LateNames { at, .. } = rule {
                self.ask_for_a_name(at).await?;
            }
            dropped += self.underlay(fault)?.count(rule).await?.unwrap_or(0);
        }
        let what = match fault {
            Fault::Packets(_) => "disturbed",
            Fault::SlowNames(_) => "held back",
            _ => "dropped",
        };
        Ok((dropped > 0).then(|| format!("{} rules {what} {dropped} packets", rules.len())))
    }

    /// Has those whose packets are dropped or disturbed ask others for something, for the rules to count: two servers may
    /// have nothing to say to each other for long.
    pub(super) async fn provoke(&self, rules: &[Rule]) {
        let Ok(pods) = self.site.pods().await else { return };
        let ip = |pod: &PodState| pod.ip.as_ref().and_then(|ip| ip.parse::<Ipv4Addr>().ok());
        for rule in rules {
            let (from, to) = match rule {
                Rule::Drop { at, from } => (*from, Some(at.ip)),
                Rule::Shape { at, .. } => (at.ip, pods.values().filter_map(ip).find(|ip| *ip != at.ip)),
                _ => continue,
            };
            let asker = pods.iter().find(|(_, pod)| ip(pod) == Some(from));
            if let (Some((ordinal, _)), Some(to)) = (asker, to) {
                // What comes of it does not matter; what counts is the rule's own count.
                let _ = self.site.exec(*ordinal, &["taos", "-h", &to.to_string(), "-s", "select 1"], COMMAND).await;
            }
        }
    }

    /// Has the pod ask its name server, for the rule to count.
    async fn ask_for_a_name(&self, at: &Spot) -> Result<(), FaultError> {
        let address = at.ip.to_string();
        let pods = self.site.pods().await?;
        let asker = pods.iter().find(|(_, pod)| pod.ip.as_deref() == Some(&address));
        if let Some((ordinal, _)) = asker {
            // That it fails, or gives up, is what is wanted; what counts is the rule's own count.
            let _ = self.site.exec(*ordinal, &["getent", "hosts", "kubernetes.default"], COMMAND).await;
        }
        Ok(())
    }
}

/// That a pod is not the one it was, in words.
fn replaced(before: &PodState, now: &BTreeMap<u32, PodState>) -> Option<String> {
    let now = before.ordinal.and_then(|ordinal| now.get(&ordinal));
    match now {
        None => Some(format!("{} with UID {} is gone", before.name, before.uid)),
        Some(now) if now.uid != before.uid => {
            let ip = now.ip.as_deref().unwrap_or("no address yet");
            Some(format!("{} has UID {} instead of {}, {ip}", now.name, now.uid, before.uid))
        }
        Some(now) => now.deleting.then(|| format!("{} is Terminating", now.name)),
    }
}

/// All of it in one sentence, if there is enough of it.
fn told(seen: &[String], enough: usize) -> Option<String> {
    (seen.len() >= enough && enough > 0).then(|| seen.join("; "))
}
