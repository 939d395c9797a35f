//! Actions, expectations and checks in words.

use std::fmt::Display;

use crate::scenario::{
    Action, Check, CrashLoop, Delete, Dnodes, Exec, Expectation, Ids, Log, MembershipState, Mnodes, Names, Objects,
    Pods, Pvcs, Sql, SqlExpect, StatefulSetStatus, Step, Subject, Template, Vgroups, Way, Where, WorkloadState,
};

/// The longest SQL or command that is shown in a title.
const SHOWN: usize = 100;

/// A title with its variables replaced. The namespace differs from run to run, so it stays out of titles.
pub(crate) fn readable(title: &str, names: &Names) -> String {
    let names = Names { namespace: "NAMESPACE".to_owned(), ..names.clone() };
    title.parse::<Template>().map_or_else(|_| title.to_owned(), |title| title.expand(&names))
}

fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= SHOWN {
        return line;
    }
    let cut: String = line.chars().take(SHOWN - 3).collect();
    format!("{cut}...")
}

fn join<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// The parts that are there, each with its name in front.
fn parts<const N: usize>(parts: [(&str, String); N]) -> String {
    let given = parts.into_iter().filter(|(_, text)| !text.is_empty());
    given
        .map(|(name, text)| if name.is_empty() { text } else { format!("{name} {text}") })
        .collect::<Vec<_>>()
        .join("; ")
}

fn optional<T: Display>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn ids(ids: &Ids) -> String {
    join(ids.0.iter().map(|(id, end_point)| match end_point {
        Some(end_point) => format!("{id} ({end_point})"),
        None => id.to_string(),
    }))
}

fn by_id<T: Display>(map: &std::collections::BTreeMap<u32, T>) -> String {
    join(map.iter().map(|(id, value)| format!("{id}: {value}")))
}

fn place(place: &Where) -> String {
    match place {
        Where::Each => "in each pod".to_owned(),
        Where::Pods(pods) => format!("in pod {}", join(pods)),
    }
}

impl Step {
    /// The step in words.
    pub fn title(&self) -> String {
        match (&self.title, &self.action, self.check.first()) {
            (Some(title), _, _) => title.clone(),
            (None, Some(action), _) => action.title(),
            (None, None, Some(check)) => check.title(),
            (None, None, None) => "Nothing".to_owned(),
        }
    }
}

impl Action {
    /// The action in words.
    pub fn title(&self) -> String {
        match self {
            Self::Apply(apply) => format!("Apply {}", join(&apply.files)),
            Self::Scale(replicas) => format!("Scale to {replicas}"),
            Self::Sql(sql) => format!("SQL {}: {}", place(&sql.place), short(&sql.run.to_string())),
            Self::Exec(exec) => format!("Run {}: {}", place(&exec.place), short(&command(exec))),
            Self::Delete(delete) => format!("Delete {}", join(delete.0.iter().map(deleted))),
            Self::DeleteMissing(object) => format!("Delete {object}, which does not exist"),
            Self::SetImage(release) => format!("Set the image to that of {release}"),
            Self::Restart(_) => "Restart the pods one after the other".to_owned(),
            Self::Configure(keys) => {
                let change = |(key, value): (&String, &String)| format!("{key}={value}");
                format!("Change the ConfigMap: {}", join(keys.iter().map(change)))
            }
            Self::Fault(fault) => format!("Fault: {fault}"),
            Self::Heal(heal) => format!("Heal {heal}"),
            Self::Schedule(schedule) => format!("Faults in time: {}", short(&join(schedule.faults()))),
            Self::Workload(action) => match (&action.start, &action.stop) {
                (Some(name), _) => {
                    let by = action.client.map(|way| format!(" by {}", crate::run::client_name(way.via())));
                    format!("Start workload `{name}`{}", by.unwrap_or_default())
                }
                (None, name) => format!("Stop workload `{}`", optional(name.as_ref())),
            },
        }
    }
}

fn deleted(delete: &Delete) -> String {
    match delete {
        Delete::Object(object) => object.to_string(),
        Delete::Selected { kind, selector, .. } => format!("every {kind} with {selector}"),
    }
}

fn command(exec: &Exec) -> String {
    exec.run.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

impl Check {
    /// The check in words.
    pub fn title(&self) -> String {
        let what = self.title.clone().unwrap_or_else(|| match &self.subject {
            Subject::One(expectation) => expectation.title(),
            Subject::Outcomes(outcomes) => {
                format!("one of the outcomes {}", join(outcomes.iter().map(|outcome| &outcome.name)))
            }
        });
        let within = self.within.map(|within| format!(" within {within}")).unwrap_or_default();
        let hold = self.hold.map(|hold| format!(" for {hold}")).unwrap_or_default();
        format!("{what}{within}{hold}")
    }
}

impl Expectation {
    /// The expectation in words.
    pub fn title(&self) -> String {
        match self {
            Self::Dnodes(expected) => format!("dnodes: {}", dnodes(expected)),
            Self::Mnodes(expected) => format!("mnodes: {}", mnodes(expected)),
            Self::Vgroups(expected) => format!("vgroups of {}: {}", expected.database, vgroups(expected)),
            Self::Pods(expected) => format!("pods: {}", pods(expected)),
            Self::Pvcs(expected) => format!("volume claims: {}", pvcs(expected)),
            Self::Sql(expected) => {
                let by = if expected.via == Way::Rest { " by REST" } else { "" };
                let run = short(&expected.run.to_string());
                format!("SQL {}{by}: {run}: {}", place(&expected.place), answer(expected))
            }
            Self::Exec(expected) => {
                format!("{} {}: {}", short(&command(expected)), place(&expected.place), printed(expected))
            }
            Self::Log(expected) => log(expected),
            Self::StatefulSet(expected) => format!("StatefulSet: {}", statefulset(*expected)),
            Self::Objects(expected) => format!("objects: {}", objects(expected)),
            Self::Namespace(_) => "the namespace is empty and no volume is left".to_owned(),
            Self::Membership(MembershipState::Whole) => {
                "every pod is a ready dnode, and nobody else is listed".to_owned()
            }
            Self::Membership(MembershipState::Noticed) => "nobody who is away is listed as ready".to_owned(),
            Self::Crashes(count) => format!("restarts that no fault did: {count}"),
            Self::Traces(count) => format!("lines of logs that say that a server broke: {count}"),
            Self::Transactions(count) => format!("transactions that are not done: {count}"),
            Self::Workload(expected) => format!("workload {}: {}", expected.name, workload(expected)),
        }
    }
}

fn dnodes(expected: &Dnodes) -> String {
    parts([
        ("ready", ids(&expected.ready)),
        ("offline", ids(&expected.offline)),
        ("dropping", ids(&expected.dropping)),
        ("dropping*", ids(&expected.dropping_offline)),
        ("absent", join(&expected.absent)),
        ("reason", by_id(&expected.reason)),
        ("vnodes", by_id(&expected.vnodes)),
    ])
}

fn mnodes(expected: &Mnodes) -> String {
    parts([("working", ids(&expected.working)), ("offline", ids(&expected.offline))])
}

fn vgroups(expected: &Vgroups) -> String {
    let working = expected.working.map(|working| if working { "working" } else { "not working" });
    parts([
        ("count", optional(expected.count)),
        ("", expected.statuses.as_ref().map(|statuses| statuses.join(" and ")).unwrap_or_default()),
        ("", optional(working)),
        ("on dnodes", expected.on.as_ref().map(join).unwrap_or_default()),
    ])
}

fn pods(expected: &Pods) -> String {
    let crash_loop = match &expected.crash_loop {
        None => String::new(),
        Some(CrashLoop::Pods(pods)) => join(pods),
        Some(CrashLoop::Some(_)) => "at least one".to_owned(),
    };
    let listed = parts([
        ("ready", join(&expected.ready)),
        ("not ready", join(&expected.not_ready)),
        ("in CrashLoopBackOff", crash_loop),
        ("absent", join(&expected.absent)),
        ("restarts", by_id(&expected.restarts)),
        ("the same", join(&expected.same)),
        ("replaced", join(&expected.replaced)),
    ]);
    if listed.is_empty() { "none".to_owned() } else { listed }
}

fn pvcs(expected: &Pvcs) -> String {
    parts([("bound", join(&expected.bound)), ("present", join(&expected.present)), ("absent", join(&expected.absent))])
}

fn answer(sql: &Sql) -> String {
    let took = sql.took.map(|took| format!(" after {took}")).unwrap_or_default();
    let answer = match &sql.expect {
        SqlExpect::Ok => "no error".to_owned(),
        SqlExpect::Any => "any answer".to_owned(),
        SqlExpect::Fails => "an error or no answer".to_owned(),
        SqlExpect::Error(error) => format!("error {}", error.text),
        SqlExpect::Value(value) => format!("value {value}"),
        SqlExpect::Rows(rows) => format!("{rows} rows"),
        SqlExpect::Row(cells) => {
            format!("a row with {}", join(cells.iter().map(|(name, cell)| format!("{name}={cell}"))))
        }
        SqlExpect::Table(rows) => format!("a table of {} rows", rows.len()),
    };
    format!("{answer}{took}")
}

fn printed(expected: &Exec) -> String {
    let exit = if expected.exit == 0 { String::new() } else { expected.exit.to_string() };
    let listed =
        parts([("prints", join(&expected.lines)), ("does not print", join(&expected.no_lines)), ("exits with", exit)]);
    if listed.is_empty() { "exits with 0".to_owned() } else { listed }
}

fn log(expected: &Log) -> String {
    let what =
        parts([("contains", optional(expected.contains.as_ref())), ("lacks", optional(expected.lacks.as_ref()))]);
    format!("{}log of pod {} {what}", if expected.previous { "previous " } else { "" }, expected.pod)
}

fn statefulset(expected: StatefulSetStatus) -> String {
    let StatefulSetStatus { replicas, ready, updated } = expected;
    parts([("replicas", optional(replicas)), ("ready", optional(ready)), ("updated", optional(updated))])
}

fn objects(expected: &Objects) -> String {
    parts([("present", join(&expected.present)), ("absent", join(&expected.absent))])
}

fn workload(expected: &WorkloadState) -> String {
    parts([
        ("acknowledged", optional(expected.acknowledged)),
        ("of them in this step", optional(expected.fresh)),
        ("failed", optional(expected.failed)),
        ("lost", optional(expected.lost)),
        ("duplicated", optional(expected.duplicated)),
        ("stale", optional(expected.stale)),
        ("not in all copies", optional(expected.disagreeing)),
    ])
}
