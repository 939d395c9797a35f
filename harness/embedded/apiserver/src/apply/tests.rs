use serde_json::json;

use super::*;
use crate::kind::of;

fn manager(name: &str) -> Manager {
    Manager { name: name.into(), subresource: String::new() }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn kind() -> &'static Kind {
    of("apps", "StatefulSet").unwrap()
}

fn set(replicas: Option<u32>, containers: &Value) -> Value {
    let mut value = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "a", "labels": {"x": "1"}},
        "spec": {"template": {"spec": {"containers": containers}}}});
    if let Some(replicas) = replicas {
        value["spec"]["replicas"] = replicas.into();
    }
    value
}

#[test]
fn what_one_applier_gives_up_goes_and_what_another_holds_stays() {
    let containers =
        json!([{"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]}]);
    let live = create(kind(), &set(Some(2), &containers), &manager("one"), at(0));
    // Another manager holds one variable too, and a label of its own.
    let theirs = json!({"metadata": {"labels": {"y": "2"}},
        "spec": {"template": {"spec": {"containers": [{"name": "a", "env": [{"name": "Y", "value": "2"}]}]}}}});
    let live = apply(kind(), &live, &theirs, &manager("two"), false, at(1)).unwrap();
    let smaller = set(None, &json!([{"name": "a", "image": "2"}]));
    let live = apply(kind(), &live, &smaller, &manager("one"), false, at(2)).unwrap();
    assert_eq!(live["spec"].get("replicas"), None);
    assert_eq!(live["metadata"]["labels"], json!({"x": "1", "y": "2"}));
    let container = json!([{"name": "a", "image": "2", "env": [{"name": "Y", "value": "2"}]}]);
    assert_eq!(live["spec"]["template"]["spec"]["containers"], container);
    // And when the other one gives it up, it goes.
    let live = apply(kind(), &live, &json!({"metadata": {}}), &manager("two"), false, at(3)).unwrap();
    assert_eq!(live["spec"]["template"]["spec"]["containers"], json!([{"name": "a", "image": "2"}]));
    assert_eq!(live["metadata"]["managedFields"].as_array().unwrap().len(), 1);
}

#[test]
fn other_values_for_fields_of_others_are_conflicts_until_forced() {
    let live = create(kind(), &set(Some(2), &json!([])), &manager("one"), at(0));
    let same = json!({"spec": {"replicas": 2}});
    let live = apply(kind(), &live, &same, &manager("two"), false, at(1)).unwrap();
    let other = json!({"spec": {"replicas": 3}});
    let refused = apply(kind(), &live, &other, &manager("two"), false, at(2)).unwrap_err();
    assert_eq!(refused.message, "Apply failed with 1 conflict: conflict with \"one\": .spec.replicas");
    assert_eq!((refused.code, refused.causes[0].reason), (409, "FieldManagerConflict"));
    let live = apply(kind(), &live, &other, &manager("two"), true, at(3)).unwrap();
    assert_eq!(live["spec"]["replicas"], 3);
    let owner = Managers::of(&live);
    let one = owner.entries().iter().find(|entry| entry.is(&manager("one"), Operation::Apply)).unwrap();
    assert!(!one.fields.paths().contains(&".spec.replicas".to_owned()));
}

#[test]
fn an_update_takes_what_it_changes() {
    let live = create(kind(), &set(Some(2), &json!([{"name": "a", "image": "1"}])), &manager("one"), at(0));
    let mut scaled = live.clone();
    scaled["spec"]["replicas"] = 4.into();
    let kubectl = Manager { name: "kubectl".into(), subresource: "scale".into() };
    track(kind(), &live, &mut scaled, &kubectl, at(60));
    let again = set(Some(2), &json!([{"name": "a", "image": "1"}]));
    let refused = apply(kind(), &scaled, &again, &manager("one"), false, at(61)).unwrap_err();
    assert_eq!(
        refused.message,
        "Apply failed with 1 conflict: conflict with \"kubectl\" with subresource \"scale\" using apps/v1 at 1970-01-01T00:01:00Z: .spec.replicas"
    );
    let without = set(None, &json!([{"name": "a", "image": "2"}]));
    let applied = apply(kind(), &scaled, &without, &manager("one"), false, at(62)).unwrap();
    assert_eq!(applied["spec"]["replicas"], 4);
}

#[test]
fn applying_the_same_again_changes_nothing() {
    let config = set(Some(2), &json!([{"name": "a", "ports": [{"containerPort": 6030}], "command": ["x"]}]));
    let mut live = create(kind(), &config, &manager("one"), at(0));
    // As defaults would.
    live["spec"]["template"]["spec"]["containers"][0]["ports"][0]["protocol"] = "TCP".into();
    live["spec"]["podManagementPolicy"] = "OrderedReady".into();
    let again = apply(kind(), &live, &config, &manager("one"), false, at(9)).unwrap();
    assert_eq!(again, live);
}

#[test]
fn fields_survive_their_written_form() {
    let config = set(Some(2), &json!([{"name": "a", "ports": [{"containerPort": 1, "protocol": "UDP"}]}]));
    let fields = Fields::of(&config);
    assert_eq!(Fields::from_json(&fields.to_json()), fields);
    assert!(fields.paths().contains(
        &".spec.template.spec.containers[name=\"a\"].ports[containerPort=1,protocol=\"UDP\"].protocol".to_owned()
    ));
}
