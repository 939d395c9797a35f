use jiff::Timestamp;
use schemars::JsonSchema;
use seatrial_record::ObservedKind::{Dnode, Mnode, Pod, Vgroup};
use serde::{Deserialize, Serialize};

use super::lanes::{Lane, is_gone, lanes, works};
use crate::model::{Attempt, Step};
use crate::text::spans::between;

/// What takes time. All are read off the events, so they are as fine as the run looked: every second or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TimeKind {
    /// Step 0: until the cluster stood.
    Start,
    /// From a step's start until a new dnode was ready.
    Join,
    /// From a step's start, or from `dropping`, until a dnode was listed no more.
    Drop,
    /// From a pod's end until a dnode was shown offline.
    Offline,
    /// From a step's start until every pod and dnode that had stopped working worked again; or what a fault's recovery says.
    Recovery,
    /// From the first pod's end, or a step's start, until another led: an mnode, or a copy of a vgroup.
    Failover,
    /// From a step's start until one check held.
    Check,
}

impl TimeKind {
    /// All kinds, in the order of reports.
    pub const ALL: [Self; 7] =
        [Self::Start, Self::Join, Self::Drop, Self::Offline, Self::Recovery, Self::Failover, Self::Check];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Join => "join",
            Self::Drop => "drop",
            Self::Offline => "offline",
            Self::Recovery => "recovery",
            Self::Failover => "failover",
            Self::Check => "check",
        }
    }
}

/// A length of time that was measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Timed {
    pub(super) kind: TimeKind,
    /// What took it, say `dnode 3`, or a check in words.
    pub(super) subject: String,
    pub(super) ms: u64,
}

/// The times of step number `index` of an attempt.
pub(super) fn times(attempt: &Attempt, index: usize) -> Vec<Timed> {
    let Some(step) = attempt.steps.get(index) else { return Vec::new() };
    let lanes = lanes(attempt, index);
    let mut times = Vec::new();
    if step.number == 0 {
        let took = step.finished.as_ref().map(|end| end.took_ms);
        times.extend(took.map(|ms| Timed { kind: TimeKind::Start, subject: "cluster".to_owned(), ms }));
    } else {
        times.extend(lanes.iter().filter(|lane| lane.kind == Dnode).filter_map(|lane| dnode(step, lane, &lanes)));
        times.extend(recovery(step, &lanes));
        times.extend(failovers(step, &lanes));
    }
    // Recoveries are told of a scenario as a whole.
    if index + 1 == attempt.steps.len() {
        let told = |subject: &str, ms| Timed { kind: TimeKind::Recovery, subject: subject.to_owned(), ms };
        times.extend(attempt.recoveries.iter().map(|recovery| told(&recovery.what, recovery.took_ms)));
    }
    times.extend(step.checks.iter().filter_map(|check| {
        let subject = format!("check {}: {}", check.result.check, check.result.title);
        Some(Timed { kind: TimeKind::Check, subject, ms: check.result.fulfilled_after_ms? })
    }));
    times
}

/// That a dnode joined, was dropped or was found offline.
fn dnode(step: &Step, lane: &Lane<'_>, lanes: &[Lane<'_>]) -> Option<Timed> {
    let pods = || lanes.iter().filter(|lane| lane.kind == Pod);
    let (kind, from, to) = match lane.before {
        // A dnode that nobody had looked at is no news; one that comes with a new pod is.
        None if pods().any(|pod| pod.before.is_none() && pod.last().is_some()) => {
            (TimeKind::Join, step.started, lane.first(|state| state == "ready")?)
        }
        None => return None,
        Some((before, since)) => {
            if let Some(to) = lane.first(is_gone) {
                let from = if before.starts_with("dropping") { since } else { step.started };
                (TimeKind::Drop, from, to)
            } else {
                let to = lane.first(|state| state.starts_with("offline")).filter(|_| before == "ready")?;
                let left = pods().filter_map(|pod| pod.first(is_gone)).filter(|at| *at <= to).max();
                (TimeKind::Offline, left.unwrap_or(step.started), to)
            }
        }
    };
    Some(Timed { kind, subject: lane.name.to_owned(), ms: between(from, to) })
}

/// That everything which was there before the step works again, if something did not.
fn recovery(step: &Step, lanes: &[Lane<'_>]) -> Option<Timed> {
    let mut healed: Option<Timestamp> = None;
    for lane in lanes.iter().filter(|lane| matches!(lane.kind, Pod | Dnode)) {
        if lane.last().is_some_and(|state| !works(lane.kind, state)) {
            return None;
        }
        let states = lane.before.into_iter().chain(lane.within.iter().copied()).collect::<Vec<_>>();
        let last_bad = states.iter().rposition(|(state, _)| !works(lane.kind, state));
        let back = last_bad.and_then(|bad| states.get(bad + 1)).filter(|_| lane.before.is_some());
        healed = healed.max(back.map(|(_, at)| *at));
    }
    let subject = "all pods and dnodes".to_owned();
    healed.map(|at| Timed { kind: TimeKind::Recovery, subject, ms: between(step.started, at) })
}

/// That another leads than before.
fn failovers(step: &Step, lanes: &[Lane<'_>]) -> Vec<Timed> {
    let leads = |state: &str| matches!(state, "master" | "leader");
    let pods = || lanes.iter().filter(|lane| lane.kind == Pod);
    let broken = pods().filter_map(|pod| pod.first(|state| !works(Pod, state)));
    let begun = broken.min().unwrap_or(step.started);
    let mut found = Vec::new();
    let mnodes: Vec<&Lane<'_>> = lanes.iter().filter(|lane| lane.kind == Mnode).collect();
    let old = mnodes.iter().find(|lane| lane.before.is_some_and(|(state, _)| leads(state)));
    let new = mnodes.iter().filter(|lane| !lane.before.is_some_and(|(state, _)| leads(state)));
    let new = new.filter_map(|lane| Some((lane, lane.first(leads)?))).min_by_key(|(_, at)| *at);
    if let (Some(_), Some((_, to))) = (old, new) {
        found.push(("mnodes".to_owned(), to));
    }
    for lane in lanes.iter().filter(|lane| lane.kind == Vgroup) {
        let Some(old) = lane.before.and_then(|(state, _)| leader(state)) else { continue };
        if let Some(to) = lane.first(|state| leader(state).is_some_and(|new| new != old)) {
            found.push((format!("vgroup {}", lane.name), to));
        }
    }
    let timed = |(subject, to): (String, Timestamp)| {
        let from = if begun <= to { begun } else { step.started };
        Timed { kind: TimeKind::Failover, subject, ms: between(from, to) }
    };
    found.into_iter().map(timed).collect()
}

/// The dnode with the leading copy: `2` of `slave on 1, master on 2`.
fn leader(copies: &str) -> Option<&str> {
    copies.split(", ").find_map(|copy| copy.strip_prefix("master on ").or_else(|| copy.strip_prefix("leader on ")))
}
