use serde_json::Value;

use super::request::Call;
use crate::{ApiError, kind::Kind, store::decode};

/// What to do about fields that the kind does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Strict,
    Warn,
    Ignore,
}

impl Level {
    pub(super) fn of(call: &Call) -> Result<Self, ApiError> {
        match call.query.get("fieldValidation") {
            Some("Strict") => Ok(Self::Strict),
            None | Some("Warn") => Ok(Self::Warn),
            Some("Ignore") => Ok(Self::Ignore),
            Some(other) => Err(ApiError::new(
                422,
                "Invalid",
                format!(
                    "CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: \"{other}\": supported values: \"Ignore\", \"Strict\", \"Warn\""
                ),
            )),
        }
    }
}

/// Paths of the fields that get lost when the object is read as its type.
pub(super) fn unknown_fields(kind: &Kind, value: &Value) -> Result<Vec<String>, ApiError> {
    let known = decode(kind, value)?.to_value().map_err(|error| ApiError::internal(error.to_string()))?;
    let mut lost = Vec::new();
    compare(value, &known, "", &mut lost);
    Ok(lost)
}

fn compare(given: &Value, known: &Value, path: &str, lost: &mut Vec<String>) {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            for (key, value) in given {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match known.get(key) {
                    Some(kept) => compare(value, kept, &path, lost),
                    None if value.is_null() => {}
                    None => lost.push(path),
                }
            }
        }
        (Value::Array(given), Value::Array(known)) => {
            for (index, (value, kept)) in given.iter().zip(known).enumerate() {
                compare(value, kept, &format!("{path}[{index}]"), lost);
            }
        }
        _ => {}
    }
}

/// The same, in the words of the API server.
pub(super) fn texts(fields: &[String]) -> Vec<String> {
    fields.iter().map(|field| format!("unknown field \"{field}\"")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kind::of;

    #[test]
    fn fields_that_a_kind_lacks_are_named_by_their_path() {
        let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "a", "labels": {"free": "x"}},
            "spec": {"replica": 3, "replicas": 2, "template": {"spec": {"containers": [{"name": "c", "imag": "x", "image": null}]}}}});
        let unknown = unknown_fields(of("apps", "StatefulSet").unwrap(), &set).unwrap();
        assert_eq!(unknown, ["spec.replica", "spec.template.spec.containers[0].imag"]);
    }

    #[test]
    fn a_wrong_type_is_an_error() {
        let set = json!({"spec": {"replicas": "three"}});
        let refused = unknown_fields(of("apps", "StatefulSet").unwrap(), &set).unwrap_err();
        assert_eq!(refused.code, 400);
        assert!(
            refused.message.starts_with("StatefulSet in version \"v1\" cannot be handled as a StatefulSet: json: ")
        );
    }
}
