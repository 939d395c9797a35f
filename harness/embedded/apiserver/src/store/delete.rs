use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Store, state::State};
use crate::{ApiError, kind::Kind, object::Object};

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

fn mark(state: &mut State, kind: &'static Kind, object: &Object, how: &Deletion, now: Timestamp) -> Deleted {
    let (namespace, name) = (object.namespace(), object.name());
    let grace = if kind.kind == "Pod" { pod_grace(object, how.grace_seconds) } else { 0 };
    let mut value = object.value().clone();
    let finalizer = match how.propagation {
        Propagation::Background => None,
        Propagation::Foreground => Some("foregroundDeletion"),
        Propagation::Orphan => Some("orphan"),
    };
    // A pod owns nothing, and nobody would take the finalizer off.
    if let Some(finalizer) = finalizer.filter(|_| kind.kind != "Pod") {
        add_finalizer(&mut value, finalizer);
    }
    let known = object.value().pointer("/metadata/deletionGracePeriodSeconds").and_then(Value::as_i64);
    let meta = &mut value["metadata"];
    if !object.deleting() || known.is_some_and(|known| grace < known) {
        let until = now.checked_add(SignedDuration::from_secs(grace)).unwrap_or(now);
        meta["deletionTimestamp"] = until.to_string().into();
        meta["deletionGracePeriodSeconds"] = grace.into();
        if kind.generation {
            meta["generation"] = (meta["generation"].as_i64().unwrap_or(0) + 1).into();
        }
    }
    if kind.kind == "Namespace" {
        value["status"]["phase"] = "Terminating".into();
    }
    if may_go(&value) {
        return state
            .remove(kind, namespace, name)
            .map_or_else(|| Deleted::Gone(Arc::new(Object::new(value, object.revision()))), Deleted::Gone);
    }
    if value == *object.value() {
        return Deleted::Marked(Arc::new(Object::new(value, object.revision())));
    }
    Deleted::Marked(state.put(kind, namespace, name, value))
}

/// A pod that no kubelet looks after, or that has ended, needs no grace.
fn pod_grace(pod: &Object, asked: Option<i64>) -> i64 {
    let ended = matches!(pod.text("/status/phase"), "Succeeded" | "Failed");
    if pod.text("/spec/nodeName").is_empty() || ended {
        return 0;
    }
    let own = pod.value().pointer("/spec/terminationGracePeriodSeconds").and_then(Value::as_i64);
    let known = pod.value().pointer("/metadata/deletionGracePeriodSeconds").and_then(Value::as_i64);
    let grace = asked.unwrap_or_else(|| own.unwrap_or(30)).max(0);
    known.map_or(grace, |known| known.min(grace))
}

fn add_finalizer(value: &mut Value, finalizer: &str) {
    let meta = &mut value["metadata"];
    if !meta["finalizers"].is_array() {
        meta["finalizers"] = json!([]);
    }
    if let Some(list) = meta["finalizers"].as_array_mut()
        && !list.iter().any(|present| present == finalizer)
    {
        list.push(finalizer.into());
    }
}

/// True if nobody has to act any more before the object that is being deleted disappears.
pub(super) fn may_go(value: &Value) -> bool {
    let filled = |pointer| value.pointer(pointer).and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    let grace = value.pointer("/metadata/deletionGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(0);
    value.pointer("/metadata/deletionTimestamp").is_some()
        && !filled("/metadata/finalizers")
        && !filled("/spec/finalizers")
        && grace == 0
}
