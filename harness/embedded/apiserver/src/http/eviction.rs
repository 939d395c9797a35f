use std::sync::Arc;

use k8s_openapi::{
    api::{
        apps::v1::StatefulSet,
        core::v1::Pod,
        policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec},
    },
    apimachinery::pkg::util::intstr::IntOrString,
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, json as json_answer},
    delete::Options,
    request::Call,
};
use crate::{ApiError, Cause, Store, select::matches_labels, store::Deleted};

/// `policy/v1` Eviction: a deletion that disruption budgets may refuse.
pub(super) fn evict(store: &Store, call: &Call) -> Result<Answer, ApiError> {
    let kind = call.target.kind;
    let (scope, name) = (call.target.scope(), call.name());
    let pod = store.get::<Pod>(scope, name).ok_or_else(|| ApiError::missing(kind, name))?;
    let body = if call.body.is_empty() { Value::Null } else { call.json()? };
    let options = body.get("deleteOptions").cloned().unwrap_or_else(|| json!({}));
    let options: Options = serde_json::from_value(options)
        .map_err(|error| ApiError::bad_request(format!("invalid DeleteOptions: {error}")))?;
    let dry_run = call.dry_run() || options.dry_run();
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    // Pods that do not run yet, or no more, or are being deleted count for no budget.
    let counts = phase == Some("Running") && pod.metadata.deletion_timestamp.is_none();
    if counts {
        check_budgets(store, scope, &pod)?;
    }
    match store.delete_object(kind, scope, name, &options.deletion()?, dry_run)? {
        Deleted::Marked(_) | Deleted::Gone(_) => Ok(json_answer(
            201,
            &json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 }),
        )),
    }
}

fn check_budgets(store: &Store, namespace: &str, pod: &Pod) -> Result<(), ApiError> {
    let selects = |budget: &PodDisruptionBudget, pod: &Pod| {
        let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        selector.is_some_and(|selector| matches_labels(selector, pod.metadata.labels.as_ref()))
    };
    let budgets: Vec<_> =
        store.list::<PodDisruptionBudget>(Some(namespace)).into_iter().filter(|budget| selects(budget, pod)).collect();
    if budgets.len() > 1 {
        let text = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
        return Err(ApiError::new(500, "InternalError", text));
    }
    let Some(budget) = budgets.first() else { return Ok(()) };
    let mut pods = store.list::<Pod>(Some(namespace));
    pods.retain(|pod| selects(budget, pod));
    let healthy = pods.iter().filter(|pod| healthy(pod)).count();
    let needed = budget.spec.as_ref().map_or(0, |spec| needed(spec, expected(store, namespace, &pods)));
    // A pod that is not healthy may go if enough others are.
    let fine = if self::healthy(pod) { healthy > needed } else { healthy >= needed };
    if fine {
        return Ok(());
    }
    let name = budget.metadata.name.as_deref().unwrap_or_default();
    let mut error =
        ApiError::new(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.");
    error.causes.push(Cause {
        reason: "DisruptionBudget",
        field: String::new(),
        message: format!("The disruption budget {name} needs {needed} healthy pods and has {healthy} currently"),
    });
    Err(error)
}

fn healthy(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    pod.metadata.deletion_timestamp.is_none()
        && conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// How many pods their owners want.
fn expected(store: &Store, namespace: &str, pods: &[Arc<Pod>]) -> usize {
    let mut owners: Vec<_> = pods
        .iter()
        .flat_map(|pod| pod.metadata.owner_references.iter().flatten())
        .filter(|owner| owner.controller == Some(true) && owner.kind == "StatefulSet")
        .map(|owner| owner.name.clone())
        .collect();
    owners.sort();
    owners.dedup();
    let wanted: i32 = owners
        .iter()
        .filter_map(|name| store.get::<StatefulSet>(namespace, name))
        .map(|set| set.spec.replicas.unwrap_or(1))
        .sum();
    if owners.is_empty() { pods.len() } else { usize::try_from(wanted).unwrap_or(0) }
}

/// How many pods must stay healthy. Percentages round up, both of what must stay and of what may go.
fn needed(spec: &PodDisruptionBudgetSpec, expected: usize) -> usize {
    let amount = |amount: &IntOrString| match amount {
        IntOrString::Int(number) => usize::try_from(*number).unwrap_or(0),
        IntOrString::String(text) => {
            let percent: usize = text.trim_end_matches('%').parse().unwrap_or(0);
            (expected * percent).div_ceil(100)
        }
    };
    match (&spec.max_unavailable, &spec.min_available) {
        (Some(most), _) => expected.saturating_sub(amount(most)),
        (None, Some(least)) => amount(least),
        (None, None) => 0,
    }
}
