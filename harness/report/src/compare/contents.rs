use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use seatrial_record::ObservedKind;
use serde::{Deserialize, Serialize};

use super::lanes::{lanes, works};
use crate::model::{Attempt, Model};
use crate::text::safe::line;

/// A state that stands for less than this is on its way to another.
const STEADY_MS: i64 = 10_000;
/// Most different errors of one step.
const ERRORS: usize = 20;
/// Most lines of one piece of evidence that are searched for errors.
const LINES: usize = 2_000;
/// The state of a pod that ends and is started again.
const CRASHES: &str = "crashes";
/// Most digits of a number that is the same each time.
const LONG: usize = 5;

/// What kind of thing differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContentKind {
    /// The states of a pod, dnode, mnode or vgroup: those that stood for ten seconds, or at the end of the step.
    State,
    /// The text of an error.
    Error,
    /// The columns of a table.
    Columns,
}

/// What was seen in a step, by kind and subject.
pub(super) type Contents = BTreeMap<(ContentKind, String), Values>;

/// Values that were seen of one subject.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    /// In the step.
    pub(super) seen: BTreeSet<String>,
    /// However briefly, in the step or in its neighbours: when exactly a step ends is left to chance.
    pub(super) around: BTreeSet<String>,
}

/// What was seen in step number `index` of an attempt.
pub(super) fn contents(model: &Model, attempt: &Attempt, index: usize) -> Contents {
    let mut contents = Contents::new();
    for near in index.saturating_sub(1)..=index + 1 {
        for lane in lanes(attempt, near).iter().filter(|lane| lane.kind != ObservedKind::Workload) {
            let values = contents.entry((ContentKind::State, lane.name.to_owned())).or_default();
            values.around.extend(lane.all().map(|state| settled(lane.kind, state)));
            if near == index {
                values.seen.extend(lane.steady(STEADY_MS).map(|state| settled(lane.kind, state)));
            }
        }
    }
    let mut add = |kind, subject: String, value: String| {
        let values = contents.entry((kind, subject)).or_default();
        values.around.insert(value.clone());
        values.seen.insert(value);
    };
    let Some(step) = attempt.steps.get(index) else { return contents };
    let evidence = || step.evidence.iter().filter_map(|index| model.evidence.get(*index)).map(|seen| &seen.evidence);
    let texts = evidence().map(|seen| seen.text.as_str());
    let texts = texts.chain(step.checks.iter().map(|check| check.result.seen.as_str()));
    let reason = step.finished.iter().filter(|_| step.action_failed()).map(|end| end.reason.as_str());
    let mut errors = BTreeSet::new();
    for text in texts.flat_map(|text| text.lines().take(LINES)) {
        errors.extend(error(text));
    }
    errors.extend(reason.map(|reason| line(&without_numbers(reason))));
    for error in errors.into_iter().take(ERRORS) {
        add(ContentKind::Error, String::new(), error);
    }
    for seen in evidence() {
        let Some(table) = seen.table.as_ref().filter(|table| !table.columns.is_empty()) else { continue };
        let columns: Vec<&str> = table.columns.iter().map(|column| column.trim()).collect();
        add(ContentKind::Columns, without_pod(&seen.title).to_owned(), columns.join(" | "));
    }
    contents
}

/// A state without what is left to chance: which member of a group leads.
fn settled(kind: ObservedKind, state: &str) -> String {
    match kind {
        ObservedKind::Vgroup => {
            let mut members: Vec<(&str, &str)> =
                state.split(", ").map(|member| member.split_once(" on ").unwrap_or((member, ""))).collect();
            members.sort_unstable();
            let roles: Vec<&str> = members.iter().map(|(role, _)| *role).collect();
            let mut dnodes: Vec<&str> = members.iter().map(|(_, dnode)| *dnode).collect();
            dnodes.sort_unstable();
            format!("{} on {}", roles.join(", "), dnodes.join(", "))
        }
        ObservedKind::Mnode if matches!(state, "leader" | "follower") => "leader or follower".to_owned(),
        ObservedKind::Mnode if matches!(state, "master" | "slave") => "master or slave".to_owned(),
        _ => steady(kind, state).to_owned(),
    }
}

/// A pod that crashes again and again is in one of several states at any moment: together they are one.
fn steady(kind: ObservedKind, state: &str) -> &str {
    let (shown, restarted) = state.split_once(", restarts").map_or((state, false), |(shown, _)| (shown, true));
    match shown.split(' ').next() {
        _ if kind != ObservedKind::Pod || works(kind, state) => shown,
        Some("CrashLoopBackOff" | "Error" | "Completed") => CRASHES,
        Some("Running") if restarted => CRASHES,
        _ => shown,
    }
}

/// The error that a line of an answer tells, without what differs each time.
fn error(text: &str) -> Option<String> {
    let text = text.trim();
    let found =
        ["DB error", "error:", "Error:", "ERROR", "failed to", "\"desc\":"].iter().any(|start| text.starts_with(start));
    found.then(|| line(&without_numbers(text)))
}

/// Numbers with a point or colon in them, and long ones, are times and addresses. Those behind a letter are codes.
fn without_numbers(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|char: char| char.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        kept.push_str(before);
        let end = from.find(|char: char| !char.is_ascii_digit() && !matches!(char, '.' | ':')).unwrap_or(from.len());
        let number = from[..end].trim_end_matches(['.', ':']);
        let is_code = kept.ends_with(|char: char| char.is_ascii_alphanumeric());
        let varies = !is_code && (number.contains(['.', ':']) || number.len() > LONG);
        kept.push_str(if varies { "N" } else { number });
        rest = &from[number.len()..];
    }
    kept + rest
}

/// `show dnodes` of `show dnodes in tdengine-0`: which pod answered is left to chance.
fn without_pod(title: &str) -> &str {
    title.rsplit_once(" in ").map_or(title, |(what, _)| what)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("DB error: Unable to resolve FQDN (0.003127s)", Some("DB error: Unable to resolve FQDN (Ns)"))]
    #[case("  error: code 0x80000510, Syntax error in SQL", Some("error: code 0x80000510, Syntax error in SQL"))]
    #[case("Query OK, 2 row(s) in set (0.000675s)", None)]
    #[case("", None)]
    fn errors_are_found(#[case] text: &str, #[case] found: Option<&str>) {
        assert_eq!(error(text).as_deref(), found);
    }

    #[rstest]
    #[case("10.244.0.7:6030 refused", "N refused")]
    #[case("2 of 3 dnodes", "2 of 3 dnodes")]
    #[case("ends in 2.", "ends in 2.")]
    #[case("节点 12345678", "节点 N")]
    fn numbers_go(#[case] text: &str, #[case] without: &str) {
        assert_eq!(without_numbers(text), without);
    }

    #[rstest]
    #[case("CrashLoopBackOff 0/1, restarts 4", "crashes")]
    #[case("Running 1/1, restarts 2", "Running 1/1")]
    #[case("Running 0/1, restarts 1", "crashes")]
    #[case("Running 0/1", "Running 0/1")]
    fn pods_settle(#[case] state: &str, #[case] settles: &str) {
        assert_eq!(settled(ObservedKind::Pod, state), settles);
    }

    #[test]
    fn who_leads_is_left_to_chance() {
        let settled = |state| settled(ObservedKind::Vgroup, state);
        assert_eq!(settled("leader on 1, follower on 2"), settled("follower on 1, leader on 2"));
        assert_ne!(settled("leader on 1, follower on 2"), settled("leader on 1, follower on 3"));
        assert_ne!(settled("leader on 1, follower on 2"), settled("follower on 1, follower on 2"));
    }
}
