use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ChangeEnvironment, ChangeImage, CorruptWal, DeletePod, Nothing, OnPod, Packets, Partition, Scale, SkewClock,
    SlowNames, SlowVolume,
};

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
    /// Gives pods another image, one after the other, as a rolling update does. The heal gives them back the one that
    /// they had.
    ChangeImage(ChangeImage),
    /// Damages the end of the write-ahead logs of a server's vnodes and kills it, so that it finds them so at its start.
    CorruptWal(CorruptWal),
    /// Takes all room of a pod's volume, so that no write to it succeeds. The heal gives the room back. A volume that is a
    /// folder of a disk that others use, too, is left alone, and the fault refused.
    FillVolume(OnPod),
    /// Slows what a pod writes to the disk below its volume. Only what a program waits for is sure to be slow: writes that it
    /// forces to the disk.
    SlowVolume(SlowVolume),
    /// Lets name servers answer a pod late.
    SlowNames(SlowNames),
    /// Sets the clock of a pod wrong. Where pods have the clock of their node, it is refused.
    SkewClock(SkewClock),
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
            Self::ChangeImage(_) => "change-image",
            Self::CorruptWal(_) => "corrupt-wal",
            Self::FillVolume(_) => "fill-volume",
            Self::SlowVolume(_) => "slow-volume",
            Self::SlowNames(_) => "slow-names",
            Self::SkewClock(_) => "skew-clock",
        }
    }

    /// All kinds.
    pub const KINDS: [&'static str; 20] = [
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
        "change-image",
        "corrupt-wal",
        "fill-volume",
        "slow-volume",
        "slow-names",
        "skew-clock",
    ];

    /// What it needs.
    pub fn need(&self) -> Need {
        match self {
            Self::Partition(_)
            | Self::CutNames(_)
            | Self::Packets(_)
            | Self::StopNode(_)
            | Self::DisconnectNode(_)
            | Self::ExhaustMemory(_)
            | Self::SlowNames(_)
            | Self::SlowVolume(_)
            | Self::SkewClock(_) => Need::Underlay,
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
            | Self::ExhaustMemory(_)
            | Self::CorruptWal(_) => false,
            Self::PauseProcess(_)
            | Self::Scale(_)
            | Self::Partition(_)
            | Self::CutNames(_)
            | Self::Packets(_)
            | Self::StopNode(_)
            | Self::DisconnectNode(_)
            | Self::ChangeEnvironment(_)
            | Self::ChangeImage(_)
            | Self::FillVolume(_)
            | Self::SlowNames(_)
            | Self::SlowVolume(_)
            | Self::SkewClock(_) => true,
        }
    }

    /// True if rows that were acknowledged may be gone after it, whatever the server does.
    pub fn destroys(&self) -> bool {
        matches!(self, Self::LoseVolume(_) | Self::CorruptWal(_))
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
            | Self::ExhaustMemory(on)
            | Self::FillVolume(on) => on.pod.to_string(),
            Self::RollingRestart(_) => "all pods, one by one".to_owned(),
            Self::Scale(Scale { to, safely }) => format!("to {to}{}", if *safely { ", safely" } else { "" }),
            Self::Partition(partition) => partition.to_string(),
            Self::Packets(packets) => packets.to_string(),
            Self::ChangeEnvironment(change) => change.to_string(),
            Self::ChangeImage(change) => change.to_string(),
            Self::CorruptWal(corrupt) => corrupt.to_string(),
            Self::SlowNames(slow) => slow.to_string(),
            Self::SlowVolume(slow) => slow.to_string(),
            Self::SkewClock(skew) => skew.to_string(),
        }
    }

    /// What is wrong with its parameters; `None` if nothing is.
    pub fn complaint(&self) -> Option<String> {
        match self {
            Self::Packets(packets) => packets.complaint(),
            Self::CorruptWal(corrupt) => corrupt.complaint(),
            Self::SlowNames(slow) => slow.complaint(),
            Self::SlowVolume(slow) => slow.complaint(),
            Self::SkewClock(skew) => skew.complaint(),
            Self::ChangeEnvironment(change) if change.set.is_empty() => Some("no variable is set".to_owned()),
            Self::ChangeImage(change) if change.image.trim().is_empty() => Some("no image is named".to_owned()),
            _ => None,
        }
    }

    /// True if pods are replaced one after the other, each after the one before is ready.
    pub(super) fn replaces(&self) -> bool {
        matches!(self, Self::ChangeEnvironment(_) | Self::ChangeImage(_))
    }

    /// True if it needs a volume that is a file system of its own, or others would have to bear it, too.
    pub fn needs_own_volume(&self) -> bool {
        matches!(self, Self::FillVolume(_) | Self::SlowVolume(_))
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
    #[case(r#"{"corrupt-wal":{"pod":1,"bytes":8}}"#, "corrupt-wal (pod 1, the last 8 bytes)")]
    #[case(r#"{"slow-names":{"pod":1,"delay":"700ms"}}"#, "slow-names (pod 1, 700ms late)")]
    #[case(r#"{"slow-volume":{"pod":1,"kilobytes":16}}"#, "slow-volume (pod 1, 16 kB/s)")]
    #[case(r#"{"skew-clock":{"pod":1,"by":"-90s"}}"#, "skew-clock (pod 1, by -90s)")]
    #[case(r#"{"change-image":{"image":"a/b:1"}}"#, "change-image (a/b:1 from pod 0 on)")]
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
