use jiff::Timestamp;
use seatrial_record::{Body, Event, Evidence, PlannedScenario};

use super::{Attempt, Check, Measurement, Model, Notice, Observed, Scenario, Seen, Step, cleaned};
use crate::text::safe::line;

impl Model {
    /// Folds a whole stream; `None` if it does not begin with the start of a run.
    pub fn of(events: &[Event]) -> Option<Self> {
        let (first, rest) = events.split_first()?;
        let mut model = Self::begin(first)?;
        for event in rest {
            model.add(event);
        }
        Some(model)
    }

    /// The model after the first event; `None` if that is not the start of a run.
    pub fn begin(event: &Event) -> Option<Self> {
        let Body::RunStarted(start) = &event.body else { return None };
        Some(Self {
            run: cleaned::start(start),
            started: event.at,
            events: 1,
            scenarios: start.scenarios.iter().map(cleaned::plan).map(Scenario::new).collect(),
            skipped: start.skipped.iter().map(cleaned::skip).collect(),
            claims: start.claims.iter().map(cleaned::claim).collect(),
            evidence: Vec::new(),
            notices: Vec::new(),
            finished: None,
        })
    }

    /// Adds the next event. Whatever refers to something unknown makes it known: no event is lost.
    pub fn add(&mut self, event: &Event) {
        self.events += 1;
        let at = event.at;
        match &event.body {
            Body::RunStarted(_) => {}
            Body::ScenarioStarted { scenario, namespace, attempt } => {
                let attempt = Attempt::new(*attempt, line(namespace), at);
                self.scenario(&line(scenario)).attempts.push(attempt);
            }
            Body::StepStarted { scenario, step, title } => {
                let step = Step::new(*step, line(title), at);
                self.attempt(scenario, at).steps.push(step);
            }
            Body::Evidence { scenario, step, evidence } => self.add_evidence(scenario.as_deref(), *step, evidence, at),
            Body::Observed { scenario, observation } => {
                let observation = cleaned::observation(observation);
                self.attempt(scenario, at).observations.push(Observed { at, observation });
            }
            Body::Fault(change) => {
                let change = cleaned::fault(change);
                self.attempt(&change.scenario, at).add_fault(at, change.clone());
            }
            Body::Measured(measured) => {
                let measured = cleaned::measured(measured);
                self.attempt(&measured.scenario, at).measurements.push(Measurement { at, measured: measured.clone() });
            }
            Body::Recovered(recovery) => {
                let recovery = cleaned::recovery(recovery);
                self.attempt(&recovery.scenario, at).recoveries.push(recovery.clone());
            }
            Body::CheckFinished(result) => {
                let result = cleaned::check(result);
                self.step(&result.scenario, result.step, at).checks.push(Check { at, result });
            }
            Body::StepFinished(end) => {
                let end = cleaned::step_end(end);
                self.step(&end.scenario, end.step, at).finished = Some(end.clone());
            }
            Body::ScenarioFinished(end) => {
                let end = cleaned::scenario_end(end);
                self.attempt(&end.scenario, at).finished = Some(end.clone());
            }
            Body::Notice { scenario, text } => {
                let scenario = scenario.as_deref().map(line);
                self.notices.push(Notice { at, scenario, text: cleaned::reason(text) });
            }
            Body::RunFinished(end) => self.finished = Some(cleaned::run_end(end)),
        }
    }

    fn add_evidence(&mut self, scenario: Option<&str>, step: Option<u32>, evidence: &Evidence, at: Timestamp) {
        let index = self.evidence.len();
        let key = scenario.map(line);
        match (&key, step) {
            (Some(key), Some(step)) => self.step(key, step, at).evidence.push(index),
            (Some(key), None) => self.attempt(key, at).evidence.push(index),
            (None, _) => {}
        }
        self.evidence.push(Seen { scenario: key, step, evidence: cleaned::evidence(evidence) });
    }

    fn scenario(&mut self, key: &str) -> &mut Scenario {
        let found = self.scenarios.iter().position(|scenario| scenario.planned.key == key);
        let index = found.unwrap_or_else(|| {
            self.scenarios.push(Scenario::new(unplanned(key)));
            self.scenarios.len() - 1
        });
        &mut self.scenarios[index]
    }

    fn attempt(&mut self, key: &str, at: Timestamp) -> &mut Attempt {
        let attempts = &mut self.scenario(&line(key)).attempts;
        if attempts.is_empty() {
            attempts.push(Attempt::new(1, String::new(), at));
        }
        let last = attempts.len() - 1;
        let attempt = &mut attempts[last];
        attempt.last = attempt.last.max(at);
        attempt
    }

    fn step(&mut self, key: &str, number: u32, at: Timestamp) -> &mut Step {
        let steps = &mut self.attempt(key, at).steps;
        let index = steps.iter().rposition(|step| step.number == number).unwrap_or_else(|| {
            steps.push(Step::new(number, String::new(), at));
            steps.len() - 1
        });
        &mut steps[index]
    }
}

impl Scenario {
    fn new(planned: PlannedScenario) -> Self {
        Self { planned, attempts: Vec::new() }
    }
}

impl Attempt {
    fn new(number: u32, namespace: String, at: Timestamp) -> Self {
        Self {
            number,
            namespace,
            started: at,
            last: at,
            steps: Vec::new(),
            observations: Vec::new(),
            faults: Vec::new(),
            measurements: Vec::new(),
            recoveries: Vec::new(),
            evidence: Vec::new(),
            finished: None,
        }
    }
}

impl Step {
    fn new(number: u32, title: String, at: Timestamp) -> Self {
        Self { number, title, started: at, checks: Vec::new(), evidence: Vec::new(), finished: None }
    }
}

/// A scenario that events speak of and the plan does not.
fn unplanned(key: &str) -> PlannedScenario {
    let (name, manifests) = key.split_once('@').unwrap_or((key, ""));
    PlannedScenario {
        key: key.to_owned(),
        name: name.to_owned(),
        summary: String::new(),
        file: String::new(),
        manifests: manifests.split('#').next().unwrap_or_default().to_owned(),
        claims: Vec::new(),
        steps: Vec::new(),
        checks: 0,
    }
}
