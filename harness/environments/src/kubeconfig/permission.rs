use futures::future::try_join_all;
use k8s_openapi::api::authorization::v1::SelfSubjectAccessReview;
use kube::{Api, Client, api::PostParams};
use serde_json::json;

use crate::{Cause, EnvironmentError, Result, leftovers::request};

/// Something that a run does to a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The API group; empty for the core one.
    pub group: &'static str,
    /// The resource, with its subresource behind a slash.
    pub resource: &'static str,
    /// The verbs.
    pub verbs: &'static [&'static str],
    /// True if it is about the whole cluster.
    pub wide: bool,
}

const fn within(group: &'static str, resource: &'static str, verbs: &'static [&'static str]) -> Permission {
    Permission { group, resource, verbs, wide: false }
}

const ALL: &[&str] = &["get", "list", "watch", "create", "patch", "delete"];

/// What every scenario needs.
pub const NEEDED: &[Permission] = &[
    Permission { group: "", resource: "namespaces", verbs: &["get", "create", "delete"], wide: true },
    within("apps", "statefulsets", ALL),
    within("apps", "statefulsets/scale", &["get", "patch"]),
    within("", "pods", &["get", "list", "watch", "delete"]),
    // Older servers ask for `get`, newer ones for `create`, when a command is run over a websocket.
    within("", "pods/exec", &["create", "get"]),
    within("", "pods/portforward", &["create", "get"]),
    within("", "pods/log", &["get"]),
    within("", "persistentvolumeclaims", &["get", "list", "watch", "delete"]),
    within("", "services", ALL),
    within("", "configmaps", ALL),
    within("", "events", &["list"]),
];

/// What somebody needs who gives an image pull secret.
pub(crate) const FOR_SECRET: &[Permission] =
    &[within("", "secrets", &["create"]), within("", "serviceaccounts", &["patch"])];

/// Asks the cluster whether all of it is allowed, in a namespace that need not be there yet.
pub(crate) async fn check(client: &Client, namespace: &str, needed: &[Permission]) -> Result<()> {
    let asked = needed.iter().flat_map(|permission| permission.verbs.iter().map(move |verb| (permission, *verb)));
    let answers = try_join_all(asked.map(|(permission, verb)| allowed(client, namespace, permission, verb))).await?;
    let refused: Vec<String> = answers.into_iter().flatten().collect();
    if refused.is_empty() {
        return Ok(());
    }
    Err(EnvironmentError::new(
        Cause::Forbidden,
        "ask the cluster what this user may do",
        format!("not allowed: {}", refused.join(", ")),
        "use a context whose user may make namespaces and work in them, say with the role `cluster-admin` \
         (`kubectl auth can-i --list`)",
    ))
}

/// The verb and resource in words, if it is not allowed.
async fn allowed(client: &Client, namespace: &str, permission: &Permission, verb: &str) -> Result<Option<String>> {
    let (resource, subresource) = permission.resource.split_once('/').unwrap_or((permission.resource, ""));
    let mut attributes =
        json!({ "group": permission.group, "resource": resource, "subresource": subresource, "verb": verb });
    if !permission.wide {
        attributes["namespace"] = json!(namespace);
    }
    let review: SelfSubjectAccessReview =
        serde_json::from_value(json!({ "spec": { "resourceAttributes": attributes } }))
            .map_err(|error| EnvironmentError::state("build an access review", error))?;
    let api: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let answer = request("ask the cluster what this user may do", api.create(&PostParams::default(), &review)).await?;
    let yes = answer.status.is_some_and(|status| status.allowed);
    Ok((!yes).then(|| format!("{verb} {}", permission.resource)))
}
