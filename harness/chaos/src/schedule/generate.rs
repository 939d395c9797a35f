use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fastrand::Rng;

use super::{Happening, Heal, Moment, Schedule};
use crate::{
    ChangeEnvironment, ChangeImage, CorruptWal, DeletePod, Fault, Nothing, OnPod, Packets, Partition, Role, Scale,
    Shift, SkewClock, SlowNames, SlowVolume, Target,
};

/// Most faults in one schedule.
const MOST: u32 = 4;

/// What schedules are made for.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// How many pods there are.
    pub pods: u32,
    /// Replicas of the rows: servers let no dnode go if fewer would be left, and are seldom asked to.
    pub replica: u8,
    /// True if servers accept the drop of a dnode that is away, as those of 2.x do.
    pub drops_offline: bool,
    /// Kinds of faults that a schedule may have.
    pub kinds: &'a [&'a str],
}

impl Ground<'_> {
    /// True if servers accept the drop of the last dnode once its pod is gone.
    fn drops_late(&self) -> bool {
        self.drops_offline && self.pods > self.replica.into()
    }
}

/// A schedule, which follows from the seed and the ground alone.
pub fn generate(seed: u64, ground: &Ground<'_>) -> Schedule {
    let Ground { pods, kinds, .. } = *ground;
    let mut random = Rng::with_seed(seed);
    let mut happenings = Vec::new();
    let mut scene = Scene { pods, away: BTreeMap::new(), lasting: BTreeSet::new(), dropped: false };
    let mut at = 0;
    for _ in 0..random.u32(1..=MOST) {
        at += random.u64(500..8_000);
        let Some(kind) = random.choice(kinds) else { break };
        // What nobody is there for is left out: nothing could prove that it took hold.
        let Some(fault) = fault(kind, ground, &mut random).filter(|fault| scene.has(fault)) else { continue };
        scene.take(&fault);
        let heal = fault.lasts().then(|| fault.kind().to_owned());
        // Who scales down in haste often drops the dnode afterwards.
        let late = match &fault {
            Fault::Scale(Scale { to, safely: false })
                if *to < pods && random.bool() && (ground.drops_late() || dares(&mut random)) =>
            {
                Some(pods - 1)
            }
            _ => None,
        };
        happenings.push(happening(at, Some(fault), None));
        if let Some(ordinal) = late {
            at += random.u64(2_000..15_000);
            let drop = Fault::DropDnode(OnPod { pod: Target::Pod(ordinal) });
            scene.take(&drop);
            happenings.push(happening(at, Some(drop), None));
        }
        // Some faults last while others happen.
        if let Some(kind) = heal.filter(|_| random.u32(0..3) > 0) {
            at += random.u64(2_000..30_000);
            scene.heal(&kind, pods);
            happenings.push(happening(at, None, Some(Heal::Kind(kind))));
        }
    }
    Schedule(happenings)
}

/// Which pods can be asked to do something, as far as the schedule tells.
struct Scene {
    /// How many there are.
    pods: u32,
    /// Those that do not answer, by the kind of fault that is to blame.
    away: BTreeMap<&'static str, BTreeSet<u32>>,
    /// Kinds of faults that last.
    lasting: BTreeSet<&'static str>,
    /// True if a dnode was dropped whose pod may come again: it is never let in.
    dropped: bool,
}

impl Scene {
    fn is_there(&self, pod: u32) -> bool {
        pod < self.pods && !self.away.values().flatten().any(|away| *away == pod)
    }

    /// True if there is somebody to do it to.
    fn has(&self, fault: &Fault) -> bool {
        match fault {
            Fault::Scale(Scale { to, .. }) => *to != self.pods && self.away.is_empty() && !self.dropped,
            Fault::ChangeEnvironment(ChangeEnvironment { from, .. }) | Fault::ChangeImage(ChangeImage { from, .. }) => {
                *from < self.pods && self.lasting.is_empty()
            }
            Fault::Partition(Partition::Pair(pair)) => pair.iter().all(|pod| self.is_there(*pod)),
            Fault::Partition(Partition::Groups(groups)) => groups.iter().flatten().all(|pod| self.is_there(*pod)),
            // Pods are replaced one by one, each once all others are ready.
            Fault::RollingRestart(_) => self.lasting.is_empty(),
            // A disk that is slow already would not be seen to become slow.
            Fault::SlowVolume(SlowVolume { pod, .. }) => self.means(pod) && !self.lasting.contains(fault.kind()),
            Fault::DropDnode(_) => true,
            Fault::Partition(Partition::Isolate(pod) | Partition::Mute(pod))
            | Fault::DeletePod(DeletePod { pod, .. })
            | Fault::Packets(Packets { pod, .. })
            | Fault::CorruptWal(CorruptWal { pod, .. })
            | Fault::KillProcess(OnPod { pod })
            | Fault::PauseProcess(OnPod { pod })
            | Fault::LoseVolume(OnPod { pod })
            | Fault::CutNames(OnPod { pod })
            | Fault::StopNode(OnPod { pod })
            | Fault::DisconnectNode(OnPod { pod })
            | Fault::SlowNames(SlowNames { pod, .. })
            | Fault::SkewClock(SkewClock { pod, .. })
            | Fault::FillVolume(OnPod { pod })
            | Fault::ExhaustMemory(OnPod { pod }) => self.means(pod),
        }
    }

    fn means(&self, target: &Target) -> bool {
        match target {
            Target::Pod(pod) => self.is_there(*pod),
            Target::Pods(pods) => pods.iter().all(|pod| self.is_there(*pod)),
            // Who leads is asked; while some do not answer, there may be nobody who tells.
            Target::Role(_) => self.away.is_empty(),
        }
    }

    fn take(&mut self, fault: &Fault) {
        if fault.lasts() {
            self.lasting.insert(fault.kind());
        }
        match fault {
            Fault::Scale(Scale { to, .. }) => self.pods = *to,
            Fault::DropDnode(_) => self.dropped = true,
            Fault::PauseProcess(on) | Fault::StopNode(on) | Fault::DisconnectNode(on) => {
                let away = match &on.pod {
                    Target::Pod(pod) => vec![*pod],
                    Target::Pods(pods) => pods.clone(),
                    Target::Role(_) => (0..self.pods).collect(),
                };
                self.away.entry(fault.kind()).or_default().extend(away);
            }
            // Whoever is to have an image that is not there waits for it.
            Fault::ChangeImage(ChangeImage { from, .. }) => {
                self.away.entry(fault.kind()).or_default().extend(*from..self.pods);
            }
            _ => {}
        }
    }

    fn heal(&mut self, kind: &str, pods: u32) {
        self.away.remove(kind);
        self.lasting.remove(kind);
        if kind == "scale" {
            self.pods = pods;
        }
    }
}

fn happening(at_ms: u64, fault: Option<Fault>, heal: Option<Heal>) -> Happening {
    Happening { at: Moment(Duration::from_millis(at_ms)), fault, heal }
}

fn fault(kind: &str, ground: &Ground<'_>, random: &mut Rng) -> Option<Fault> {
    let pods = ground.pods;
    let any = |random: &mut Rng| OnPod { pod: Target::Pod(random.u32(0..pods)) };
    let or_leader = |random: &mut Rng| {
        if random.u32(0..4) == 0 { OnPod { pod: Target::Role(Role::MnodeLeader) } } else { any(random) }
    };
    Some(match kind {
        "delete-pod" => {
            let pod = if random.u32(0..6) == 0 { Target::Role(Role::All) } else { or_leader(random).pod };
            Fault::DeletePod(DeletePod { pod, force: random.bool() })
        }
        "kill-process" => Fault::KillProcess(or_leader(random)),
        "pause-process" => Fault::PauseProcess(or_leader(random)),
        "rolling-restart" => Fault::RollingRestart(Nothing {}),
        "scale" => {
            let to = if random.u32(0..3) == 0 { pods + 1 } else { pods.saturating_sub(1).max(1) };
            let enough = to >= ground.replica.into();
            let safely = to < pods && random.bool() && (enough || dares(random));
            Fault::Scale(Scale { to, safely })
        }
        "drop-dnode" => Fault::DropDnode(OnPod { pod: Target::Pod(pods - 1) }),
        "lose-volume" => Fault::LoseVolume(any(random)),
        "partition" => {
            let one = random.u32(0..pods);
            let other = (one + 1 + random.u32(0..pods.saturating_sub(1).max(1))) % pods;
            Fault::Partition(match random.u32(0..4) {
                0 => Partition::Pair([one, other]),
                1 => Partition::Groups(vec![vec![one], (0..pods).filter(|pod| *pod != one).collect()]),
                2 => Partition::Mute(Target::Pod(one)),
                _ => Partition::Isolate(Target::Pod(one)),
            })
        }
        "cut-names" => Fault::CutNames(any(random)),
        "packets" => Fault::Packets(packets(any(random).pod, random)),
        "stop-node" => Fault::StopNode(any(random)),
        "disconnect-node" => Fault::DisconnectNode(any(random)),
        "exhaust-memory" => Fault::ExhaustMemory(or_leader(random)),
        "change-environment" => {
            // In 3.x, a server with another time zone than the others is not let in.
            let set = [("TAOS_TIMEZONE".to_owned(), "UTC+5".to_owned())].into();
            Fault::ChangeEnvironment(ChangeEnvironment { set, from: pods - 1 })
        }
        "slow-names" => {
            let delay = Moment(Duration::from_millis(random.u64(50..12_000)));
            Fault::SlowNames(SlowNames { pod: any(random).pod, delay })
        }
        "skew-clock" => {
            let by = Moment(Duration::from_secs(random.u64(10..7_200)));
            Fault::SkewClock(SkewClock { pod: any(random).pod, by: Shift { by, back: random.bool() } })
        }
        "fill-volume" => Fault::FillVolume(any(random)),
        "slow-volume" => {
            Fault::SlowVolume(SlowVolume { pod: or_leader(random).pod, kilobytes: 1 << random.u32(2..10) })
        }
        "corrupt-wal" => Fault::CorruptWal(CorruptWal { pod: or_leader(random).pod, bytes: None }),
        "change-image" => {
            // Nobody has it, so that the pod waits until it is healed.
            Fault::ChangeImage(ChangeImage { image: "tdengine/tdengine:missing".to_owned(), from: pods - 1 })
        }
        _ => return None,
    })
}

/// True now and then: what servers must refuse is asked for, too.
fn dares(random: &mut Rng) -> bool {
    random.u32(0..4) == 0
}

/// One thing that happens to packets.
fn packets(pod: Target, random: &mut Rng) -> Packets {
    let nothing =
        Packets { pod, loss: None, kilobits: None, delay: None, jitter: None, duplicate: None, corrupt: None };
    match random.u32(0..5) {
        0 => Packets { loss: Some(random.u8(5..60)), ..nothing },
        1 => Packets { kilobits: Some(random.u32(16..256)), ..nothing },
        2 => {
            let ms = |ms| Some(Moment(Duration::from_millis(ms)));
            Packets { delay: ms(random.u64(50..3_000)), jitter: ms(random.u64(1..50)), ..nothing }
        }
        3 => Packets { duplicate: Some(random.u8(5..60)), ..nothing },
        _ => Packets { corrupt: Some(random.u8(5..60)), ..nothing },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_schedule_and_seeds_differ() {
        let ground = Ground { pods: 3, replica: 1, drops_offline: true, kinds: &Fault::KINDS };
        let all: Vec<Schedule> = (0..300).map(|seed| generate(seed, &ground)).collect();
        for (seed, schedule) in (0..).zip(&all) {
            assert_eq!(*schedule, generate(seed, &ground));
            assert_eq!(schedule.complaint(), None, "{schedule:?}");
        }
        for kind in Fault::KINDS {
            let there = all.iter().flat_map(Schedule::faults).any(|fault| fault.kind() == kind);
            assert!(there, "no seed gives {kind}");
        }
        assert!(all.iter().collect::<Vec<_>>().windows(2).any(|two| two[0] != two[1]));
    }

    #[test]
    fn servers_are_asked_now_and_then_for_what_they_refuse() {
        let ground = Ground { pods: 3, replica: 3, drops_offline: false, kinds: &["scale"] };
        let all: Vec<Fault> = (0..300).flat_map(|seed| generate(seed, &ground).0).filter_map(|it| it.fault).collect();
        let refused = |fault: &&Fault| matches!(fault, Fault::DropDnode(_) | Fault::Scale(Scale { safely: true, .. }));
        let refused = all.iter().filter(refused).count();
        assert!(refused > 0 && refused < all.len() / 4, "{refused} of {}", all.len());
    }

    #[test]
    fn nobody_is_asked_who_is_not_there() {
        let on = |pod| OnPod { pod: Target::Pod(pod) };
        let mut scene = Scene { pods: 3, away: BTreeMap::new(), lasting: BTreeSet::new(), dropped: false };
        assert!(scene.has(&Fault::KillProcess(on(2))) && !scene.has(&Fault::Scale(Scale { to: 3, safely: false })));
        scene.take(&Fault::Scale(Scale { to: 2, safely: false }));
        assert!(!scene.has(&Fault::KillProcess(on(2))) && scene.has(&Fault::DropDnode(on(2))));
        scene.take(&Fault::StopNode(on(0)));
        let leader = OnPod { pod: Target::Role(Role::MnodeLeader) };
        assert!(!scene.has(&Fault::PauseProcess(on(0))) && !scene.has(&Fault::KillProcess(leader.clone())));
        scene.heal("stop-node", 3);
        assert!(scene.has(&Fault::PauseProcess(on(0))) && scene.has(&Fault::KillProcess(leader)));
        scene.heal("scale", 3);
        assert!(scene.has(&Fault::KillProcess(on(2))) && scene.has(&Fault::RollingRestart(Nothing {})));
        scene.take(&Fault::CutNames(on(0)));
        assert!(scene.has(&Fault::KillProcess(on(0))) && !scene.has(&Fault::RollingRestart(Nothing {})));
    }
}
