use std::{any::Any, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    api::core::v1::{Namespace, Pod},
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time},
};

use super::{Store, state::State};
use crate::{
    ApiError,
    kind::Kind,
    object::{Object, Typed},
};

/// What happens to the objects that a deleted object owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// The owner goes now, the collector removes its dependents afterwards.
    #[default]
    Background,
    /// The owner stays, with finalizer `foregroundDeletion`, until its dependents are gone.
    Foreground,
    /// The dependents stay; the collector takes them off the owner, which waits with finalizer `orphan`.
    Orphan,
}

/// How to delete an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deletion {
    /// Seconds that the processes of a pod have to end; none: as the pod says.
    pub grace_seconds: Option<i64>,
    /// What happens to dependents.
    pub propagation: Propagation,
    /// Delete only the object with this UID.
    pub uid: Option<String>,
    /// Delete only this version of the object.
    pub resource_version: Option<String>,
}

impl Deletion {
    /// Deletion without grace: the object is gone at once unless a finalizer keeps it.
    pub fn now() -> Self {
        Self { grace_seconds: Some(0), ..Self::default() }
    }
}

/// An object after a request to delete it.
pub(crate) enum Deleted {
    /// It is gone; its last state.
    Gone(Arc<Object>),
    /// It is marked and waits for somebody.
    Marked(Arc<Object>),
}

impl Store {
    pub(crate) fn delete_object(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
        how: &Deletion,
        dry_run: bool,
    ) -> Result<Deleted, ApiError> {
        let now = self.now();
        self.write(|state| {
            let object = state.get(kind, namespace, name).ok_or_else(|| ApiError::missing(kind, name))?;
            check_preconditions(kind, &object, how)?;
            if dry_run {
                return Ok(Deleted::Marked(object));
            }
            Ok(mark(state, kind, &object, how, now))
        })
    }
}

fn check_preconditions(kind: &Kind, object: &Object, how: &Deletion) -> Result<(), ApiError> {
    let differ = |what: &str, wanted: &Option<String>, present: &str| {
        let wanted = wanted.as_deref().filter(|wanted| *wanted != present)?;
        let why = format!(
            "the {what} in the precondition ({wanted}) does not match the {what} in record ({present}). The object might have been deleted and then recreated"
        );
        Some(ApiError::conflict(kind, object.name(), &why))
    };
    let uid = differ("UID", &how.uid, object.uid());
    let version = differ("ResourceVersion", &how.resource_version, &object.revision().to_string());
    uid.or(version).map_or(Ok(()), Err)
}

fn mark(state: &mut State, kind: &'static Kind, old: &Arc<Object>, how: &Deletion, now: Timestamp) -> Deleted {
    let grace = old.typed::<Pod>().map_or(0, |pod| pod_grace(pod, how.grace_seconds));
    let mut object = old.any().copy();
    let meta = object.meta_mut();
    let finalizer = match how.propagation {
        Propagation::Background => None,
        Propagation::Foreground => Some("foregroundDeletion"),
        Propagation::Orphan => Some("orphan"),
    };
    // A pod owns nothing, and nobody would take the finalizer off.
    if let Some(finalizer) = finalizer.filter(|_| kind.kind != "Pod") {
        add_finalizer(meta, finalizer);
    }
    if !old.deleting() || meta.deletion_grace_period_seconds.is_some_and(|known| grace < known) {
        let until = now.checked_add(SignedDuration::from_secs(grace)).unwrap_or(now);
        meta.deletion_timestamp = Some(Time(until));
        meta.deletion_grace_period_seconds = Some(grace);
        if kind.same_desired.is_some() {
            meta.generation = Some(meta.generation.unwrap_or(0) + 1);
        }
    }
    if let Some(namespace) = (object.as_mut() as &mut dyn Any).downcast_mut::<Namespace>() {
        namespace.status.get_or_insert_default().phase = Some("Terminating".to_owned());
    }
    let (namespace, name) = (old.namespace(), old.name());
    if may_go(object.as_ref()) {
        return Deleted::Gone(state.remove(kind, namespace, name).unwrap_or_else(|| Arc::clone(old)));
    }
    if object.same(old.any()) {
        return Deleted::Marked(Arc::clone(old));
    }
    Deleted::Marked(state.put(kind, namespace, name, object))
}

/// A pod that no kubelet looks after, or that has ended, needs no grace.
fn pod_grace(pod: &Pod, asked: Option<i64>) -> i64 {
    let spec = pod.spec.as_ref();
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    let node = spec.and_then(|spec| spec.node_name.as_deref()).unwrap_or_default();
    if node.is_empty() || matches!(phase, Some("Succeeded" | "Failed")) {
        return 0;
    }
    let own = spec.and_then(|spec| spec.termination_grace_period_seconds).unwrap_or(30);
    let grace = asked.unwrap_or(own).max(0);
    pod.metadata.deletion_grace_period_seconds.map_or(grace, |known| known.min(grace))
}

fn add_finalizer(meta: &mut ObjectMeta, finalizer: &str) {
    let list = meta.finalizers.get_or_insert_default();
    if !list.iter().any(|present| present == finalizer) {
        list.push(finalizer.to_owned());
    }
}

/// True if nobody has to act any more before the object that is being deleted disappears.
pub(super) fn may_go(object: &dyn Typed) -> bool {
    let filled = |list: Option<&Vec<String>>| list.is_some_and(|list| !list.is_empty());
    let meta = object.meta();
    // What keeps a namespace is in its specification.
    let namespace = (object as &dyn Any).downcast_ref::<Namespace>();
    let contents = namespace.and_then(|namespace| namespace.spec.as_ref()?.finalizers.as_ref());
    meta.deletion_timestamp.is_some()
        && !filled(meta.finalizers.as_ref())
        && !filled(contents)
        && meta.deletion_grace_period_seconds.unwrap_or(0) == 0
}
