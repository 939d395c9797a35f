//! Objects of which only what a state tells is read: most of a pod's specification is of no interest to whoever watches
//! it, and reading it all was an eighth of what an embedded run cost.

use std::borrow::Cow;

use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        apps::v1::{StatefulSet, StatefulSetSpec, StatefulSetStatus},
        core::v1::{Container, PersistentVolumeClaim, Pod, PodSpec, PodStatus},
    },
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time},
};
use kube::Resource;
use serde::{Deserialize, Deserializer};

/// An object with the fields that its state is made from; the others are as if they were not set.
#[derive(Clone, Debug)]
pub(crate) struct Light<K>(pub K);

impl<K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>> Resource for Light<K> {
    type DynamicType = ();
    type Scope = NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        K::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        K::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        K::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        K::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        self.0.meta()
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        self.0.meta_mut()
    }
}

/// What is read of the metadata: all that a watch and a state ask for.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Meta {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    generation: Option<i64>,
    deletion_timestamp: Option<Time>,
}

impl From<Meta> for ObjectMeta {
    fn from(meta: Meta) -> Self {
        let Meta { name, namespace, uid, resource_version, generation, deletion_timestamp } = meta;
        Self { name, namespace, uid, resource_version, generation, deletion_timestamp, ..Self::default() }
    }
}

/// The part of an object that is read.
#[derive(Deserialize)]
struct Part<Spec, Status> {
    #[serde(default)]
    metadata: Meta,
    spec: Option<Spec>,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodPart {
    node_name: Option<String>,
    #[serde(default)]
    containers: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

impl<'de> Deserialize<'de> for Light<Pod> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Part { metadata, spec, status } = Part::<PodPart, PodStatus>::deserialize(deserializer)?;
        let spec = spec.map(|PodPart { node_name, containers }| {
            let named = |Named { name }| Container { name, ..Container::default() };
            PodSpec { node_name, containers: containers.into_iter().map(named).collect(), ..PodSpec::default() }
        });
        Ok(Self(Pod { metadata: metadata.into(), spec, status }))
    }
}

#[derive(Deserialize)]
struct SetPart {
    replicas: Option<i32>,
}

impl<'de> Deserialize<'de> for Light<StatefulSet> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Part { metadata, spec, status } = Part::<SetPart, StatefulSetStatus>::deserialize(deserializer)?;
        let replicas = spec.and_then(|spec| spec.replicas);
        let spec = StatefulSetSpec { replicas, ..StatefulSetSpec::default() };
        Ok(Self(StatefulSet { metadata: metadata.into(), spec, status }))
    }
}

impl<'de> Deserialize<'de> for Light<PersistentVolumeClaim> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Part { metadata, spec, status } = Part::deserialize(deserializer)?;
        Ok(Self(PersistentVolumeClaim { metadata: metadata.into(), spec, status }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{ClaimState, PodState, StatefulSetState};

    fn metadata() -> Value {
        json!({
            "name": "td-1", "namespace": "n", "uid": "u", "resourceVersion": "7", "generation": 3,
            "deletionTimestamp": "2026-01-01T00:00:00Z", "labels": { "app": "td" },
            "managedFields": [{ "manager": "m", "fieldsV1": { "f:metadata": {} } }],
        })
    }

    #[test]
    fn a_light_object_tells_the_same_state() {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": metadata(),
            "spec": { "nodeName": "node", "containers": [{ "name": "a", "image": "i", "env": [] }, { "name": "b" }] },
            "status": {
                "phase": "Running", "podIP": "10.0.0.7",
                "conditions": [{ "type": "Ready", "status": "True" }],
                "containerStatuses": [{
                    "name": "a", "image": "i", "imageID": "", "ready": true, "restartCount": 2,
                    "state": { "running": { "startedAt": "2026-01-01T00:00:00Z" } },
                    "lastState": { "terminated": { "exitCode": 1, "reason": "Error" } },
                }],
            },
        });
        let whole: Pod = serde_json::from_value(pod.clone()).unwrap();
        let light: Light<Pod> = serde_json::from_value(pod).unwrap();
        assert_eq!(PodState::from(&light.0), PodState::from(&whole));
        assert_eq!(light.meta().resource_version.as_deref(), Some("7"));
        let set = json!({
            "metadata": metadata(), "spec": { "replicas": 3, "serviceName": "s", "selector": {}, "template": {} },
            "status": { "replicas": 3, "readyReplicas": 2, "observedGeneration": 3 },
        });
        let whole: StatefulSet = serde_json::from_value(set.clone()).unwrap();
        let light: Light<StatefulSet> = serde_json::from_value(set).unwrap();
        assert_eq!(StatefulSetState::from(&light.0), StatefulSetState::from(&whole));
        let claim = json!({
            "metadata": metadata(), "spec": { "volumeName": "pv-1" }, "status": { "phase": "Bound" },
        });
        let whole: PersistentVolumeClaim = serde_json::from_value(claim.clone()).unwrap();
        let light: Light<PersistentVolumeClaim> = serde_json::from_value(claim).unwrap();
        assert_eq!(ClaimState::from(&light.0), ClaimState::from(&whole));
    }
}
