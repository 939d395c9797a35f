use serde_json::{Map, Value};

use super::fields::{Fields, child, position};
use crate::schema::{ListKind, atomic_map, list};

/// Puts what `config` says into `live`. What it does not name stays.
pub(super) fn merge(live: &Value, config: &Value) -> Value {
    let mut value = live.clone();
    let Some(map) = value.as_object_mut() else { return config.clone() };
    for (key, wanted) in config.as_object().into_iter().flatten() {
        if key == "metadata" {
            let meta = map.entry(key.clone()).or_insert_with(|| Value::Object(Map::new()));
            for key in ["labels", "annotations", "finalizers", "ownerReferences"] {
                if let Some(wanted) = wanted.get(key) {
                    put(meta, "metadata", key, wanted);
                }
            }
        } else {
            let slot = map.entry(key.clone()).or_insert(Value::Null);
            merge_value(slot, wanted, "", key);
        }
    }
    value
}

fn put(object: &mut Value, parent: &str, key: &str, wanted: &Value) {
    if let Some(map) = object.as_object_mut() {
        merge_value(map.entry(key.to_owned()).or_insert(Value::Null), wanted, parent, key);
    }
}

fn merge_value(live: &mut Value, wanted: &Value, parent: &str, name: &str) {
    match (&mut *live, wanted) {
        (Value::Object(map), Value::Object(wanted)) if !atomic_map(name) => {
            for (key, wanted) in wanted {
                merge_value(map.entry(key.clone()).or_insert(Value::Null), wanted, name, key);
            }
        }
        (Value::Array(items), Value::Array(wanted)) => match list(parent, name) {
            ListKind::Atomic => items.clone_from(wanted),
            ListKind::Set => {
                for item in wanted {
                    if !items.contains(item) {
                        items.push(item.clone());
                    }
                }
            }
            ListKind::Keyed(keys) => merge_items(items, wanted, keys, parent, name),
        },
        _ => *live = wanted.clone(),
    }
}

fn merge_items(items: &mut Vec<Value>, wanted: &[Value], keys: &[&str], parent: &str, name: &str) {
    let mut rest = std::mem::take(items);
    // The configuration decides the order of what it names; items of others follow.
    for item in wanted {
        let same = |present: &Value| {
            keys.iter().all(|key| match (present.get(*key), item.get(*key)) {
                (Some(present), None) | (None, Some(present)) => *key == "protocol" && present == "TCP",
                (present, wanted) => present == wanted,
            })
        };
        match rest.iter().position(same) {
            Some(at) => {
                let mut present = rest.remove(at);
                merge_value(&mut present, item, parent, name);
                items.push(present);
            }
            None => items.push(item.clone()),
        }
    }
    items.append(&mut rest);
}

/// Removes the fields that their owner gave up, unless `kept` names something in them.
pub(super) fn remove(value: &mut Value, abandoned: &Fields, kept: &Fields) {
    for (key, fields) in abandoned.below() {
        let still = kept.get(key).filter(|still| !still.is_empty());
        match still {
            None if fields.owns_itself() || fields.below().is_empty() => take(value, key),
            _ => {
                if let Some(part) = child_mut(value, key) {
                    remove(part, fields, still.unwrap_or(&Fields::default()));
                }
                let emptied = child(value, key).is_some_and(|part| match part {
                    Value::Object(map) => map.is_empty(),
                    Value::Array(items) => items.is_empty(),
                    _ => false,
                });
                if emptied && still.is_none() {
                    take(value, key);
                }
            }
        }
    }
}

fn take(value: &mut Value, key: &str) {
    match value {
        Value::Object(map) => {
            if let Some(field) = key.strip_prefix("f:") {
                map.shift_remove(field);
            }
        }
        Value::Array(items) => {
            if let Some(at) = position(items, key) {
                items.remove(at);
            }
        }
        _ => {}
    }
}

fn child_mut<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    if let Some(field) = key.strip_prefix("f:") {
        return value.get_mut(field);
    }
    let items = value.as_array_mut()?;
    let at = position(items, key)?;
    items.get_mut(at)
}
