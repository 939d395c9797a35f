use k8s_openapi::api::apps::v1::StatefulSet;
use kube::{
    Api, Error, ResourceExt,
    api::{DynamicObject, Patch, PatchParams},
    core::ApiResource,
};
use serde_json::json;

use crate::fake::{cluster, dynamic, set};

#[tokio::test(start_paused = true)]
async fn several_managers_apply_again_and_again() {
    let cluster = cluster();
    let sets: Api<StatefulSet> = Api::default_namespaced(cluster.client.clone());
    let (mine, theirs) = (PatchParams::apply("seatrial"), PatchParams::apply("other"));
    let first = sets.patch("tdengine", &mine, &Patch::Apply(set())).await.unwrap();
    let second = sets.patch("tdengine", &mine, &Patch::Apply(set())).await.unwrap();
    assert_eq!(first.resource_version(), second.resource_version());

    let part = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"labels": {"team": "db"}},
        "spec": {"template": {"spec": {"containers": [{"name": "tdengine", "env": [{"name": "EXTRA", "value": "1"}]}]}}}});
    sets.patch("tdengine", &theirs, &Patch::Apply(&part)).await.unwrap();
    let third = sets.patch("tdengine", &mine, &Patch::Apply(set())).await.unwrap();
    let env = third.spec.template.spec.as_ref().unwrap().containers[0].env.clone().unwrap();
    assert_eq!(env.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["TZ", "EXTRA"]);
    assert_eq!(third.labels().len(), 2);
    assert_eq!(third.managed_fields().len(), 2);

    let scaled = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {"replicas": 5}});
    let refused = sets.patch("tdengine", &theirs, &Patch::Apply(&scaled)).await.unwrap_err();
    assert!(
        matches!(&refused, Error::Api(status) if status.code == 409 && status.message
        == "Apply failed with 1 conflict: conflict with \"seatrial\": .spec.replicas"),
        "{refused}"
    );
    let forced = sets.patch("tdengine", &theirs.clone().force(), &Patch::Apply(&scaled)).await.unwrap();
    assert_eq!(forced.spec.replicas, Some(5));
    // The other manager named neither label nor variable any more.
    assert_eq!(forced.labels().len(), 1);
    assert_eq!(forced.spec.template.spec.unwrap().containers[0].env.as_ref().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_stores_nothing() {
    let cluster = cluster();
    let sets: Api<StatefulSet> = Api::default_namespaced(cluster.client.clone());
    let mut params = PatchParams::apply("seatrial");
    params.dry_run = true;
    let made = sets.patch("tdengine", &params, &Patch::Apply(set())).await.unwrap();
    assert_eq!(made.spec.pod_management_policy.as_deref(), Some("OrderedReady"));
    assert!(sets.get_opt("tdengine").await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn undeclared_fields_are_refused() {
    let cluster = cluster();
    let resource = ApiResource::erase::<StatefulSet>(&());
    let sets: Api<DynamicObject> = Api::default_namespaced_with(cluster.client.clone(), &resource);
    let mut wrong = set();
    wrong["spec"]["replica"] = 3.into();
    let refused =
        sets.patch("tdengine", &PatchParams::apply("seatrial"), &Patch::Apply(dynamic(wrong))).await.unwrap_err();
    assert!(refused.to_string().contains(".spec.replica: field not declared in schema"), "{refused}");
}
