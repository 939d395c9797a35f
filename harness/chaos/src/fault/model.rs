use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// Stops the node that a pod runs on, as a loss of power does. The heal starts it again.
    StopNode(OnPod),
}

/// A fault without parameters, written `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// What happens to one pod, or to several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OnPod {
    /// Which.
    pub pod: Target,
}

/// Pods that are deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeletePod {
    /// Which.
    pub pod: Target,
    /// True to delete them at once, as `--grace-period=0 --force` does.
    #[serde(default, skip_serializing_if = "is_false")]
    pub force: bool,
}

/// A change of the number of pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scale {
    /// How many.
    pub to: u32,
    /// True to drop the dnodes of the pods that go first, and to delete the claims of their volumes afterwards, as the
    /// documents ask for.
    #[serde(default, skip_serializing_if = "is_false")]
    pub safely: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// Between whom packets are dropped, in both directions unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Partition {
    /// Between one pod, or several, and all others.
    Isolate(Target),
    /// Between two pods.
    Pair([u32; 2]),
    /// Between groups: `[[0], [1, 2]]`. A pod that is in no group reaches all, as a bridge does.
    Groups(Vec<Vec<u32>>),
    /// From one pod, or several, to all others, in this direction only.
    Mute(Target),
}

/// Which pods: an ordinal, a list of ordinals, `all`, `mnode-leader`, or `vnode-leader: DATABASE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "the ordinal of a pod, a list of ordinals, `all`, `mnode-leader`, or a map with `vnode-leader`"
)]
pub enum Target {
    /// The pod with this ordinal.
    Pod(u32),
    /// The pods with these ordinals.
    Pods(Vec<u32>),
    /// Pods by what they do.
    Role(Role),
}

/// Pods by what they do at the moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// All that exist.
    All,
    /// The one whose mnode leads.
    MnodeLeader,
    /// The one that has the leader of the first vgroup of this database.
    VnodeLeader(String),
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
            Self::StopNode(_) => "stop-node",
        }
    }

    /// All kinds.
    pub const KINDS: [&'static str; 10] = [
        "delete-pod",
        "kill-process",
        "pause-process",
        "rolling-restart",
        "scale",
        "drop-dnode",
        "lose-volume",
        "partition",
        "cut-names",
        "stop-node",
    ];

    /// What it needs.
    pub fn need(&self) -> Need {
        match self {
            Self::Partition(_) | Self::CutNames(_) | Self::StopNode(_) => Need::Underlay,
            _ => Need::Kubernetes,
        }
    }

    /// True if it lasts until it is healed; others are over as soon as they happened.
    pub fn lasts(&self) -> bool {
        matches!(
            self,
            Self::PauseProcess(_) | Self::Scale(_) | Self::Partition(_) | Self::CutNames(_) | Self::StopNode(_)
        )
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
            | Self::StopNode(on) => on.pod.to_string(),
            Self::RollingRestart(_) => "all pods, one by one".to_owned(),
            Self::Scale(Scale { to, safely }) => format!("to {to}{}", if *safely { ", safely" } else { "" }),
            Self::Partition(partition) => partition.to_string(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.kind(), self.target())
    }
}

fn list(pods: &[u32]) -> String {
    pods.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod(ordinal) => write!(f, "pod {ordinal}"),
            Self::Pods(ordinals) => write!(f, "pods {}", list(ordinals)),
            Self::Role(Role::All) => f.write_str("all pods"),
            Self::Role(Role::MnodeLeader) => f.write_str("mnode leader"),
            Self::Role(Role::VnodeLeader(database)) => write!(f, "vnode leader of {database}"),
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Isolate(target) => write!(f, "{target} | all others"),
            Self::Pair([one, other]) => write!(f, "pod {one} | pod {other}"),
            Self::Groups(groups) => {
                let groups: Vec<String> = groups.iter().map(|group| list(group)).collect();
                f.write_str(&groups.join(" | "))
            }
            Self::Mute(target) => write!(f, "{target} -> all others"),
        }
    }
}

impl Partition {
    /// The ways on which packets are dropped, from and to, given the pods that exist and those that are meant.
    pub fn ways(&self, all: &[u32], meant: &[u32]) -> Vec<(u32, u32)> {
        let mut ways = Vec::new();
        let mut both = |one: u32, other: u32| ways.extend([(one, other), (other, one)]);
        match self {
            Self::Pair([one, other]) => both(*one, *other),
            Self::Groups(groups) => {
                for (number, group) in groups.iter().enumerate() {
                    for other in groups.iter().skip(number + 1).flatten() {
                        for one in group {
                            both(*one, *other);
                        }
                    }
                }
            }
            Self::Isolate(_) | Self::Mute(_) => {
                for one in meant {
                    for other in all.iter().filter(|other| !meant.contains(other)) {
                        ways.push((*one, *other));
                        if matches!(self, Self::Isolate(_)) {
                            ways.push((*other, *one));
                        }
                    }
                }
            }
        }
        ways
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Partition::Isolate(Target::Pod(1)), &[1], &[(1, 0), (0, 1), (1, 2), (2, 1)])]
    #[case(Partition::Mute(Target::Pod(1)), &[1], &[(1, 0), (1, 2)])]
    #[case(Partition::Pair([0, 2]), &[], &[(0, 2), (2, 0)])]
    #[case(Partition::Groups(vec![vec![0], vec![2]]), &[], &[(0, 2), (2, 0)])]
    #[case(Partition::Groups(vec![vec![0], vec![1, 2]]), &[], &[(0, 1), (1, 0), (0, 2), (2, 0)])]
    fn a_partition_cuts_ways(#[case] partition: Partition, #[case] meant: &[u32], #[case] ways: &[(u32, u32)]) {
        assert_eq!(partition.ways(&[0, 1, 2], meant), ways);
    }

    #[rstest]
    #[case(r#"{"delete-pod":{"pod":1}}"#, "delete-pod (pod 1)")]
    #[case(r#"{"delete-pod":{"pod":"all","force":true}}"#, "delete-pod (all pods, at once)")]
    #[case(r#"{"kill-process":{"pod":"mnode-leader"}}"#, "kill-process (mnode leader)")]
    #[case(r#"{"pause-process":{"pod":{"vnode-leader":"d"}}}"#, "pause-process (vnode leader of d)")]
    #[case(r#"{"rolling-restart":{}}"#, "rolling-restart (all pods, one by one)")]
    #[case(r#"{"scale":{"to":2,"safely":true}}"#, "scale (to 2, safely)")]
    #[case(r#"{"partition":{"groups":[[0],[1,2]]}}"#, "partition (0 | 1, 2)")]
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
