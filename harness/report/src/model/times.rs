//! Where the time of a run went.

use super::Model;

/// A span and the harness's own share of it, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnTime {
    /// The whole span.
    pub took_ms: u64,
    /// What the harness added to it.
    pub own_ms: u64,
}

/// The times that a run recorded of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// All scenarios that say it, together.
    pub own: Option<OwnTime>,
    /// Each of them, by key, in the order of the plan.
    pub scenarios: Vec<(String, OwnTime)>,
    /// From a change to its being noticed, but for what servers took to answer; shortest first.
    noticed_ms: Vec<u64>,
}

impl Times {
    /// The times of a run.
    pub fn of(model: &Model) -> Self {
        let mut times = Self::default();
        for scenario in &model.scenarios {
            let Some(attempt) = scenario.last() else { continue };
            if let Some((end, own_ms)) = attempt.finished.as_ref().and_then(|end| Some((end, end.own_ms?))) {
                let own = OwnTime { took_ms: end.took_ms, own_ms };
                times.scenarios.push((scenario.planned.key.clone(), own));
                let sum = times.own.get_or_insert_default();
                sum.took_ms += own.took_ms;
                sum.own_ms += own.own_ms;
            }
            times.noticed_ms.extend(attempt.checks().filter_map(|(_, check)| check.result.noticed_ms()));
        }
        times.noticed_ms.sort_unstable();
        times
    }

    /// True if the run recorded none.
    pub fn is_empty(&self) -> bool {
        self.own.is_none() && self.noticed_ms.is_empty()
    }

    /// How many changes have both times.
    pub fn count(&self) -> usize {
        self.noticed_ms.len()
    }

    /// The quantile `percent` of the time from a change to its being noticed.
    pub fn noticed(&self, percent: usize) -> Option<u64> {
        super::quantile(&self.noticed_ms, percent)
    }
}
