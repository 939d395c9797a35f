//! Commands and ports of pods.
#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use rstest::rstest;
use seatrial_cluster::{Limits, Problem, Via};
use seatrial_record::Blame;
use seatrial_taos::{Reply, rest::RestError};
use support::{Script, argv, fixture, fixture_with, seconds};
use tokio::time::Instant;

#[rstest]
#[case(0)]
#[case(7)]
#[case(137)]
#[tokio::test(start_paused = true)]
async fn a_command_has_its_output_and_exit_code(#[case] exit: u8) {
    let fixture = fixture();
    fixture.pod("tdengine-0", true);
    fixture.play(Script::Print { stdout: b"out\n".to_vec(), stderr: b"err\n".to_vec(), exit });
    let output = fixture.cluster.exec("tdengine-0", None, &argv(&["taos", "-s", "x"]), seconds(5)).await.unwrap();
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
    assert_eq!((output.exit, output.truncated), (exit.into(), false));
    assert_eq!(*fixture.agent.commands.lock().unwrap(), [argv(&["taos", "-s", "x"])]);
}

#[tokio::test(start_paused = true)]
async fn much_output_is_read_up_to_its_bound() {
    let fixture = fixture_with(Limits { output_bytes: 1_000_000, ..Limits::default() });
    fixture.pod("tdengine-0", true);
    let much = vec![b'x'; 3_000_000];
    fixture.play(Script::Print { stdout: much.clone(), stderr: vec![b'y'; 500_000], exit: 3 });
    let output = fixture.cluster.exec("tdengine-0", None, &argv(&["cat"]), seconds(5)).await.unwrap();
    assert_eq!((output.stdout.len(), output.stderr.len(), output.exit), (1_000_000, 500_000, 3));
    assert!(output.truncated);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_hangs_ends_at_its_limit() {
    let fixture = fixture();
    fixture.pod("tdengine-0", true);
    fixture.play(Script::Hang);
    let started = Instant::now();
    let error = fixture.cluster.exec("tdengine-0", None, &argv(&["taos"]), seconds(120)).await.unwrap_err();
    assert_eq!(started.elapsed(), seconds(120));
    assert!(error.is_timeout() && error.blame() == Blame::Product, "{error}");
    assert!(error.to_string().contains("limit of the command"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_does_not_exist_is_told() {
    let fixture = fixture();
    let error = fixture.cluster.exec("tdengine-9", None, &argv(&["taos"]), seconds(5)).await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
    let error = fixture.cluster.logs("tdengine-9", None, false).await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
}

const BANNER: &str = "\nWelcome to the TDengine shell from Linux, Client Version:2.1.1.0\nCopyright (c) 2020 by TAOS Data, Inc. All rights reserved.\n\n";

#[tokio::test(start_paused = true)]
async fn statements_that_could_be_confused_go_in_several_calls() {
    let fixture = fixture();
    fixture.pod("tdengine-0", true);
    let ddl = "Query OK, 0 of 0 row(s) in database (0.002771s)\n\n";
    fixture.play(Script::out(&format!("{BANNER}taos> x\n{ddl}Database changed.\n\n")));
    fixture.play(Script::Print {
        stdout: format!("{BANNER}taos> x\nDatabase changed.\n\nQuery OK, 1 of 1 row(s) in database (0.1s)\n\n").into(),
        stderr: b"\nDB error: Table already exists (0.1s)\n".to_vec(),
        exit: 0,
    });
    let sql = "create database d1; use d1; create table t(ts timestamp, n int); insert into t values(now,1);";
    let run = fixture.cluster.sql("tdengine-0", sql, Via::Shell, seconds(30)).await;
    let outcomes = run.outcomes.unwrap();
    assert_eq!(outcomes.len(), 4);
    assert_eq!(outcomes[2].reply.as_ref().unwrap_err().text, "Table already exists");
    assert_eq!(outcomes[3].reply, Ok(Reply::Affected(1)));
    let commands: Vec<_> = fixture.agent.commands.lock().unwrap().iter().map(|argv| argv[2].clone()).collect();
    assert_eq!(commands[0], "create database d1; use d1;");
    assert_eq!(commands[1], "use d1; create table t(ts timestamp, n int); insert into t values(now,1)");
    assert_eq!(run.seen.len(), 2);
    assert!(run.seen[1].text.contains("[standard error]\nDB error: Table already exists"), "{}", run.seen[1].text);
    assert!(run.seen[1].source.starts_with("kubectl exec -n trial tdengine-0 -- taos -s \"use d1; create"));
}

#[tokio::test(start_paused = true)]
async fn reading_that_is_ambiguous_is_repeated_one_by_one() {
    let fixture = fixture();
    fixture.pod("tdengine-0", true);
    let count = "       count(*)        |\n========================\n                     7 |\nQuery OK, 1 row(s) in set (0.1s)\n\n";
    let failed = b"\nDB error: Unable to resolve FQDN (0.1s)\n".to_vec();
    let ok = format!("{BANNER}taos> x\n{count}");
    fixture.play(Script::Print { stdout: ok.clone().into(), stderr: failed.clone(), exit: 0 });
    fixture.play(Script::Print { stdout: format!("{BANNER}taos> x\n").into(), stderr: failed, exit: 0 });
    fixture.play(Script::out(&ok));
    let sql = "select count(*) from d1.t; select count(*) from d2.t";
    let outcomes = fixture.cluster.sql("tdengine-0", sql, Via::Shell, seconds(30)).await.outcomes.unwrap();
    assert!(outcomes[0].reply.is_err() && outcomes[1].reply.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_shell_that_cannot_connect_is_an_answer() {
    let fixture = fixture();
    fixture.pod("tdengine-0", true);
    let stdout = format!("{BANNER}taos connect failed, reason: Unable to establish connection.\n\n").into();
    fixture.play(Script::Print { stdout, stderr: Vec::new(), exit: 1 });
    let run = fixture.cluster.sql("tdengine-0", "show dnodes", Via::Shell, seconds(30)).await;
    let error = run.outcomes.unwrap_err();
    let said = error.sql_error().unwrap();
    assert_eq!(
        (said.text.as_str(), said.code_text().as_deref()),
        ("Unable to establish connection", Some("0x8000000b"))
    );
    assert_eq!(error.blame(), Blame::Product);
    assert!(run.seen[0].text.contains("[exit code 1]"));
}

const ONE: &str =
    r#"{"status":"succ","head":["affected_rows"],"column_meta":[["affected_rows",4,4]],"data":[[1]],"rows":1}"#;

#[tokio::test(start_paused = true)]
async fn statements_go_by_rest_through_one_connection() {
    let fixture = fixture();
    fixture.pod("tdengine-0", true);
    *fixture.agent.answers.lock().unwrap() = Some([ONE, ONE].into());
    let run = fixture.cluster.sql("tdengine-0", "use d1; insert into t values(now,1)", Via::Rest, seconds(30)).await;
    assert_eq!(run.outcomes.unwrap()[1].reply, Ok(Reply::Affected(1)));
    assert_eq!(*fixture.agent.connections.lock().unwrap(), 1);
    assert_eq!(run.seen[1].source, "POST /rest/sql/d1 to port 6041 of pod/tdengine-0");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_broke_is_made_again() {
    let fixture = fixture();
    fixture.pod("tdengine-0", true);
    *fixture.agent.answers.lock().unwrap() = Some([ONE].into());
    let mut session = fixture.cluster.rest("tdengine-0");
    session.query("insert into t values(now,1)", seconds(5)).await.unwrap();
    // The second request is taken and not answered: it may have been carried out, so it is not sent again.
    let error = session.query("insert into t values(now,2)", seconds(5)).await.unwrap_err();
    assert!(matches!(&*error.problem, Problem::Rest(RestError::NoHttp { sent: true, .. })), "{error:?}");
    *fixture.agent.answers.lock().unwrap() = Some([ONE].into());
    session.query("insert into t values(now,3)", seconds(5)).await.unwrap();
    assert_eq!(*fixture.agent.connections.lock().unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_port_where_nobody_listens_is_told() {
    let fixture = fixture();
    fixture.pod("tdengine-0", true);
    let mut session = fixture.cluster.rest("tdengine-0");
    let error = session.query("show dnodes", seconds(5)).await.unwrap_err();
    let Problem::Port { port: 6041, message } = &*error.problem else { panic!("{error:?}") };
    assert!(message.contains("refused"), "{message}");
    assert_eq!(error.blame(), Blame::Product);
}
