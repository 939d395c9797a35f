//! Faults, measurements and recoveries of an attempt.

use std::collections::BTreeMap;

use jiff::Timestamp;
use seatrial_record::{FaultChange, FaultPhase, Measured, Recovery};

use super::{Attempt, Model};
use crate::text::spans::between;

/// A fault and what became of it.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Its number in its scenario.
    pub number: u32,
    /// What kind of fault.
    pub name: String,
    /// What it was done to.
    pub target: String,
    /// Its changes, in order.
    pub changes: Vec<(Timestamp, FaultPhase, String)>,
    /// Numbers of the evidence.
    pub evidence: Vec<u64>,
}

/// A measurement and the end of its span.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// When the span ended.
    pub at: Timestamp,
    /// What was measured.
    pub measured: Measured,
}

/// How long the recoveries of one thing took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recoveries {
    /// What works again.
    pub what: String,
    /// Milliseconds, shortest first.
    pub took_ms: Vec<u64>,
}

impl Fault {
    fn when(&self, phases: &[FaultPhase]) -> Option<Timestamp> {
        self.changes.iter().find(|(_, phase, _)| phases.contains(phase)).map(|(at, _, _)| *at)
    }

    /// The text of the last change to one of `phases`.
    fn text(&self, phases: &[FaultPhase]) -> Option<(FaultPhase, &str)> {
        let mut changes = self.changes.iter().rev();
        changes.find(|(_, phase, _)| phases.contains(phase)).map(|(_, phase, text)| (*phase, text.as_str()))
    }

    /// From when to when it was there, in milliseconds since the start of the attempt; to its end if nothing healed it.
    pub fn span(&self, attempt: &Attempt) -> (u64, u64) {
        let ended = self.when(&[FaultPhase::Healed]).unwrap_or(attempt.last);
        let began = self.changes.first().map_or(ended, |(at, _, _)| *at);
        (between(attempt.started, began), between(attempt.started, ended.max(began)))
    }

    /// The witness: whether there is one, and its words. `None` if nobody has looked yet.
    pub fn witness(&self) -> Option<(bool, &str)> {
        let (phase, text) = self.text(&[FaultPhase::Witnessed, FaultPhase::NotWitnessed])?;
        Some((phase == FaultPhase::Witnessed, text))
    }

    /// The proof of the heal: whether it is gone, and the words. `None` if nobody has looked yet.
    pub fn heal(&self) -> Option<(bool, &str)> {
        let (phase, text) = self.text(&[FaultPhase::Healed, FaultPhase::NotHealed])?;
        Some((phase == FaultPhase::Healed, text))
    }
}

impl Attempt {
    pub(super) fn add_fault(&mut self, at: Timestamp, change: FaultChange) {
        let known = self.faults.iter().position(|fault| fault.number == change.fault);
        let index = known.unwrap_or_else(|| {
            let FaultChange { fault: number, name, target, .. } = &change;
            self.faults.push(Fault {
                number: *number,
                name: name.clone(),
                target: target.clone(),
                changes: Vec::new(),
                evidence: Vec::new(),
            });
            self.faults.len() - 1
        });
        let fault = &mut self.faults[index];
        fault.changes.push((at, change.phase, change.text));
        fault.evidence.extend(change.evidence);
    }
}

impl Recoveries {
    /// The quantile `percent`; `None` of nothing.
    pub fn quantile(&self, percent: usize) -> Option<u64> {
        quantile(&self.took_ms, percent)
    }

    /// All recoveries of the run, by what works again.
    pub fn of(model: &Model) -> Vec<Self> {
        let mut by_what: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for attempt in model.scenarios.iter().filter_map(super::Scenario::last) {
            for Recovery { what, took_ms, .. } in &attempt.recoveries {
                by_what.entry(what).or_default().push(*took_ms);
            }
        }
        let sorted = |(what, mut took_ms): (&str, Vec<u64>)| {
            took_ms.sort_unstable();
            Self { what: what.to_owned(), took_ms }
        };
        by_what.into_iter().map(sorted).collect()
    }
}

/// The quantile `percent` of `sorted`, by the nearest rank; `None` of nothing.
pub(super) fn quantile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent.min(100)).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, 10)]
    #[case(50, 20)]
    #[case(75, 30)]
    #[case(95, 40)]
    #[case(100, 40)]
    fn quantiles_are_times_that_were_seen(#[case] percent: usize, #[case] expected: u64) {
        let all = Recoveries { what: "inserts".into(), took_ms: vec![10, 20, 30, 40] };
        assert_eq!(all.quantile(percent), Some(expected));
        assert_eq!(Recoveries { took_ms: Vec::new(), ..all }.quantile(percent), None);
    }
}
