use http::header;
use serde_json::Value;

use super::{
    answer::{Answer, warn},
    read::show,
    request::Call,
    strict::{Level, texts, unknown_fields},
};
use crate::{
    ApiError, Cause, Store,
    apply::{self, Manager},
    kind::Kind,
    patch,
    store::{Part, Write},
};

pub(super) fn create(store: &Store, call: &Call) -> Result<Answer, ApiError> {
    let kind = call.target.kind;
    if kind.namespaced && call.target.namespace.is_none() {
        return Err(ApiError::method_not_allowed());
    }
    let mut value = call.json()?;
    check_type(kind, &mut value)?;
    check_namespace(call, &value)?;
    let warnings = check_fields(call, &value)?;
    let write = write_of(call);
    let object = store.insert(kind, call.target.scope(), value, &write)?;
    let mut answer = show(store, call, 201, &object);
    warn(&mut answer, &warnings);
    Ok(answer)
}

pub(super) fn update(store: &Store, call: &Call) -> Result<Answer, ApiError> {
    let kind = call.target.kind;
    let mut value = call.json()?;
    check_type(kind, &mut value)?;
    check_namespace(call, &value)?;
    let named = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    if named != call.name() {
        return Err(ApiError::bad_request(format!(
            "the name of the object ({named}) does not match the name on the URL ({})",
            call.name()
        )));
    }
    let warnings = check_fields(call, &value)?;
    let object = store.replace(kind, call.target.scope(), call.name(), part(call), &write_of(call), |_| Ok(value))?;
    let mut answer = show(store, call, 200, &object);
    warn(&mut answer, &warnings);
    Ok(answer)
}

pub(super) fn patch(store: &Store, call: &Call) -> Result<Answer, ApiError> {
    let media = call.header(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    if media == "application/apply-patch+yaml" {
        return server_side_apply(store, call);
    }
    let kind = call.target.kind;
    let mut warnings = Vec::new();
    let body = call.json()?;
    let write = write_of(call);
    let object = store.replace(kind, call.target.scope(), call.name(), part(call), &write, |old| {
        let mut value = old.value().clone();
        patch::patch(kind, media, &mut value, &body)?;
        check_type(kind, &mut value)?;
        warnings = check_patched(call, &value)?;
        Ok(value)
    })?;
    let mut answer = show(store, call, 200, &object);
    warn(&mut answer, &warnings);
    Ok(answer)
}

fn server_side_apply(store: &Store, call: &Call) -> Result<Answer, ApiError> {
    let kind = call.target.kind;
    if call.query.get("fieldManager").is_none() {
        let cause = Cause::required("fieldManager", "is required for apply patch");
        let mut error = ApiError::new(
            422,
            "Invalid",
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
        );
        error.causes.push(cause);
        return Err(error);
    }
    let mut config = call.json()?;
    check_type(kind, &mut config)?;
    check_namespace(call, &config)?;
    refuse_undeclared(call, &config)?;
    let owners = config.pointer("/metadata/managedFields").and_then(Value::as_array);
    if owners.is_some_and(|list| !list.is_empty()) {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    let force = call.query.flag("force");
    let manager = manager(call);
    let now = store.now();
    let scope = call.target.scope();
    let present = store.object(kind, scope, call.name());
    let write = Write { dry_run: call.dry_run(), trusted: false, manager: None };
    if present.is_none() {
        if call.target.sub.is_some() {
            return Err(ApiError::missing(kind, call.name()));
        }
        let mut value = apply::create(kind, &config, &manager, now);
        value["metadata"]["name"] = call.name().into();
        let object = store.insert(kind, scope, value, &write)?;
        return Ok(show(store, call, 201, &object));
    }
    let object = store.replace(kind, scope, call.name(), part(call), &write, |old| {
        apply::apply(kind, old.value(), &config, &manager, force, now)
    })?;
    Ok(show(store, call, 200, &object))
}

/// Undeclared fields are always refused in a configuration to apply: nobody could own them.
fn refuse_undeclared(call: &Call, config: &Value) -> Result<(), ApiError> {
    let kind = call.target.kind;
    let unknown = unknown_fields(kind, config)?;
    let Some(field) = unknown.first() else { return Ok(()) };
    let place = if call.target.scope().is_empty() { String::new() } else { call.target.scope().to_owned() };
    let message = format!(
        "failed to create typed patch object ({place}/{}; {}, Kind={}): .{field}: field not declared in schema",
        call.name(),
        kind.api_version(),
        kind.kind
    );
    Err(ApiError::new(500, "", message))
}

pub(super) fn write_of(call: &Call) -> Write {
    Write { dry_run: call.dry_run(), trusted: false, manager: Some(manager(call)) }
}

fn manager(call: &Call) -> Manager {
    Manager { name: call.manager(), subresource: call.target.sub.clone().unwrap_or_default() }
}

fn part(call: &Call) -> Part {
    if call.target.sub.as_deref() == Some("status") { Part::Status } else { Part::Main }
}

/// The object must say that it is of the kind that the path names, or say nothing.
fn check_type(kind: &Kind, value: &mut Value) -> Result<(), ApiError> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (version, name) = (text("apiVersion"), text("kind"));
    let expected = kind.api_version();
    if !version.is_empty() && version != expected {
        return Err(ApiError::bad_request(format!(
            "the API version in the data ({version}) does not match the expected API version ({expected})"
        )));
    }
    if !name.is_empty() && name != kind.kind {
        let (group, wrong) = (kind.api_version(), name);
        return Err(ApiError::bad_request(format!(
            "{wrong} in version \"{}\" cannot be handled as a {}: no kind \"{wrong}\" is registered for {group}",
            kind.version, kind.kind
        )));
    }
    if let Some(map) = value.as_object_mut() {
        map.insert("apiVersion".into(), expected.into());
        map.insert("kind".into(), kind.kind.into());
    }
    Ok(())
}

fn check_namespace(call: &Call, value: &Value) -> Result<(), ApiError> {
    let own = value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    if call.target.kind.namespaced && !own.is_empty() && own != call.target.scope() {
        return Err(ApiError::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}

/// Refuses unknown fields, or returns them as warnings.
fn check_fields(call: &Call, value: &Value) -> Result<Vec<String>, ApiError> {
    let kind = call.target.kind;
    let level = Level::of(call)?;
    let unknown = texts(&unknown_fields(kind, value)?);
    match level {
        Level::Strict if !unknown.is_empty() => Err(ApiError::bad_request(format!(
            "{} in version \"{}\" cannot be handled as a {}: strict decoding error: {}",
            kind.kind,
            kind.version,
            kind.kind,
            unknown.join(", ")
        ))),
        Level::Ignore => Ok(Vec::new()),
        _ => Ok(unknown),
    }
}

/// The same for the outcome of a patch.
fn check_patched(call: &Call, value: &Value) -> Result<Vec<String>, ApiError> {
    let level = Level::of(call)?;
    let unknown = texts(&unknown_fields(call.target.kind, value)?);
    if level == Level::Strict && !unknown.is_empty() {
        let body = Value::String(String::from_utf8_lossy(&call.body).into_owned());
        let message = format!("strict decoding error: {}", unknown.join(", "));
        let cause = Cause::invalid("patch", &body, &message);
        let mut error = ApiError::new(422, "Invalid", format!(" \"\" is invalid: {}: {}", cause.field, cause.message));
        error.causes.push(cause);
        return Err(error);
    }
    Ok(if level == Level::Ignore { Vec::new() } else { unknown })
}
