use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ChangeEnvironment, DeletePod, Nothing, OnPod, Packets, Partition, Scale};

/// Something that is broken on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Deletes pods, as `kubectl delete pod` does; the StatefulSet makes them anew, with new addresses.
    DeletePod(DeletePod),
    /// Kills the server's process by SIGKILL; the container ends with it and is started again, with the same address.
    KillProcess(OnPod),
    /// Stops the server's process by SIGSTOP: it lives and answers nobody. The heal is SIGCONT.
    PauseProcess(OnPod),
    /// Restarts all pods one after the other, as `kubectl rollout restart` does; each gets a new address.
    RollingRestart(Nothing),
    /// Changes the number of pods. The heal is the number from before.
    Scale(Scale),
    /// `drop dnode` of the server of a pod, whether it lives or not.
    DropDnode(OnPod),
    /// Deletes a pod and the claim of its volume, so that its data are gone.
    LoseVolume(OnPod),
    /// Drops packets between pods.
    Partition(Partition),
    /// Drops what a pod asks the name server, so that no name resolves there but its own.
    CutNames(OnPod),
    /// Loses, delays, repeats or damages packets that a pod sends, or narrows its line.
    Packets(Packets),
    /// Stops the node that a pod runs on, as a loss of power does. The heal starts it again.
    StopNode(OnPod),
    /// Cuts the node that a pod runs on off from all others, as a pulled cable does. Everything on it goes on.
    DisconnectNode(OnPod),
    /// Takes the memory away that the server's container has, until the kernel kills the server for want of it.
    ExhaustMemory(OnPod),
    /// Sets environment variables of the pods, in some or all of them; each that gets them is replaced. The heal sets
    /// them as they were.
    ChangeEnvironment(ChangeEnvironment),
}

/// What is needed to do a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Kubernetes alone: works on every cluster.
    Kubernetes,
    /// The network of the nodes, or the nodes themselves.
    Underlay,
}

impl Fault {
    /// Its kind, as scenarios write it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::DeletePod(_) => "delete-pod",
            Self::KillProcess(_) => "kill-process",
            Self::PauseProcess(_) => "pause-process",
            Self::RollingRestart(_) => "rolling-restart",
            Self::Scale(_) => "scale",
            Self::DropDnode(_) => "drop-dnode",
            Self::LoseVolume(_) => "lose-volume",
            Self::Partition(_) => "partition",
            Self::CutNames(_) => "cut-names",
            Self::Packets(_) => "packets",
            Self::StopNode(_) => "stop-node",
            Self::DisconnectNode(_) => "disconnect-node",
            Self::ExhaustMemory(_) => "exhaust-memory",
            Self::ChangeEnvironment(_) => "change-environment",
        }
    }

    /// All kinds.
    pub const KINDS: [&'static str; 14] = [
        "delete-pod",
        "kill-process",
        "pause-process",
        "rolling-restart",
        "scale",
        "drop-dnode",
        "lose-volume",
        "partition",
        "cut-names",
        "packets",
        "stop-node",
        "disconnect-node",
        "exhaust-memory",
        "change-environment",
    ];

    /// What it needs.
    pub fn need(&self) -> Need {
        match self {
            Self::Partition(_)
            | Self::CutNames(_)
            | Self::Packets(_)
            | Self::StopNode(_)
            | Self::DisconnectNode(_)
            | Self::ExhaustMemory(_) => Need::Underlay,
            _ => Need::Kubernetes,
        }
    }

    /// True if it breaks the node under a pod, and with it all other pods there.
    pub fn breaks_node(&self) -> bool {
        matches!(self, Self::StopNode(_) | Self::DisconnectNode(_))
    }

    /// True if it lasts until it is healed; others are over as soon as they happened.
    pub fn lasts(&self) -> bool {
        match self {
            Self::DeletePod(_)
            | Self::KillProcess(_)
            | Self::RollingRestart(_)
            | Self::DropDnode(_)
            | Self::LoseVolume(_)
            | Self::ExhaustMemory(_) => false,
            Self::PauseProcess(_)
            | Self::Scale(_)
            | Self::Partition(_)
            | Self::CutNames(_)
            | Self::Packets(_)
            | Self::StopNode(_)
            | Self::DisconnectNode(_)
            | Self::ChangeEnvironment(_) => true,
        }
    }

    /// True if rows that were acknowledged may be gone after it, whatever the server does.
    pub fn destroys(&self) -> bool {
        matches!(self, Self::LoseVolume(_))
    }

    /// What it is done to, in words.
    pub fn target(&self) -> String {
        match self {
            Self::DeletePod(DeletePod { pod, force }) => {
                format!("{pod}{}", if *force { ", at once" } else { "" })
            }
            Self::KillProcess(on)
            | Self::PauseProcess(on)
            | Self::DropDnode(on)
            | Self::LoseVolume(on)
            | Self::CutNames(on)
            | Self::StopNode(on)
            | Self::DisconnectNode(on)
            | Self::ExhaustMemory(on) => on.pod.to_string(),
            Self::RollingRestart(_) => "all pods, one by one".to_owned(),
            Self::Scale(Scale { to, safely }) => format!("to {to}{}", if *safely { ", safely" } else { "" }),
            Self::Partition(partition) => partition.to_string(),
            Self::Packets(packets) => packets.to_string(),
            Self::ChangeEnvironment(change) => change.to_string(),
        }
    }

    /// What is wrong with its parameters; `None` if nothing is.
    pub fn complaint(&self) -> Option<String> {
        match self {
            Self::Packets(packets) => packets.complaint(),
            Self::ChangeEnvironment(change) if change.set.is_empty() => Some("no variable is set".to_owned()),
            _ => None,
        }
    }

    /// True if it needs nodes that can be lost: the cluster has to have workers.
    pub fn on_node(&self) -> bool {
        matches!(self, Self::StopNode(_) | Self::DisconnectNode(_))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.kind(), self.target())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#"{"delete-pod":{"pod":1}}"#, "delete-pod (pod 1)")]
    #[case(r#"{"delete-pod":{"pod":"all","force":true}}"#, "delete-pod (all pods, at once)")]
    #[case(r#"{"kill-process":{"pod":"mnode-leader"}}"#, "kill-process (mnode leader)")]
    #[case(r#"{"pause-process":{"pod":{"vnode-leader":"d"}}}"#, "pause-process (vnode leader of d)")]
    #[case(r#"{"rolling-restart":{}}"#, "rolling-restart (all pods, one by one)")]
    #[case(r#"{"scale":{"to":2,"safely":true}}"#, "scale (to 2, safely)")]
    #[case(r#"{"partition":{"groups":[[0],[1,2]]}}"#, "partition (0 | 1, 2)")]
    #[case(r#"{"packets":{"pod":1,"loss":5}}"#, "packets (pod 1, 5 % lost)")]
    #[case(r#"{"disconnect-node":{"pod":1}}"#, "disconnect-node (pod 1)")]
    #[case(r#"{"exhaust-memory":{"pod":1}}"#, "exhaust-memory (pod 1)")]
    #[case(
        r#"{"change-environment":{"set":{"TZ":"Asia/Tokyo"},"from":2}}"#,
        "change-environment (TZ=Asia/Tokyo from pod 2 on)"
    )]
    fn a_fault_is_data(#[case] text: &str, #[case] words: &str) {
        let fault: Fault = serde_json::from_str(text).unwrap();
        assert_eq!(fault.to_string(), words);
        assert_eq!(serde_json::to_string(&fault).unwrap(), text);
        assert!(Fault::KINDS.contains(&fault.kind()));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [r#"{"kill-process":{"pod":"nobody"}}"#, r#"{"scale":{"too":2}}"#, r#"{"melt":{}}"#] {
            assert!(serde_json::from_str::<Fault>(text).is_err(), "{text}");
        }
    }
}
