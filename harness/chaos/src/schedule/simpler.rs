//! Simpler faults of the same kind: fewer pods, fewer effects, rounder numbers.

use std::time::Duration;

use super::{Moment, Shift};
use crate::{
    ChangeEnvironment, ChangeImage, CorruptWal, DeletePod, Fault, OnPod, Packets, Partition, Scale, SkewClock,
    SlowNames, SlowVolume, Target,
};

/// Round shares of packets.
const PERCENTS: [u8; 5] = [10, 20, 50, 80, 99];
/// Round line speeds, in kilobits a second.
const KILOBITS: [u32; 5] = [16, 32, 64, 128, 256];
/// Round speeds of disks, in kilobytes a second.
const KILOBYTES: [u32; 4] = [4, 16, 64, 256];
/// Round delays, in milliseconds.
const DELAYS: [u64; 6] = [100, 500, 1_000, 2_000, 5_000, 10_000];
/// Round differences of clocks, in seconds.
const SKEWS: [u64; 4] = [10, 60, 600, 3_600];
/// Round numbers of bytes.
const BYTES: [u16; 4] = [1, 16, 256, 4_096];
/// Lowest ordinals that a change may have instead: the fewer pods have it, the better.
const HIGHEST: u32 = 7;

/// Simpler faults of the same kind, the simplest first. Each is nearer to the simplest, so that no way leads back.
pub(super) fn simpler(fault: &Fault) -> Vec<Fault> {
    let on = |make: fn(OnPod) -> Fault, old: &OnPod| targets(&old.pod).map(|pod| make(OnPod { pod })).collect();
    match fault {
        Fault::DeletePod(DeletePod { pod, force: true }) => {
            vec![Fault::DeletePod(DeletePod { pod: pod.clone(), force: false })]
        }
        Fault::DeletePod(old) => {
            targets(&old.pod).map(|pod| Fault::DeletePod(DeletePod { pod, force: false })).collect()
        }
        Fault::KillProcess(old) => on(Fault::KillProcess, old),
        Fault::PauseProcess(old) => on(Fault::PauseProcess, old),
        Fault::LoseVolume(old) => on(Fault::LoseVolume, old),
        Fault::CutNames(old) => on(Fault::CutNames, old),
        Fault::StopNode(old) => on(Fault::StopNode, old),
        Fault::DisconnectNode(old) => on(Fault::DisconnectNode, old),
        Fault::ExhaustMemory(old) => on(Fault::ExhaustMemory, old),
        Fault::FillVolume(old) => on(Fault::FillVolume, old),
        Fault::Scale(Scale { to, safely: true }) => vec![Fault::Scale(Scale { to: *to, safely: false })],
        Fault::Partition(old) => {
            let pairs = [[0, 1], [0, 2], [1, 2]].map(Partition::Pair).into_iter();
            pairs.take_while(|pair| pair != old).map(Fault::Partition).collect()
        }
        Fault::Packets(old) => packets(old).into_iter().map(Fault::Packets).collect(),
        Fault::SlowNames(old) => {
            let pods = targets(&old.pod).map(|pod| SlowNames { pod, ..old.clone() });
            let delays = delays(old.delay).map(|delay| SlowNames { delay, ..old.clone() });
            pods.chain(delays).map(Fault::SlowNames).collect()
        }
        Fault::SkewClock(old) => {
            let pods = targets(&old.pod).map(|pod| SkewClock { pod, ..old.clone() });
            let forwards = old.by.back.then_some(Shift { back: false, ..old.by });
            let round = SKEWS.map(|seconds| Moment(Duration::from_secs(seconds)));
            let sizes = smaller(round, old.by.by).map(|by| Shift { by, ..old.by });
            let shifts = forwards.into_iter().chain(sizes).map(|by| SkewClock { by, ..old.clone() });
            pods.chain(shifts).map(Fault::SkewClock).collect()
        }
        Fault::SlowVolume(old) => {
            let pods = targets(&old.pod).map(|pod| SlowVolume { pod, ..old.clone() });
            let faster = larger(KILOBYTES, old.kilobytes).map(|kilobytes| SlowVolume { kilobytes, ..old.clone() });
            pods.chain(faster).map(Fault::SlowVolume).collect()
        }
        Fault::CorruptWal(old) => {
            let pods = targets(&old.pod).map(|pod| CorruptWal { pod, ..old.clone() });
            let usual = old.bytes.map(|_| None);
            let fewer = smaller(BYTES, old.bytes.unwrap_or(0)).map(Some);
            let bytes = usual.into_iter().chain(fewer).map(|bytes| CorruptWal { bytes, ..old.clone() });
            pods.chain(bytes).map(Fault::CorruptWal).collect()
        }
        Fault::ChangeEnvironment(old) => {
            let without = |name: &String| {
                let mut set = old.set.clone();
                set.remove(name);
                ChangeEnvironment { set, ..old.clone() }
            };
            let fewer = old.set.keys().filter(|_| old.set.len() > 1).map(without);
            let later = later(old.from).map(|from| ChangeEnvironment { from, ..old.clone() });
            later.chain(fewer).map(Fault::ChangeEnvironment).collect()
        }
        Fault::ChangeImage(old) => {
            later(old.from).map(|from| Fault::ChangeImage(ChangeImage { from, ..old.clone() })).collect()
        }
        Fault::RollingRestart(_) | Fault::DropDnode(_) | Fault::Scale(_) => Vec::new(),
    }
}

/// One pod, with a low ordinal.
fn targets(old: &Target) -> impl Iterator<Item = Target> + use<'_> {
    (0..2).map(Target::Pod).take_while(move |pod| pod != old)
}

/// Lower ordinals from which on something changes, the one that spares most pods first.
fn later(from: u32) -> impl Iterator<Item = u32> {
    (from + 1..HIGHEST).rev()
}

/// Those of `round` numbers, smallest first, that are below what there is; all that are if it is none of them.
fn smaller<T: PartialOrd + Copy, const N: usize>(round: [T; N], now: T) -> impl Iterator<Item = T> {
    round.into_iter().take_while(move |candidate| *candidate < now)
}

/// Those of `round` numbers, largest first, that are above what there is: the wider, the less is wrong with it.
fn larger<const N: usize>(round: [u32; N], now: u32) -> impl Iterator<Item = u32> {
    round.into_iter().rev().take_while(move |candidate| *candidate > now)
}

fn delays(now: Moment) -> impl Iterator<Item = Moment> {
    smaller(DELAYS.map(|ms| Moment(Duration::from_millis(ms))), now)
}

/// Less that happens to packets.
fn packets(old: &Packets) -> Vec<Packets> {
    let mut all: Vec<Packets> = targets(&old.pod).map(|pod| Packets { pod, ..old.clone() }).collect();
    let fewer = [
        Packets { loss: None, ..old.clone() },
        Packets { kilobits: None, ..old.clone() },
        Packets { delay: None, jitter: None, ..old.clone() },
        Packets { jitter: None, ..old.clone() },
        Packets { duplicate: None, ..old.clone() },
        Packets { corrupt: None, ..old.clone() },
    ];
    all.extend(fewer.into_iter().filter(|fewer| fewer != old && fewer.complaint().is_none()));
    let percents = |now: Option<u8>| now.into_iter().flat_map(|now| smaller(PERCENTS, now)).map(Some);
    all.extend(percents(old.loss).map(|loss| Packets { loss, ..old.clone() }));
    all.extend(percents(old.duplicate).map(|duplicate| Packets { duplicate, ..old.clone() }));
    all.extend(percents(old.corrupt).map(|corrupt| Packets { corrupt, ..old.clone() }));
    let wider = old.kilobits.into_iter().flat_map(|now| larger(KILOBITS, now));
    all.extend(wider.map(|kilobits| Packets { kilobits: Some(kilobits), ..old.clone() }));
    all.extend(old.delay.into_iter().flat_map(delays).map(|delay| Packets { delay: Some(delay), ..old.clone() }));
    all.retain(|less| less.complaint().is_none());
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rstest::rstest;

    use super::*;

    fn read(text: &str) -> Fault {
        serde_json::from_str(text).unwrap()
    }

    /// The simplest that can be reached if every simpler one does.
    #[rstest]
    #[case(r#"{"packets":{"pod":"all","loss":37,"delay":"1234ms","jitter":"20ms"}}"#, "packets (pod 0, 100ms late)")]
    #[case(r#"{"packets":{"pod":2,"kilobits":17}}"#, "packets (pod 0, 256 kbit/s)")]
    #[case(r#"{"slow-names":{"pod":2,"delay":"11873ms"}}"#, "slow-names (pod 0, 100ms late)")]
    #[case(r#"{"skew-clock":{"pod":1,"by":"-4711s"}}"#, "skew-clock (pod 0, by 10s)")]
    #[case(r#"{"slow-volume":{"pod":2,"kilobytes":5}}"#, "slow-volume (pod 0, 256 kB/s)")]
    #[case(r#"{"corrupt-wal":{"pod":"mnode-leader","bytes":77}}"#, "corrupt-wal (pod 0, the last 16 bytes)")]
    #[case(r#"{"change-environment":{"set":{"A":"1","B":"2"}}}"#, "change-environment (B=2 from pod 6 on)")]
    #[case(r#"{"change-image":{"image":"a/b:1","from":1}}"#, "change-image (a/b:1 from pod 6 on)")]
    #[case(r#"{"stop-node":{"pod":[1,2]}}"#, "stop-node (pod 0)")]
    #[case(r#"{"delete-pod":{"pod":"all","force":true}}"#, "delete-pod (pod 0)")]
    #[case(r#"{"partition":{"mute":2}}"#, "partition (pod 0 | pod 1)")]
    #[case(r#"{"scale":{"to":2,"safely":true}}"#, "scale (to 2)")]
    #[case(r#"{"rolling-restart":{}}"#, "rolling-restart (all pods, one by one)")]
    fn the_way_ends_at_the_simplest(#[case] text: &str, #[case] simplest: &str) {
        let mut fault = read(text);
        let mut seen = BTreeSet::new();
        while let Some(next) = simpler(&fault).into_iter().next() {
            assert_eq!(next.complaint(), None, "{next}");
            assert!(seen.insert(fault.to_string()), "{fault} again");
            fault = next;
        }
        assert_eq!(fault.to_string(), simplest);
    }

    #[test]
    fn no_way_leads_back() {
        let mut to_do =
            vec![read(r#"{"packets":{"pod":2,"loss":37,"corrupt":3,"kilobits":20,"delay":"1s","jitter":"5ms"}}"#)];
        let mut reached = BTreeSet::new();
        let start = to_do.first().map(ToString::to_string);
        while let Some(fault) = to_do.pop() {
            for next in simpler(&fault) {
                if reached.insert(next.to_string()) {
                    to_do.push(next);
                }
            }
        }
        assert!(reached.len() > 20 && start.is_some_and(|start| !reached.contains(&start)));
    }
}
