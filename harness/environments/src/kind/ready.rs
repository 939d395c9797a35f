use std::time::Duration;

use k8s_openapi::api::{
    core::v1::{Node, Pod, ServiceAccount},
    storage::v1::StorageClass,
};
use kube::{Api, Client, ResourceExt, runtime::watcher::Config};
use tokio::time::Instant;

use crate::{
    Cause, EnvironmentError, Result,
    watching::{Seen, until},
};

/// The mark of the default storage class; the second is that of old clusters.
const DEFAULT_CLASS: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

/// Waits until all `nodes` are ready, the cluster's DNS answers, there is a default storage class, and pods can be
/// made: what `kind create cluster` itself does not wait for.
pub(crate) async fn ready(client: &Client, nodes: usize, limit: Duration) -> Result<()> {
    let deadline = Instant::now() + limit;
    let left = || deadline.saturating_duration_since(Instant::now());
    let short = |what: &str, last: String| {
        EnvironmentError::new(
            Cause::NotReady,
            format!("wait for {what}"),
            format!("not within {limit:?} (limit `ready`); last seen: {last}"),
            "on a slow or full machine close other programs and repeat the run; see `seatrial doctor` and the logs",
        )
    };
    let all: Api<Node> = Api::all(client.clone());
    until(all, Config::default(), left(), |seen| missing_nodes(seen, nodes))
        .await
        .map_err(|last| short("the nodes to be ready", last))?;
    let pods: Api<Pod> = Api::namespaced(client.clone(), "kube-system");
    until(pods, Config::default().labels("k8s-app=kube-dns"), left(), missing_dns)
        .await
        .map_err(|last| short("the cluster's DNS", last))?;
    let classes: Api<StorageClass> = Api::all(client.clone());
    until(classes, Config::default(), left(), |seen| {
        let is_there = seen.values().any(is_default);
        (!is_there).then(|| format!("no default among the storage classes {:?}", seen.keys().collect::<Vec<_>>()))
    })
    .await
    .map_err(|last| short("the default storage class", last))?;
    default_account(client, "default", left()).await.map_err(|last| short("the default service account", last))
}

/// Waits until pods can be made in a namespace. An error is what was seen last.
pub(crate) async fn default_account(
    client: &Client,
    namespace: &str,
    limit: Duration,
) -> std::result::Result<(), String> {
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
    until(accounts, Config::default().fields("metadata.name=default"), limit, |seen| {
        (!seen.contains_key("default")).then(|| format!("no service account `default` in namespace {namespace}"))
    })
    .await
}

/// True if volumes without a class get this one.
pub(crate) fn is_default(class: &StorageClass) -> bool {
    DEFAULT_CLASS.iter().any(|name| class.annotations().get(*name).is_some_and(|value| value == "true"))
}

fn missing_nodes(seen: &Seen<Node>, nodes: usize) -> Option<String> {
    let unready: Vec<String> = seen
        .iter()
        .filter_map(|(name, node)| {
            let conditions = node.status.as_ref()?.conditions.as_deref().unwrap_or_default();
            let ready = conditions.iter().find(|condition| condition.type_ == "Ready");
            match ready {
                Some(condition) if condition.status == "True" => None,
                Some(condition) => Some(format!("{name}: {}", condition.message.as_deref().unwrap_or("not ready"))),
                None => Some(format!("{name}: says nothing yet")),
            }
        })
        .collect();
    if seen.len() < nodes {
        return Some(format!("{} of {nodes} nodes are there", seen.len()));
    }
    (!unready.is_empty()).then(|| unready.join("; "))
}

fn missing_dns(seen: &Seen<Pod>) -> Option<String> {
    let ready = |pod: &Pod| {
        let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
        conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
    };
    if seen.values().any(ready) {
        return None;
    }
    Some(if seen.is_empty() {
        "no pod with the label k8s-app=kube-dns".to_owned()
    } else {
        format!("none of {} is ready", seen.keys().cloned().collect::<Vec<_>>().join(", "))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node(name: &str, ready: &str) -> (String, Node) {
        let status =
            json!({ "conditions": [{ "type": "Ready", "status": ready, "message": "cni plugin not initialized" }] });
        (name.to_owned(), serde_json::from_value(json!({ "metadata": { "name": name }, "status": status })).unwrap())
    }

    #[test]
    fn all_nodes_have_to_be_ready() {
        let seen = Seen::from([node("a", "True"), node("b", "False")]);
        assert_eq!(missing_nodes(&seen, 2), Some("b: cni plugin not initialized".to_owned()));
        let seen = Seen::from([node("a", "True")]);
        assert_eq!(missing_nodes(&seen, 2), Some("1 of 2 nodes are there".to_owned()));
        assert_eq!(missing_nodes(&seen, 1), None);
    }

    #[test]
    fn the_default_class_is_told_by_its_mark() {
        let class = |mark: &str| -> StorageClass {
            let annotations = json!({ DEFAULT_CLASS[0]: mark });
            serde_json::from_value(
                json!({ "metadata": { "name": "standard", "annotations": annotations }, "provisioner": "x" }),
            )
            .unwrap()
        };
        assert!(is_default(&class("true")) && !is_default(&class("false")));
    }
}
