//! The runner against a scripted cluster.

#![allow(clippy::unwrap_used, reason = "in a test a panic is a failure")]

mod fake;

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use fake::{FakeEnvironment, Script};
use rstest::rstest;
use seatrial_engine::{Edits, Keep, ManifestSet, Options, Selection, Suite, run, scenario::Way};
use seatrial_record::{
    Blame, Body, CheckFinished, Event, EventLog, ExitCode, Finding, RunFinished, Sink, Table, Verdict, WriteError,
};
use seatrial_taos::Reply;
use tokio::sync::watch;

/// Keeps all events.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Event>>>);

impl Sink for Kept {
    fn take(&mut self, event: &Event) -> Result<(), WriteError> {
        self.0.lock().unwrap().push(event.clone());
        Ok(())
    }
}

struct Ran {
    summary: RunFinished,
    events: Vec<Event>,
}

impl Ran {
    fn checks(&self) -> Vec<&CheckFinished> {
        self.events
            .iter()
            .filter_map(|event| match &event.body {
                Body::CheckFinished(check) => Some(check.as_ref()),
                _ => None,
            })
            .collect()
    }

    /// The last check that ended.
    fn last(&self) -> &CheckFinished {
        self.checks().pop().unwrap()
    }
}

fn sets() -> Vec<ManifestSet> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/doc-2x");
    vec![ManifestSet::load(&root.join("doc")).unwrap()]
}

fn suite(steps: &str) -> Result<Suite, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.yaml");
    let claims = if steps.contains("scale-down/drop-removes") { "claims: [scale-down/drop-removes]\n" } else { "" };
    let head = format!("scenario: x\nsummary: s\n{claims}timeout: 30m\nstart: {{ replicas: 3 }}\nsteps:\n");
    std::fs::write(&path, head + steps).unwrap();
    let ledger: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/claims/doc-2x.yaml");
    Suite::load(&[path], &[ledger], &sets()).map_err(|mistakes| mistakes.to_string())
}

async fn with(script: Script, steps: &str, cancel_after: Option<Duration>) -> Ran {
    at_once(FakeEnvironment::new(script), steps, cancel_after, 1, 1).await
}

async fn with_image(tag: &str, script: Script, steps: &str) -> Ran {
    run_with(tag, FakeEnvironment::new(script), steps, None, 1, 1).await
}

/// Repeats `steps`, `jobs` at once.
async fn at_once(
    environment: FakeEnvironment,
    steps: &str,
    cancel_after: Option<Duration>,
    repeats: u32,
    jobs: usize,
) -> Ran {
    run_with("2.1.1.0", environment, steps, cancel_after, repeats, jobs).await
}

async fn run_with(
    tag: &str,
    environment: FakeEnvironment,
    steps: &str,
    cancel_after: Option<Duration>,
    repeats: u32,
    jobs: usize,
) -> Ran {
    let selection = Selection { version: "2.1.1.0".parse().unwrap(), sets: Vec::new(), names: Vec::new(), repeats };
    let plan = suite(steps).unwrap().plan(&selection, &sets()).unwrap();
    let (sender, cancel) = watch::channel(false);
    if let Some(after) = cancel_after {
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            sender.send_replace(true);
            std::future::pending::<()>().await;
        });
    }
    let options = Options {
        seatrial: "0.1.0".to_owned(),
        replay: "seatrial run".to_owned(),
        seed: 1,
        edits: Edits { image: format!("tdengine/tdengine:{tag}"), ..Edits::default() },
        keep: Keep::Never,
        jobs: NonZeroUsize::new(jobs).unwrap(),
        client: Way::Shell,
        histories: None,
        diagnostics: true,
        patience: true,
        cancel,
    };
    let kept = Kept::default();
    let mut log = EventLog::new(vec![Box::new(kept.clone())]);
    let summary = run(&plan, &sets(), &environment, &options, &mut log).await.unwrap();
    let events = kept.0.lock().unwrap().clone();
    assert!(matches!(events.last().unwrap().body, Body::RunFinished(_)));
    Ran { summary, events }
}

const DROP: &str = "  - do: { sql: \"drop dnode '${endpoint(2)}'\" }\n    check:\n      - dnodes: { ready: { 1: tdengine-0, 2: tdengine-1 }, absent: [3] }\n        within: 30s\n        confirms: [scale-down/drop-removes]\n";

#[tokio::test(start_paused = true)]
async fn a_cluster_that_does_as_documented_passes() {
    let ran = with(Script::default(), DROP, None).await;
    assert_eq!(ran.summary.exit, ExitCode::Passed, "{}", ran.summary.reason);
    assert_eq!(ran.checks().len(), 3);
    let start = ran.checks()[1];
    assert_eq!(start.title, "dnodes: ready 1 (tdengine-0), 2 (tdengine-1), 3 (tdengine-2) within 1m");
    // Dnodes are ready 12 s after the manifests; noticed within the pause between two looks.
    assert!((12_000..13_100).contains(&start.fulfilled_after_ms.unwrap()), "{start:?}");
    assert_eq!(ran.last().findings[0].finding, Finding::Confirmed);
    assert!(!ran.last().evidence.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failure_names_step_expectation_and_what_was_seen() {
    let ran = with(Script { drop_works: false, ..Script::default() }, DROP, None).await;
    assert_eq!((ran.summary.verdict, ran.summary.exit), (Some(Verdict::Fail), ExitCode::Failed));
    let check = ran.last();
    insta::assert_snapshot!(format!(
        "{}\n\nexpected\n{}\n\nseen\n{}\n\n{}",
        check.title, check.expected, check.seen, check.reason
    ));
    assert_eq!((check.blame, check.findings[0].finding), (Some(Blame::Product), Finding::Contradicted));
    assert!(
        ran.events
            .iter()
            .any(|event| matches!(&event.body, Body::Evidence { evidence, .. } if evidence.title == "events"))
    );
    assert!(ran.summary.reason.starts_with("x@doc: in tdengine-0: dnode 3 is listed"), "{}", ran.summary.reason);
}

#[tokio::test(start_paused = true)]
async fn what_must_stay_so_may_not_change() {
    let steps = "  - check:\n      - dnodes: { ready: [1, 2, 3] }\n        for: 60s\n";
    let flapping = Script { flap_at: vec![Duration::from_secs(40)], ..Script::default() };
    let ran = with(flapping, steps, None).await;
    assert_eq!(ran.last().verdict, Verdict::Fail);
    assert!(ran.last().reason.starts_with("it held for "), "{}", ran.last().reason);
    let steady = with(Script::default(), steps, None).await;
    assert_eq!(steady.last().verdict, Verdict::Pass);
    assert!(steady.last().took_ms >= 60_000);
}

#[tokio::test(start_paused = true)]
async fn a_break_within_the_bound_begins_anew() {
    let steps = "  - check:\n      - dnodes: { ready: [1, 2, 3] }\n        within: 60s\n        for: 60s\n";
    let ran = with(Script { flap_at: vec![Duration::from_secs(40)], ..Script::default() }, steps, None).await;
    assert_eq!(ran.last().verdict, Verdict::Pass, "{}", ran.last().reason);
    assert!(ran.last().took_ms > 80_000);
}

const OUTCOMES: &str = "  - do: { sql: \"drop dnode '${endpoint(2)}'\" }\n    check:\n      - outcomes:\n          removed:\n            check: [{ dnodes: { ready: [1, 2] } }]\n            confirms: [scale-down/drop-removes]\n          stuck:\n            check: [{ dnodes: { ready: [1, 2], dropping: [3] }, for: 30s }]\n            contradicts: [scale-down/drop-removes]\n        within: 60s\n  - when: removed\n    do: { scale: 2 }\n    check:\n      - pods: { ready: [0, 1] }\n  - when: stuck\n    check:\n      - dnodes: { dropping: [3], others: any }\n";

#[tokio::test(start_paused = true)]
async fn what_changes_beside_a_slow_look_is_not_missed() {
    // The listing begins before the pods are ready, and ends after the watch has told that they are.
    let ran = with(Script { listing: Duration::from_secs(13), ..Script::default() }, DROP, None).await;
    let pods = ran.checks()[0];
    assert!(pods.title.starts_with("pods: ready 0"), "{}", pods.title);
    assert!(pods.fulfilled_after_ms.unwrap() < 30_000, "{pods:?}");
}

#[tokio::test(start_paused = true)]
async fn outcomes_are_named_and_decide_what_follows() {
    for (drop_works, outcome, finding) in
        [(true, "removed", Finding::Confirmed), (false, "stuck", Finding::Contradicted)]
    {
        let ran = with(Script { drop_works, ..Script::default() }, OUTCOMES, None).await;
        assert_eq!(ran.summary.exit, ExitCode::Passed, "{}", ran.summary.reason);
        let check = ran.checks()[2];
        assert_eq!((check.outcome.as_deref(), check.findings[0].finding), (Some(outcome), finding));
        assert_eq!(ran.checks().len(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_nobody_named_fails() {
    let steps = OUTCOMES.replace("for: 30s", "for: 59s").replace("dropping: [3] }, for", "offline: [3] }, for");
    let ran = with(Script { drop_works: false, ..Script::default() }, &steps, None).await;
    assert_eq!(ran.last().verdict, Verdict::Fail);
    assert_eq!(ran.last().findings[0].finding, Finding::Unknown);
    insta::assert_snapshot!(ran.last().reason);
}

#[tokio::test(start_paused = true)]
async fn an_environment_that_fails_is_not_the_product() {
    let ran = with(
        Script { reachable: false, ..Script::default() },
        "  - do: { scale: 2 }\n    check:\n      - pods: { ready: [0, 1] }\n",
        None,
    )
    .await;
    assert_eq!((ran.summary.verdict, ran.summary.exit), (Some(Verdict::Unknown), ExitCode::Environment));
}

#[tokio::test(start_paused = true)]
async fn a_boot_is_tried_twice_and_the_retry_is_shown() {
    let ran = with(Script { boot_failures: 1, ..Script::default() }, DROP, None).await;
    assert_eq!(ran.summary.exit, ExitCode::Passed);
    assert!(
        ran.events.iter().any(|event| matches!(&event.body, Body::Notice { text, .. } if text.contains("once more")))
    );
    let ran = with(Script { boot_failures: 2, ..Script::default() }, DROP, None).await;
    assert_eq!(ran.summary.exit, ExitCode::Environment);
}

#[tokio::test(start_paused = true)]
async fn an_interruption_ends_the_run_and_the_log() {
    let ran = with(Script::default(), DROP, Some(Duration::from_secs(5))).await;
    assert!(ran.summary.interrupted);
    assert_eq!(ran.summary.exit, ExitCode::Unknown);
    assert!(ran.events.iter().any(|event| matches!(&event.body, Body::ScenarioFinished(_))));
}

#[tokio::test(start_paused = true)]
async fn nothing_hangs() {
    let steps = "  - check:\n      - sql: { run: select 1, expect: ok }\n";
    let ran = with(Script { hangs: Some("select 1"), ..Script::default() }, steps, None).await;
    assert_eq!(ran.summary.verdict, Some(Verdict::Unknown));
    assert!(ran.summary.reason.contains("`timeout` of 30m"), "{}", ran.summary.reason);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_verdict() {
    let steps = "  - check:\n      - log: { pod: 0, contains: x }\n";
    let ran = with(Script { panics: true, ..Script::default() }, steps, None).await;
    assert_eq!(ran.summary.verdict, Some(Verdict::Unknown));
    assert!(ran.summary.reason.contains("the fake panics"), "{}", ran.summary.reason);
}

#[tokio::test(start_paused = true)]
async fn sql_is_compared() {
    let one = || {
        Ok(seatrial_taos::Reply::Rows(seatrial_record::Table {
            columns: vec!["count(*)".into()],
            rows: vec![vec![Some("3".into())]],
        }))
    };
    let answers = || vec![("count", one()), ("insert", Err("Unable to resolve FQDN"))];
    let cases = [
        ("{ run: select count(*) from t, expect: { value: 3 } }", true),
        ("{ run: select count(*) from t, expect: { value: 4 } }", false),
        ("{ run: select count(*) from t, expect: { rows: 1 } }", true),
        ("{ run: select count(*) from t, expect: { row: { count(*): 3 } } }", true),
        ("{ run: select count(*) from t, expect: { table: [[4]] } }", false),
        ("{ run: insert into t, expect: { error: Unable to resolve FQDN } }", true),
        ("{ run: insert into t, expect: { error: Database not ready } }", false),
        ("{ run: insert into t, expect: fails }", true),
        ("{ run: insert into t }", false),
        ("{ run: select count(*) from t; insert into t, in: each, expect: { error: resolve } }", true),
        ("{ run: insert into t; select count(*) from t, expect: { value: 3 } }", false),
        ("{ run: select count(*) from t, expect: { error: resolve } }", false),
    ];
    for (sql, passes) in cases {
        let steps = format!("  - check:\n      - sql: {sql}\n");
        let ran = with(Script { answers: answers(), ..Script::default() }, &steps, None).await;
        assert_eq!(ran.last().verdict == Verdict::Pass, passes, "{sql}: {}", ran.last().reason);
        assert!(passes || !ran.last().reason.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn two_runs_tell_the_same() {
    let one = with(Script::default(), OUTCOMES, None).await;
    let other = with(Script::default(), OUTCOMES, None).await;
    assert!(one.events.len() > 20);
    assert_eq!(one.events[1..], other.events[1..]);
}

/// How many scenarios went on at a time, at most.
fn most_at_once(events: &[Event]) -> usize {
    let (mut now, mut most) = (0, 0);
    for event in events {
        match event.body {
            Body::ScenarioStarted { .. } => now += 1,
            Body::ScenarioFinished(_) => now -= 1,
            _ => {}
        }
        most = most.max(now);
    }
    most
}

#[tokio::test(start_paused = true)]
async fn who_breaks_nodes_runs_alone() {
    for (fault, most) in [("stop-node", 1), ("disconnect-node", 1), ("pause-process", 3)] {
        let steps = format!("  - do: {{ fault: {{ {fault}: {{ pod: 1 }} }} }}\n{DROP}");
        let ran = at_once(FakeEnvironment::new(Script::default()), &steps, None, 4, 3).await;
        assert_eq!(most_at_once(&ran.events), most, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn scenarios_run_side_by_side_as_far_as_there_is_memory() {
    let gib = 1 << 30;
    // Three pods a scenario.
    for (jobs, memory, most) in [(1, None, 1), (3, None, 3), (9, None, 4), (4, Some(3 * gib), 2), (4, Some(gib), 1)] {
        let environment = FakeEnvironment { memory, ..FakeEnvironment::new(Script::default()) };
        let ran = at_once(environment, DROP, None, 4, jobs).await;
        assert_eq!(ran.summary.exit, ExitCode::Passed, "{}", ran.summary.reason);
        assert_eq!(most_at_once(&ran.events), most, "{jobs} jobs, {memory:?}");
        // Whoever tells it: evidence has one number in the whole run, and checks refer to what was told before.
        let mut known = 0;
        for event in &ran.events {
            match &event.body {
                Body::Evidence { evidence, .. } => {
                    known += 1;
                    assert_eq!(evidence.id, known);
                }
                Body::CheckFinished(check) => {
                    assert!(!check.evidence.is_empty() && check.evidence.iter().all(|id| *id <= known));
                }
                _ => {}
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_interruption_ends_all_that_run_and_begins_nothing_new() {
    let environment = FakeEnvironment::new(Script::default());
    let ran = at_once(environment, DROP, Some(Duration::from_secs(5)), 5, 2).await;
    let count = |wanted: fn(&Body) -> bool| ran.events.iter().filter(|event| wanted(&event.body)).count();
    assert_eq!(count(|body| matches!(body, Body::ScenarioStarted { .. })), 2);
    assert_eq!(count(|body| matches!(body, Body::ScenarioFinished(_))), 2);
    assert_eq!(count(|body| matches!(body, Body::Notice { text, .. } if text.contains("3 of 5"))), 1);
    assert_eq!((ran.summary.interrupted, ran.summary.exit), (true, ExitCode::Unknown));
}

#[tokio::test(start_paused = true)]
async fn servers_of_another_version_are_not_judged() {
    let ran = with_image("2.6.0.65", Script::default(), DROP).await;
    assert_eq!((ran.summary.verdict, ran.summary.exit), (Some(Verdict::Unknown), ExitCode::Environment));
    let said = "the servers say that they are 2.6.0.65, and not 2.1.1.0: run with --tdengine 2.6.0.65";
    assert!(ran.summary.reason.ends_with(said), "{}", ran.summary.reason);
    assert_eq!(ran.checks().len(), 2, "only the start was checked");
}

#[tokio::test(start_paused = true)]
async fn an_image_is_set() {
    let steps = "  - do: { set-image: 2.0.20.0 }\n    check:\n      - sql: { run: select server_version(), expect: { value: 2.0.20.0 } }\n  - do: { set-image: tested }\n    check:\n      - sql: { run: select server_version(), expect: { value: 2.1.1.0 } }\n";
    let ran = with(Script::default(), steps, None).await;
    assert_eq!(ran.summary.exit, ExitCode::Passed, "{}", ran.summary.reason);
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_must_not_be_found() {
    let steps = |name: &str| {
        format!("  - do: {{ delete-missing: pvc/{name} }}\n    check:\n      - pods: {{ ready: [0, 1, 2] }}\n")
    };
    assert_eq!(with(Script::default(), &steps("missing"), None).await.summary.exit, ExitCode::Passed);
    let ran = with(Script::default(), &steps("there"), None).await;
    assert_eq!(ran.summary.exit, ExitCode::Failed);
    assert!(ran.summary.reason.contains("it existed, and is deleted"), "{}", ran.summary.reason);
}

#[tokio::test(start_paused = true)]
async fn it_is_checked_how_long_a_statement_took() {
    let steps = |took: &str| {
        format!("  - check:\n      - sql: {{ run: select 1, limit: 20s, expect: fails, took: \"{took}\" }}\n")
    };
    let slow = || Script { hangs_for: Some(("select 1", Duration::from_secs(12))), ..Script::default() };
    assert_eq!(with(slow(), &steps(">=10s"), None).await.summary.exit, ExitCode::Passed);
    let ran = with(slow(), &steps("<10s"), None).await;
    assert_eq!(ran.summary.reason, "x@doc: in tdengine-0: it took 12.0 s, not <10s");
}

fn rows(columns: &[&str], cells: &[&str]) -> Reply {
    let row = cells.iter().map(|cell| Some((*cell).to_owned())).collect();
    Reply::Rows(Table { columns: columns.iter().map(|name| (*name).to_owned()).collect(), rows: vec![row] })
}

/// What a run under faults is checked for, each with its violation.
#[rstest]
#[case::a_transaction_that_is_stuck(
    "transactions: 0",
    Script {
        answers: vec![("show transactions", Ok(rows(&["id", "stage", "oper"], &["7", "redoAction", "drop-dnode"])))],
        ..Script::default()
    },
    "1 transactions are not done: 7 redoAction drop-dnode"
)]
#[case::a_vgroup_without_a_leader(
    "vgroups: { database: load, working: true }",
    Script {
        answers: vec![(
            "show load.vgroups",
            Ok(rows(&["vgId", "tables", "status", "onlines", "v1_dnode", "v1_status"], &["2", "1", "ready", "1", "1", "slave"]))
        )],
        ..Script::default()
    },
    "in tdengine-0: vgroup 2 does not work: slave on 1"
)]
#[case::a_server_that_ended("crashes: 0", Script { restarts: 1, ..Script::default() }, "3, not 0: tdengine-0 was restarted 1 times")]
#[case::a_trace_of_a_crash(
    "traces: 0",
    Script { log: "all is well\n11/27 TSD assertion failed at x.c:12", ..Script::default() },
    "3 lines, not 0: kubectl logs tdengine-0: 11/27 TSD assertion failed"
)]
#[case::a_dnode_that_stays_dropping(
    "membership: whole",
    Script { drop_works: false, ..Script::default() },
    "dnode 3 (tdengine-2) is dropping"
)]
#[tokio::test(start_paused = true)]
async fn a_checker_sees_its_violation(#[case] check: &str, #[case] violated: Script, #[case] told: &str) {
    let step = |check: &str| {
        format!(
            "  - do: {{ sql: \"drop dnode '${{endpoint(2)}}'\" }}\n    check:\n      - {check}\n        within: 20s\n"
        )
    };
    let ran = with(violated, &step(check), None).await;
    assert_eq!(ran.summary.exit, ExitCode::Failed, "{}", ran.summary.reason);
    assert!(ran.last().reason.contains(told), "{}", ran.last().reason);
}
