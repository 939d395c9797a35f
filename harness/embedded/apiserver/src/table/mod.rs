mod age;
mod cluster;
mod columns;
mod pods;
mod storage;
mod workloads;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{kind::Kind, object::Object};

/// How much of an object a table row carries along (`includeObject`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Include {
    /// Nothing.
    Nothing,
    /// Its metadata.
    #[default]
    Metadata,
    /// All of it.
    Everything,
}

/// Objects as a `meta.k8s.io/v1` Table, which is what `kubectl get` prints.
pub(crate) fn table<'a>(
    kind: &Kind,
    objects: impl Iterator<Item = &'a Object>,
    include: Include,
    now: Timestamp,
    meta: &Value,
) -> Value {
    let rows: Vec<_> = objects.map(|object| row(kind, object, include, now)).collect();
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta,
        "columnDefinitions": columns::definitions(kind), "rows": rows,
    })
}

fn row(kind: &Kind, object: &Object, include: Include, now: Timestamp) -> Value {
    let cells = cells(kind, object, now);
    let shown = match include {
        Include::Nothing => return json!({ "cells": cells }),
        Include::Metadata => partial(object.value()),
        Include::Everything => object.value().clone(),
    };
    json!({ "cells": cells, "object": shown })
}

/// An object reduced to its metadata.
pub(crate) fn partial(value: &Value) -> Value {
    json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": value["metadata"] })
}

fn cells(kind: &Kind, object: &Object, now: Timestamp) -> Vec<Value> {
    let name = Value::from(object.name());
    let age = Value::from(age::since(object.value().pointer("/metadata/creationTimestamp"), now));
    let found = match kind.kind {
        "Pod" => object.typed().map(|pod| pods::pod(pod, name.clone(), age.clone(), now)),
        "StatefulSet" => object.typed().map(|set| workloads::stateful_set(set, name.clone(), age.clone())),
        "ControllerRevision" => object.typed().map(|item| workloads::revision(item, name.clone(), age.clone())),
        "PodDisruptionBudget" => object.typed().map(|item| workloads::budget(item, name.clone(), age.clone())),
        "Service" => object.typed().map(|item| workloads::service(item, name.clone(), age.clone())),
        "EndpointSlice" => object.typed().map(|item| workloads::slice(item, name.clone(), age.clone())),
        "Endpoints" => object.typed().map(|item| workloads::endpoints(item, name.clone(), age.clone())),
        "NetworkPolicy" => object.typed().map(|item| workloads::policy(item, name.clone(), age.clone())),
        "PersistentVolumeClaim" => object.typed().map(|item| storage::claim(item, name.clone(), age.clone())),
        "PersistentVolume" => object.typed().map(|item| storage::volume(item, name.clone(), age.clone())),
        "StorageClass" => object.typed().map(|item| storage::class(item, age.clone())),
        "Node" => object.typed().map(|item| cluster::node(item, name.clone(), age.clone())),
        "Namespace" => object.typed().map(|item| cluster::namespace(item, name.clone(), age.clone())),
        "Event" => object.typed().map(|item| cluster::event(item, name.clone(), now)),
        "Secret" => object.typed().map(|item| cluster::secret(item, name.clone(), age.clone())),
        "ConfigMap" => object.typed().map(|item| cluster::config_map(item, name.clone(), age.clone())),
        "ServiceAccount" => object.typed().map(|item| cluster::account(item, name.clone(), age.clone())),
        "Lease" => object.typed().map(|item| cluster::lease(item, name.clone(), age.clone())),
        _ => None,
    };
    found.unwrap_or_else(|| vec![name, age])
}

/// A cell that shows `<none>` for nothing.
fn or_none(text: Option<&str>) -> Value {
    text.filter(|text| !text.is_empty()).unwrap_or("<none>").into()
}

/// Labels as `a=b,c=d`, in order.
fn labels(labels: Option<&std::collections::BTreeMap<String, String>>) -> Value {
    let texts: Vec<_> = labels.into_iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
    or_none(Some(&texts.join(",")))
}
