//! What a time line shows: one lane for each thing that was observed, one segment for each state it was in.

use std::collections::BTreeMap;

use seatrial_record::ObservedKind;

use crate::model::Attempt;
use crate::text::spans::between;

/// Whether a state is one to worry about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It works.
    Good,
    /// It is on its way somewhere.
    Changing,
    /// It does not work.
    Bad,
    /// It has no such notion.
    Neutral,
    /// It is not there.
    Gone,
}

/// A state and how long it lasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Milliseconds from the start of the scenario.
    pub(crate) from: u64,
    /// Milliseconds from the start of the scenario.
    pub(crate) to: u64,
    /// The state.
    pub(crate) state: String,
    /// What it means.
    pub(crate) tone: Tone,
}

/// One thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lane {
    /// What kind of thing.
    pub(crate) kind: ObservedKind,
    /// Which one.
    pub(crate) name: String,
    /// Its states, in order.
    pub(crate) segments: Vec<Segment>,
}

/// The lanes of an attempt, by kind and name, in a scenario of `total` milliseconds.
pub(crate) fn lanes(attempt: &Attempt, total: u64) -> Vec<Lane> {
    let mut lanes: BTreeMap<(ObservedKind, NaturalName), Vec<Segment>> = BTreeMap::new();
    for observed in &attempt.observations {
        let from = between(attempt.started, observed.at).min(total);
        let observation = &observed.observation;
        let segments = lanes.entry((observation.kind, NaturalName::of(&observation.name))).or_default();
        if let Some(last) = segments.last_mut() {
            if last.state == observation.state {
                continue;
            }
            last.to = from;
        }
        let state = observation.state.clone();
        segments.push(Segment { from, to: total, tone: tone(observation.kind, &state), state });
    }
    lanes.into_iter().map(|((kind, name), segments)| Lane { kind, name: name.text, segments }).collect()
}

/// A name whose numbers are ordered as numbers: `tdengine-2` before `tdengine-10`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct NaturalName {
    stem: String,
    number: u64,
    text: String,
}

impl NaturalName {
    fn of(text: &str) -> Self {
        let stem = text.trim_end_matches(|char: char| char.is_ascii_digit());
        let number = text.get(stem.len()..).and_then(|digits| digits.parse().ok()).unwrap_or(0);
        Self { stem: stem.to_owned(), number, text: text.to_owned() }
    }
}

fn tone(kind: ObservedKind, state: &str) -> Tone {
    const GONE: [&str; 4] = ["gone", "absent", "deleted", "removed"];
    const BAD: [&str; 11] = [
        "offline",
        "crashloop",
        "error",
        "fail",
        "errimage",
        "imagepull",
        "evicted",
        "oomkilled",
        "lost",
        "unknown",
        "no master",
    ];
    const CHANGING: [&str; 11] = [
        "pending",
        "creating",
        "terminating",
        "dropping",
        "sync",
        "init",
        "starting",
        "balancing",
        "not ready",
        "completed",
        "candidate",
    ];
    const GOOD: [&str; 7] = ["ready", "running", "master", "slave", "leader", "follower", "alive"];
    let state = state.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| state.contains(word));
    if state.is_empty() || GONE.contains(&state.as_str()) {
        Tone::Gone
    } else if kind == ObservedKind::Workload {
        Tone::Neutral
    } else if has(&BAD) {
        Tone::Bad
    } else if has(&CHANGING) || some_not_ready(&state) {
        Tone::Changing
    } else if has(&GOOD) {
        Tone::Good
    } else {
        Tone::Neutral
    }
}

/// True of `0/1` and the like: fewer are ready than there are.
fn some_not_ready(state: &str) -> bool {
    state
        .split_whitespace()
        .filter_map(|word| word.split_once('/'))
        .any(|(ready, all)| matches!((ready.parse::<u32>(), all.parse::<u32>()), (Ok(ready), Ok(all)) if ready < all))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(ObservedKind::Pod, "Running 1/1", Tone::Good)]
    #[case(ObservedKind::Pod, "Running 0/1", Tone::Changing)]
    #[case(ObservedKind::Pod, "CrashLoopBackOff 0/1", Tone::Bad)]
    #[case(ObservedKind::Pod, "Terminating 1/1", Tone::Changing)]
    #[case(ObservedKind::Pod, "gone", Tone::Gone)]
    #[case(ObservedKind::Dnode, "offline: status msg timeout", Tone::Bad)]
    #[case(ObservedKind::Dnode, "dropping", Tone::Changing)]
    #[case(ObservedKind::Vgroup, "1 master, 2 unsynced", Tone::Changing)]
    #[case(ObservedKind::Workload, "120 ok, 3 failed", Tone::Neutral)]
    fn states_have_tones(#[case] kind: ObservedKind, #[case] state: &str, #[case] expected: Tone) {
        assert_eq!(tone(kind, state), expected);
    }

    #[test]
    fn numbers_in_names_are_numbers() {
        assert!(NaturalName::of("tdengine-2") < NaturalName::of("tdengine-10"));
    }
}
