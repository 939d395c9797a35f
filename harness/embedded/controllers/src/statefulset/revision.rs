//! The `ControllerRevision`s of a StatefulSet: the templates that it had and has.

use std::sync::Arc;

use k8s_openapi::{
    api::{
        apps::v1::{ControllerRevision, StatefulSet},
        core::v1::PodTemplateSpec,
    },
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, runtime::RawExtension},
};
use seatrial_apiserver::{ApiError, Deletion, Store};
use serde_json::{Value, json};

use crate::meta;

/// The revisions of a set.
pub(super) struct Revisions {
    /// What pods below a partition are made from.
    pub(super) current: Arc<ControllerRevision>,
    /// What the set's template is now.
    pub(super) update: Arc<ControllerRevision>,
}

/// Finds the set's revisions, and records its template as a revision if it is new.
pub(super) fn of(store: &Store, set: &StatefulSet, data: &Value) -> Result<Revisions, ApiError> {
    let mut history = history(store, set);
    let next = history.last().map_or(1, |newest| newest.revision.unwrap_or(0) + 1);
    let update = match history.iter().position(|known| content(known) == data) {
        Some(last) if last + 1 == history.len() => Arc::clone(&history[last]),
        // The set went back to an old template: that revision becomes the newest.
        Some(old) => {
            let name = meta::name(history[old].as_ref()).to_owned();
            let namespace = meta::namespace(set);
            store.modify::<ControllerRevision>(namespace, &name, |known| known.revision = Some(next))?
        }
        None => {
            let made = store.create(&build(set, data, next))?;
            history.push(Arc::clone(&made));
            made
        }
    };
    let named = set.status.as_ref().and_then(|status| status.current_revision.clone());
    let current = history.into_iter().find(|known| Some(meta::name(known.as_ref())) == named.as_deref());
    Ok(Revisions { current: current.unwrap_or_else(|| update.clone()), update })
}

/// The revisions of a set, oldest first.
fn history(store: &Store, set: &StatefulSet) -> Vec<Arc<ControllerRevision>> {
    let mut all = store.list::<ControllerRevision>(Some(meta::namespace(set)));
    all.retain(|revision| meta::controller(&revision.metadata).is_some_and(|owner| owner.uid == meta::uid(set)));
    all.sort_by_key(|revision| revision.revision);
    all
}

/// Removes the oldest revisions beyond the limit that no pod was made from.
pub(super) fn truncate(store: &Store, set: &StatefulSet, live: &[&str]) {
    let limit = set.spec.revision_history_limit.unwrap_or(10);
    let mut idle = history(store, set);
    idle.retain(|revision| !live.contains(&meta::name(revision.as_ref())));
    let excess = idle.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
    for revision in idle.iter().take(excess) {
        // Somebody else may have removed it.
        let _ =
            store.delete::<ControllerRevision>(meta::namespace(set), meta::name(revision.as_ref()), Deletion::now());
    }
}

/// The template of a revision.
pub(super) fn template(revision: &ControllerRevision) -> PodTemplateSpec {
    let template = content(revision).pointer("/spec/template").cloned();
    template.and_then(|template| serde_json::from_value(template).ok()).unwrap_or_default()
}

fn content(revision: &ControllerRevision) -> &Value {
    &revision.data.0
}

/// The set's template as a revision has it.
pub(super) fn data(set: &StatefulSet) -> Result<Value, ApiError> {
    let template = serde_json::to_value(&set.spec.template);
    let mut template = template.map_err(|error| ApiError::internal(error.to_string()))?;
    template["$patch"] = "replace".into();
    Ok(json!({ "spec": { "template": template } }))
}

fn build(set: &StatefulSet, data: &Value, number: i64) -> ControllerRevision {
    let hash = hash(&data.to_string());
    let template = set.spec.template.metadata.clone();
    let mut labels = template.and_then(|meta| meta.labels).unwrap_or_default();
    labels.insert("controller.kubernetes.io/hash".into(), hash.clone());
    ControllerRevision {
        metadata: ObjectMeta {
            name: Some(format!("{}-{hash}", meta::name(set))),
            namespace: set.metadata.namespace.clone(),
            labels: Some(labels),
            owner_references: Some(vec![meta::controller_reference(set)]),
            ..ObjectMeta::default()
        },
        data: RawExtension(data.clone()),
        revision: Some(number),
    }
}

/// A short name for a template: FNV-1a as Kubernetes takes it, in letters that spell no words.
fn hash(text: &str) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let sum = text.bytes().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let letter = |byte: u8| LETTERS.get(usize::from(byte) % LETTERS.len()).map(|letter| char::from(*letter));
    sum.to_string().bytes().filter_map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_short_and_safe_in_a_name() {
        let hash = hash("template");
        assert!((8..=10).contains(&hash.len()), "{hash}");
        assert!(hash.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
        assert_ne!(hash, super::hash("templates"));
    }
}
