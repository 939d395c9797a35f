use seatrial_record::Verdict;

use super::shape::{
    AttemptReport, CheckReport, ClaimReport, DetailReport, EvidenceReport, FindingReport, NoticeReport, Report,
    RunReport, ScenarioReport, SeenByReport, SkipReport, StepReport,
};
use super::{SCHEMA, chaos};
use crate::evidence::Places;
use crate::facts::RunFacts;
use crate::model::{Attempt, Check, LedgerEntry, Mark, Model, Scenario, Seen, Step};
use crate::text::spans::between;

/// The run as `report.json` has it.
pub fn report(model: &Model, facts: &RunFacts) -> Report {
    let ledger = model.ledger();
    let places = Places::of(model);
    Report {
        schema: SCHEMA.to_owned(),
        outcome: model.outcome(),
        counts: model.counts(&ledger),
        run: run(model, facts),
        claims: ledger.into_iter().map(claim).collect(),
        scenarios: model.scenarios.iter().map(|each| scenario(model, each)).collect(),
        skipped: model
            .skipped
            .iter()
            .map(|skip| SkipReport { name: skip.name.clone(), reason: skip.reason.clone() })
            .collect(),
        notices: model
            .notices
            .iter()
            .map(|notice| NoticeReport {
                at: notice.at.to_string(),
                scenario: notice.scenario.clone(),
                text: notice.text.clone(),
            })
            .collect(),
        evidence: model.evidence.iter().enumerate().map(|(index, seen)| evidence(seen, index, &places)).collect(),
    }
}

fn run(model: &Model, facts: &RunFacts) -> RunReport {
    let run = &model.run;
    RunReport {
        id: facts.run_id.clone(),
        seatrial: run.seatrial.clone(),
        tdengine: run.tdengine.clone(),
        image: run.image.clone(),
        environment: run.environment.clone(),
        kubernetes: run.kubernetes.clone(),
        manifests: model.manifest_sets().into_iter().map(str::to_owned).collect(),
        seed: run.seed,
        replay: run.replay.clone(),
        started: model.started.to_string(),
        cluster_ms: model.cluster_ms(),
        began: facts.began.map(|began| began.to_string()),
        wall_ms: facts.wall_ms,
        host: facts.host.clone(),
        killed: facts.incomplete.clone(),
        details: run.details.iter().map(|one| DetailReport { what: one.what, value: one.value.clone() }).collect(),
        more: facts.more.clone(),
        events: model.events,
    }
}

fn claim(entry: LedgerEntry) -> ClaimReport {
    let claim = entry.definition;
    ClaimReport {
        id: claim.id,
        document: claim.document,
        section: claim.section,
        quote: claim.quote,
        original: claim.original,
        tdengine: claim.tdengine,
        listed: entry.listed,
        verdict: entry.verdict,
        manifests: entry.sets,
        real: claim.real,
        found: claim.found,
        agreement: entry.agreement,
        decisions: entry.decisions,
        not_tested: entry.not_tested,
    }
}

fn scenario(model: &Model, scenario: &Scenario) -> ScenarioReport {
    let planned = &scenario.planned;
    let last = scenario.last();
    let end = last.and_then(|attempt| attempt.finished.as_ref());
    let earlier = scenario.attempts.len().saturating_sub(1);
    ScenarioReport {
        key: planned.key.clone(),
        name: planned.name.clone(),
        summary: planned.summary.clone(),
        file: planned.file.clone(),
        manifests: planned.manifests.clone(),
        finished: end.is_some(),
        verdict: verdict(scenario.mark()),
        blame: end.and_then(|end| end.blame),
        reason: end.map(|end| end.reason.clone()).unwrap_or_default(),
        took_ms: last.map_or(0, Attempt::took_ms),
        own_ms: end.and_then(|end| end.own_ms),
        faults: last.map(chaos::faults).unwrap_or_default(),
        workloads: last.map(chaos::workloads).unwrap_or_default(),
        recoveries: last.map(chaos::recoveries).unwrap_or_default(),
        planned_checks: planned.checks,
        earlier_attempts: scenario.attempts.iter().take(earlier).map(earlier_attempt).collect(),
        steps: last
            .map(|attempt| attempt.steps.iter().map(|each| step(model, attempt, each)).collect())
            .unwrap_or_default(),
    }
}

fn earlier_attempt(attempt: &Attempt) -> AttemptReport {
    let end = attempt.finished.as_ref();
    AttemptReport {
        number: attempt.number,
        reason: end.map(|end| end.reason.clone()).unwrap_or_default(),
        blame: end.and_then(|end| end.blame),
        took_ms: attempt.took_ms(),
    }
}

fn step(model: &Model, attempt: &Attempt, step: &Step) -> StepReport {
    let end = step.finished.as_ref();
    let ids = step.evidence.iter().filter_map(|index| model.evidence.get(*index));
    StepReport {
        number: step.number,
        title: step.title.clone(),
        finished: end.is_some(),
        verdict: verdict(step.mark()),
        blame: end.and_then(|end| end.blame),
        reason: end.map(|end| end.reason.clone()).unwrap_or_default(),
        started_ms: between(attempt.started, step.started),
        took_ms: end.map(|end| end.took_ms),
        own_ms: end.and_then(|end| end.own_ms),
        checks: step.checks.iter().map(check).collect(),
        evidence: ids.map(|seen| seen.evidence.id).collect(),
    }
}

fn check(check: &Check) -> CheckReport {
    let result = &check.result;
    CheckReport {
        number: result.check,
        title: result.title.clone(),
        verdict: result.verdict,
        blame: result.blame,
        expected: result.expected.clone(),
        seen: result.seen.clone(),
        reason: result.reason.clone(),
        outcome: result.outcome.clone(),
        findings: result
            .findings
            .iter()
            .map(|found| FindingReport { claim: found.claim.clone(), finding: found.finding })
            .collect(),
        seen_by: result
            .seen_by
            .iter()
            .map(|one| SeenByReport { client: one.client.clone(), verdict: one.verdict, seen: one.seen.clone() })
            .collect(),
        changed_after_ms: result.changed_after_ms,
        fulfilled_after_ms: result.fulfilled_after_ms,
        answer_ms: result.answer_ms,
        took_ms: result.took_ms,
        evidence: result.evidence.clone(),
    }
}

fn evidence(seen: &Seen, index: usize, places: &Places) -> EvidenceReport {
    let evidence = &seen.evidence;
    EvidenceReport {
        id: evidence.id,
        kind: evidence.kind,
        title: evidence.title.clone(),
        source: evidence.source.clone(),
        at: evidence.at.to_string(),
        scenario: seen.scenario.clone(),
        step: seen.step,
        bytes: evidence.text.len() as u64,
        truncated: evidence.truncated,
        file: places.get(index).and_then(|place| place.file.clone()),
    }
}

fn verdict(mark: Mark) -> Option<Verdict> {
    match mark {
        Mark::Pass => Some(Verdict::Pass),
        Mark::Fail => Some(Verdict::Fail),
        Mark::Unknown => Some(Verdict::Unknown),
        Mark::Nothing | Mark::Unfinished => None,
    }
}
