use std::time::Duration;

use super::{Happening, Moment, Schedule, simpler::simpler};

/// The smallest schedule that can be found which still fails as this one does: without what can be left out (delta
/// debugging), and with the simplest parameters. `fails` tells whether a schedule fails in the same way; it is asked
/// `most` times at most, and of no schedule twice.
pub fn shrink(schedule: &Schedule, most: usize, mut fails: impl FnMut(&Schedule) -> bool) -> Schedule {
    let mut tried: Vec<Schedule> = Vec::new();
    let mut still = |candidate: &Schedule| {
        if tried.len() == most || tried.contains(candidate) || candidate.complaint().is_some() {
            return false;
        }
        tried.push(candidate.clone());
        fails(candidate)
    };
    let mut best = schedule.clone();
    loop {
        let before = best.clone();
        best = without(best, &mut still);
        best = easier(best, &mut still);
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
fn easier(mut best: Schedule, still: &mut impl FnMut(&Schedule) -> bool) -> Schedule {
    for at in 0..best.0.len() {
        let Some(happening) = best.0.get(at).cloned() else { break };
        for fault in happening.fault.iter().flat_map(simpler) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fault, Ground, Partition, generate};

    const GROUND: Ground<'_> = Ground { pods: 3, replica: 1, drops_offline: true, kinds: &Fault::KINDS };

    fn has(schedule: &Schedule, kind: &str) -> bool {
        schedule.faults().any(|fault| fault.kind() == kind)
    }

    #[test]
    fn what_does_not_matter_is_left_out() {
        let needed = |schedule: &Schedule| has(schedule, "partition") && has(schedule, "kill-process");
        let mut shrunk = 0;
        for seed in 0..900 {
            let schedule = generate(seed, &GROUND);
            if needed(&schedule) {
                let small = shrink(&schedule, 300, needed);
                assert_eq!(small.0.len(), 2, "{small:?}");
                assert!(small.faults().any(|fault| matches!(fault, Fault::Partition(Partition::Pair([0, 1])))));
                assert!(small.0.iter().all(|happening| happening.at.0 <= Duration::from_secs(2)));
                shrunk += 1;
            }
        }
        assert!(shrunk > 5);
    }

    #[test]
    fn no_more_is_tried_than_may_be() {
        let schedule = (0..99).map(|seed| generate(seed, &GROUND)).find(|schedule| schedule.0.len() > 4).unwrap();
        let mut tried = 0;
        let small = shrink(&schedule, 2, |_| {
            tried += 1;
            false
        });
        assert_eq!((small, tried), (schedule, 2));
    }

    #[test]
    fn a_failure_that_comes_from_no_fault_keeps_one() {
        let schedule = generate(3, &GROUND);
        assert_eq!(shrink(&schedule, 300, |_| true).faults().count(), 1);
    }
}
