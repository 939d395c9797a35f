use serde_json::{Value, json};

use super::answer::{Answer, json as json_answer, raw};
use crate::kind::{KINDS, Kind};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// `/version`.
pub(super) fn version(git: &str) -> Value {
    let mut numbers = git.trim_start_matches('v').split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    json!({
        "major": major, "minor": minor, "gitVersion": git, "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "none", "compiler": "rustc", "platform": "linux/amd64",
    })
}

/// `/api`, `/apis` and below, in the old form or aggregated.
pub(super) fn answer(segments: &[&str], accept: &str) -> Option<Answer> {
    let aggregated = accept.contains("as=APIGroupDiscoveryList") && accept.contains("v=v2");
    match segments {
        ["api"] if aggregated => Some(aggregate(&[""])),
        ["apis"] if aggregated => Some(aggregate(&groups())),
        ["api"] => Some(json_answer(
            200,
            &json!({
                "kind": "APIVersions", "versions": ["v1"],
                "serverAddressByClientCIDRs": [{ "clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1" }],
            }),
        )),
        ["apis"] => {
            let groups: Vec<_> = groups().into_iter().map(group).collect();
            Some(json_answer(200, &json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups })))
        }
        ["apis", name] if groups().contains(name) => {
            let mut group = group(name);
            group["kind"] = "APIGroup".into();
            group["apiVersion"] = "v1".into();
            Some(json_answer(200, &group))
        }
        ["api", "v1"] => Some(json_answer(200, &resources("", "v1"))),
        ["apis", name, "v1"] if groups().contains(name) => Some(json_answer(200, &resources(name, "v1"))),
        _ => None,
    }
}

/// The named groups, in the order of discovery.
pub(super) fn groups() -> Vec<&'static str> {
    let mut groups = Vec::new();
    for kind in KINDS {
        if !kind.group.is_empty() && !groups.contains(&kind.group) {
            groups.push(kind.group);
        }
    }
    groups
}

fn group(name: &str) -> Value {
    let version = json!({ "groupVersion": format!("{name}/v1"), "version": "v1" });
    json!({ "name": name, "versions": [version], "preferredVersion": version })
}

fn verbs(kind: &Kind) -> &'static [&'static str] {
    match kind.kind {
        "Endpoints" => &["get", "list"],
        "Namespace" => &["create", "delete", "get", "list", "patch", "update", "watch"],
        _ => &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    }
}

struct Sub {
    name: &'static str,
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    verbs: &'static [&'static str],
}

fn subresources(kind: &Kind) -> Vec<Sub> {
    let mut subs = Vec::new();
    match kind.kind {
        "Pod" => {
            subs.push(Sub { name: "eviction", group: "policy", version: "v1", kind: "Eviction", verbs: &["create"] });
            let options = |name, kind| Sub { name, group: "", version: "v1", kind, verbs: &["create", "get"] };
            subs.push(options("exec", "PodExecOptions"));
            subs.push(Sub { name: "log", group: "", version: "v1", kind: "Pod", verbs: &["get"] });
            subs.push(options("portforward", "PodPortForwardOptions"));
        }
        "StatefulSet" => subs.push(Sub {
            name: "scale",
            group: "autoscaling",
            version: "v1",
            kind: "Scale",
            verbs: &["get", "patch", "update"],
        }),
        _ => {}
    }
    if kind.status {
        let (group, version, kind) = (kind.group, kind.version, kind.kind);
        subs.push(Sub { name: "status", group, version, kind, verbs: &["get", "patch", "update"] });
    }
    subs
}

fn resources(group: &str, version: &str) -> Value {
    let mut resources = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.group == group && kind.version == version) {
        let mut resource = json!({
            "name": kind.plural, "singularName": kind.singular, "namespaced": kind.namespaced, "kind": kind.kind,
            "verbs": verbs(kind),
        });
        if !kind.short_names.is_empty() {
            resource["shortNames"] = json!(kind.short_names);
        }
        if !kind.categories.is_empty() {
            resource["categories"] = json!(kind.categories);
        }
        resources.push(resource);
        for sub in subresources(kind) {
            let mut resource = json!({
                "name": format!("{}/{}", kind.plural, sub.name), "singularName": "", "namespaced": kind.namespaced,
            });
            if sub.group != kind.group {
                resource["group"] = sub.group.into();
                resource["version"] = sub.version.into();
            }
            resource["kind"] = sub.kind.into();
            resource["verbs"] = json!(sub.verbs);
            resources.push(resource);
        }
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources })
}

fn aggregate(groups: &[&str]) -> Answer {
    let items: Vec<_> = groups
        .iter()
        .map(|group| {
            let kinds: Vec<_> = KINDS.iter().filter(|kind| kind.group == *group).map(aggregated_resource).collect();
            json!({
                "metadata": { "name": group, "creationTimestamp": null },
                "versions": [{ "version": "v1", "resources": kinds, "freshness": "Current" }],
            })
        })
        .collect();
    let list = json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items,
    });
    raw(200, AGGREGATED, list.to_string())
}

fn aggregated_resource(kind: &Kind) -> Value {
    let full = |group: &str, version: &str, kind: &str| json!({ "group": group, "version": version, "kind": kind });
    let subs: Vec<_> = subresources(kind)
        .into_iter()
        .map(|sub| {
            json!({ "subresource": sub.name, "responseKind": full(sub.group, sub.version, sub.kind), "verbs": sub.verbs })
        })
        .collect();
    let mut resource = json!({
        "resource": kind.plural, "responseKind": full(kind.group, kind.version, kind.kind),
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" }, "singularResource": kind.singular,
        "verbs": verbs(kind),
    });
    if !kind.short_names.is_empty() {
        resource["shortNames"] = json!(kind.short_names);
    }
    if !kind.categories.is_empty() {
        resource["categories"] = json!(kind.categories);
    }
    if !subs.is_empty() {
        resource["subresources"] = json!(subs);
    }
    resource
}
