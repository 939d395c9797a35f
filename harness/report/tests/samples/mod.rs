//! Made-up runs that look like real ones: what reports are tested with and looked at.
#![allow(dead_code, reason = "each test binary uses some of these")]

mod story;

use seatrial_record::{Blame, ClaimDefinition, DetailKind, Event, FaultPhase, Finding, ObservedKind, Verdict};
pub use story::{Outcome, Story};

pub const DNODES: &str = "   id   |           end_point            | vnodes | cores  |   status   | role  |       create_time       |      offline reason      |
======================================================================================================================================
      1 | tdengine-0.taosd.default.sv... |      1 |      2 | ready      | any   | 2026-11-23 05:00:31.249 |                          |
      2 | tdengine-1.taosd.default.sv... |      0 |      2 | ready      | any   | 2026-11-23 05:00:52.162 |                          |
Query OK, 2 row(s) in set (0.000675s)
";

/// The ledger of the 2.x document, as the project has it.
pub fn ledger() -> Vec<ClaimDefinition> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/claims/doc-2x.yaml");
    serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn boot(story: &mut Story, key: &str, pods: u32) {
    story.scenario(key, 1);
    story.step("start the cluster");
    for pod in 0..pods {
        let name = format!("tdengine-{pod}");
        story.observe(ObservedKind::Pod, &name, "Pending 0/1");
        story.pass(900).observe(ObservedKind::Pod, &name, "ContainerCreating 0/1");
        story.pass(1_800).observe(ObservedKind::Pod, &name, "Running 0/1");
        story.pass(2_900).observe(ObservedKind::Dnode, &format!("dnode {}", pod + 1), "offline: status not received");
        story.pass(1_400).observe(ObservedKind::Dnode, &format!("dnode {}", pod + 1), "ready");
        story.pass(8_000).observe(ObservedKind::Pod, &name, "Running 1/1");
    }
    let seen = story.shell("show dnodes in tdengine-0", "show dnodes", DNODES);
    story.check(
        "pods: ready [0, 1] within 120s",
        Outcome::pass("tdengine-0 Running 1/1\ntdengine-1 Running 1/1")
            .after(19_300)
            .finding("start/two-nodes-join", Finding::Confirmed),
    );
    story.check(
        "dnodes: ready [1, 2] within 60s, from every pod",
        Outcome::pass("1 | tdengine-0 | ready\n2 | tdengine-1 | ready")
            .after(19_300)
            .evidence(seen)
            .finding("start/show-dnodes-everywhere", Finding::Confirmed),
    );
    story.end_step();
}

fn scale_down(story: &mut Story, key: &str, outcome: &str, finding: Finding) {
    boot(story, key, 3);
    story.step("sql: drop dnode 'tdengine-2.taosd.default.svc.cluster.local:6030'");
    story.pass(400).observe(ObservedKind::Dnode, "dnode 3", "dropping");
    story.observe(ObservedKind::Vgroup, "log.2", "1 master, 2 unsynced");
    story.pass(3_100).observe(ObservedKind::Vgroup, "log.2", "1 master, 2 slave");
    if finding == Finding::Confirmed {
        story.pass(2_900).observe(ObservedKind::Dnode, "dnode 3", "gone");
        story.pass(700).observe(ObservedKind::Pod, "tdengine-2", "Error 0/1");
        story.pass(900).observe(ObservedKind::Pod, "tdengine-2", "CrashLoopBackOff 0/1");
    } else {
        story.pass(56_000);
    }
    let seen = story.shell("show dnodes in tdengine-0", "show dnodes", DNODES);
    story.check(
        "dnodes: 3 completes or stays dropping, within 60s",
        Outcome::pass("1 | tdengine-0 | ready\n2 | tdengine-1 | ready")
            .after(6_400)
            .evidence(seen)
            .outcome(outcome)
            .finding("scale-down/drop-removes", finding),
    );
    story.end_step();
    story.step("scale to 2");
    story.pass(300).observe(ObservedKind::Pod, "tdengine-2", "Terminating 0/1");
    story.pass(5_900).observe(ObservedKind::Pod, "tdengine-2", "gone");
    story.check(
        "pods: ready [0, 1], absent [2] within 90s",
        Outcome::pass("0, 1").after(6_200).finding("scale-down/last-pod-goes", Finding::Confirmed),
    );
    story.end_step();
}

/// Everything held, and so did every claim that was looked at.
pub fn passing() -> Vec<Event> {
    let mut story = Story::new(&ledger(), &[("start@doc", 2), ("safe-scale-down@headless", 4)]);
    boot(&mut story, "start@doc", 2);
    story.end_scenario();
    scale_down(&mut story, "safe-scale-down@headless", "completes", Finding::Confirmed);
    story.end_scenario();
    story.finish()
}

/// The product failed a check, a step's action failed, and one scenario is unknown.
pub fn failing() -> Vec<Event> {
    let plan = [
        ("start@doc", 2),
        ("safe-scale-down@doc", 5),
        ("rolling-restart@doc", 3),
        ("failure-2@doc", 5),
        ("cleanup@doc", 3),
    ];
    let mut story = Story::new(&ledger(), &plan);
    boot(&mut story, "start@doc", 2);
    story.end_scenario();

    scale_down(&mut story, "safe-scale-down@doc", "completes", Finding::Confirmed);
    story.step("delete pvc/taosdata-tdengine-2");
    story.pass(400);
    story.end_step();
    story.step("scale to 3");
    story.pass(700).observe(ObservedKind::Pod, "tdengine-2", "Pending 0/1");
    story.pass(2_400).observe(ObservedKind::Pod, "tdengine-2", "Running 0/1");
    story.pass(4_100).observe(ObservedKind::Dnode, "dnode 3", "offline: dnodeId not match");
    story.pass(1_000).observe(ObservedKind::Pod, "tdengine-2", "CrashLoopBackOff 0/1");
    story.pass(112_000);
    let table = DNODES.replace("Query OK, 2", "      3 | tdengine-2.taosd.default.sv... |      0 |      0 | offline    | any   | 2026-11-23 05:03:04.236 | dnodeId not match        |\nQuery OK, 3");
    let seen = story.shell("show dnodes in tdengine-0", "show dnodes", &table);
    let logs = story.log("previous log of tdengine-2", "11/23 05:03:05.114 DND ERROR status rsp is received, error:DNode does not exist\n11/23 05:03:05.115 DND ERROR exit zombie dropped dnode\n");
    story.check(
        "dnodes: ready [1, 2, 4], end point of 4 is tdengine-2, within 120s",
        Outcome::of(Verdict::Fail, "1 | tdengine-0 | ready\n2 | tdengine-1 | ready\n4 | tdengine-2 | ready", "1 | tdengine-0 | ready\n2 | tdengine-1 | ready\n3 | tdengine-2 | offline: dnodeId not match")
            .blame(Blame::Product)
            .because("After 120 s dnode 4 was not in show dnodes; dnode 3 was, offline: the id of the dropped dnode was used again.")
            .evidence(seen)
            .evidence(logs)
            .finding("scale-up/new-id-same-end-point", Finding::Contradicted),
    );
    story.end_step();
    story.end_scenario();

    boot(&mut story, "rolling-restart@doc", 3);
    story.step("workload inserts, then rollout restart statefulset/tdengine");
    story.observe(ObservedKind::Workload, "inserts", "0 ok, 0 failed");
    story.pass(31_000).observe(ObservedKind::Pod, "tdengine-2", "Terminating 1/1");
    story.observe(ObservedKind::Workload, "inserts", "1,240 ok, 12 failed");
    story.pass(14_000).observe(ObservedKind::Pod, "tdengine-2", "Running 1/1");
    let history = story.history("history of inserts", "1,240 acknowledged, 12 failed, 3 indeterminate\n");
    story.check(
        "workload inserts: every acknowledged row is there",
        Outcome::of(Verdict::Unknown, "1,240 rows", "no answer")
            .blame(Blame::Product)
            .because("Database not ready: the rows could not be read back within 60 s.")
            .evidence(history),
    );
    story.end_step();
    story.end_scenario();

    boot(&mut story, "failure-2@doc", 2);
    story.step("sql: create database test replica 2");
    story.pass(5_000);
    let note = story.note("what was tried", "exec in tdengine-0: taos -s \"create database test replica 2\"\nno answer after 5 s; the exec stream was closed by the API server\n");
    let _ = note;
    story.fail_step(Blame::Environment, "exec in tdengine-0 failed: the API server closed the stream after 5 s. Look at the node's kubelet log, or try again.");
    story.end_scenario();

    story.scenario("cleanup@doc", 1);
    story.fail_scenario(Blame::Environment, "The API server answered 503 for 30 s.");
    story.scenario("cleanup@doc", 2);
    story.notice(Some("cleanup@doc"), "Retried: the API server is back.");
    story.step("start the cluster");
    story.pass(21_000);
    story.check("pods: ready [0, 1] within 120s", Outcome::pass("0, 1").after(21_000));
    story.end_step();
    story.step("delete statefulset, services, configmap, persistent volume claims");
    story.pass(31_000);
    story.check(
        "objects: none left",
        Outcome::pass("none").after(30_800).finding("cleanup/complete", Finding::Confirmed),
    );
    story.check(
        "volumes: none left",
        Outcome::pass("none").after(30_900).finding("cleanup/complete", Finding::Confirmed),
    );
    story.end_step();
    story.end_scenario();
    story.finish()
}

/// Every check held, and some of what the documentation says did not.
pub fn contradicted() -> Vec<Event> {
    let plan = [
        ("start@doc", 2),
        ("safe-scale-down@doc", 4),
        ("safe-scale-down@doc#2", 4),
        ("safe-scale-down@headless", 4),
        ("config-update@doc", 3),
        ("failure-2@doc", 4),
    ];
    let mut story = Story::new(&ledger(), &plan);
    story.skip("failure-2-force-drop", "tdengine 2.1.1.0 is outside of \">=3.0\"");
    boot(&mut story, "start@doc", 2);
    story.end_scenario();
    for (key, outcome, finding) in [
        ("safe-scale-down@doc", "stuck", Finding::Contradicted),
        ("safe-scale-down@doc#2", "completes", Finding::Confirmed),
        ("safe-scale-down@headless", "completes", Finding::Confirmed),
    ] {
        scale_down(&mut story, key, outcome, finding);
        story.end_scenario();
    }
    boot(&mut story, "config-update@doc", 2);
    story.step("apply configmap taoscfg with TAOS_KEEP 365");
    story.pass(75_000);
    let env = story.shell("env in tdengine-0", "env | grep TAOS_KEEP", "TAOS_KEEP=3650\n");
    story.check(
        "pods: the same, not restarted, for 75s",
        Outcome::pass("tdengine-0: 0 restarts, TAOS_KEEP=3650\ntdengine-1: 0 restarts, TAOS_KEEP=3650")
            .evidence(env)
            .finding("config/update-restarts-pods", Finding::Contradicted),
    );
    story.end_step();
    story.end_scenario();
    boot(&mut story, "failure-2@doc", 2);
    story.step("scale to 1");
    story.pass(31_000).observe(ObservedKind::Pod, "tdengine-1", "gone");
    story.pass(5_000).observe(ObservedKind::Dnode, "dnode 2", "offline: status msg timeout");
    let rest = story.rest(
        "show dnodes by REST",
        &["id", "end_point", "status", "offline reason"],
        &[
            &["1", "tdengine-0.taosd.default.svc.cluster.loc", "ready", ""],
            &["2", "tdengine-1.taosd.default.svc.cluster.loc", "offline", "status msg timeout"],
        ],
    );
    story.check(
        "dnodes: 2 offline within 60s",
        Outcome::pass("2 | offline | status msg timeout")
            .after(36_000)
            .evidence(rest)
            .finding("failure-2/dnode-offline", Finding::Confirmed),
    );
    story.check(
        "sql: insert fails with Unable to resolve FQDN",
        Outcome::pass("DB error: Unable to resolve FQDN")
            .after(36_500)
            .finding("failure-2/insert-fails", Finding::Confirmed),
    );
    story.end_step();
    story.step("sql: show databases; create database other");
    story.pass(900);
    story.check(
        "sql: both answer",
        Outcome::pass("show databases: 2 rows\ncreate database other: ok")
            .after(700)
            .finding("failure-2/everything-fails", Finding::Contradicted),
    );
    story.end_step();
    story.end_scenario();
    story.finish()
}

/// Faults under inserts, on a real cluster: healed in the first scenario, without a witness in the second.
pub fn chaos() -> Vec<Event> {
    let mut story = Story::new(&ledger(), &[("partition@headless", 4), ("pod-kill@headless", 3)]);
    story.tells_own_time();
    story.detail(DetailKind::ImageDigest, "sha256:5f3b0c2f3a1e8d7b6c5a49382716050403020100ffeeddccbbaa998877665544");
    story.detail(DetailKind::Edition, "community");
    story.detail(DetailKind::Kind, "v0.33.0");
    story.detail(DetailKind::NodeImage, "kindest/node:v1.36.1");
    story.detail(DetailKind::Nodes, "1 control plane, 3 workers");
    story.detail(DetailKind::Runtime, "Docker 27.1");
    boot(&mut story, "partition@headless", 3);
    story.step("workload inserts, then a partition of tdengine-0 from the others for 30 s");
    inserts(&mut story, 12, 180, 0, 0, 2_400);
    story.fault(1, "partition", "tdengine-0 | tdengine-1, tdengine-2", FaultPhase::Injected, "");
    story.pass(700).fault(1, "partition", "", FaultPhase::Witnessed, "REJECT counter of tdengine-0 went from 0 to 41");
    story.observe(ObservedKind::Dnode, "dnode 1", "offline: status msg timeout");
    inserts(&mut story, 4, 60, 40, 20, 9_000);
    story.fault(2, "slow-dns", "tdengine-1", FaultPhase::Injected, "");
    story.fault(2, "slow-dns", "", FaultPhase::Witnessed, "a look-up took 2.1 s");
    inserts(&mut story, 20, 0, 3, 12, 0);
    story.fault(2, "slow-dns", "", FaultPhase::Healed, "a look-up took 2 ms");
    inserts(&mut story, 6, 0, 0, 15, 0);
    story.fault(1, "partition", "", FaultPhase::Healing, "");
    story.pass(300).fault(1, "partition", "", FaultPhase::Healed, "no rule of ours is left; the counter stands still");
    inserts(&mut story, 3, 20, 2, 1, 61_000);
    story.observe(ObservedKind::Dnode, "dnode 1", "ready");
    story.recovered("inserts", 1, 2_900).recovered("dnode 1 ready", 1, 3_100);
    inserts(&mut story, 20, 175, 0, 0, 2_600);
    story.check(
        "dnodes: ready [1, 2, 3] within 60s",
        Outcome::pass("1 | ready\n2 | ready\n3 | ready").after(3_180).changed(2_960),
    );
    story.check(
        "sql: select count(*) from load.rows",
        Outcome::of(Verdict::Fail, "5,931 rows", "5,931 rows in tdengine-0\n5,918 rows in tdengine-1")
            .blame(Blame::Product)
            .because("13 acknowledged rows are not there when tdengine-1 is asked.")
            .seen_by("shell in tdengine-0", Verdict::Pass, "5,931 rows")
            .seen_by("websocket to tdengine-1", Verdict::Fail, "5,918 rows")
            .seen_by("rest to tdengine-2", Verdict::Unknown, "no answer within 30 s"),
    );
    story.end_step();
    story.end_scenario();
    boot(&mut story, "pod-kill@headless", 2);
    story.step("kill taosd in tdengine-1");
    story.fault(1, "kill -9", "tdengine-1", FaultPhase::Injected, "");
    story.pass(5_000).fault(
        1,
        "kill -9",
        "",
        FaultPhase::NotWitnessed,
        "the container has the same start time as before",
    );
    story.recovered("dnode 2 ready", 1, 9_400);
    story.check(
        "dnodes: ready [1, 2] within 60s",
        Outcome::of(Verdict::Unknown, "1 | ready\n2 | ready", "1 | ready\n2 | ready")
            .blame(Blame::Harness)
            .because("The fault has no witness: what follows proves nothing."),
    );
    story.end_step();
    story.end_scenario();
    story.finish()
}

fn inserts(story: &mut Story, seconds: u64, ok: u64, failed: u64, unknown: u64, p50_us: u64) {
    for second in 0..seconds {
        let ok = if ok > 0 { ok + second * 7 % 11 } else { 0 };
        story.pass(1_000).second("inserts", ok, failed, unknown, p50_us + second * 37 % 200);
    }
}

/// Killed in the middle of its second scenario.
pub fn incomplete() -> Vec<Event> {
    let mut story = Story::new(&ledger(), &[("start@doc", 2), ("failure-1@doc", 6), ("cleanup@doc", 2)]);
    boot(&mut story, "start@doc", 2);
    story.end_scenario();
    boot(&mut story, "failure-1@doc", 4);
    story.step("scale to 2, without drop dnode");
    story.pass(30_400).observe(ObservedKind::Pod, "tdengine-3", "gone");
    story.pass(4_100).observe(ObservedKind::Dnode, "dnode 4", "offline: status msg timeout");
    story.events
}

/// A run in which a pod has written everything that could do harm.
pub fn hostile() -> Vec<Event> {
    let evil = EVIL;
    let mut claims = ledger();
    claims.truncate(2);
    claims[0].quote = evil.into();
    claims[0].original = Some(evil.into());
    claims[1].id = "<script>alert(1)</script>".into();
    let mut story = Story::new(&claims, &[("evil@<b>", 2)]);
    story.skip(evil, evil);
    story.scenario("evil@<b>", 1);
    story.step(evil);
    story.observe(ObservedKind::Pod, evil, evil);
    story.pass(1_000).observe(ObservedKind::Dnode, "dnode \"1\" onload=alert(1)", "ready");
    let log = story.log(evil, &format!("{evil}\n").repeat(10_000_000 / (evil.len() + 1)));
    let broken = String::from_utf8_lossy(b"\xff\xfe\x80 broken \xc3\x28").into_owned();
    let rest = story.rest("../../../etc/passwd", &[evil, "b"], &[&[evil, &broken]]);
    story.check(
        evil,
        Outcome::of(
            Verdict::Fail,
            &format!("expected\n{evil}"),
            &format!("seen\n```\n{evil}\n{broken}\n汉字 テスト 한국어 עברית العربية"),
        )
        .blame(Blame::Product)
        .because(evil)
        .outcome(evil)
        .evidence(log)
        .evidence(rest)
        .finding("<script>alert(1)</script>", Finding::Contradicted),
    );
    story.notice(None, evil);
    story.end_step();
    story.end_scenario();
    story.finish()
}

/// Markup, terminal escapes, control characters, direction overrides, wide and right-to-left text, in one line.
pub const EVIL: &str = "<script>alert('x')</script><img src=x onerror=alert(1)> ]]> </pre></style> `code` ```fence``` **bold** [link](javascript:alert(1)) | cell | @everyone \u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7} \u{9b}2J \0\u{1}\u{8}\u{b}\r \u{202e}drow\u{202c} \u{fffe}\u{ffff} 汉字 עברית العربية & \"quoted\"";

/// `scenarios` scenarios of `steps` steps, each with a check and evidence.
pub fn large(scenarios: usize, steps: usize) -> Vec<Event> {
    let keys: Vec<String> = (0..scenarios).map(|number| format!("scenario-{number}@doc")).collect();
    let plan: Vec<(&str, u32)> = keys.iter().map(|key| (key.as_str(), u32::try_from(steps).unwrap())).collect();
    let mut story = Story::new(&ledger(), &plan);
    for (number, key) in keys.iter().enumerate() {
        story.scenario(key, 1);
        for step in 0..steps {
            story.step(&format!("step {step}: scale to {}", step % 4));
            story.pass(3_000).observe(
                ObservedKind::Pod,
                "tdengine-1",
                if step % 2 == 0 { "Running 1/1" } else { "Pending 0/1" },
            );
            story.pass(900).observe(
                ObservedKind::Dnode,
                "dnode 2",
                if step % 2 == 0 { "ready" } else { "offline: status msg timeout" },
            );
            let seen = story.shell("show dnodes in tdengine-0", "show dnodes", DNODES);
            let failed = number % 20 == 7 && step + 1 == steps;
            let outcome = if failed {
                Outcome::of(Verdict::Fail, DNODES, &DNODES.replace("ready", "offline"))
                    .blame(Blame::Product)
                    .because("it was offline")
            } else {
                Outcome::pass(DNODES).after(1_000)
            };
            story.check(
                "dnodes: ready [1, 2] within 60s",
                outcome.evidence(seen).finding("start/two-nodes-join", Finding::Confirmed),
            );
            story.end_step();
        }
        story.end_scenario();
    }
    story.finish()
}
