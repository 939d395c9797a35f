use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, Namespace, PersistentVolumeClaim, Pod, Secret, Service, ServiceAccount},
    networking::v1::NetworkPolicy,
    policy::v1::PodDisruptionBudget,
    storage::v1::StorageClass,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    ManifestError,
    located::{self, Node, Step},
};

/// Checks a document against the type of its kind, if it is known here: a field that the type does not have and a
/// value of the wrong type are mistakes.
pub(super) fn check(file: &str, text: &str, document: &str, root: &Node, value: &Value) -> Result<(), ManifestError> {
    let fault = |path: &[Step], message: String| {
        let origin = root.place(file, path);
        ManifestError::Mistake { snippet: located::snippet(text, &origin), origin, message }
    };
    if !root.is_mapping() {
        return Err(fault(&[], "a manifest must be an object with apiVersion, kind and metadata".to_owned()));
    }
    for field in ["apiVersion", "kind"] {
        if value.get(field).and_then(Value::as_str).is_none_or(str::is_empty) {
            return Err(fault(&[], format!("the object has no {field}")));
        }
    }
    let kind = (value["apiVersion"].as_str().unwrap_or_default(), value["kind"].as_str().unwrap_or_default());
    let read: fn(&str) -> Result<Value, Box<serde_saphyr::Error>> = match kind {
        ("apps/v1", "StatefulSet") => again::<StatefulSet>,
        ("v1", "ConfigMap") => again::<ConfigMap>,
        ("v1", "Namespace") => again::<Namespace>,
        ("v1", "PersistentVolumeClaim") => again::<PersistentVolumeClaim>,
        ("v1", "Pod") => again::<Pod>,
        ("v1", "Secret") => again::<Secret>,
        ("v1", "Service") => again::<Service>,
        ("v1", "ServiceAccount") => again::<ServiceAccount>,
        ("networking.k8s.io/v1", "NetworkPolicy") => again::<NetworkPolicy>,
        ("policy/v1", "PodDisruptionBudget") => again::<PodDisruptionBudget>,
        ("storage.k8s.io/v1", "StorageClass") => again::<StorageClass>,
        // The server validates what is not known here.
        _ => return Ok(()),
    };
    let known = read(document).map_err(|error| located::mistake(file, document, &error))?;
    match compare(value, &known, &mut Vec::new()) {
        Some((path, Fault::Unknown)) => Err(fault(&path, format!("unknown field `{}`", written(&path)))),
        Some((path, Fault::NotText)) => {
            Err(fault(&path, format!("`{}`: expected a string: put it into quotes", written(&path))))
        }
        None => Ok(()),
    }
}

/// The document as its type understands it.
fn again<K: DeserializeOwned + Serialize>(document: &str) -> Result<Value, Box<serde_saphyr::Error>> {
    let object: K = serde_saphyr::from_str_with_options(document, located::options())?;
    Ok(serde_json::to_value(object).unwrap_or_default())
}

enum Fault {
    Unknown,
    NotText,
}

/// The first field of `given` that `known` does not have, or that the type reads as text although it is none, which
/// YAML readers forgive and API servers do not.
fn compare(given: &Value, known: &Value, path: &mut Vec<Step>) -> Option<(Vec<Step>, Fault)> {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => given.iter().find_map(|(key, value)| {
            path.push(Step::Key(key.clone()));
            let found = match known.get(key) {
                Some(inner) => compare(value, inner, path),
                // What is empty may be left out again.
                None if is_empty(value) => None,
                None => Some((path.clone(), Fault::Unknown)),
            };
            path.pop();
            found
        }),
        (Value::Array(given), Value::Array(known)) => {
            given.iter().zip(known).enumerate().find_map(|(index, (given, known))| {
                path.push(Step::Index(index));
                let found = compare(given, known, path);
                path.pop();
                found
            })
        }
        (Value::Number(_) | Value::Bool(_), Value::String(_)) if !is_quantity(path) => {
            Some((path.clone(), Fault::NotText))
        }
        _ => None,
    }
}

/// Quantities may be written as numbers.
fn is_quantity(path: &[Step]) -> bool {
    let names = ["requests", "limits", "capacity", "sizeLimit", "hard"];
    path.iter().any(|step| matches!(step, Step::Key(key) if names.contains(&key.as_str())))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn written(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text = format!("{text}.{key}"),
            Step::Index(index) => text = format!("{text}[{index}]"),
        }
    }
    text
}
