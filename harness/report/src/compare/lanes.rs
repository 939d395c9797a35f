use std::collections::BTreeMap;

use jiff::Timestamp;
use seatrial_record::ObservedKind;

use crate::model::{Attempt, Step};

/// What one thing went through in one step.
pub(super) struct Lane<'a> {
    pub(super) kind: ObservedKind,
    pub(super) name: &'a str,
    /// Its state when the step began, and since when; `None` if it was not known or gone.
    pub(super) before: Option<(&'a str, Timestamp)>,
    /// Its states within the step, in order.
    pub(super) within: Vec<(&'a str, Timestamp)>,
}

/// Everything that was known in step number `index` of `attempt`, by kind and name.
pub(super) fn lanes<'a>(attempt: &'a Attempt, index: usize) -> Vec<Lane<'a>> {
    let Some(Step { started, .. }) = attempt.steps.get(index) else { return Vec::new() };
    let next = attempt.steps.get(index + 1).map(|step| step.started);
    let mut lanes: BTreeMap<(ObservedKind, &str), Lane<'a>> = BTreeMap::new();
    // What a step saw last and the start of the next step may have the same time.
    for seen in attempt.observations.iter().filter(|seen| next.is_none_or(|next| seen.at <= next)) {
        let (kind, name) = (seen.observation.kind, seen.observation.name.as_str());
        let state = (seen.observation.state.as_str(), seen.at);
        let lane = lanes.entry((kind, name)).or_insert_with(|| Lane { kind, name, before: None, within: Vec::new() });
        if index > 0 && seen.at <= *started {
            lane.before = Some(state).filter(|(state, _)| !is_gone(state));
        } else {
            lane.within.push(state);
        }
    }
    lanes.into_values().collect()
}

impl<'a> Lane<'a> {
    /// The first moment of the step at which it was in a state that `is` so.
    pub(super) fn first(&self, is: impl Fn(&str) -> bool) -> Option<Timestamp> {
        self.within.iter().find(|(state, _)| is(state)).map(|(_, at)| *at)
    }

    /// Its state at the end of the step; `None` if it is gone or was never there.
    pub(super) fn last(&self) -> Option<&'a str> {
        let last = self.within.last().copied().or(self.before);
        last.map(|(state, _)| state).filter(|state| !is_gone(state))
    }

    /// All its states, also the one that it came with.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a str> {
        self.before.into_iter().chain(self.within.iter().copied()).map(|(state, _)| state)
    }

    /// The states that stood for at least `ms`, or at the end of the step.
    pub(super) fn steady(&self, ms: i64) -> impl Iterator<Item = &'a str> {
        let ends = self.within.iter().skip(1).map(|(_, at)| Some(*at)).chain([None]);
        self.within.iter().zip(ends).filter_map(move |((state, from), to)| {
            to.is_none_or(|to| to.as_millisecond() - from.as_millisecond() >= ms).then_some(*state)
        })
    }
}

pub(super) fn is_gone(state: &str) -> bool {
    state == "gone"
}

/// True of a pod or dnode that does its work.
pub(super) fn works(kind: ObservedKind, state: &str) -> bool {
    match kind {
        ObservedKind::Pod => ready_pod(state),
        _ => state == "ready",
    }
}

/// `Running 1/1`, also with how often it was restarted behind it.
fn ready_pod(state: &str) -> bool {
    let mut words = state.split([' ', ',']);
    let ready = words.clone().nth(1).and_then(|count| count.split_once('/'));
    words.next() == Some("Running") && ready.is_some_and(|(ready, all)| ready == all)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(ObservedKind::Pod, "Running 1/1", true)]
    #[case(ObservedKind::Pod, "Running 1/1, restarts 3", true)]
    #[case(ObservedKind::Pod, "Running 0/1", false)]
    #[case(ObservedKind::Pod, "CrashLoopBackOff 0/1", false)]
    #[case(ObservedKind::Pod, "Terminating 1/1", false)]
    #[case(ObservedKind::Pod, "", false)]
    #[case(ObservedKind::Dnode, "ready", true)]
    #[case(ObservedKind::Dnode, "offline: status msg timeout", false)]
    fn who_works(#[case] kind: ObservedKind, #[case] state: &str, #[case] so: bool) {
        assert_eq!(works(kind, state), so);
    }
}
