use http::{Method, header};
use serde_json::{Value, json};

use super::{
    answer::{Answer, json as json_answer},
    request::Call,
    write::write_of,
};
use crate::{ApiError, Cause, Store, object::Object, patch, store::Part};

/// `autoscaling/v1` Scale of a StatefulSet.
pub(super) fn serve(store: &Store, call: &Call) -> Result<Answer, ApiError> {
    let kind = call.target.kind;
    let (scope, name) = (call.target.scope(), call.name());
    let set = store.object(kind, scope, name).ok_or_else(|| ApiError::missing(kind, name))?;
    let old = scale_of(&set);
    let new = match call.method {
        Method::GET => return Ok(json_answer(200, &old)),
        Method::PUT => call.json()?,
        Method::PATCH => {
            let media = call.header(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
            let media = if media == "application/apply-patch+yaml" { "application/merge-patch+json" } else { media };
            let mut new = old.clone();
            patch::patch(kind, media, &mut new, &call.json()?)?;
            new
        }
        _ => return Err(ApiError::method_not_allowed()),
    };
    let replicas = replicas(name, &new)?;
    let version = new.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default();
    if !version.is_empty() && version != set.revision().to_string() {
        return Err(ApiError::modified(kind, name));
    }
    let stored = store.replace(kind, scope, name, Part::Main, &write_of(call), |old| {
        let mut value = old.value().clone();
        value["spec"]["replicas"] = replicas.into();
        Ok(value)
    })?;
    Ok(json_answer(200, &scale_of(&stored)))
}

fn replicas(name: &str, scale: &Value) -> Result<i64, ApiError> {
    let given = scale.pointer("/spec/replicas").unwrap_or(&Value::Null);
    let number = if given.is_null() { Some(0) } else { given.as_i64().filter(|number| i32::try_from(*number).is_ok()) };
    let Some(number) = number else {
        return Err(ApiError::bad_request(format!(
            "Scale in version \"v1\" cannot be handled as a Scale: json: cannot unmarshal {given} into Go struct field ScaleSpec.spec.replicas of type int32"
        )));
    };
    if number < 0 {
        let cause = Cause::invalid("spec.replicas", given, "must be greater than or equal to 0");
        let message = format!("Scale.autoscaling \"{name}\" is invalid: {}: {}", cause.field, cause.message);
        let mut error = ApiError::new(422, "Invalid", message).about("autoscaling", "Scale", name);
        error.causes.push(cause);
        return Err(error);
    }
    Ok(number)
}

fn scale_of(set: &Object) -> Value {
    let at = |pointer: &str| set.value().pointer(pointer).cloned().unwrap_or(Value::Null);
    let labels = set.value().pointer("/spec/selector/matchLabels").and_then(Value::as_object);
    let mut selector: Vec<_> = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    selector.sort();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": set.name(), "namespace": set.namespace(), "uid": set.uid(),
            "resourceVersion": set.revision().to_string(), "creationTimestamp": at("/metadata/creationTimestamp"),
        },
        "spec": { "replicas": at("/spec/replicas").as_i64().unwrap_or(0) },
        "status": { "replicas": at("/status/replicas").as_i64().unwrap_or(0), "selector": selector.join(",") },
    })
}
