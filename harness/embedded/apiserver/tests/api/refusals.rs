use serde_json::{Value, json};

use crate::fake::{cluster, raw, set};

const SETS: &str = "/apis/apps/v1/namespaces/default/statefulsets";

#[tokio::test(start_paused = true)]
async fn unknown_fields_are_refused_or_warned_about() {
    let cluster = cluster();
    let mut wrong = set();
    wrong["spec"]["replica"] = 3.into();
    let strict = format!("{SETS}?fieldValidation=Strict");
    let (code, status, _) = raw(&cluster, "POST", &strict, &[], &wrong).await;
    assert_eq!(code, 400);
    assert_eq!(
        status["message"],
        "StatefulSet in version \"v1\" cannot be handled as a StatefulSet: strict decoding error: unknown field \"spec.replica\""
    );
    let (code, _, headers) = raw(&cluster, "POST", SETS, &[], &wrong).await;
    assert_eq!((code, headers["warning"].as_str()), (201, "299 - \"unknown field \\\"spec.replica\\\"\""));
    let patch = [("content-type", "application/merge-patch+json")];
    let body = json!({"spec": {"replica": 3}});
    let one = format!("{SETS}/tdengine?fieldValidation=Strict");
    let (code, status, _) = raw(&cluster, "PATCH", &one, &patch, &body).await;
    assert_eq!(code, 422);
    assert!(status["message"].as_str().unwrap().ends_with("strict decoding error: unknown field \"spec.replica\""));
    let (code, _, headers) =
        raw(&cluster, "PATCH", &format!("{SETS}/tdengine?fieldValidation=Ignore"), &patch, &body).await;
    assert_eq!((code, headers.get("warning")), (200, None));
}

#[tokio::test(start_paused = true)]
async fn nonsense_gets_a_status() {
    let cluster = cluster();
    let mut other = set();
    other["apiVersion"] = "apps/v2".into();
    let cases = [
        ("GET", "/apis/apps/v1/namespaces/default/deployments", Value::Null, 404),
        ("GET", "/nowhere", Value::Null, 404),
        ("GET", "/api/v1/namespaces/default/pods/none", Value::Null, 404),
        ("GET", "/api/v1/namespaces/default/pods/none/log", Value::Null, 404),
        ("POST", "/api/v1/namespaces/default/pods/none/exec", Value::Null, 400),
        ("PUT", SETS, set(), 405),
        ("POST", "/apis/apps/v1/statefulsets", set(), 405),
        ("POST", "/apis/apps/v1/namespaces/other/statefulsets", set(), 400),
        ("POST", SETS, other, 400),
        ("POST", SETS, json!([1]), 400),
        ("POST", SETS, json!({"metadata": "x"}), 400),
        ("POST", SETS, json!({"metadata": {"name": "x"}, "spec": {"replicas": "three"}}), 400),
        ("POST", SETS, json!({"metadata": {}, "spec": {}}), 422),
        ("GET", "/api/v1/pods?labelSelector=a%20b", Value::Null, 400),
        ("GET", "/api/v1/pods?fieldSelector=spec.x=1", Value::Null, 400),
        ("GET", "/api/v1/pods?watch=1&resourceVersion=x", Value::Null, 400),
        ("DELETE", "/api/v1/namespaces/none", Value::Null, 404),
        ("PATCH", "/api/v1/namespaces/default", json!({}), 415),
    ];
    for (method, path, body, expected) in cases {
        let (code, status, _) = raw(&cluster, method, path, &[], &body).await;
        assert_eq!(
            (code, &status["kind"], &status["code"]),
            (expected, &json!("Status"), &json!(expected)),
            "{method} {path}: {status}"
        );
        assert_eq!(status["status"], "Failure");
    }
}
