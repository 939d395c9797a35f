//! From the form of a file to a scenario: what the types alone cannot say is checked here, all of it at once.

use seatrial_taos::Version;

use super::{
    Action, Bound, Check, Condition, Expectation, Filter, Located, Mistake, Outcome, Place, Release, Scenario, Several,
    Start, Step, Subject, VersionRange,
    model::{CheckForm, ConditionForm, EXPECTATIONS, OutcomeForm, ScenarioForm, StepForm},
    sense,
};

/// How long a cluster may take to start, if the scenario does not say.
const START: Bound = Bound(std::time::Duration::from_secs(5 * 60));
/// How long a scenario may take as a whole, if it does not say.
const TIMEOUT: Bound = Bound(std::time::Duration::from_secs(60 * 60));

/// Collects mistakes in one file.
pub(super) struct Critic<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<Mistake>,
}

impl Critic<'_> {
    /// Notes a mistake.
    pub fn note(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        let mistake = Mistake::in_file(self.file, message).at(place, self.text);
        let help = help.into();
        self.found.push(if help.is_empty() { mistake } else { mistake.help(help) });
    }
}

pub(super) fn lower(file: &str, text: &str, form: ScenarioForm) -> Result<Scenario, Vec<Mistake>> {
    let mut critic = Critic { file, text, found: Vec::new() };
    if form.scenario.is_empty() || !form.scenario.chars().all(|char| matches!(char, 'a'..='z' | '0'..='9' | '-')) {
        critic.note(
            form.scenario.place,
            format!("`{}` is no name of a scenario", form.scenario.value),
            "use lower case letters, digits and dashes",
        );
    }
    if form.summary.trim().is_empty() {
        critic.note(form.summary.place, "the summary is empty", "say in a sentence what the scenario is about");
    }
    if form.start.replicas.value == 0 {
        critic.note(form.start.replicas.place, "a cluster of 0 pods", "start with at least 1");
    }
    let place = form.scenario.place;
    let written = form.start.check.len() + form.steps.iter().map(|step| step.check.len()).sum::<usize>();
    if written == 0 {
        critic.note(place, "the scenario checks nothing", "add a `check` to one of its steps");
    }
    let start = Start {
        replicas: form.start.replicas.value,
        workers: form.start.workers,
        version: version(&mut critic, form.start.version, form.tdengine.as_ref()),
        within: form.start.within.unwrap_or(START),
        check: checks(&mut critic, form.start.check),
    };
    let steps: Vec<Step> = form.steps.into_iter().map(|form| step(&mut critic, form)).collect();
    let scenario = Scenario {
        file: file.to_owned(),
        name: form.scenario.value,
        summary: form.summary.value,
        claims: form.claims,
        tdengine: form.tdengine,
        manifests: form.manifests,
        timeout: form.timeout.unwrap_or(TIMEOUT),
        start,
        steps,
        finally: form.finally,
    };
    sense::check(&mut critic, &scenario);
    critic.found.sort_by_key(|mistake| mistake.place);
    if critic.found.is_empty() { Ok(scenario) } else { Err(critic.found) }
}

/// The version that a cluster starts with, if it is another one than that under test.
fn version(
    critic: &mut Critic<'_>,
    release: Option<Located<Release>>,
    tested: Option<&VersionRange>,
) -> Option<Version> {
    let Located { value: Release::Version(version), place } = release? else { return None };
    if tested.is_none_or(|range| range.matches(version.first_three())) {
        let help = "leave it out of the scenario's `tdengine`";
        critic.note(place, format!("{version} may be the version under test"), help);
    }
    Some(version)
}

/// One or several names, each at the place of them all.
fn names(when: Option<Located<Several<String>>>) -> Vec<Located<String>> {
    when.map(|Located { value: Several(names), place }| {
        names.into_iter().map(|value| Located { value, place }).collect()
    })
    .unwrap_or_default()
}

fn step(critic: &mut Critic<'_>, Located { value: form, place }: Located<StepForm>) -> Step {
    if form.action.is_none() && form.check.is_empty() {
        critic.note(place, "the step does nothing and checks nothing", "add `do` or `check`");
    }
    let complaint = match &form.action {
        Some(Action::Schedule(schedule)) => schedule.complaint(),
        Some(Action::Fault(fault)) => fault.complaint(),
        _ => None,
    };
    if let Some(complaint) = complaint {
        critic.note(place, complaint, "");
    }
    Step {
        place,
        title: form.title,
        filter: Filter { when: names(form.when), tdengine: form.tdengine, manifests: form.manifests },
        action: form.action,
        check: checks(critic, form.check),
        catch: form.catch,
    }
}

fn checks(critic: &mut Critic<'_>, forms: Vec<Located<CheckForm>>) -> Vec<Check> {
    forms.into_iter().filter_map(|form| check(critic, form)).collect()
}

fn check(critic: &mut Critic<'_>, Located { value: mut form, place }: Located<CheckForm>) -> Option<Check> {
    let expectations = form.take_expectations();
    let subject = match form.outcomes.take() {
        None => Subject::One(exactly_one(critic, place, expectations, "a check")?),
        Some(_) if !expectations.is_empty() => {
            critic.note(place, "a check has either an expectation or `outcomes`, not both", "make two checks of it");
            return None;
        }
        Some(outcomes) => {
            if form.within.is_none() {
                critic.note(place, "`outcomes` without `within`", "say within which time one of them must happen");
            }
            if !form.confirms.is_empty() || !form.contradicts.is_empty() || form.hold.is_some() {
                critic.note(
                    place,
                    "`confirms`, `contradicts` and `for` of a check with `outcomes` belong to its outcomes",
                    "",
                );
            }
            if outcomes.len() < 2 {
                critic.note(place, "one outcome is no choice", "name at least two, or write it as a check");
            }
            let within = form.within;
            let outcomes = outcomes.into_iter().filter_map(|(name, form)| outcome(critic, name, form, within));
            Subject::Outcomes(outcomes.collect())
        }
    };
    Some(Check {
        place,
        title: form.title,
        filter: Filter { when: names(form.when), tdengine: form.tdengine, manifests: form.manifests },
        subject,
        within: form.within,
        hold: form.hold,
        confirms: form.confirms,
        contradicts: form.contradicts,
    })
}

fn outcome(
    critic: &mut Critic<'_>,
    name: String,
    Located { value: form, place }: Located<OutcomeForm>,
    within: Option<Bound>,
) -> Option<Outcome> {
    if form.check.is_empty() {
        critic.note(place, format!("outcome `{name}` checks nothing"), "add what must hold for it to have happened");
        return None;
    }
    let all: Vec<Condition> = form.check.into_iter().filter_map(|form| condition(critic, form, within)).collect();
    Some(Outcome {
        name,
        filter: Filter { when: Vec::new(), tdengine: form.tdengine, manifests: form.manifests },
        all,
        confirms: form.confirms,
        contradicts: form.contradicts,
    })
}

fn condition(
    critic: &mut Critic<'_>,
    Located { value: mut form, place }: Located<ConditionForm>,
    within: Option<Bound>,
) -> Option<Condition> {
    if let (Some(hold), Some(within)) = (form.hold, within)
        && hold >= within
    {
        critic.note(place, format!("cannot hold for {hold} within {within}"), "lengthen `within`");
    }
    let expectations = form.take_expectations();
    let expectation = exactly_one(critic, place, expectations, "a part of an outcome")?;
    Some(Condition { expectation, hold: form.hold })
}

fn exactly_one(
    critic: &mut Critic<'_>,
    place: Place,
    expectations: Vec<Expectation>,
    what: &str,
) -> Option<Expectation> {
    let count = expectations.len();
    let mut expectations = expectations.into_iter();
    match (expectations.next(), count) {
        (Some(expectation), 1) => {
            if let Err(why) = expectation.can_fail() {
                critic.note(place, why, "");
            }
            Some(expectation)
        }
        (None, _) => {
            critic.note(
                place,
                format!("{what} expects nothing"),
                format!("give it one of {}", EXPECTATIONS.join(", ")),
            );
            None
        }
        _ => {
            critic.note(
                place,
                format!("{what} has one expectation, this one has {count}"),
                "make several checks of it",
            );
            None
        }
    }
}
