use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

use seatrial_cluster::{Cluster, ClusterError, Full, PodState, Via};

use super::{FaultError, Role, Spot, Target};

/// Where servers have their data, in the image and in both documents.
pub(super) const DATA_FOLDER: &str = "/var/lib/taos";

/// Where faults are done: the servers of one StatefulSet.
#[derive(Clone, Debug)]
pub struct Site {
    /// The namespace.
    pub cluster: Cluster,
    /// Name of the StatefulSet.
    pub stateful_set: String,
    /// Name of its Service.
    pub service: String,
    /// Name of its volume claim template.
    pub claim: String,
    /// The port of end points.
    pub port: u16,
}

impl Site {
    /// Name of the pod with this ordinal.
    pub fn pod(&self, ordinal: u32) -> String {
        format!("{}-{ordinal}", self.stateful_set)
    }

    /// Name of the claim of the pod with this ordinal.
    pub fn claim_of(&self, ordinal: u32) -> String {
        format!("{}-{}", self.claim, self.pod(ordinal))
    }

    /// End point of the pod with this ordinal.
    pub fn end_point(&self, ordinal: u32) -> String {
        let namespace = self.cluster.namespace();
        format!("{}.{}.{namespace}.svc.cluster.local:{}", self.pod(ordinal), self.service, self.port)
    }

    /// The pods that exist, by ordinal.
    pub async fn pods(&self) -> Result<BTreeMap<u32, PodState>, FaultError> {
        let pods = self.cluster.pods().await?;
        let ours = |pod: &PodState| pod.ordinal.is_some_and(|ordinal| pod.name == self.pod(ordinal));
        Ok(pods.into_iter().filter(ours).filter_map(|pod| Some((pod.ordinal?, pod))).collect())
    }

    /// The pod with this ordinal.
    pub async fn pod_state(&self, ordinal: u32) -> Result<Option<PodState>, FaultError> {
        Ok(self.cluster.pod(&self.pod(ordinal)).await?)
    }

    /// The ordinals of the pods that are meant; each exists.
    pub async fn resolve(&self, target: &Target) -> Result<Vec<u32>, FaultError> {
        let pods = self.pods().await?;
        let meant = match target {
            Target::Pod(ordinal) => vec![*ordinal],
            Target::Pods(ordinals) => ordinals.clone(),
            Target::Role(Role::All) => pods.keys().copied().collect(),
            Target::Role(Role::MnodeLeader) => vec![self.mnode_leader(&pods).await?],
            Target::Role(Role::VnodeLeader(database)) => vec![self.vnode_leader(database, &pods).await?],
        };
        match meant.iter().find(|ordinal| !pods.contains_key(ordinal)) {
            Some(missing) => Err(FaultError::nobody(format!("there is no pod {missing}"))),
            None if meant.is_empty() => Err(FaultError::nobody("there is no pod")),
            None => Ok(meant),
        }
    }

    async fn mnode_leader(&self, pods: &BTreeMap<u32, PodState>) -> Result<u32, FaultError> {
        for pod in ready(pods) {
            let view = self.cluster.mnodes(pod, Via::Shell, Full::AsShown).await;
            let Ok(mnodes) = view.rows else { continue };
            let leader = mnodes.iter().find(|mnode| leads(&mnode.role));
            if let Some(ordinal) = leader.and_then(|mnode| ordinal_of(mnode.end_point.host()?)) {
                return Ok(ordinal);
            }
        }
        Err(FaultError::nobody("no server tells who leads the mnodes"))
    }

    async fn vnode_leader(&self, database: &str, pods: &BTreeMap<u32, PodState>) -> Result<u32, FaultError> {
        for pod in ready(pods) {
            let vgroups = self.cluster.vgroups(pod, database, Via::Shell).await.rows;
            let dnodes = self.cluster.dnodes(pod, Via::Shell, Full::AsShown).await.rows;
            let (Ok(vgroups), Ok(dnodes)) = (vgroups, dnodes) else { continue };
            let replicas = vgroups.iter().flat_map(|vgroup| &vgroup.replicas);
            let Some(leader) = replicas.into_iter().find(|replica| leads(&replica.role)) else { continue };
            let row = dnodes.iter().find(|dnode| dnode.id == leader.dnode);
            if let Some(ordinal) = row.and_then(|dnode| ordinal_of(dnode.end_point.host()?)) {
                return Ok(ordinal);
            }
        }
        Err(FaultError::nobody(format!("no server tells who leads the vgroups of {database}")))
    }

    /// Where the network of a pod is.
    pub fn spot(pod: &PodState) -> Result<Spot, FaultError> {
        let ip: Option<Ipv4Addr> = pod.ip.as_deref().and_then(|ip| ip.parse().ok());
        match (ip, &pod.node) {
            (Some(ip), Some(node)) => Ok(Spot { ip, node: node.clone() }),
            _ => Err(FaultError::nobody(format!("{} has no address yet", pod.name))),
        }
    }

    /// Runs a command in the pod with this ordinal; the exit code and what it printed.
    pub async fn exec(&self, ordinal: u32, argv: &[&str], limit: Duration) -> Result<(i32, String), ClusterError> {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let output = self.cluster.exec(&self.pod(ordinal), None, &argv, limit).await?;
        Ok((output.exit, seatrial_record::clean(&output.stdout).trim().to_owned()))
    }
}

fn ready(pods: &BTreeMap<u32, PodState>) -> impl Iterator<Item = &str> {
    pods.values().filter(|pod| pod.ready && !pod.deleting).map(|pod| pod.name.as_str())
}

fn leads(role: &str) -> bool {
    matches!(role, "master" | "leader")
}

fn ordinal_of(pod: &str) -> Option<u32> {
    pod.rsplit_once('-')?.1.parse().ok()
}
