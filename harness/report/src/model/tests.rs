use jiff::Timestamp;
use rstest::rstest;
use seatrial_record::{
    Blame, Body, CheckFinished, ClaimDefinition, ClaimFinding, Event, ExitCode, FORMAT, Finding, PlannedScenario,
    RealServer, RunFinished, RunStarted, ScenarioFinished, StepFinished, Verdict,
};

use super::*;

struct Stream(Vec<Event>);

impl Stream {
    fn new(claims: &[(&str, RealServer)], scenarios: &[&str]) -> Self {
        let claim = |(id, real): &(&str, RealServer)| ClaimDefinition {
            id: (*id).into(),
            document: "doc".into(),
            section: "section".into(),
            quote: "quote".into(),
            original: None,
            tdengine: ">=2".into(),
            real: *real,
            found: String::new(),
        };
        let planned = |key: &&str| PlannedScenario {
            key: (*key).into(),
            name: key.split('@').next().unwrap().into(),
            summary: String::new(),
            file: "a.yaml".into(),
            manifests: key.split(['@', '#']).nth(1).unwrap_or("doc").into(),
            claims: vec!["a/b".into()],
            steps: vec!["start".into()],
            checks: 1,
        };
        let mut stream = Self(Vec::new());
        stream.add(Body::RunStarted(Box::new(RunStarted {
            format: FORMAT,
            seatrial: "0.1.0".into(),
            environment: "embedded".into(),
            kubernetes: "v1.36".into(),
            tdengine: "2.1.1.0".into(),
            image: "tdengine/tdengine:2.1.1.0".into(),
            seed: 1,
            replay: "seatrial run".into(),
            scenarios: scenarios.iter().map(planned).collect(),
            skipped: Vec::new(),
            claims: claims.iter().map(claim).collect(),
            details: Vec::new(),
            shard: None,
        })));
        stream
    }

    fn add(&mut self, body: Body) {
        let seq = self.0.len() as u64 + 1;
        self.0.push(Event { seq, at: Timestamp::from_second(seq.cast_signed()).unwrap(), body });
    }

    fn start(&mut self, key: &str, attempt: u32) {
        self.add(Body::ScenarioStarted { scenario: key.into(), namespace: "ns".into(), attempt });
        self.add(Body::StepStarted { scenario: key.into(), step: 0, title: "start".into() });
    }

    fn check(&mut self, key: &str, verdict: Verdict, findings: &[(&str, Finding)]) {
        let findings =
            findings.iter().map(|(claim, finding)| ClaimFinding { claim: (*claim).into(), finding: *finding });
        self.add(Body::CheckFinished(Box::new(CheckFinished {
            scenario: key.into(),
            step: 0,
            check: 1,
            title: "it holds".into(),
            verdict,
            blame: None,
            expected: "a".into(),
            seen: "b".into(),
            reason: String::new(),
            outcome: None,
            findings: findings.collect(),
            seen_by: Vec::new(),
            changed_after_ms: None,
            answer_ms: None,
            fulfilled_after_ms: None,
            took_ms: 1,
            evidence: Vec::new(),
        })));
    }

    fn end(&mut self, key: &str, verdict: Option<Verdict>) {
        let blame = (verdict != Some(Verdict::Pass)).then_some(Blame::Environment);
        self.add(Body::StepFinished(StepFinished {
            scenario: key.into(),
            step: 0,
            verdict,
            blame,
            reason: String::new(),
            took_ms: 1,
            own_ms: None,
        }));
        self.add(Body::ScenarioFinished(ScenarioFinished {
            scenario: key.into(),
            verdict,
            blame,
            reason: String::new(),
            passed: 1,
            checks: 1,
            took_ms: 1_000,
            own_ms: None,
        }));
    }

    fn finish(&mut self, verdict: Option<Verdict>) {
        let exit = ExitCode::of(verdict);
        self.add(Body::RunFinished(RunFinished { verdict, reason: String::new(), exit, interrupted: false }));
    }

    fn model(&self) -> Model {
        Model::of(&self.0).unwrap()
    }
}

/// One scenario run per finding, each in its manifest set.
fn ledger(real: RealServer, found: &[(&str, Finding)]) -> LedgerEntry {
    let keys: Vec<String> = found.iter().enumerate().map(|(n, (set, _))| format!("s@{set}#{n}")).collect();
    let mut stream = Stream::new(&[("a/b", real)], &keys.iter().map(String::as_str).collect::<Vec<_>>());
    for (key, (_, finding)) in keys.iter().zip(found) {
        stream.start(key, 1);
        stream.check(key, Verdict::Pass, &[("a/b", *finding)]);
        stream.end(key, Some(Verdict::Pass));
    }
    stream.finish(Some(Verdict::Pass));
    stream.model().ledger().remove(0)
}

const YES: Finding = Finding::Confirmed;
const NO: Finding = Finding::Contradicted;
const UNKNOWN: Finding = Finding::Unknown;

#[rstest]
#[case(&[], ClaimVerdict::NotTested)]
#[case(&[("doc", YES), ("doc", YES)], ClaimVerdict::Confirmed)]
#[case(&[("doc", NO), ("headless", NO)], ClaimVerdict::Contradicted)]
#[case(&[("doc", NO), ("doc", UNKNOWN)], ClaimVerdict::Contradicted)]
#[case(&[("doc", YES), ("doc", NO), ("doc", YES)], ClaimVerdict::ByChance)]
#[case(&[("doc", NO), ("headless", YES)], ClaimVerdict::ByManifest)]
#[case(&[("doc", YES), ("doc", NO), ("headless", YES)], ClaimVerdict::ByManifest)]
#[case(&[("doc", YES), ("doc", UNKNOWN)], ClaimVerdict::Unknown)]
#[case(&[("doc", YES), ("headless", UNKNOWN)], ClaimVerdict::Unknown)]
fn a_claim_gets_its_verdict(#[case] found: &[(&str, Finding)], #[case] verdict: ClaimVerdict) {
    assert_eq!(ledger(RealServer::Confirmed, found).verdict, verdict);
}

#[rstest]
#[case(RealServer::Confirmed, &[("doc", YES)], Agreement::Agrees)]
#[case(RealServer::Confirmed, &[("doc", NO)], Agreement::Differs)]
#[case(RealServer::Contradicted, &[("doc", YES), ("headless", NO)], Agreement::Differs)]
#[case(RealServer::ByChance, &[("doc", NO)], Agreement::Agrees)]
#[case(RealServer::ByManifest, &[("doc", YES)], Agreement::Agrees)]
#[case(RealServer::ByManifest, &[("doc", YES), ("headless", YES)], Agreement::Differs)]
#[case(RealServer::NotTested, &[("doc", NO)], Agreement::Incomparable)]
#[case(RealServer::Confirmed, &[("doc", UNKNOWN)], Agreement::Incomparable)]
fn a_claim_is_compared(#[case] real: RealServer, #[case] found: &[(&str, Finding)], #[case] agreement: Agreement) {
    assert_eq!(ledger(real, found).agreement, agreement);
}

#[test]
fn chance_is_counted() {
    let entry = ledger(RealServer::ByChance, &[("doc", YES), ("doc", NO), ("doc", NO)]);
    assert_eq!(entry.held(), (1, 3));
    assert_eq!(entry.decisions.len(), 3);
}

#[test]
fn two_checks_of_one_run_count_once_and_the_worse_counts() {
    let mut stream = Stream::new(&[("a/b", RealServer::Confirmed)], &["s@doc"]);
    stream.start("s@doc", 1);
    stream.check("s@doc", Verdict::Pass, &[("a/b", YES)]);
    stream.check("s@doc", Verdict::Pass, &[("a/b", NO)]);
    stream.end("s@doc", Some(Verdict::Pass));
    let entry = stream.model().ledger().remove(0);
    assert_eq!((entry.verdict, entry.held()), (ClaimVerdict::Contradicted, (0, 1)));
}

#[test]
fn a_claim_that_only_a_check_knows_is_shown() {
    let mut stream = Stream::new(&[("a/b", RealServer::Confirmed)], &["s@doc"]);
    stream.start("s@doc", 1);
    stream.check("s@doc", Verdict::Pass, &[("x/y", NO)]);
    stream.end("s@doc", Some(Verdict::Pass));
    let ledger = stream.model().ledger();
    assert_eq!(ledger[0].not_tested, Some(NotTested::NoFinding(vec!["s@doc".into()])));
    assert_eq!((ledger[1].definition.id.as_str(), ledger[1].listed), ("x/y", false));
}

#[test]
fn a_killed_run_is_never_a_pass() {
    let mut stream = Stream::new(&[("a/b", RealServer::Confirmed)], &["s@doc", "t@doc"]);
    stream.start("s@doc", 1);
    stream.check("s@doc", Verdict::Pass, &[]);
    stream.end("s@doc", Some(Verdict::Pass));
    stream.start("t@doc", 1);
    let model = stream.model();
    let outcome = model.outcome();
    assert_eq!((outcome.verdict, outcome.complete), (Some(Verdict::Unknown), false));
    assert_eq!(model.scenarios[1].mark(), Mark::Unfinished);
    assert_eq!(model.ledger()[0].not_tested, Some(NotTested::NotFinished(vec!["t@doc".into()])));
    let counts = model.counts(&model.ledger());
    assert_eq!((counts.checks.planned, counts.checks.passed, counts.checks.unfinished), (2, 1, 1));
}

#[test]
fn a_killed_run_with_a_failed_check_is_a_failure() {
    let mut stream = Stream::new(&[], &["s@doc"]);
    stream.start("s@doc", 1);
    stream.check("s@doc", Verdict::Fail, &[]);
    assert_eq!(stream.model().outcome().verdict, Some(Verdict::Fail));
}

#[test]
fn an_end_that_says_better_than_the_checks_is_not_believed() {
    let mut stream = Stream::new(&[], &["s@doc"]);
    stream.start("s@doc", 1);
    stream.check("s@doc", Verdict::Fail, &[]);
    stream.end("s@doc", Some(Verdict::Pass));
    stream.finish(Some(Verdict::Pass));
    let outcome = stream.model().outcome();
    assert_eq!((outcome.verdict, outcome.exit), (Some(Verdict::Fail), ExitCode::Failed));
}

#[test]
fn nothing_checked_is_no_verdict() {
    let mut stream = Stream::new(&[], &["s@doc"]);
    stream.start("s@doc", 1);
    stream.end("s@doc", None);
    stream.finish(None);
    let outcome = stream.model().outcome();
    assert_eq!((outcome.verdict, outcome.exit), (None, ExitCode::NothingChecked));
}

#[test]
fn the_last_attempt_counts() {
    let mut stream = Stream::new(&[], &["s@doc"]);
    stream.start("s@doc", 1);
    stream.end("s@doc", Some(Verdict::Fail));
    stream.start("s@doc", 2);
    stream.check("s@doc", Verdict::Pass, &[]);
    stream.end("s@doc", Some(Verdict::Pass));
    stream.finish(Some(Verdict::Pass));
    let model = stream.model();
    assert_eq!(model.scenarios[0].attempts.len(), 2);
    assert_eq!(model.outcome().verdict, Some(Verdict::Pass));
    assert_eq!(model.cluster_ms(), 2_000);
}

#[test]
fn events_of_unknown_scenarios_are_kept() {
    let mut stream = Stream::new(&[], &[]);
    stream.check("surprise@doc", Verdict::Fail, &[]);
    let model = stream.model();
    assert_eq!(model.scenarios[0].planned.key, "surprise@doc");
    assert_eq!(model.outcome().verdict, Some(Verdict::Fail));
}

#[test]
fn a_stream_without_a_start_is_no_run() {
    assert!(Model::of(&[]).is_none());
    let mut stream = Stream::new(&[], &[]);
    stream.finish(None);
    assert!(Model::of(&stream.0[1..]).is_none());
}
