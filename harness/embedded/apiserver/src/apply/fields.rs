use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::schema::{ListKind, atomic_map, list};

/// A set of fields as a tree. Keys are those of `FieldsV1`: `f:name`, `k:{"name":"a"}`, `v:"a"`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    // The field itself is in the set, not only fields below it.
    own: bool,
    below: BTreeMap<String, Fields>,
}

impl Fields {
    /// All fields of an object that somebody can own.
    pub(super) fn of(object: &Value) -> Self {
        let mut fields = Self::default();
        for (key, value) in object.as_object().into_iter().flatten() {
            match key.as_str() {
                "apiVersion" | "kind" => {}
                "metadata" => {
                    let meta = value.as_object().into_iter().flatten();
                    let free = meta.filter(|(key, _)| {
                        matches!(key.as_str(), "labels" | "annotations" | "finalizers" | "ownerReferences")
                    });
                    let mut node = Self::default();
                    for (key, value) in free {
                        node.below.insert(format!("f:{key}"), Self::tree(value, "metadata", key));
                    }
                    if !node.below.is_empty() {
                        fields.below.insert("f:metadata".into(), node);
                    }
                }
                _ => {
                    fields.below.insert(format!("f:{key}"), Self::tree(value, "", key));
                }
            }
        }
        fields
    }

    /// The same without the status, which belongs to nobody who does not write it as such.
    pub(super) fn without_status(mut self) -> Self {
        self.below.remove("f:status");
        self
    }

    fn leaf() -> Self {
        Self { own: true, below: BTreeMap::new() }
    }

    fn tree(value: &Value, parent: &str, name: &str) -> Self {
        match value {
            Value::Object(map) if !map.is_empty() && !atomic_map(name) => {
                let below = map.iter().map(|(key, value)| (format!("f:{key}"), Self::tree(value, name, key)));
                Self { own: false, below: below.collect() }
            }
            Value::Array(items) if !items.is_empty() => match list(parent, name) {
                ListKind::Atomic => Self::leaf(),
                ListKind::Set => {
                    let below = items.iter().map(|item| (format!("v:{item}"), Self::leaf()));
                    Self { own: false, below: below.collect() }
                }
                ListKind::Keyed(keys) => {
                    let below = items.iter().map(|item| {
                        let mut node = Self::tree(item, parent, name);
                        node.own = true;
                        (item_key(item, keys), node)
                    });
                    Self { own: false, below: below.collect() }
                }
            },
            _ => Self::leaf(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.own && self.below.values().all(Self::is_empty)
    }

    /// Fields of this set, found in `new`, whose value is another one in `old` or is not there at all.
    pub(super) fn changed(&self, new: &Value, old: &Value) -> Self {
        self.changed_below(Some(new), Some(old))
    }

    fn changed_below(&self, new: Option<&Value>, old: Option<&Value>) -> Self {
        let mut changed = Self::default();
        if self.below.is_empty() {
            // An empty map or list merges with whatever is there.
            let vacuous = match (new, old) {
                (Some(Value::Object(new)), Some(Value::Object(_))) => new.is_empty(),
                (Some(Value::Array(new)), Some(Value::Array(_))) => new.is_empty(),
                _ => false,
            };
            changed.own = self.own && new != old && !vacuous;
            return changed;
        }
        changed.own = self.own && old.is_none();
        for (key, fields) in &self.below {
            let part = fields.changed_below(new.and_then(|new| child(new, key)), old.and_then(|old| child(old, key)));
            if !part.is_empty() {
                changed.below.insert(key.clone(), part);
            }
        }
        changed
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        union.own |= other.own;
        for (key, fields) in &other.below {
            let merged = union.below.get(key).map_or_else(|| fields.clone(), |mine| mine.union(fields));
            union.below.insert(key.clone(), merged);
        }
        union
    }

    /// The fields that are not in `other`.
    pub(super) fn minus(&self, other: &Self) -> Self {
        let mut rest = Self { own: self.own && !other.own, below: BTreeMap::new() };
        for (key, fields) in &self.below {
            let part = other.below.get(key).map_or_else(|| fields.clone(), |gone| fields.minus(gone));
            if !part.is_empty() {
                rest.below.insert(key.clone(), part);
            }
        }
        rest
    }

    /// The fields of this set that are in `other` and stand for a value, not for the existence of a list's item.
    ///
    /// A value that one side sees as a whole contests all that the other side names in it.
    pub(super) fn leaves_in(&self, other: &Self) -> Self {
        let mut shared = Self::default();
        let whole = |fields: &Self| fields.own && fields.below.is_empty();
        if (whole(self) && !other.is_empty()) || (whole(other) && !self.is_empty()) {
            shared.own = true;
            return shared;
        }
        for (key, fields) in &self.below {
            let part = other.below.get(key).map(|theirs| fields.leaves_in(theirs));
            if let Some(part) = part.filter(|part| !part.is_empty()) {
                shared.below.insert(key.clone(), part);
            }
        }
        shared
    }

    pub(super) fn below(&self) -> &BTreeMap<String, Fields> {
        &self.below
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.below.get(key)
    }

    pub(super) fn owns_itself(&self) -> bool {
        self.own
    }

    /// Paths as error messages have them: `.spec.template.spec.containers[name="a"].image`.
    pub(super) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect(String::new(), &mut paths);
        paths
    }

    fn collect(&self, path: String, paths: &mut Vec<String>) {
        for (key, fields) in &self.below {
            fields.collect(format!("{path}{}", path_element(key)), paths);
        }
        if self.own && !path.is_empty() {
            paths.push(path);
        }
    }

    /// The set as `FieldsV1`.
    pub(super) fn to_json(&self) -> Value {
        let mut map = Map::new();
        if self.own && !self.below.is_empty() {
            map.insert(".".into(), json!({}));
        }
        for (key, fields) in &self.below {
            map.insert(key.clone(), fields.to_json());
        }
        Value::Object(map)
    }

    pub(super) fn from_json(value: &Value) -> Self {
        let map = value.as_object();
        let below: BTreeMap<_, _> = map
            .into_iter()
            .flatten()
            .filter(|(key, _)| *key != ".")
            .map(|(key, value)| (key.clone(), Self::from_json(value)))
            .collect();
        let own = below.is_empty() || map.is_some_and(|map| map.contains_key("."));
        Self { own, below }
    }
}

/// The key of a list's item, in the order of the names as real servers write it.
fn item_key(item: &Value, keys: &[&str]) -> String {
    let mut map = Map::new();
    for key in keys {
        let value = item.get(*key).cloned();
        // The only key that may be left out.
        let value = value.or_else(|| (*key == "protocol").then(|| "TCP".into()));
        map.insert((*key).into(), value.unwrap_or(Value::Null));
    }
    format!("k:{}", Value::Object(map))
}

/// What `key` names within `value`.
pub(super) fn child<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    if let Some(field) = key.strip_prefix("f:") {
        return value.get(field);
    }
    let at = position(value.as_array()?, key)?;
    value.get(at)
}

/// Where in a list the item is that `key` names.
pub(super) fn position(items: &[Value], key: &str) -> Option<usize> {
    if let Some(text) = key.strip_prefix("v:") {
        let wanted: Value = serde_json::from_str(text).ok()?;
        return items.iter().position(|item| *item == wanted);
    }
    let wanted: Map<String, Value> = serde_json::from_str(key.strip_prefix("k:")?).ok()?;
    items.iter().position(|item| {
        wanted.iter().all(|(name, value)| match item.get(name) {
            Some(present) => present == value,
            None => value.is_null() || (name == "protocol" && value == "TCP"),
        })
    })
}

fn path_element(key: &str) -> String {
    if let Some(field) = key.strip_prefix("f:") {
        return format!(".{field}");
    }
    if let Some(value) = key.strip_prefix("v:") {
        return format!("[={value}]");
    }
    let keys: Map<String, Value> =
        key.strip_prefix("k:").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let texts: Vec<_> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("[{}]", texts.join(","))
}
