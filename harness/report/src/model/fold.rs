use jiff::Timestamp;
use seatrial_record::{
    Body, CheckFinished, ClaimDefinition, ClaimFinding, Event, Evidence, Observation, PlannedScenario, RunFinished,
    RunStarted, ScenarioFinished, Skipped, StepFinished, Table,
};

use super::{Attempt, Check, Model, Notice, Observed, Scenario, Seen, Step};
use crate::text::safe::{block, bounded_block, line};

/// Most bytes of what a check expected or saw.
const COMPARED: usize = 64 * 1024;
/// Most bytes of a reason.
const REASON: usize = 4 * 1024;
/// Most bytes of one piece of evidence.
const EVIDENCE: usize = 16 * 1024 * 1024;

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
            run: cleaned_start(start),
            started: event.at,
            events: 1,
            scenarios: start.scenarios.iter().map(cleaned_plan).map(Scenario::new).collect(),
            skipped: start.skipped.iter().map(cleaned_skip).collect(),
            claims: start.claims.iter().map(cleaned_claim).collect(),
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
                let observation = Observation {
                    kind: observation.kind,
                    name: line(&observation.name),
                    state: line(&observation.state),
                };
                self.attempt(scenario, at).observations.push(Observed { at, observation });
            }
            Body::CheckFinished(result) => {
                let result = cleaned_check(result);
                self.step(&result.scenario, result.step, at).checks.push(Check { at, result });
            }
            Body::StepFinished(end) => {
                let end = StepFinished {
                    scenario: line(&end.scenario),
                    reason: bounded_block(&end.reason, REASON),
                    ..end.clone()
                };
                self.step(&end.scenario, end.step, at).finished = Some(end.clone());
            }
            Body::ScenarioFinished(end) => {
                let end = ScenarioFinished {
                    scenario: line(&end.scenario),
                    reason: bounded_block(&end.reason, REASON),
                    ..end.clone()
                };
                self.attempt(&end.scenario, at).finished = Some(end.clone());
            }
            Body::Notice { scenario, text } => {
                let scenario = scenario.as_deref().map(line);
                self.notices.push(Notice { at, scenario, text: bounded_block(text, REASON) });
            }
            Body::RunFinished(end) => {
                self.finished = Some(RunFinished { reason: bounded_block(&end.reason, REASON), ..end.clone() });
            }
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
        self.evidence.push(Seen { scenario: key, step, evidence: cleaned_evidence(evidence) });
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

fn lines(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| line(text)).collect()
}

fn cleaned_start(start: &RunStarted) -> RunStarted {
    RunStarted {
        format: start.format,
        seatrial: line(&start.seatrial),
        environment: line(&start.environment),
        kubernetes: line(&start.kubernetes),
        tdengine: line(&start.tdengine),
        image: line(&start.image),
        seed: start.seed,
        replay: line(&start.replay),
        scenarios: Vec::new(),
        skipped: Vec::new(),
        claims: Vec::new(),
    }
}

fn cleaned_plan(planned: &PlannedScenario) -> PlannedScenario {
    PlannedScenario {
        key: line(&planned.key),
        name: line(&planned.name),
        summary: line(&planned.summary),
        file: line(&planned.file),
        manifests: line(&planned.manifests),
        claims: lines(&planned.claims),
        steps: lines(&planned.steps),
        checks: planned.checks,
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

fn cleaned_skip(skip: &Skipped) -> Skipped {
    Skipped { name: line(&skip.name), reason: line(&skip.reason) }
}

fn cleaned_claim(claim: &ClaimDefinition) -> ClaimDefinition {
    ClaimDefinition {
        id: line(&claim.id),
        document: line(&claim.document),
        section: line(&claim.section),
        quote: bounded_block(&claim.quote, REASON),
        original: claim.original.as_deref().map(|text| bounded_block(text, REASON)),
        tdengine: line(&claim.tdengine),
        real: claim.real,
        found: bounded_block(&claim.found, REASON),
    }
}

fn cleaned_check(check: &CheckFinished) -> CheckFinished {
    CheckFinished {
        scenario: line(&check.scenario),
        step: check.step,
        check: check.check,
        title: line(&check.title),
        verdict: check.verdict,
        blame: check.blame,
        expected: bounded_block(&check.expected, COMPARED),
        seen: bounded_block(&check.seen, COMPARED),
        reason: bounded_block(&check.reason, REASON),
        outcome: check.outcome.as_deref().map(line),
        findings: check
            .findings
            .iter()
            .map(|found| ClaimFinding { claim: line(&found.claim), finding: found.finding })
            .collect(),
        fulfilled_after_ms: check.fulfilled_after_ms,
        took_ms: check.took_ms,
        evidence: check.evidence.clone(),
    }
}

fn cleaned_evidence(evidence: &Evidence) -> Evidence {
    let cells = |row: &Vec<Option<String>>| row.iter().map(|cell| cell.as_deref().map(block)).collect();
    Evidence {
        id: evidence.id,
        kind: evidence.kind,
        title: line(&evidence.title),
        source: line(&evidence.source),
        at: evidence.at,
        text: bounded_block(&evidence.text, EVIDENCE),
        truncated: evidence.truncated || evidence.text.len() > EVIDENCE,
        table: evidence
            .table
            .as_ref()
            .map(|table| Table { columns: lines(&table.columns), rows: table.rows.iter().map(cells).collect() }),
    }
}
