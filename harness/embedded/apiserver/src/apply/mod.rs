//! Ownership of fields, and server-side apply.

mod fields;
mod managers;
mod merge;

use jiff::Timestamp;
use serde_json::Value;

use crate::{ApiError, kind::Kind};
use fields::Fields;
use managers::{Managers, Operation};

/// Who writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manager {
    pub(crate) name: String,
    pub(crate) subresource: String,
}

/// Makes `manager` the owner of everything that differs between `old` and `new`.
pub(crate) fn track(kind: &Kind, old: &Value, new: &mut Value, manager: &Manager, now: Timestamp) {
    let mut managers = Managers::of(new);
    let (before, after) = (owned(kind, old, manager), owned(kind, new, manager));
    let changed = after.changed(new, old);
    let removed = before.minus(&after);
    let gone = changed.union(&removed);
    if changed.is_empty() && removed.is_empty() {
        managers.write(new);
        return;
    }
    for entry in managers.entries_mut() {
        if !entry.is(manager, Operation::Update) {
            entry.fields = entry.fields.minus(&gone);
        }
    }
    let entry = managers.entry(kind, manager, Operation::Update, now);
    let kept = entry.fields.minus(&removed);
    let fields = kept.union(&changed);
    if fields != entry.fields {
        entry.fields = fields;
        entry.time = now.to_string();
    }
    managers.write(new);
}

/// The object that a configuration makes where there is none.
pub(crate) fn create(kind: &Kind, config: &Value, manager: &Manager, now: Timestamp) -> Value {
    let mut value = config.clone();
    let mut managers = Managers::default();
    managers.entry(kind, manager, Operation::Apply, now).fields = owned(kind, config, manager);
    managers.write(&mut value);
    value
}

/// Merges a configuration into an object: what it names becomes the applier's, what the applier no longer names
/// and nobody else owns goes away. Fields of other owners with other values are conflicts, unless `force`.
pub(crate) fn apply(
    kind: &Kind,
    live: &Value,
    config: &Value,
    manager: &Manager,
    force: bool,
    now: Timestamp,
) -> Result<Value, ApiError> {
    let wanted = owned(kind, config, manager);
    let mut managers = Managers::of(live);
    let differing = wanted.changed(config, live);
    let mut conflicts = Vec::new();
    for entry in managers.entries_mut().iter_mut().filter(|entry| !entry.is(manager, Operation::Apply)) {
        let contested = entry.fields.leaves_in(&differing);
        if contested.is_empty() {
            continue;
        }
        if force {
            entry.fields = entry.fields.minus(&contested);
        } else {
            conflicts.extend(contested.paths().into_iter().map(|path| (entry.describe(), path)));
        }
    }
    if !conflicts.is_empty() {
        return Err(conflict(&conflicts));
    }
    let mut value = merge::merge(live, config);
    let others = managers
        .entries()
        .iter()
        .filter(|entry| !entry.is(manager, Operation::Apply))
        .fold(Fields::default(), |all, entry| all.union(&entry.fields));
    let entry = managers.entry(kind, manager, Operation::Apply, now);
    let abandoned = entry.fields.minus(&wanted).minus(&others);
    merge::remove(&mut value, &abandoned, &wanted.union(&others));
    if entry.fields != wanted {
        entry.fields = wanted;
        entry.time = now.to_string();
    }
    managers.write(&mut value);
    // The configuration may name the version that it is about.
    if let Some(version) = config.pointer("/metadata/resourceVersion") {
        value["metadata"]["resourceVersion"] = version.clone();
    }
    Ok(value)
}

/// The fields that a writer of this part of the object can own.
fn owned(kind: &Kind, value: &Value, manager: &Manager) -> Fields {
    let fields = Fields::of(value);
    if kind.status && manager.subresource != "status" { fields.without_status() } else { fields }
}

fn conflict(conflicts: &[(String, String)]) -> ApiError {
    let message = match conflicts {
        [(manager, path)] => format!("Apply failed with 1 conflict: conflict with {manager}: {path}"),
        several => {
            let mut managers: Vec<_> = several.iter().map(|(manager, _)| manager).collect();
            managers.sort();
            managers.dedup();
            let mut lines = Vec::new();
            for manager in managers {
                lines.push(format!("conflicts with {manager}:"));
                let paths = several.iter().filter(|(owner, _)| owner == manager);
                lines.extend(paths.map(|(_, path)| format!("- {path}")));
            }
            format!("Apply failed with {} conflicts: {}", several.len(), lines.join("\n"))
        }
    };
    let mut error = ApiError::new(409, "Conflict", message);
    error.causes = conflicts
        .iter()
        .map(|(manager, path)| crate::Cause {
            reason: "FieldManagerConflict",
            field: path.clone(),
            message: format!("conflict with {manager}"),
        })
        .collect();
    error
}

#[cfg(test)]
mod tests;
