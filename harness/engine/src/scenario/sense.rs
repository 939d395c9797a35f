//! Whether the parts of a scenario fit together: claims, outcomes, versions, workloads.

use std::collections::BTreeSet;

use crate::run::SQL_LIMIT;

use super::{
    Action, Check, CrashLoop, Expectation, Filter, Located, Others, Place, Release, Scenario, SqlExpect, Subject, Took,
    VersionRange, WorkloadState, lower::Critic, mistake::meant,
};

impl Expectation {
    /// An error if nothing could ever be against this expectation, or nothing could ever fulfil it.
    pub(super) fn can_fail(&self) -> Result<(), String> {
        let says = |something: bool, name: &str| {
            if something {
                Ok(())
            } else {
                Err(format!("`{name}` expects nothing: a check that cannot fail says nothing"))
            }
        };
        match self {
            Self::Dnodes(dnodes) => {
                let states = [&dnodes.ready, &dnodes.offline, &dnodes.dropping, &dnodes.dropping_offline];
                let absent = dnodes.absent.iter();
                once(states.iter().flat_map(|ids| ids.0.keys()).chain(absent), "dnode")?;
                let named = states.iter().any(|ids| !ids.0.is_empty());
                let details = !dnodes.reason.is_empty() || !dnodes.vnodes.is_empty();
                let other = dnodes.reason.keys().chain(dnodes.vnodes.keys());
                if let Some(id) = other.into_iter().find(|id| dnodes.absent.contains(id)) {
                    return Err(format!("dnode {id} is expected to be absent and to be in some state"));
                }
                says(named || details || !dnodes.absent.is_empty(), "dnodes")
            }
            Self::Mnodes(mnodes) => {
                once(mnodes.working.0.keys().chain(mnodes.offline.0.keys()), "mnode")?;
                says(!mnodes.working.0.is_empty() || !mnodes.offline.0.is_empty(), "mnodes")
            }
            Self::Vgroups(vgroups) => says(
                vgroups.count.is_some()
                    || vgroups.statuses.is_some()
                    || vgroups.working.is_some()
                    || vgroups.on.is_some(),
                "vgroups",
            ),
            Self::Pods(pods) => {
                once(pods.ready.iter().chain(&pods.not_ready).chain(&pods.absent), "pod")?;
                let compared = [&pods.ready, &pods.not_ready, &pods.absent, &pods.same, &pods.replaced];
                let named = compared.iter().any(|ordinals| !ordinals.is_empty());
                says(
                    named || pods.crash_loop.is_some() || !pods.restarts.is_empty() || pods.others == Others::None,
                    "pods",
                )
            }
            Self::Pvcs(pvcs) => {
                says(!pvcs.bound.is_empty() || !pvcs.present.is_empty() || !pvcs.absent.is_empty(), "pvcs")
            }
            Self::Sql(sql) if sql.expect == SqlExpect::Any => {
                Err("`expect: any` in a check: a check that cannot fail says nothing".to_owned())
            }
            Self::Sql(sql) => match (sql.took, sql.limit) {
                (Some(Took::AtLeast(least)), limit) if limit.map_or(SQL_LIMIT, |limit| limit.0) < least.0 => {
                    Err(format!("it cannot take {least} or longer within its `limit`"))
                }
                _ => Ok(()),
            },
            Self::Exec(exec) => says(!exec.run.is_empty(), "exec"),
            Self::Log(log) => says(log.contains.is_some() || log.lacks.is_some(), "log"),
            Self::StatefulSet(status) => {
                says(status.replicas.is_some() || status.ready.is_some() || status.updated.is_some(), "statefulset")
            }
            Self::Objects(objects) => says(!objects.present.is_empty() || !objects.absent.is_empty(), "objects"),
            Self::Workload(state) => {
                let progress = [state.acknowledged, state.fresh, state.failed];
                let mut counts =
                    progress.iter().chain([&state.lost, &state.duplicated, &state.stale, &state.disagreeing]);
                says(counts.any(Option::is_some), "workload")
            }
            Self::Namespace(_) | Self::Membership(_) | Self::Crashes(_) | Self::Traces(_) | Self::Transactions(_) => {
                Ok(())
            }
        }
    }
}

fn once<'a>(ids: impl Iterator<Item = &'a u32>, what: &str) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(format!("{what} {id} is expected in two states at once"));
        }
    }
    Ok(())
}

/// Checks how the parts of `scenario` fit together.
pub(super) fn check(critic: &mut Critic<'_>, scenario: &Scenario) {
    claims(critic, scenario);
    outcomes(critic, scenario);
    workloads(critic, scenario);
    images(critic, scenario);
}

fn claims(critic: &mut Critic<'_>, scenario: &Scenario) {
    let listed = || scenario.claims.iter().map(|claim| claim.value.as_str());
    let found: BTreeSet<&str> = scenario.findings().map(|claim| claim.value.as_str()).collect();
    let mut seen = BTreeSet::new();
    for claim in &scenario.claims {
        if !seen.insert(claim.value.as_str()) {
            critic.note(claim.place, format!("claim `{}` is listed twice", claim.value), "");
        } else if !found.contains(claim.value.as_str()) {
            critic.note(
                claim.place,
                format!("no check finds anything about claim `{}`", claim.value),
                "add `confirms` or `contradicts` with it to a check, or take it off the list",
            );
        }
    }
    for claim in scenario.findings() {
        if !seen.contains(claim.value.as_str()) {
            let help = match meant(&claim.value, listed()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "add it to the `claims` of the scenario".to_owned(),
            };
            critic.note(claim.place, format!("claim `{}` is not among the claims of the scenario", claim.value), help);
        }
    }
}

/// Outcomes are named once and referred to only after they could have happened; ranges of versions overlap.
fn outcomes(critic: &mut Critic<'_>, scenario: &Scenario) {
    let all: Vec<String> = scenario.checks().flat_map(outcome_names).collect();
    let mut possible: BTreeSet<String> = BTreeSet::new();
    let mut one = |critic: &mut Critic<'_>, check: &Check| {
        filter(critic, scenario.tdengine.as_ref(), &check.filter, &possible, &all);
        if let Subject::Outcomes(outcomes) = &check.subject {
            for outcome in outcomes {
                filter(critic, scenario.tdengine.as_ref(), &outcome.filter, &possible, &all);
                if !possible.insert(outcome.name.clone()) {
                    let message = format!("outcome `{}` is defined twice", outcome.name);
                    critic.note(check.place, message, "give each outcome of a scenario a name of its own");
                }
            }
        }
    };
    scenario.start.check.iter().for_each(|check| one(critic, check));
    for step in &scenario.steps {
        for check in &step.check {
            one(critic, check);
        }
    }
    let mut possible: BTreeSet<String> = scenario.start.check.iter().flat_map(outcome_names).collect();
    for step in &scenario.steps {
        filter(critic, scenario.tdengine.as_ref(), &step.filter, &possible, &all);
        possible.extend(step.check.iter().flat_map(outcome_names));
    }
}

fn outcome_names(check: &Check) -> Vec<String> {
    match &check.subject {
        Subject::One(_) => Vec::new(),
        Subject::Outcomes(outcomes) => outcomes.iter().map(|outcome| outcome.name.clone()).collect(),
    }
}

fn filter(
    critic: &mut Critic<'_>,
    scenario: Option<&VersionRange>,
    filter: &Filter,
    possible: &BTreeSet<String>,
    all: &[String],
) {
    for name in filter.when.iter().filter(|name| !possible.contains(&name.value)) {
        if all.contains(&name.value) {
            critic.note(
                name.place,
                format!("outcome `{}` is known only later", name.value),
                "refer to it behind its check",
            );
            continue;
        }
        let help = match meant(&name.value, all.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if all.is_empty() => "no check of this scenario has `outcomes`".to_owned(),
            None => format!("there are {}", all.join(", ")),
        };
        critic.note(name.place, format!("no outcome is named `{}`", name.value), help);
    }
    if let (Some(scenario), Some(range)) = (scenario, &filter.tdengine)
        && !scenario.overlaps(range)
    {
        let message = format!("no version is in `{}` and in the scenario's `{scenario}`", range.value);
        critic.note(range.place, message, "");
    }
}

/// An image is set only to what it is not yet.
fn images(critic: &mut Critic<'_>, scenario: &Scenario) {
    let mut now = scenario.start.version.map_or(Release::Tested, Release::Version);
    for step in &scenario.steps {
        if let Some(Action::SetImage(release)) = step.action {
            if release == now && step.filter == Filter::default() {
                critic.note(step.place, format!("the servers have the image of {release} already"), "");
            }
            now = release;
        }
    }
}

/// Workloads are started once, before they are checked or stopped.
fn workloads(critic: &mut Critic<'_>, scenario: &Scenario) {
    let mut started: BTreeSet<&str> = BTreeSet::new();
    let mut unread: BTreeSet<&str> = BTreeSet::new();
    let unknown = |critic: &mut Critic<'_>, place: Place, name: &str| {
        critic.note(place, format!("workload `{name}` was not started"), "start it in an earlier step");
    };
    for step in &scenario.steps {
        if let Some(Action::Workload(action)) = &step.action {
            match (&action.start, &action.stop) {
                (Some(start), None) => {
                    if action.database.is_none() {
                        critic.note(step.place, "a workload without a database", "add `database`");
                    }
                    if [action.writers, action.tables, action.batch].contains(&Some(0)) {
                        critic.note(step.place, "a workload without a writer or a table", "leave it out for 1");
                    }
                    if action.readers.unwrap_or(0) == 0 {
                        unread.insert(start);
                    }
                    if !started.insert(start) {
                        critic.note(step.place, format!("workload `{start}` is started twice"), "");
                    }
                }
                (None, Some(stop)) if started.contains(stop.as_str()) => {}
                (None, Some(stop)) => unknown(critic, step.place, stop),
                _ => critic.note(step.place, "a workload is either started or stopped", "give `start` or `stop`"),
            }
        }
        for check in &step.check {
            for expectation in check.expectations() {
                if let Expectation::Workload(state) = expectation
                    && !started.contains(state.name.as_str())
                {
                    unknown(critic, check.place, &state.name);
                }
                if let Expectation::Workload(WorkloadState { name, stale: Some(_), .. }) = expectation
                    && unread.contains(name.as_str())
                {
                    let text = format!("nobody reads while workload `{name}` runs, so nothing can be stale");
                    critic.note(check.place, text, "give it `readers`");
                }
                if let Expectation::Pods(pods) = expectation
                    && let Some(CrashLoop::Pods(ordinals)) = &pods.crash_loop
                    && let Some(ordinal) = ordinals.iter().find(|ordinal| pods.ready.contains(ordinal))
                {
                    critic.note(check.place, format!("pod {ordinal} is expected ready and in CrashLoopBackOff"), "");
                }
            }
        }
    }
}

impl Scenario {
    /// All checks, in order.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        self.start.check.iter().chain(self.steps.iter().flat_map(|step| &step.check))
    }

    /// The most pods that it asks for at a time.
    pub fn most_pods(&self) -> u32 {
        let asked = self.steps.iter().filter_map(|step| match &step.action {
            Some(Action::Scale(replicas)) => Some(*replicas),
            Some(Action::Apply(apply)) => apply.replicas,
            _ => None,
        });
        asked.fold(self.start.replicas, u32::max)
    }

    /// All claims that some check finds something about, as often as it does.
    pub fn findings(&self) -> impl Iterator<Item = &Located<String>> {
        self.checks().flat_map(Check::findings)
    }
}

impl Check {
    /// The expectations in it.
    pub fn expectations(&self) -> Vec<&Expectation> {
        match &self.subject {
            Subject::One(expectation) => vec![expectation],
            Subject::Outcomes(outcomes) => {
                outcomes.iter().flat_map(|outcome| &outcome.all).map(|condition| &condition.expectation).collect()
            }
        }
    }

    /// The claims that it finds something about.
    pub fn findings(&self) -> Vec<&Located<String>> {
        let mut claims: Vec<_> = self.confirms.iter().chain(&self.contradicts).collect();
        if let Subject::Outcomes(outcomes) = &self.subject {
            claims.extend(outcomes.iter().flat_map(|outcome| outcome.confirms.iter().chain(&outcome.contradicts)));
        }
        claims
    }
}
