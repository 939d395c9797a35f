use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet};
use serde_json::{Value, json};

use super::{
    Validate,
    names::{Rule, labels, meta, selector},
    not_negative,
};
use crate::{Cause, select::matches_labels};

const FROZEN: &str = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

impl Validate for StatefulSet {
    /// The template is hardly looked at: a real server, too, leaves that to the creation of pods.
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
        let spec = &self.spec;
        choice(faults, "spec.podManagementPolicy", spec.pod_management_policy.as_deref(), ["OrderedReady", "Parallel"]);
        let strategy = spec.update_strategy.clone().unwrap_or_default();
        choice(faults, "spec.updateStrategy.type", strategy.type_.as_deref(), ["RollingUpdate", "OnDelete"]);
        let partition = strategy.rolling_update.and_then(|rolling| rolling.partition);
        not_negative(faults, "spec.updateStrategy.rollingUpdate.partition", partition.map(i64::from));
        if let Some(policy) = &spec.persistent_volume_claim_retention_policy {
            let field = "spec.persistentVolumeClaimRetentionPolicy";
            for (name, given) in [("whenDeleted", &policy.when_deleted), ("whenScaled", &policy.when_scaled)] {
                super::one_of(faults, format!("{field}.{name}"), given.as_deref(), &["Delete", "Retain"]);
            }
        }
        not_negative(faults, "spec.replicas", spec.replicas.map(i64::from));
        not_negative(faults, "spec.minReadySeconds", spec.min_ready_seconds.map(i64::from));
        not_negative(faults, "spec.ordinals.start", spec.ordinals.as_ref().and_then(|one| one.start).map(i64::from));
        let chosen = &spec.selector;
        let empty = chosen.match_labels.as_ref().is_none_or(BTreeMap::is_empty)
            && chosen.match_expressions.as_ref().is_none_or(Vec::is_empty);
        selector(faults, "spec.selector", chosen);
        if empty {
            let message = "empty selector is invalid for statefulset";
            faults.push(Cause::invalid("spec.selector", &json!(chosen), message));
        }
        let template = spec.template.metadata.clone().unwrap_or_default();
        if !empty && !matches_labels(chosen, template.labels.as_ref()) {
            let message = "`selector` does not match template `labels`";
            let given = json!(template.labels.clone().unwrap_or_default());
            faults.push(Cause::invalid("spec.template.metadata.labels", &given, message));
        }
        labels(faults, "spec.template.labels", template.labels.iter().flatten());
        let pod = spec.template.spec.as_ref();
        let policy = pod.and_then(|pod| pod.restart_policy.as_deref()).unwrap_or("Always");
        super::one_of(faults, "spec.template.spec.restartPolicy", Some(policy), &["Always"]);
        if pod.is_some_and(|pod| pod.active_deadline_seconds.is_some()) {
            let message = "activeDeadlineSeconds in StatefulSet is not Supported";
            faults.push(Cause::forbidden("spec.template.spec.activeDeadlineSeconds", message));
        }
    }

    fn validate_update(&self, old: &Self, faults: &mut Vec<Cause>) {
        let mut allowed = self.spec.clone();
        let before = &old.spec;
        allowed.replicas = before.replicas;
        allowed.ordinals.clone_from(&before.ordinals);
        allowed.template.clone_from(&before.template);
        allowed.update_strategy.clone_from(&before.update_strategy);
        allowed.revision_history_limit = before.revision_history_limit;
        allowed.persistent_volume_claim_retention_policy.clone_from(&before.persistent_volume_claim_retention_policy);
        allowed.min_ready_seconds = before.min_ready_seconds;
        if allowed != *before {
            faults.push(Cause::forbidden("spec", FROZEN));
        }
    }
}

fn choice(faults: &mut Vec<Cause>, field: &str, given: Option<&str>, known: [&str; 2]) {
    let given = given.unwrap_or_default();
    if !known.contains(&given) {
        let message = format!("must be '{}' or '{}'", known[0], known[1]);
        faults.push(Cause::invalid(field, &Value::from(given), &message));
    }
}

impl Validate for ControllerRevision {
    fn validate(&self, faults: &mut Vec<Cause>) {
        meta(faults, &self.metadata, Rule::Subdomain);
        not_negative(faults, "revision", self.revision);
    }

    fn validate_update(&self, old: &Self, faults: &mut Vec<Cause>) {
        if self.data != old.data {
            faults.push(Cause::invalid("data", &self.data.0, super::IMMUTABLE));
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::defaults::Defaults;

    fn set(patch: &Value) -> StatefulSet {
        let mut value = json!({"metadata": {"name": "a"}, "spec": {"serviceName": "s",
            "selector": {"matchLabels": {"app": "x"}}, "template": {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": []}}}});
        json_patch::merge(&mut value, patch);
        let mut set: StatefulSet = serde_json::from_value(value).unwrap();
        set.set_defaults();
        set
    }

    fn texts(faults: Vec<Cause>) -> Vec<String> {
        faults.into_iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect()
    }

    #[rstest]
    #[case(json!({"spec": {"replicas": -1}}), "spec.replicas: Invalid value: -1: must be greater than or equal to 0")]
    #[case(json!({"spec": {"selector": {"matchLabels": {"app": "y"}}}}),
        "spec.template.metadata.labels: Invalid value: {\"app\":\"x\"}: `selector` does not match template `labels`")]
    #[case(json!({"spec": {"selector": {"matchLabels": null}}}), "spec.selector: Invalid value: {}: empty selector is invalid for statefulset")]
    #[case(json!({"spec": {"podManagementPolicy": "Wild"}}),
        "spec.podManagementPolicy: Invalid value: \"Wild\": must be 'OrderedReady' or 'Parallel'")]
    #[case(json!({"spec": {"template": {"spec": {"restartPolicy": "Never"}}}}),
        "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"")]
    fn faults_read_as_those_of_the_real_server(#[case] patch: Value, #[case] expected: &str) {
        let mut faults = Vec::new();
        set(&patch).validate(&mut faults);
        assert_eq!(texts(faults), [expected]);
    }

    #[rstest]
    #[case(json!({"spec": {"replicas": 5}}), true)]
    #[case(json!({"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}}), true)]
    #[case(json!({"spec": {"serviceName": "other"}}), false)]
    #[case(json!({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "x"}}]}}), false)]
    fn most_of_the_spec_is_immutable(#[case] patch: Value, #[case] allowed: bool) {
        let mut faults = Vec::new();
        set(&patch).validate_update(&set(&json!({})), &mut faults);
        let expected = if allowed { vec![] } else { vec![format!("spec: Forbidden: {FROZEN}")] };
        assert_eq!(texts(faults), expected);
    }
}
