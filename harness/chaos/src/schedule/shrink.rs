use std::time::Duration;

use super::{Happening, Moment, Schedule};
use crate::{DeletePod, Fault, OnPod, Partition, Scale, Target};

/// Most schedules that are tried for one failure.
const TRIES: u32 = 300;

/// The smallest schedule that can be found which still fails as this one does: without what can be left out (delta
/// debugging), and with the simplest parameters. `fails` tells whether a schedule fails in the same way.
pub fn shrink(schedule: &Schedule, mut fails: impl FnMut(&Schedule) -> bool) -> Schedule {
    let mut tries = 0;
    let mut still = |candidate: &Schedule| {
        tries += 1;
        tries <= TRIES && candidate.complaint().is_none() && fails(candidate)
    };
    let mut best = schedule.clone();
    loop {
        let before = best.clone();
        best = without(best, &mut still);
        best = simpler(best, &mut still);
        if best == before {
            return best;
        }
    }
}

/// Leaves out as much as can be: halves first, then quarters, down to single happenings.
fn without(mut best: Schedule, still: &mut impl FnMut(&Schedule) -> bool) -> Schedule {
    let mut size = best.0.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        while at < best.0.len() {
            let kept = best.0.iter().enumerate().filter(|(index, _)| !(at..at + size).contains(index));
            let candidate = Schedule(kept.map(|(_, happening)| happening.clone()).collect());
            if still(&candidate) {
                best = candidate;
            } else {
                at += size;
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    best
}

/// Makes each happening simpler and earlier, one after the other.
fn simpler(mut best: Schedule, still: &mut impl FnMut(&Schedule) -> bool) -> Schedule {
    for at in 0..best.0.len() {
        let Some(happening) = best.0.get(at).cloned() else { break };
        for fault in happening.fault.iter().flat_map(simpler_faults) {
            if replace(&mut best, at, Happening { fault: Some(fault), ..happening.clone() }, still) {
                break;
            }
        }
        let previous =
            at.checked_sub(1).and_then(|at| best.0.get(at)).map_or(Duration::ZERO, |happening| happening.at.0);
        for gap in [1, 5, 10, 20] {
            let Some(now) = best.0.get(at).cloned() else { break };
            let earlier = Moment(Duration::from_secs((previous + Duration::from_secs(gap)).as_secs()));
            if earlier < now.at && replace(&mut best, at, Happening { at: earlier, ..now }, still) {
                break;
            }
        }
    }
    best
}

fn replace(best: &mut Schedule, at: usize, with: Happening, still: &mut impl FnMut(&Schedule) -> bool) -> bool {
    let mut candidate = best.clone();
    if let Some(place) = candidate.0.get_mut(at) {
        *place = with;
    }
    let better = candidate != *best && still(&candidate);
    if better {
        *best = candidate;
    }
    better
}

/// Simpler faults of the same kind, the simplest first.
fn simpler_faults(fault: &Fault) -> Vec<Fault> {
    let on = |pod| OnPod { pod: Target::Pod(pod) };
    let pods = 0..2;
    match fault {
        Fault::DeletePod(DeletePod { pod: Target::Pod(0), force: false }) => Vec::new(),
        Fault::DeletePod(DeletePod { pod, force: true }) => {
            vec![Fault::DeletePod(DeletePod { pod: pod.clone(), force: false })]
        }
        Fault::DeletePod(_) => {
            pods.map(|pod| Fault::DeletePod(DeletePod { pod: Target::Pod(pod), force: false })).collect()
        }
        Fault::KillProcess(old) if old.pod != Target::Pod(0) => pods.map(|pod| Fault::KillProcess(on(pod))).collect(),
        Fault::PauseProcess(old) if old.pod != Target::Pod(0) => pods.map(|pod| Fault::PauseProcess(on(pod))).collect(),
        Fault::Scale(Scale { to, safely: true }) => vec![Fault::Scale(Scale { to: *to, safely: false })],
        Fault::Partition(old) => [[0, 1], [0, 2], [1, 2]]
            .map(Partition::Pair)
            .into_iter()
            .take_while(|pair| pair != old)
            .map(Fault::Partition)
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate;

    fn has(schedule: &Schedule, kind: &str) -> bool {
        schedule.faults().any(|fault| fault.kind() == kind)
    }

    #[test]
    fn what_does_not_matter_is_left_out() {
        let needed = |schedule: &Schedule| has(schedule, "partition") && has(schedule, "kill-process");
        let mut shrunk = 0;
        for seed in 0..900 {
            let schedule = generate(seed, 3, &Fault::KINDS);
            if needed(&schedule) {
                let small = shrink(&schedule, needed);
                assert_eq!(small.0.len(), 2, "{small:?}");
                assert!(small.faults().any(|fault| matches!(fault, Fault::Partition(Partition::Pair([0, 1])))));
                assert!(small.0.iter().all(|happening| happening.at.0 <= Duration::from_secs(2)));
                shrunk += 1;
            }
        }
        assert!(shrunk > 5);
    }

    #[test]
    fn a_failure_that_comes_from_no_fault_keeps_one() {
        let schedule = generate(3, 3, &Fault::KINDS);
        assert_eq!(shrink(&schedule, |_| true).faults().count(), 1);
    }
}
