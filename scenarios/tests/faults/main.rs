//! A fault that takes no hold proves nothing, whatever the checks behind it say; and one that is healed leaves nothing.

#![allow(clippy::unwrap_used, reason = "a test")]

mod ground;

use std::{num::NonZeroUsize, path::Path, thread};

use ground::{Ground, On};
use rstest::rstest;
use seatrial_chaos::Fault;
use seatrial_embedded::{Defect, Defects, EmbeddedCluster, paused_runtime};
use seatrial_engine::{Document, Edits, Keep, Options, Selection, Suite, run, scenario::parse};
use seatrial_environments::Embedded;
use seatrial_record::{EventLog, RunFinished, Verdict};
use seatrial_scenarios::Checkout;

/// A scenario that passes whatever its faults do.
const SCENARIO: &str = r#"
scenario: broken
summary: Faults, and a check that holds in any case.
tdengine: ">=2.1"
manifests: [headless]
start: { replicas: 4, workers: 3 }
steps:
  - do:
      sql: >-
        create database d1 replica 3; create table d1.t1 (ts timestamp, n int); insert into d1.t1 values (now, 1)
    check:
      - membership: whole
        within: 60s
"#;

/// What holds whatever is broken.
const BROKEN: &[&str] = &["pods: { ready: [0], others: any }"];
/// What holds when it is whole again. The control plane may not even have noticed that a node was gone, so pods are asked first.
const HEALED: &[&str] = &[
    "sql: { in: each, run: 'select count(*) from d1.t1', expect: { value: 1 } }",
    "pods: { ready: [0, 1, 2, 3] }",
    "membership: whole",
];

/// One fault of each kind, in the order of [`Fault::KINDS`].
const EACH: [&str; Fault::KINDS.len()] = [
    "delete-pod: { pod: 1 }",
    "kill-process: { pod: 1 }",
    "pause-process: { pod: 1 }",
    "rolling-restart: {}",
    "scale: { to: 3 }",
    "drop-dnode: { pod: 3 }",
    "lose-volume: { pod: 1 }",
    "partition: { pair: [0, 1] }",
    "cut-names: { pod: 1 }",
    "packets: { pod: 1, loss: 30 }",
    "stop-node: { pod: 1 }",
    "disconnect-node: { pod: 1 }",
    "exhaust-memory: { pod: 1 }",
    "change-environment: { set: { TAOS_TIMEZONE: UTC+5 }, from: 3 }",
    "change-image: { image: 'tdengine/tdengine:missing', from: 3 }",
    "corrupt-wal: { pod: 1 }",
    "fill-volume: { pod: 1 }",
    "slow-volume: { pod: 1, kilobytes: 64 }",
    "slow-names: { pod: 1, delay: 700ms }",
    "skew-clock: { pod: 1, by: 2m }",
];

/// How a scenario ended with these actions, and what was left.
fn ended(tdengine: &str, ground: Ground, actions: &[String]) -> (RunFinished, Vec<String>) {
    let steps = actions.iter().map(|action| {
        let checks = if action.starts_with("heal") { HEALED } else { BROKEN };
        let check = |check: &&str| format!("      - {check}\n        within: 5m\n");
        format!("  - do: {{ {action} }}\n    check:\n{}", checks.iter().map(check).collect::<String>())
    });
    let text = SCENARIO.to_owned() + &steps.collect::<String>();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let documents = Document::load_all(&fixtures).unwrap();
    let sets: Vec<_> = documents.into_iter().flat_map(|document| document.sets).collect();
    let suite = Suite { scenarios: vec![parse("broken.yaml", &text).unwrap()], ..Suite::default() };
    let selection = Selection { version: tdengine.parse().unwrap(), sets: Vec::new(), names: Vec::new(), repeats: 1 };
    let plan = suite.plan(&selection, &sets).unwrap();
    let options = Options {
        seatrial: String::new(),
        replay: String::new(),
        seed: 1,
        edits: Edits {
            image: EmbeddedCluster::image_reference(tdengine),
            pull_policy: Some("IfNotPresent".to_owned()),
            storage_class: None,
        },
        keep: Keep::Never,
        client: seatrial_engine::scenario::Way::Shell,
        jobs: NonZeroUsize::MIN,
        histories: None,
        diagnostics: true,
        patience: true,
        cancel: tokio::sync::watch::channel(false).1,
    };
    let environment = On::new(tdengine, ground);
    let mut log = EventLog::new(Vec::new());
    let ended = paused_runtime().unwrap().block_on(run(&plan, &sets, &environment, &options, &mut log)).unwrap();
    (ended, environment.left())
}

/// What `judge` has to say against each kind of fault, all of them tried side by side.
fn complaints(judge: impl Fn(&Fault, &str) -> Result<(), String> + Sync) -> Vec<String> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let faults: Vec<(&str, Fault)> = EACH.iter().map(|text| (*text, serde_saphyr::from_str(text).unwrap())).collect();
    assert_eq!(faults.iter().map(|(_, fault)| fault.kind()).collect::<Vec<_>>(), Fault::KINDS);
    let judge = &judge;
    thread::scope(|scope| {
        let lanes = faults.chunks(faults.len().div_ceil(cores)).map(|lane| {
            let judge =
                move |(text, fault): &(&str, Fault)| judge(fault, text).err().map(|why| format!("{text}: {why}"));
            scope.spawn(move || lane.iter().filter_map(judge).collect::<Vec<_>>())
        });
        lanes.collect::<Vec<_>>().into_iter().flat_map(|lane| lane.join().unwrap()).collect()
    })
}

#[rstest]
#[case("2.1.1.0")]
#[case("3.3.0.1")]
fn a_fault_that_does_nothing_is_unknown(#[case] tdengine: &str) {
    let found = complaints(|_, text| {
        let action = [format!("fault: {{ {text} }}")];
        let (real, _) = ended(tdengine, Ground::Real, &action);
        if real.verdict != Some(Verdict::Pass) {
            return Err(format!("done: {:?}: {}", real.verdict, real.reason));
        }
        let (inert, _) = ended(tdengine, Ground::Inert, &action);
        let unproved = inert.reason.contains("nothing proves that it took hold");
        if inert.verdict == Some(Verdict::Unknown) && unproved {
            Ok(())
        } else {
            Err(format!("not done: {:?}: {}", inert.verdict, inert.reason))
        }
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[rstest]
#[case("2.1.1.0")]
#[case("3.3.0.1")]
fn a_fault_that_is_healed_leaves_nothing(#[case] tdengine: &str) {
    let (control, untouched) = ended(tdengine, Ground::Real, &[]);
    assert_eq!(control.verdict, Some(Verdict::Pass), "{}", control.reason);
    assert!(untouched.iter().any(|line| line.contains("a server in state Some")), "{untouched:?}");
    let found = complaints(|fault, text| {
        if !fault.lasts() {
            return Ok(());
        }
        let (healed, left) =
            ended(tdengine, Ground::Real, &[format!("fault: {{ {text} }}"), format!("heal: {}", fault.kind())]);
        if healed.verdict != Some(Verdict::Pass) {
            return Err(format!("{:?}: {}", healed.verdict, healed.reason));
        }
        let more: Vec<&String> = left.iter().filter(|line| !untouched.contains(line)).collect();
        let less: Vec<&String> = untouched.iter().filter(|line| !left.contains(line)).collect();
        if more.is_empty() && less.is_empty() { Ok(()) } else { Err(format!("more: {more:#?}\nless: {less:#?}")) }
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn copies_that_disagree_are_found() {
    const TDENGINE: &str = "3.3.0.1";
    let checkout = Checkout::load("chaos").unwrap();
    let plans = checkout.plans(TDENGINE).unwrap();
    let plan = plans.iter().find(|plan| plan.runs[0].planned.key.starts_with("replicas-agree")).unwrap();
    let ran = |defects: Defects| {
        let environment = Embedded::new(TDENGINE, defects).unwrap();
        let image = EmbeddedCluster::image_reference(TDENGINE);
        paused_runtime().unwrap().block_on(checkout.run_in(&environment, plan, &image, 1, 1)).unwrap()
    };
    assert_eq!(ran(Defects::default()).summary.verdict, Some(Verdict::Pass));
    let planted = ran([Defect::FollowerMissesRow].into_iter().collect());
    assert_eq!(planted.summary.verdict, Some(Verdict::Fail));
    assert!(planted.complaints().contains("not in all copies"), "{}", planted.complaints());
}

#[test]
fn a_fault_out_of_reach_is_refused_beforehand() {
    let (ended, _) = ended("2.1.1.0", Ground::Kubernetes, &["fault: { partition: { pair: [0, 1] } }".to_owned()]);
    assert_eq!(ended.verdict, Some(Verdict::Unknown));
    assert!(ended.reason.contains("nothing was applied"), "{}", ended.reason);
}
