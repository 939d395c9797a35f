//! `junit.xml`: one suite per scenario; in it one case for the scenario and one per check.
//!
//! It keeps to the schema of Jenkins' xUnit plugin (`junit-10.xsd`), the strictest that is widely used: other systems
//! read what it allows.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, SerializeError, TestCase, TestCaseStatus, TestRerun, TestSuite};
use seatrial_record::{Blame, DetailKind, Verdict};

use crate::evidence::file_of;
use crate::facts::RunFacts;
use crate::model::{Attempt, Check, Mark, Model, Scenario, Step};
use crate::text::{diff, spans};

/// Most lines of a failure's comparison.
const LINES: usize = 200;

/// The run as JUnit.
pub(crate) fn xml(model: &Model, facts: &RunFacts) -> Result<String, SerializeError> {
    let report = report(model, facts);
    // The writer counts skipped cases in the root element too, where the schema has no such attribute.
    Ok(report.to_string()?.replacen(&format!(" skipped=\"{}\"", report.skipped), "", 1))
}

fn report(model: &Model, facts: &RunFacts) -> Report {
    let mut report = Report::new("seatrial");
    report.set_time(Duration::from_millis(facts.wall_ms.unwrap_or_else(|| model.cluster_ms())));
    for scenario in &model.scenarios {
        report.add_test_suite(suite(model, scenario, facts));
    }
    for skip in &model.skipped {
        let mut suite = TestSuite::new(&skip.name);
        let mut status = TestCaseStatus::skipped();
        status.set_message(&skip.reason);
        let mut case = TestCase::new("scenario", status);
        case.set_classname(format!("seatrial.{}", skip.name)).set_time(Duration::ZERO);
        suite.add_test_case(case).set_time(Duration::ZERO);
        report.add_test_suite(suite);
    }
    report
}

fn suite(model: &Model, scenario: &Scenario, facts: &RunFacts) -> TestSuite {
    let planned = &scenario.planned;
    let class = format!("seatrial.{}.{}", planned.name, planned.manifests);
    let mut suite = TestSuite::new(&planned.key);
    suite.set_time(Duration::from_millis(scenario.last().map_or(0, Attempt::took_ms)));
    suite.timestamp = scenario.last().and_then(|attempt| attempt.started.to_string().parse().ok());
    suite.add_properties(properties(model, scenario, facts));
    let mut whole = scenario_case(scenario);
    whole.set_classname(&class);
    suite.add_test_case(whole);
    for (step, check) in scenario.last().into_iter().flat_map(Attempt::checks) {
        let mut case = check_case(model, step, check);
        case.set_classname(&class);
        suite.add_test_case(case);
    }
    suite
}

fn properties(model: &Model, scenario: &Scenario, facts: &RunFacts) -> Vec<Property> {
    let run = &model.run;
    let seed = run.seed.to_string();
    let complete = model.finished.is_some().to_string();
    let pairs = [
        ("seed", seed.as_str()),
        ("tdengine", &run.tdengine),
        ("image", &run.image),
        ("environment", &run.environment),
        ("kubernetes", &run.kubernetes),
        ("manifests", &scenario.planned.manifests),
        ("seatrial", &run.seatrial),
        ("run", &facts.run_id),
        ("complete", &complete),
        ("file", &scenario.planned.file),
        ("replay", &run.replay),
    ];
    let details = run.details.iter().map(|detail| (name_of(detail.what), detail.value.as_str()));
    pairs.into_iter().chain(details).map(|(name, value)| Property::new(name, value)).collect()
}

fn name_of(what: DetailKind) -> &'static str {
    match what {
        DetailKind::ImageDigest => "image-digest",
        DetailKind::Edition => "edition",
        DetailKind::Profile => "profile",
        DetailKind::Edits => "edits",
        DetailKind::Client => "client",
        DetailKind::Kind => "kind",
        DetailKind::NodeImage => "node-image",
        DetailKind::Nodes => "nodes",
        DetailKind::Context => "context",
        DetailKind::Runtime => "runtime",
        DetailKind::Host => "host",
    }
}

/// The scenario as one case: what has no check of its own shows here, say a step whose action failed.
fn scenario_case(scenario: &Scenario) -> TestCase {
    let last = scenario.last();
    let end = last.and_then(|attempt| attempt.finished.as_ref());
    let reason = end.map(|end| end.reason.as_str()).filter(|reason| !reason.is_empty());
    let mut status = match scenario.mark() {
        Mark::Pass => TestCaseStatus::success(),
        Mark::Fail => {
            let kind = kind(Some(Verdict::Fail), end.and_then(|end| end.blame));
            non_success(kind, end.and_then(|end| end.blame), reason.unwrap_or("a check did not hold"))
        }
        Mark::Unknown => non_success(NonSuccessKind::Error, None, reason.unwrap_or("it could not be said")),
        Mark::Nothing => non_success(NonSuccessKind::Error, None, "nothing was checked"),
        Mark::Unfinished if last.is_some() => {
            non_success(NonSuccessKind::Error, None, "the run ended before this scenario did")
        }
        Mark::Unfinished => {
            let mut status = TestCaseStatus::skipped();
            status.set_message("the run ended before this scenario began");
            status
        }
    };
    let earlier = scenario.attempts.len().saturating_sub(1);
    for attempt in scenario.attempts.iter().take(earlier) {
        let mut rerun = TestRerun::new(NonSuccessKind::Error);
        let end = attempt.finished.as_ref();
        rerun.set_type(end.and_then(|end| end.blame).unwrap_or(Blame::Environment).to_string());
        let why = end.map_or("the attempt has no end", |end| end.reason.as_str());
        rerun.set_message(format!("attempt {}, after {}: {why}", attempt.number, spans::length(attempt.took_ms())));
        status.add_rerun(rerun);
    }
    if let Some(attempt) = last {
        let steps: Vec<String> = attempt
            .steps
            .iter()
            .filter(|step| step.mark().is_problem())
            .map(|step| {
                let reason = step.finished.as_ref().map_or("it has no end", |end| end.reason.as_str());
                format!("step {}: {}: {reason}", step.number, step.title)
            })
            .collect();
        if !steps.is_empty() && scenario.mark() != Mark::Pass {
            status.set_description(steps.join("\n"));
        }
    }
    let mut case = TestCase::new("scenario", status);
    case.set_time(Duration::from_millis(last.map_or(0, Attempt::took_ms)));
    case
}

fn check_case(model: &Model, step: &Step, check: &Check) -> TestCase {
    let result = &check.result;
    let status = if result.verdict == Verdict::Pass {
        TestCaseStatus::success()
    } else {
        let reason = if result.reason.is_empty() { result.title.as_str() } else { &result.reason };
        let mut status = non_success(kind(Some(result.verdict), result.blame), result.blame, reason);
        status.set_description(failure_text(model, step, check));
        status
    };
    // The step's number keeps names unique and in order; its title says what had been done.
    let name = format!("{}.{} {}: {}", result.step, result.check, step.title, result.title);
    let mut case = TestCase::new(name, status);
    case.set_time(Duration::from_millis(result.took_ms));
    case
}

fn failure_text(model: &Model, step: &Step, check: &Check) -> String {
    let result = &check.result;
    let mut lines = vec![
        result.reason.clone(),
        String::new(),
        format!("step {}: {}", step.number, step.title),
        format!("check {}: {}", result.check, result.title),
        String::new(),
        "- expected, + seen:".to_owned(),
    ];
    let patch = diff::patch(&result.expected, &result.seen);
    lines.extend(patch.into_iter().take(LINES).map(|(mark, line)| format!("{mark} {line}")));
    lines.push(String::new());
    lines.extend(
        result.evidence.iter().filter_map(|id| model.evidence(*id)).map(|seen| format!("evidence: {}", file_of(seen))),
    );
    lines.push(format!("repeat: {}", model.run.replay));
    lines.join("\n")
}

/// A failure is the product's or its manifests'; an error is ours or the environment's, or something unknown.
fn kind(verdict: Option<Verdict>, blame: Option<Blame>) -> NonSuccessKind {
    match (verdict, blame) {
        (Some(Verdict::Fail), None | Some(Blame::Product | Blame::Manifest)) => NonSuccessKind::Failure,
        _ => NonSuccessKind::Error,
    }
}

fn non_success(kind: NonSuccessKind, blame: Option<Blame>, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(crate::text::safe::line(message));
    status.set_type(blame.map_or_else(|| "unknown".to_owned(), |blame| blame.to_string()));
    status
}
