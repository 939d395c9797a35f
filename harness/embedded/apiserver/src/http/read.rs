use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::{BufMut, Bytes, BytesMut};
use serde_json::{Map, Value, json};

use super::{
    answer::{Answer, json as json_answer, json_bytes},
    endpoints::endpoints,
    request::{Call, Form},
};
use crate::{
    ApiError, Store,
    object::Object,
    table::{partial, table},
};

pub(super) fn get(store: &Store, call: &Call) -> Result<Answer, ApiError> {
    let kind = call.target.kind;
    let object = if kind.kind == "Endpoints" {
        let made = endpoints(store, call.target.namespace.as_deref());
        made.into_iter().find(|object| object.name() == call.name())
    } else {
        store.object(kind, call.target.scope(), call.name())
    };
    let object = object.ok_or_else(|| ApiError::missing(kind, call.name()))?;
    Ok(show(store, call, 200, &object))
}

/// One object in the form that the client asked for.
pub(super) fn show(store: &Store, call: &Call, code: u16, object: &Object) -> Answer {
    match call.form() {
        Form::Object => json_bytes(code, object.bytes()),
        Form::Partial => json_answer(code, &partial(object.value())),
        Form::Table(include) => {
            let meta = json!({ "resourceVersion": object.text("/metadata/resourceVersion") });
            let now = store.world().clock.now();
            json_answer(code, &table(call.target.kind, std::iter::once(object), include, now, &meta))
        }
    }
}

pub(super) fn list(store: &Store, call: &Call) -> Result<Answer, ApiError> {
    let kind = call.target.kind;
    let selection = call.selection()?;
    let (revision, mut objects) = store.snapshot(kind, call.target.namespace.as_deref());
    if kind.kind == "Endpoints" {
        objects = endpoints(store, call.target.namespace.as_deref());
    }
    let mut objects: Vec<_> = objects.into_iter().filter(|object| selection.covers(object)).collect();
    let mut meta = Map::new();
    meta.insert("resourceVersion".into(), revision.to_string().into());
    if let Some(token) = call.query.get("continue") {
        let last = read_token(token)?;
        objects.retain(|object| (object.namespace(), object.name()) > (last.0.as_str(), last.1.as_str()));
    }
    let limit = call.query.number::<usize>("limit")?.filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    if objects.len() > limit {
        meta.insert("remainingItemCount".into(), (objects.len() - limit).into());
        objects.truncate(limit);
        if let Some(last) = objects.last() {
            meta.insert("continue".into(), write_token(last).into());
        }
    }
    let meta = Value::Object(meta);
    Ok(match call.form() {
        Form::Object => json_bytes(200, render_list(kind.kind, &kind.api_version(), &meta, &objects)),
        Form::Partial => {
            let items: Vec<_> = objects.iter().map(|object| partial(object.value())).collect();
            json_answer(
                200,
                &json!({ "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
                    "metadata": meta, "items": items }),
            )
        }
        Form::Table(include) => {
            let now = store.world().clock.now();
            json_answer(200, &table(kind, objects.iter().map(AsRef::as_ref), include, now, &meta))
        }
    })
}

/// A list made of the objects' texts, which are kept rendered.
pub(super) fn render_list<O: AsRef<Object>>(kind: &str, api_version: &str, meta: &Value, objects: &[O]) -> Bytes {
    let mut text = BytesMut::new();
    text.put(format!(r#"{{"kind":"{kind}List","apiVersion":"{api_version}","metadata":{meta},"items":["#).as_bytes());
    for (index, object) in objects.iter().enumerate() {
        if index > 0 {
            text.put_u8(b',');
        }
        text.put(object.as_ref().bytes());
    }
    text.put(&b"]}"[..]);
    text.freeze()
}

fn write_token(last: &Object) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}/{}", last.namespace(), last.name()))
}

fn read_token(token: &str) -> Result<(String, String), ApiError> {
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = text.as_deref().and_then(|text| text.split_once('/'));
    let (namespace, name) =
        pair.ok_or_else(|| ApiError::bad_request("continue key is not valid: encoding is not valid"))?;
    Ok((namespace.to_owned(), name.to_owned()))
}
