mod strategic;

use serde_json::Value;

use crate::{ApiError, kind::Kind};

/// Applies a patch of the given media type to an object.
pub(crate) fn patch(kind: &Kind, media: &str, value: &mut Value, patch: &Value) -> Result<(), ApiError> {
    match media {
        "application/json-patch+json" => json_patch(kind, value, patch),
        "application/merge-patch+json" => {
            require_object(patch)?;
            json_patch::merge(value, patch);
            Ok(())
        }
        "application/strategic-merge-patch+json" => {
            require_object(patch)?;
            strategic::merge(value, patch)
        }
        other => Err(ApiError::new(
            415,
            "UnsupportedMediaType",
            format!(
                "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml (got {other:?})"
            ),
        )),
    }
}

fn require_object(patch: &Value) -> Result<(), ApiError> {
    if patch.is_object() {
        return Ok(());
    }
    Err(ApiError::bad_request("error decoding patch: json: cannot unmarshal the patch into an object"))
}

fn json_patch(kind: &Kind, value: &mut Value, patch: &Value) -> Result<(), ApiError> {
    let operations: json_patch::Patch = serde::Deserialize::deserialize(patch)
        .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))?;
    let name = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
    json_patch::patch(value, &operations).map_err(|error| {
        tracing::debug!(%error, "JSON patch cannot be applied");
        let text = "the server rejected our request due to an error in our request";
        ApiError::new(422, "Invalid", text).about(kind.group, kind.plural, &name)
    })
}
