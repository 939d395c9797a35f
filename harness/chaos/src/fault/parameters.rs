use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Effects;
use crate::{Moment, Shift};

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

/// What happens to the packets that pods send. At least one of it is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Packets {
    /// Who sends.
    pub pod: Target,
    /// Percent that are lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 99))]
    pub loss: Option<u8>,
    /// Kilobits that go out in a second, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 8, max = 1_000_000))]
    pub kilobits: Option<u32>,
    /// How much later each arrives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Moment>,
    /// How much more or less than `delay`, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Moment>,
    /// Percent that arrive twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 99))]
    pub duplicate: Option<u8>,
    /// Percent that arrive damaged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 99))]
    pub corrupt: Option<u8>,
}

/// Other values of environment variables, and with them of the servers' settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChangeEnvironment {
    /// The variables and their values, such as `TAOS_TIMEZONE: UTC+5`.
    pub set: BTreeMap<String, String>,
    /// The lowest ordinal that gets them: the number of pods less one for the last pod alone; all if not given.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub from: u32,
}

/// The end of write-ahead logs, damaged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CorruptWal {
    /// Whose.
    pub pod: Target,
    /// How many bytes at the end of the newest log of each vnode are written over; 16 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4_096))]
    pub bytes: Option<u16>,
}

impl CorruptWal {
    /// Bytes that are written over if no number is given: less than the smallest record has.
    pub const BYTES: u16 = 16;

    /// What is wrong with it; `None` if nothing is.
    pub fn complaint(&self) -> Option<String> {
        let wrong = self.bytes.is_some_and(|bytes| !(1..=4_096).contains(&bytes));
        wrong.then(|| "`bytes` is from 1 to 4096".to_owned())
    }
}

/// Name servers that answer late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SlowNames {
    /// Who asks.
    pub pod: Target,
    /// How much later each answer comes. Resolvers give up after 10 seconds.
    pub delay: Moment,
}

/// A disk that is slow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SlowVolume {
    /// Whose.
    pub pod: Target,
    /// Kilobytes (of 1,024 bytes) that a pod writes in a second to the disk below its volume, at most. Not more than disks are
    /// sure to take without a limit, or nothing could be seen of it.
    #[schemars(range(min = 4, max = 16_384))]
    pub kilobytes: u32,
}

impl SlowVolume {
    /// What is wrong with it; `None` if nothing is.
    pub fn complaint(&self) -> Option<String> {
        let right = (4..=16_384).contains(&self.kilobytes);
        (!right).then(|| "`kilobytes` is from 4 to 16384".to_owned())
    }
}

impl fmt::Display for SlowVolume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} kB/s", self.pod, self.kilobytes)
    }
}

/// A clock that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SkewClock {
    /// Whose.
    pub pod: Target,
    /// How much it is fast: `90s`, or slow: `-90s`. It jumps there.
    pub by: Shift,
}

/// Another image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChangeImage {
    /// Its reference. One that is nowhere to be had is a fault, too: the pod waits for it.
    pub image: String,
    /// The lowest ordinal that gets it; all pods if not given.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub from: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

impl Packets {
    /// What a network is asked for.
    pub fn effects(&self) -> Effects {
        let ms =
            |moment: Option<Moment>| moment.map_or(0, |moment| u32::try_from(moment.0.as_millis()).unwrap_or(u32::MAX));
        Effects {
            loss: self.loss.unwrap_or(0),
            kilobits: self.kilobits.unwrap_or(0),
            delay_ms: ms(self.delay),
            jitter_ms: ms(self.jitter),
            duplicate: self.duplicate.unwrap_or(0),
            corrupt: self.corrupt.unwrap_or(0),
        }
    }

    /// What is wrong with it; `None` if nothing is.
    pub fn complaint(&self) -> Option<String> {
        let percents = [self.loss, self.duplicate, self.corrupt];
        if percents.iter().flatten().any(|percent| !(1..=99).contains(percent)) {
            return Some("a share of packets is a percentage from 1 to 99".to_owned());
        }
        if self.kilobits.is_some_and(|rate| !(8..=1_000_000).contains(&rate)) {
            return Some("`kilobits` is from 8 to 1000000".to_owned());
        }
        if self.jitter > self.delay {
            return Some("`jitter` is not more than `delay`".to_owned());
        }
        let nothing = percents.iter().all(Option::is_none) && self.kilobits.is_none() && self.delay.is_none();
        nothing.then(|| {
            "nothing happens to packets: give `loss`, `kilobits`, `delay`, `duplicate` or `corrupt`".to_owned()
        })
    }
}

impl fmt::Display for Packets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.pod)?;
        if let Some(delay) = self.delay {
            write!(f, ", {delay} late")?;
        }
        if let Some(jitter) = self.jitter {
            write!(f, " ± {jitter}")?;
        }
        for (percent, what) in [(self.loss, "lost"), (self.duplicate, "twice"), (self.corrupt, "damaged")] {
            if let Some(percent) = percent {
                write!(f, ", {percent} % {what}")?;
            }
        }
        self.kilobits.map_or(Ok(()), |rate| write!(f, ", {rate} kbit/s"))
    }
}

impl fmt::Display for CorruptWal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, the last {} bytes", self.pod, self.bytes.unwrap_or(Self::BYTES))
    }
}

impl SlowNames {
    /// What is wrong with it; `None` if nothing is.
    pub fn complaint(&self) -> Option<String> {
        let right = (1..=60_000).contains(&self.delay.0.as_millis());
        (!right).then(|| "`delay` is from 1ms to 60s".to_owned())
    }
}

impl SkewClock {
    /// What is wrong with it; `None` if nothing is.
    pub fn complaint(&self) -> Option<String> {
        let seconds = self.by.ms().abs() / 1_000;
        (!(10..=86_400 * 365).contains(&seconds)).then(|| "`by` is at least 10s, so that it can be seen".to_owned())
    }
}

impl fmt::Display for SlowNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} late", self.pod, self.delay)
    }
}

impl fmt::Display for SkewClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, by {}", self.pod, self.by)
    }
}

impl fmt::Display for ChangeImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from pod {} on", self.image, self.from)
    }
}

impl fmt::Display for ChangeEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set: Vec<String> = self.set.iter().map(|(name, value)| format!("{name}={value}")).collect();
        write!(f, "{} from pod {} on", set.join(", "), self.from)
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
    #[case(r#"{"pod":1,"loss":10}"#, "pod 1, 10 % lost", "")]
    #[case(r#"{"pod":"all","delay":"100ms","jitter":"20ms"}"#, "all pods, 100ms late ± 20ms", "")]
    #[case(r#"{"pod":[0,1],"kilobits":64,"corrupt":1}"#, "pods 0, 1, 1 % damaged, 64 kbit/s", "")]
    #[case(r#"{"pod":1}"#, "pod 1", "nothing happens")]
    #[case(r#"{"pod":1,"loss":100}"#, "pod 1, 100 % lost", "percentage")]
    #[case(r#"{"pod":1,"loss":1,"jitter":"1s"}"#, "pod 1 ± 1s, 1 % lost", "jitter")]
    fn what_happens_to_packets_is_data(#[case] text: &str, #[case] words: &str, #[case] complaint: &str) {
        let packets: Packets = serde_json::from_str(text).unwrap();
        assert_eq!(packets.to_string(), words);
        assert_eq!(serde_json::to_string(&packets).unwrap(), text);
        assert!(packets.complaint().unwrap_or_default().contains(complaint));
        assert_eq!(packets.complaint().is_none(), complaint.is_empty());
    }
}
