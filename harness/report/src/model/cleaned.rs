//! Every text of an event made harmless and bounded, once, on its way into the model.

use seatrial_record::{
    CheckFinished, ClaimDefinition, ClaimFinding, Detail, Evidence, FaultChange, Measured, Observation,
    PlannedScenario, Recovery, RunFinished, RunStarted, ScenarioFinished, SeenBy, Skipped, StepFinished, Table,
};

use crate::text::safe::{block, bounded_block, line};

/// Most bytes of what a check expected or saw.
const COMPARED: usize = 64 * 1024;
/// Most bytes of a reason.
const REASON: usize = 4 * 1024;
/// Most bytes of one piece of evidence.
const EVIDENCE: usize = 16 * 1024 * 1024;

fn lines(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| line(text)).collect()
}

pub(super) fn start(run: &RunStarted) -> RunStarted {
    RunStarted {
        format: run.format,
        seatrial: line(&run.seatrial),
        environment: line(&run.environment),
        kubernetes: line(&run.kubernetes),
        tdengine: line(&run.tdengine),
        image: line(&run.image),
        seed: run.seed,
        replay: line(&run.replay),
        scenarios: Vec::new(),
        skipped: Vec::new(),
        claims: Vec::new(),
        details: run.details.iter().map(detail).collect(),
        shard: run.shard.clone(),
    }
}

fn detail(detail: &Detail) -> Detail {
    Detail { what: detail.what, value: line(&detail.value) }
}

pub(super) fn plan(planned: &PlannedScenario) -> PlannedScenario {
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

pub(super) fn skip(skip: &Skipped) -> Skipped {
    Skipped { name: line(&skip.name), reason: line(&skip.reason) }
}

pub(super) fn claim(claim: &ClaimDefinition) -> ClaimDefinition {
    ClaimDefinition {
        id: line(&claim.id),
        document: line(&claim.document),
        section: line(&claim.section),
        quote: reason(&claim.quote),
        original: claim.original.as_deref().map(reason),
        tdengine: line(&claim.tdengine),
        real: claim.real,
        found: reason(&claim.found),
    }
}

pub(super) fn check(check: &CheckFinished) -> CheckFinished {
    CheckFinished {
        scenario: line(&check.scenario),
        step: check.step,
        check: check.check,
        title: line(&check.title),
        verdict: check.verdict,
        blame: check.blame,
        expected: bounded_block(&check.expected, COMPARED),
        seen: bounded_block(&check.seen, COMPARED),
        reason: reason(&check.reason),
        outcome: check.outcome.as_deref().map(line),
        findings: check
            .findings
            .iter()
            .map(|found| ClaimFinding { claim: line(&found.claim), finding: found.finding })
            .collect(),
        seen_by: check.seen_by.iter().map(seen_by).collect(),
        changed_after_ms: check.changed_after_ms,
        fulfilled_after_ms: check.fulfilled_after_ms,
        answer_ms: check.answer_ms,
        took_ms: check.took_ms,
        evidence: check.evidence.clone(),
    }
}

fn seen_by(one: &SeenBy) -> SeenBy {
    SeenBy { client: line(&one.client), verdict: one.verdict, seen: bounded_block(&one.seen, COMPARED) }
}

pub(super) fn observation(observation: &Observation) -> Observation {
    Observation { kind: observation.kind, name: line(&observation.name), state: line(&observation.state) }
}

pub(super) fn fault(change: &FaultChange) -> FaultChange {
    FaultChange {
        scenario: line(&change.scenario),
        fault: change.fault,
        name: line(&change.name),
        target: line(&change.target),
        phase: change.phase,
        text: reason(&change.text),
        evidence: change.evidence.clone(),
    }
}

pub(super) fn measured(measured: &Measured) -> Measured {
    Measured { scenario: line(&measured.scenario), workload: line(&measured.workload), ..measured.clone() }
}

pub(super) fn recovery(recovery: &Recovery) -> Recovery {
    Recovery { scenario: line(&recovery.scenario), what: line(&recovery.what), ..*recovery }
}

pub(super) fn step_end(end: &StepFinished) -> StepFinished {
    StepFinished { scenario: line(&end.scenario), reason: reason(&end.reason), ..end.clone() }
}

pub(super) fn scenario_end(end: &ScenarioFinished) -> ScenarioFinished {
    ScenarioFinished { scenario: line(&end.scenario), reason: reason(&end.reason), ..end.clone() }
}

pub(super) fn run_end(end: &RunFinished) -> RunFinished {
    RunFinished { reason: reason(&end.reason), ..end.clone() }
}

/// A text in a sentence or a few.
pub(super) fn reason(text: &str) -> String {
    bounded_block(text, REASON)
}

pub(super) fn evidence(evidence: &Evidence) -> Evidence {
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
