//! The document's commands, typed with the real `kubectl` against `seatrial serve`.
//!
//! Each test is ignored, and says so, where `kubectl` is not installed.

mod support;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use support::{Served, docs_folder, rows_of};

type Outcome = Result<(), Failed>;
type Test = (&'static str, fn() -> Outcome);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = !support::has("kubectl");
    if missing {
        eprintln!("skipped: kubectl is not installed (Debian: apt-get install kubernetes-client)");
    }
    let tests: [Test; 6] = [
        ("kubectl::the_documented_path", the_documented_path),
        ("kubectl::a_crash_loop_is_shown_as_such", a_crash_loop_is_shown_as_such),
        ("kubectl::port_forward_reaches_rest", port_forward_reaches_rest),
        ("kubectl::logs_and_events_tell_what_happened", logs_and_events_tell_what_happened),
        ("kubectl::mistakes_are_refused", mistakes_are_refused),
        ("kubectl::restart_and_watch", restart_and_watch),
    ];
    let trials =
        tests.into_iter().map(|(name, test)| Trial::test(name, test).with_ignored_flag(missing)).collect::<Vec<_>>();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The sections of the document in their order, with the commands as it prints them.
fn the_documented_path() -> Outcome {
    let served = Served::start()?;
    served.apply_document()?;

    for pod in ["tdengine-0", "tdengine-1"] {
        let shown = served.kubectl(&format!(r#"exec -i -t {pod} -- taos -s "show dnodes""#))?;
        assert!(shown.contains("Welcome to the TDengine shell from Linux, Client Version:2.1.1.0"), "{shown}");
        assert_eq!(
            rows_of(&shown, &["id", "end_point", "status"]),
            [["1", "tdengine-0.taosd.default.sv...", "ready"], ["2", "tdengine-1.taosd.default.sv...", "ready"],]
        );
    }

    served.kubectl("scale statefulsets tdengine --replicas=3")?;
    served.kubectl("rollout status statefulset/tdengine --timeout=120s")?;
    let pods = served.kubectl("get pods -l app=tdengine")?;
    assert!(
        pods.starts_with("NAME         READY   STATUS    RESTARTS   AGE\ntdengine-0   1/1     Running   0 "),
        "{pods}"
    );
    assert_eq!(pods.lines().count(), 4, "{pods}");
    served.until_dnodes(&[["1", "ready"], ["2", "ready"], ["3", "ready"]])?;

    served.kubectl(
        r#"exec -i -t tdengine-0 -- taos -s "drop dnode 'tdengine-2.taosd.default.svc.cluster.local:6030'""#,
    )?;
    served.until_dnodes(&[["1", "ready"], ["2", "ready"]])?;
    served.kubectl("scale statefulsets tdengine --replicas=2")?;
    served.kubectl("wait --for=delete pod/tdengine-2 --timeout=60s")?;
    let claims = served.kubectl("get pvc")?;
    assert!(claims.contains("taosdata-tdengine-2   Bound"), "a StatefulSet keeps the claim:\n{claims}");
    served.kubectl("delete pvc taosdata-tdengine-2")?;
    served.kubectl("scale statefulsets tdengine --replicas=3")?;
    served.kubectl("rollout status statefulset/tdengine --timeout=120s")?;
    served.until_dnodes(&[["1", "ready"], ["2", "ready"], ["4", "ready"]])?;

    for command in [
        "delete statefulset -l app=tdengine",
        "delete svc -l app=tdengine",
        "delete pvc -l app=tdengine",
        "delete configmap taoscfg",
    ] {
        served.kubectl(command)?;
    }
    served.kubectl("wait --for=delete pod -l app=tdengine --timeout=60s")?;
    assert_eq!(served.kubectl("get statefulset,pod,pvc,pv -o name")?, "");
    Ok(())
}

/// A pod whose dnode was dropped ends, again and again; `kubectl get pods` says so.
fn a_crash_loop_is_shown_as_such() -> Outcome {
    let served = Served::start()?;
    // With names that are published early a drop always completes.
    served.kubectl("apply -f ../headless")?;
    served.kubectl("rollout status statefulset/tdengine --timeout=120s")?;
    served.until_dnodes(&[["1", "ready"], ["2", "ready"]])?;
    served.kubectl(r#"exec tdengine-0 -- taos -s "drop dnode 'tdengine-1.taosd.default.svc.cluster.local:6030'""#)?;
    served.until_dnodes(&[["1", "ready"]])?;
    served.until("get pod tdengine-1 --no-headers", |shown| shown.contains("CrashLoopBackOff"))?;
    let described = served.kubectl("describe pod tdengine-1")?;
    assert!(described.contains("Back-off restarting failed container"), "{described}");
    let log = served.kubectl("logs tdengine-1 --previous")?;
    assert!(log.contains("+ taosd"), "the entrypoint traces its commands:\n{log}");
    Ok(())
}

fn port_forward_reaches_rest() -> Outcome {
    let served = Served::start()?;
    served.apply_document()?;
    let answers = served.rest(&[
        "create database d1",
        "create table d1.t1 (ts timestamp, n int)",
        "insert into d1.t1 values (now, 1) (now+1s, 2)",
        "select count(*) from d1.t1",
        "drop dnode 99",
    ])?;
    assert!(answers[2].contains(r#""data":[[2]],"rows":1"#), "{}", answers[2]);
    assert!(answers[3].contains(r#""head":["count(*)"]"#) && answers[3].contains("[[2]]"), "{}", answers[3]);
    assert_eq!(answers[4], r#"{"status":"error","code":817,"desc":"DNode does not exist"}"#);
    Ok(())
}

fn logs_and_events_tell_what_happened() -> Outcome {
    let served = Served::start()?;
    served.apply_document()?;
    let log = served.kubectl("logs tdengine-1 --tail=500")?;
    assert!(log.contains("create dnode"), "{log}");
    let events = served.kubectl("get events --field-selector involvedObject.name=tdengine-0")?;
    for reason in ["Scheduled", "Pulled", "Created", "Started"] {
        assert!(events.contains(reason), "{reason} is missing:\n{events}");
    }
    let environment = served.kubectl("exec tdengine-0 -- env")?;
    assert!(environment.contains("TAOS_KEEP=3650"), "{environment}");
    assert!(environment.contains("TAOS_FIRST_EP=tdengine-0.taosd.default.svc.cluster.local:6030"), "{environment}");
    Ok(())
}

fn mistakes_are_refused() -> Outcome {
    let served = Served::start()?;
    served.apply_document()?;
    for (command, complaint) in [
        ("get pods tdengine-9", r#"pods "tdengine-9" not found"#),
        ("get widgets", r#"the server doesn't have a resource type "widgets""#),
        (
            r#"patch statefulset tdengine --type=merge -p {"spec":{"serviceName":"other"}}"#,
            "updates to statefulset spec for fields other than",
        ),
        (r#"patch configmap taoscfg --type=merge -p {"data":{"A":1}}"#, "cannot be handled as a ConfigMap"),
        ("exec tdengine-0 -c nginx -- true", "container nginx is not valid for pod tdengine-0"),
        ("exec tdengine-0 -- sh -c 'exit 7'", "exit code 7"),
        ("exec tdengine-0 -- no-such-command", "no-such-command"),
    ] {
        let refused = served.refused(command)?;
        assert!(refused.contains(complaint), "kubectl {command}\nexpected: {complaint}\nseen: {refused}");
    }
    let typo = std::fs::read_to_string(docs_folder().join("tdengine.yaml"))?.replace("replicas:", "replcas:");
    let refused = served.refused_with_input("apply -f -", &typo)?;
    assert!(refused.contains(r#"unknown field "spec.replcas""#), "{refused}");
    Ok(())
}

fn restart_and_watch() -> Outcome {
    let served = Served::start()?;
    served.apply_document()?;
    let before = served.kubectl("get pod tdengine-1 -o jsonpath={.metadata.uid}")?;
    served.kubectl("rollout restart statefulset tdengine")?;
    served.until("get pod tdengine-1 -o jsonpath={.metadata.uid}", |uid| !uid.is_empty() && uid != before)?;
    served.kubectl("wait --for=condition=Ready pod/tdengine-1 --timeout=120s")?;
    let yaml = served.kubectl("get pod tdengine-1 -o yaml")?;
    assert!(yaml.contains("kubectl.kubernetes.io/restartedAt"), "{yaml}");
    Ok(())
}
