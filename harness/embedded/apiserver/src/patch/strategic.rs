use serde_json::{Map, Value};

use crate::{ApiError, schema::merge_key};

const DIRECTIVE: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const ORDER: &str = "$setElementOrder/";

/// Applies a strategic merge patch: like a merge patch, but lists with a merge key merge item by item.
pub(super) fn merge(value: &mut Value, patch: &Value) -> Result<(), ApiError> {
    merge_value(value, patch, "")
}

fn merge_value(value: &mut Value, patch: &Value, name: &str) -> Result<(), ApiError> {
    let Value::Object(patch) = patch else {
        *value = patch.clone();
        return Ok(());
    };
    match patch.get(DIRECTIVE).and_then(Value::as_str) {
        Some("replace") => {
            *value = Value::Object(plain(patch));
            return Ok(());
        }
        Some("delete") => {
            *value = Value::Object(Map::new());
            return Ok(());
        }
        None | Some("merge") => {}
        Some(other) => return Err(bad(&format!("unknown patch directive {other:?}"))),
    }
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    if let Some(map) = value.as_object_mut() {
        merge_map(map, patch, name)?;
    }
    Ok(())
}

fn merge_map(map: &mut Map<String, Value>, patch: &Map<String, Value>, name: &str) -> Result<(), ApiError> {
    if let Some(keys) = patch.get(RETAIN).and_then(Value::as_array) {
        map.retain(|key, _| keys.iter().any(|kept| kept == key));
    }
    for (key, change) in patch {
        if let Some(field) = key.strip_prefix(DELETE_FROM) {
            if let (Some(list), Some(gone)) = (map.get_mut(field).and_then(Value::as_array_mut), change.as_array()) {
                list.retain(|item| !gone.contains(item));
            }
            continue;
        }
        if key.starts_with('$') {
            continue;
        }
        match change {
            Value::Null => {
                map.shift_remove(key);
            }
            Value::Array(items) => {
                let merged = merge_list(map.get(key), items, name, key)?;
                map.insert(key.clone(), Value::Array(merged));
            }
            Value::Object(_) => {
                merge_value(map.entry(key.clone()).or_insert(Value::Null), change, key)?;
            }
            scalar => {
                map.insert(key.clone(), scalar.clone());
            }
        }
    }
    for (key, order) in patch {
        let Some(field) = key.strip_prefix(ORDER) else { continue };
        if let (Some(list), Some(order)) = (map.get_mut(field).and_then(Value::as_array_mut), order.as_array()) {
            sort(list, order, merge_key(name, field).unwrap_or_default());
        }
    }
    Ok(())
}

fn merge_list(old: Option<&Value>, patch: &[Value], parent: &str, field: &str) -> Result<Vec<Value>, ApiError> {
    let replaces = |item: &Value| item.get(DIRECTIVE).and_then(Value::as_str) == Some("replace");
    let Some(key) = merge_key(parent, field).filter(|_| !patch.iter().any(replaces)) else {
        let is_marker =
            |item: &Value| item.as_object().is_some_and(|map| map.contains_key(DIRECTIVE) && map.len() == 1);
        return Ok(patch.iter().filter(|item| !is_marker(item)).map(without_directives).collect());
    };
    let mut merged = old.and_then(Value::as_array).cloned().unwrap_or_default();
    if key.is_empty() {
        merged.extend(patch.iter().filter(|item| !old_has(old, item)).cloned());
        return Ok(merged);
    }
    for change in patch {
        let id = change.get(key).filter(|id| !id.is_null());
        let id = id.ok_or_else(|| bad(&format!("map: {change} does not contain declared merge key: {key}")))?;
        let position = merged.iter().position(|item| item.get(key) == Some(id));
        let deletes = change.get(DIRECTIVE).and_then(Value::as_str) == Some("delete");
        match (position, deletes) {
            (Some(at), true) => {
                merged.remove(at);
            }
            (None, true) => {}
            (Some(at), false) => {
                if let Some(item) = merged.get_mut(at) {
                    merge_value(item, change, field)?;
                }
            }
            (None, false) => merged.push(without_directives(change)),
        }
    }
    Ok(merged)
}

fn old_has(old: Option<&Value>, item: &Value) -> bool {
    old.and_then(Value::as_array).is_some_and(|list| list.contains(item))
}

/// Items that the order names come in that order; the others keep their places among each other, at the end.
fn sort(list: &mut [Value], order: &[Value], key: &str) {
    let rank = |item: &Value| {
        let same = |wanted: &Value| if key.is_empty() { wanted == item } else { wanted.get(key) == item.get(key) };
        order.iter().position(same).unwrap_or(usize::MAX)
    };
    list.sort_by_key(rank);
}

fn plain(map: &Map<String, Value>) -> Map<String, Value> {
    let fields = map.iter().filter(|(key, _)| !key.starts_with('$'));
    fields.map(|(key, value)| (key.clone(), without_directives(value))).collect()
}

fn without_directives(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(plain(map).into_iter().filter(|(_, value)| !value.is_null()).collect()),
        Value::Array(items) => Value::Array(items.iter().map(without_directives).collect()),
        scalar => scalar.clone(),
    }
}

fn bad(text: &str) -> ApiError {
    ApiError::bad_request(text)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    // Lists of containers and of variables merge by name, command lines are replaced.
    #[case(
        json!({"spec": {"containers": [{"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}], "args": ["x"]}, {"name": "b"}]}}),
        json!({"spec": {"containers": [{"name": "a", "env": [{"name": "Y", "value": "2"}], "args": ["y"]}]}}),
        json!({"spec": {"containers": [{"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}], "args": ["y"]}, {"name": "b"}]}})
    )]
    #[case(
        json!({"containers": [{"name": "a"}, {"name": "b"}]}),
        json!({"containers": [{"name": "a", "$patch": "delete"}, {"name": "c"}], "$setElementOrder/containers": [{"name": "c"}, {"name": "b"}]}),
        json!({"containers": [{"name": "c"}, {"name": "b"}]})
    )]
    #[case(json!({"a": {"b": 1, "c": 2}}), json!({"a": {"b": null, "d": 3}}), json!({"a": {"c": 2, "d": 3}}))]
    #[case(json!({"a": {"b": 1}}), json!({"a": {"$patch": "replace", "c": 2}}), json!({"a": {"c": 2}}))]
    #[case(json!({"finalizers": ["a", "b"]}), json!({"$deleteFromPrimitiveList/finalizers": ["a"]}), json!({"finalizers": ["b"]}))]
    #[case(json!({"finalizers": ["a"]}), json!({"finalizers": ["a", "b"]}), json!({"finalizers": ["a", "b"]}))]
    #[case(json!({"strategy": {"type": "A", "rolling": 1}}), json!({"strategy": {"$retainKeys": ["type"], "type": "B"}}), json!({"strategy": {"type": "B"}}))]
    fn patches_merge(#[case] mut value: Value, #[case] patch: Value, #[case] expected: Value) {
        merge(&mut value, &patch).unwrap();
        assert_eq!(value, expected);
    }

    #[test]
    fn an_item_without_its_key_is_refused() {
        let mut value = json!({"containers": [{"name": "a"}]});
        assert_eq!(merge(&mut value, &json!({"containers": [{"image": "x"}]})).unwrap_err().code, 400);
    }
}
