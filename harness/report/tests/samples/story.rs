use jiff::{SignedDuration, Timestamp};
use seatrial_record::{
    Blame, Body, CheckFinished, ClaimDefinition, ClaimFinding, Detail, DetailKind, Event, Evidence, EvidenceKind,
    ExitCode, FORMAT, FaultChange, FaultPhase, Finding, Latency, Measured, Observation, ObservedKind, PlannedScenario,
    Recovery, RunFinished, RunStarted, ScenarioFinished, SeenBy, Skipped, StepFinished, Table, Verdict,
};

/// Tells a run event by event and keeps count of what has happened.
pub struct Story {
    pub events: Vec<Event>,
    at: Timestamp,
    scenario: String,
    step: u32,
    check: u32,
    evidence: u64,
    step_began: Timestamp,
    scenario_began: Timestamp,
    step_verdicts: Vec<Verdict>,
    step_blame: Option<Blame>,
    scenario_verdicts: Vec<Verdict>,
    reasons: Vec<String>,
    run: Vec<Verdict>,
    fresh: bool,
    own: bool,
}

/// How a check ends.
pub struct Outcome {
    verdict: Verdict,
    expected: String,
    seen: String,
    blame: Option<Blame>,
    reason: String,
    named: Option<String>,
    after: Option<u64>,
    evidence: Vec<u64>,
    findings: Vec<ClaimFinding>,
    seen_by: Vec<SeenBy>,
    changed: Option<u64>,
}

impl Outcome {
    pub fn of(verdict: Verdict, expected: &str, seen: &str) -> Self {
        Self {
            verdict,
            expected: expected.into(),
            seen: seen.into(),
            blame: None,
            reason: String::new(),
            named: None,
            after: None,
            evidence: Vec::new(),
            findings: Vec::new(),
            seen_by: Vec::new(),
            changed: None,
        }
    }

    pub fn pass(seen: &str) -> Self {
        Self::of(Verdict::Pass, seen, seen)
    }

    pub fn blame(mut self, blame: Blame) -> Self {
        self.blame = Some(blame);
        self
    }

    pub fn because(mut self, reason: &str) -> Self {
        self.reason = reason.into();
        self
    }

    pub fn outcome(mut self, name: &str) -> Self {
        self.named = Some(name.into());
        self
    }

    pub fn after(mut self, ms: u64) -> Self {
        self.after = Some(ms);
        self
    }

    /// The change itself came after `ms`, by the cluster's own time stamps.
    pub fn changed(mut self, ms: u64) -> Self {
        self.changed = Some(ms);
        self
    }

    pub fn seen_by(mut self, client: &str, verdict: Verdict, seen: &str) -> Self {
        self.seen_by.push(SeenBy { client: client.into(), verdict, seen: seen.into() });
        self
    }

    pub fn evidence(mut self, id: u64) -> Self {
        self.evidence.push(id);
        self
    }

    pub fn finding(mut self, claim: &str, finding: Finding) -> Self {
        self.findings.push(ClaimFinding { claim: claim.into(), finding });
        self
    }
}

impl Story {
    pub fn new(claims: &[ClaimDefinition], plan: &[(&str, u32)]) -> Self {
        let began: Timestamp = "2026-11-23T05:00:00Z".parse().unwrap();
        let mut story = Self {
            events: Vec::new(),
            at: began,
            scenario: String::new(),
            step: 0,
            check: 0,
            evidence: 0,
            step_began: began,
            scenario_began: began,
            step_verdicts: Vec::new(),
            step_blame: None,
            scenario_verdicts: Vec::new(),
            reasons: Vec::new(),
            run: Vec::new(),
            fresh: true,
            own: false,
        };
        story.add(Body::RunStarted(Box::new(RunStarted {
            format: FORMAT,
            seatrial: "0.1.0".into(),
            environment: "embedded".into(),
            kubernetes: "v1.36.0".into(),
            tdengine: "2.1.1.0".into(),
            image: "tdengine/tdengine:2.1.1.0".into(),
            seed: 20_261_123,
            replay: "seatrial run scenarios/doc-2x --tdengine 2.1.1.0 --seed 20261123".into(),
            scenarios: plan.iter().map(|(key, checks)| planned(key, *checks, claims)).collect(),
            skipped: Vec::new(),
            claims: claims.to_vec(),
            details: Vec::new(),
            shard: None,
        })));
        story
    }

    fn add(&mut self, body: Body) {
        let seq = self.events.len() as u64 + 1;
        self.events.push(Event { seq, at: self.at, body });
    }

    /// From now on scenarios say how much of their time was the harness's own.
    pub fn tells_own_time(&mut self) {
        self.own = true;
    }

    pub fn skip(&mut self, name: &str, reason: &str) {
        let Some(Event { body: Body::RunStarted(start), .. }) = self.events.first_mut() else { return };
        start.skipped.push(Skipped { name: name.into(), reason: reason.into() });
    }

    pub fn pass(&mut self, ms: i64) -> &mut Self {
        self.at += SignedDuration::from_millis(ms);
        self
    }

    pub fn scenario(&mut self, key: &str, attempt: u32) {
        self.scenario = key.into();
        self.scenario_began = self.at;
        self.scenario_verdicts.clear();
        self.reasons.clear();
        self.fresh = true;
        let namespace = format!("seatrial-{}", key.split('@').next().unwrap_or(key));
        self.add(Body::ScenarioStarted { scenario: key.into(), namespace, attempt });
    }

    pub fn step(&mut self, title: &str) {
        self.step = if self.fresh { 0 } else { self.step + 1 };
        self.fresh = false;
        self.check = 0;
        self.step_began = self.at;
        self.step_verdicts.clear();
        self.step_blame = None;
        self.add(Body::StepStarted { scenario: self.scenario.clone(), step: self.step, title: title.into() });
    }

    pub fn observe(&mut self, kind: ObservedKind, name: &str, state: &str) {
        let observation = Observation { kind, name: name.into(), state: state.into() };
        self.add(Body::Observed { scenario: self.scenario.clone(), observation });
    }

    pub fn detail(&mut self, what: DetailKind, value: &str) {
        let Some(Event { body: Body::RunStarted(start), .. }) = self.events.first_mut() else { return };
        start.details.push(Detail::new(what, value));
    }

    pub fn fault(&mut self, fault: u32, name: &str, target: &str, phase: FaultPhase, text: &str) -> &mut Self {
        self.add(Body::Fault(FaultChange {
            scenario: self.scenario.clone(),
            fault,
            name: name.into(),
            target: target.into(),
            phase,
            text: text.into(),
            evidence: Vec::new(),
        }));
        self
    }

    /// A second of a workload that ends now.
    pub fn second(&mut self, workload: &str, ok: u64, failed: u64, unknown: u64, p50_us: u64) -> &mut Self {
        let latency = Latency { p50_us, p95_us: p50_us * 4, p99_us: p50_us * 9, max_us: p50_us * 20 };
        let from = self.at - SignedDuration::from_secs(1);
        self.add(Body::Measured(Measured {
            scenario: self.scenario.clone(),
            workload: workload.into(),
            from,
            span_ms: 1_000,
            ok,
            failed,
            unknown,
            latency: (ok > 0).then_some(latency),
        }));
        self
    }

    pub fn recovered(&mut self, what: &str, fault: u32, took_ms: u64) -> &mut Self {
        let (scenario, what) = (self.scenario.clone(), what.into());
        self.add(Body::Recovered(Recovery { scenario, what, fault: Some(fault), took_ms }));
        self
    }

    pub fn shell(&mut self, title: &str, sql: &str, output: &str) -> u64 {
        let source = format!("kubectl exec tdengine-0 -- taos -s \"{sql}\"");
        self.saw(EvidenceKind::Command, title, &source, output, None)
    }

    pub fn log(&mut self, title: &str, text: &str) -> u64 {
        self.saw(EvidenceKind::Log, title, "kubectl logs tdengine-2 --previous", text, None)
    }

    pub fn history(&mut self, title: &str, text: &str) -> u64 {
        self.saw(EvidenceKind::History, title, "workload inserts", text, None)
    }

    pub fn note(&mut self, title: &str, text: &str) -> u64 {
        self.saw(EvidenceKind::Note, title, "seatrial", text, None)
    }

    pub fn rest(&mut self, title: &str, columns: &[&str], rows: &[&[&str]]) -> u64 {
        let table = Table {
            columns: columns.iter().map(|name| (*name).into()).collect(),
            rows: rows.iter().map(|row| row.iter().map(|cell| Some((*cell).into())).collect()).collect(),
        };
        let text = serde_json::to_string(&table.rows).unwrap();
        self.saw(EvidenceKind::Sql, title, "POST http://tdengine-0:6041/rest/sql", &text, Some(table))
    }

    fn saw(&mut self, kind: EvidenceKind, title: &str, source: &str, text: &str, table: Option<Table>) -> u64 {
        self.evidence += 1;
        let evidence = Evidence {
            id: self.evidence,
            kind,
            title: title.into(),
            source: source.into(),
            at: self.at,
            text: text.into(),
            truncated: false,
            table,
        };
        let scenario = Some(self.scenario.clone());
        self.add(Body::Evidence { scenario, step: Some(self.step), evidence });
        self.evidence
    }

    pub fn check(&mut self, title: &str, end: Outcome) {
        self.check += 1;
        self.step_verdicts.push(end.verdict);
        if end.verdict != Verdict::Pass {
            self.reasons.push(end.reason.clone());
            self.step_blame = end.blame;
        }
        self.add(Body::CheckFinished(Box::new(CheckFinished {
            scenario: self.scenario.clone(),
            step: self.step,
            check: self.check,
            title: title.into(),
            verdict: end.verdict,
            blame: end.blame,
            expected: end.expected,
            seen: end.seen,
            reason: end.reason,
            outcome: end.named,
            findings: end.findings,
            seen_by: end.seen_by,
            changed_after_ms: end.changed,
            answer_ms: None,
            fulfilled_after_ms: end.after,
            took_ms: self.since(self.step_began),
            evidence: end.evidence,
        })));
    }

    pub fn end_step(&mut self) {
        let verdict = Verdict::worst(self.step_verdicts.drain(..));
        let reason = self.reasons.last().cloned().filter(|_| verdict != Some(Verdict::Pass));
        self.step_ended(verdict, self.step_blame, reason.unwrap_or_default());
    }

    pub fn fail_step(&mut self, blame: Blame, reason: &str) {
        self.reasons.push(reason.into());
        self.step_ended(Some(Verdict::Fail), Some(blame), reason.into());
    }

    fn step_ended(&mut self, verdict: Option<Verdict>, blame: Option<Blame>, reason: String) {
        self.scenario_verdicts.extend(verdict);
        let (scenario, step, took_ms) = (self.scenario.clone(), self.step, self.since(self.step_began));
        let reason = if verdict.is_some_and(|verdict| verdict != Verdict::Pass) { reason } else { String::new() };
        self.add(Body::StepFinished(StepFinished { scenario, step, verdict, blame, reason, took_ms, own_ms: None }));
    }

    pub fn end_scenario(&mut self) {
        let verdict = Verdict::worst(self.scenario_verdicts.iter().copied());
        self.run.extend(verdict);
        let reason = self.reasons.last().cloned().unwrap_or_default();
        self.scenario_ended(verdict, self.step_blame, reason);
    }

    pub fn fail_scenario(&mut self, blame: Blame, reason: &str) {
        self.scenario_ended(Some(Verdict::Fail), Some(blame), reason.into());
    }

    fn scenario_ended(&mut self, verdict: Option<Verdict>, blame: Option<Blame>, reason: String) {
        let of_scenario =
            |event: &&Event| matches!(&event.body, Body::CheckFinished(check) if check.scenario == self.scenario);
        let passed =
            |event: &&Event| matches!(&event.body, Body::CheckFinished(check) if check.verdict == Verdict::Pass);
        let checks = self.events.iter().filter(of_scenario).count();
        let passed = self.events.iter().filter(of_scenario).filter(passed).count();
        let end = ScenarioFinished {
            scenario: self.scenario.clone(),
            verdict,
            blame,
            reason,
            passed: u32::try_from(passed).unwrap(),
            checks: u32::try_from(checks).unwrap(),
            took_ms: self.since(self.scenario_began),
            own_ms: self.own.then(|| self.since(self.scenario_began) / 40),
        };
        self.add(Body::ScenarioFinished(end));
    }

    pub fn notice(&mut self, scenario: Option<&str>, text: &str) {
        self.add(Body::Notice { scenario: scenario.map(str::to_owned), text: text.into() });
    }

    pub fn finish(mut self) -> Vec<Event> {
        let verdict = Verdict::worst(self.run.iter().copied());
        let exit = ExitCode::of(verdict);
        self.add(Body::RunFinished(RunFinished { verdict, reason: String::new(), exit, interrupted: false }));
        self.events
    }

    fn since(&self, began: Timestamp) -> u64 {
        u64::try_from(self.at.as_millisecond() - began.as_millisecond()).unwrap()
    }
}

fn planned(key: &str, checks: u32, claims: &[ClaimDefinition]) -> PlannedScenario {
    let (name, set) = key.split_once('@').unwrap();
    let topic = name.trim_start_matches("safe-");
    let (summary, steps): (&str, &[&str]) = match name {
        "start" => ("Apply the document's manifests and wait for both dnodes.", &["start the cluster"]),
        "safe-scale-down" => (
            "Drop the dnode, scale 3 to 2, delete the claim of its volume, scale back to 3.",
            &["start the cluster", "sql: drop dnode", "scale to 2"],
        ),
        "failure-1" => (
            "Scale 4 to 2 without drop dnode, then drop, then restart.",
            &[
                "start the cluster",
                "scale to 2, without drop dnode",
                "sql: drop dnode 4",
                "restart statefulset/tdengine",
            ],
        ),
        _ => ("What the document says, step by step.", &["start the cluster"]),
    };
    PlannedScenario {
        key: key.into(),
        name: name.into(),
        summary: summary.into(),
        file: format!("scenarios/doc-2x/{name}.yaml"),
        manifests: set.split('#').next().unwrap().into(),
        claims: claims.iter().map(|claim| claim.id.clone()).filter(|id| id.starts_with(topic)).collect(),
        steps: steps.iter().map(|title| (*title).to_owned()).collect(),
        checks,
    }
}
