//! Small helpers about object metadata and times.

use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::Pod,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time},
};
use seatrial_apiserver::Stored;
use seatrial_sim::World;

pub(crate) fn name<K: Stored>(object: &K) -> &str {
    object.metadata().name.as_deref().unwrap_or_default()
}

pub(crate) fn namespace<K: Stored>(object: &K) -> &str {
    object.metadata().namespace.as_deref().unwrap_or_default()
}

pub(crate) fn uid<K: Stored>(object: &K) -> &str {
    object.metadata().uid.as_deref().unwrap_or_default()
}

pub(crate) fn deleting<K: Stored>(object: &K) -> bool {
    object.metadata().deletion_timestamp.is_some()
}

/// The owner that manages the object.
pub(crate) fn controller(meta: &ObjectMeta) -> Option<&OwnerReference> {
    meta.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))
}

pub(crate) fn has_finalizer<K: Stored>(object: &K, finalizer: &str) -> bool {
    object.metadata().finalizers.iter().flatten().any(|present| present == finalizer)
}

pub(crate) fn drop_finalizer<K: Stored>(object: &mut K, finalizer: &str) {
    if let Some(list) = &mut object.metadata_mut().finalizers {
        list.retain(|present| present != finalizer);
        if list.is_empty() {
            object.metadata_mut().finalizers = None;
        }
    }
}

pub(crate) fn add_finalizer<K: Stored>(object: &mut K, finalizer: &str) {
    if !has_finalizer(object, finalizer) {
        object.metadata_mut().finalizers.get_or_insert_default().push(finalizer.to_owned());
    }
}

/// A reference that makes `owner` the managing owner of an object.
pub(crate) fn controller_reference<K: Stored>(owner: &K) -> OwnerReference {
    OwnerReference { controller: Some(true), block_owner_deletion: Some(true), ..owner_reference(owner) }
}

/// A reference to an owner that does not manage the object.
pub(crate) fn owner_reference<K: Stored>(owner: &K) -> OwnerReference {
    OwnerReference {
        api_version: K::API_VERSION.to_owned(),
        kind: K::KIND.to_owned(),
        name: name(owner).to_owned(),
        uid: uid(owner).to_owned(),
        controller: None,
        block_owner_deletion: None,
    }
}

/// `at` in whole seconds, as objects carry times.
pub(crate) fn whole_seconds(at: Timestamp) -> Time {
    Time(Timestamp::from_second(at.as_second()).unwrap_or(at))
}

/// The time now, as objects carry it.
pub(crate) fn now(world: &World) -> Time {
    whole_seconds(world.clock.now())
}

/// The status of a pod's condition, and since when it has it.
pub(crate) fn pod_condition<'a>(pod: &'a Pod, kind: &str) -> Option<(&'a str, Option<&'a Time>)> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let condition = conditions.iter().find(|condition| condition.type_ == kind)?;
    Some((&condition.status, condition.last_transition_time.as_ref()))
}

pub(crate) fn pod_is_ready(pod: &Pod) -> bool {
    pod_condition(pod, "Ready").is_some_and(|(status, _)| status == "True")
}

pub(crate) fn pod_phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("Pending")
}

/// True for a pod that will never run again.
pub(crate) fn pod_has_ended(pod: &Pod) -> bool {
    matches!(pod_phase(pod), "Succeeded" | "Failed")
}

pub(crate) fn pod_node(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref().filter(|node| !node.is_empty())
}
